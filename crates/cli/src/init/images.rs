//! What a text that may name an image says.

use embark_core::Digest;

/// The parts of a reference as a values file has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Parts<'a> {
    pub(super) repository: &'a str,
    pub(super) tag: Option<&'a str>,
    pub(super) is_pinned: bool,
}

/// Takes `repository`, `repository:tag` and `repository:tag@digest` apart; none where it can be no image.
pub(super) fn parts(text: &str) -> Option<Parts<'_>> {
    let (name, digest) = text.split_once('@').map_or((text, None), |(name, digest)| (name, Some(digest)));
    if digest.is_some_and(|digest| digest.parse::<Digest>().is_err()) {
        return None;
    }
    let colon = name.rfind(':').filter(|colon| !name[*colon..].contains('/'));
    let (repository, tag) = colon.map_or((name, None), |colon| (&name[..colon], Some(&name[colon + 1..])));
    let is_tag = tag.is_none_or(|tag| tag.parse::<embark_core::Tag>().is_ok());
    let is_repository = repository.parse::<embark_core::Repository>().is_ok();
    (is_tag && is_repository).then_some(Parts { repository, tag, is_pinned: digest.is_some() })
}

/// Tells whether a repository says where it is: a bare name is one of Docker's own images, or none.
pub(super) fn is_place(repository: &str) -> bool {
    repository.contains('/') && repository.parse::<embark_core::Repository>().is_ok()
}

/// Tells whether a tag is a version, as those of images that somebody else builds are: `7.2`, `v1.36.1-musl`.
pub(super) fn is_version(tag: &str) -> bool {
    let tag = tag.strip_prefix('v').unwrap_or(tag);
    let number = tag.split(['-', '_']).next().unwrap_or_default();
    !number.is_empty()
        && number.split('.').all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Tells whether a tag is that of whatever is newest.
pub(super) fn is_moving(tag: &str) -> bool {
    matches!(tag, "" | "latest" | "stable")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_taken_apart() {
        let digest = format!("sha256:{}", "0".repeat(64));
        let pinned = format!("ghcr.io/acme/web:1.0@{digest}");
        let cases = [
            ("ghcr.io/acme/web:1.0", Some(("ghcr.io/acme/web", Some("1.0"), false))),
            ("localhost:5000/web", Some(("localhost:5000/web", None, false))),
            (pinned.as_str(), Some(("ghcr.io/acme/web", Some("1.0"), true))),
            ("not an image", None),
            ("web:1.0@sha256:12", None),
        ];
        for (text, expected) in cases {
            let found = parts(text).map(|parts| (parts.repository, parts.tag, parts.is_pinned));
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn versions_are_told_from_commits_and_words() {
        for tag in ["7.2", "v1.36.1-musl", "15-alpine", "1.4.0"] {
            assert!(is_version(tag), "{tag}");
        }
        for tag in ["unreleased", "25e84c95e9f873e90f8aa96db304fb352e3b59e6", "latest", "", "main-12"] {
            assert!(!is_version(tag), "{tag}");
        }
    }
}
