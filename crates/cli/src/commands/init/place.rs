//! Addresses and paths, as `deploymentRepo.url` takes them.

use std::path::{Component, Path, PathBuf};

use embark_gitops::SshUrl;

/// More steps up than this are harder to read than the path from the root.
const STEPS_UP: usize = 3;

/// Writes the path of `target` as seen from `folder`.
pub(super) fn relative(folder: &Path, target: &Path) -> String {
    let real = |path: &Path| {
        let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        std::fs::canonicalize(&absolute).unwrap_or(absolute)
    };
    let (folder, target) = (real(folder), real(target));
    let shared = folder.components().zip(target.components()).take_while(|(a, b)| a == b).count();
    let up = folder.components().count() - shared;
    if up > STEPS_UP || shared <= 1 {
        return target.display().to_string();
    }
    let steps = std::iter::repeat_n(Component::ParentDir, up).chain(target.components().skip(shared));
    let path = steps.collect::<PathBuf>().display().to_string();
    match path.split('/').next() {
        Some("") => ".".into(),
        // Before a slash a colon would make it an address for ssh.
        Some(first) if first.contains(':') => format!("./{path}"),
        _ => path,
    }
}

/// Returns an address that embark can use for one that git knows.
pub(super) fn usable(origin: &str) -> Option<String> {
    (is_web(origin) || SshUrl::is_meant(origin)).then(|| without_credentials(origin))
}

fn is_web(url: &str) -> bool {
    let scheme = url.split_once("://").map(|(scheme, _)| scheme.to_lowercase());
    matches!(scheme.as_deref(), Some("http" | "https"))
}

/// Removes user and password from an http(s) address: no secret ever stands in the file or in a message.
pub(super) fn without_credentials(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://").filter(|_| is_web(url)) else { return url.to_owned() };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    match rest[..end].rsplit_once('@') {
        Some((_, host)) => format!("{scheme}://{host}{}", &rest[end..]),
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_of_a_server_is_taken_as_it_is_but_for_credentials() {
        let cases = [
            ("git@github.com:acme/shop.git", Some("git@github.com:acme/shop.git")),
            ("ssh://git@example.com:7999/acme/shop.git", Some("ssh://git@example.com:7999/acme/shop.git")),
            ("https://x:secret@github.com/acme/shop.git", Some("https://github.com/acme/shop.git")),
            ("../shop.git", None),
            ("/srv/shop.git", None),
        ];
        for (origin, url) in cases {
            assert_eq!(usable(origin).as_deref(), url, "{origin}");
        }
    }

    #[test]
    fn neither_user_nor_password_is_left_in_an_address() {
        let cases = [
            ("https://secret@github.com/acme/a.git", "https://github.com/acme/a.git"),
            ("HTTPS://ada:se@cret@github.com/acme/a.git", "HTTPS://github.com/acme/a.git"),
            ("http://secret@localhost?a", "http://localhost?a"),
            ("https://github.com/acme/a@b", "https://github.com/acme/a@b"),
            ("git@github.com:acme/a.git", "git@github.com:acme/a.git"),
            ("../a@b", "../a@b"),
        ];
        for (given, shown) in cases {
            assert_eq!(without_credentials(given), shown);
        }
    }

    #[test]
    fn a_path_is_told_from_the_folder_of_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| {
            let path = folder.path().join(path);
            std::fs::create_dir_all(&path).unwrap();
            path
        };
        assert_eq!(relative(&at("a"), &at("a")), ".");
        assert_eq!(relative(&at("a/b"), &at("c.git")), "../../c.git");
        assert_eq!(relative(folder.path(), &at("c:d")), "./c:d");
        let far = at("1/2/3/4");
        assert!(Path::new(&relative(&far, &at("a"))).is_absolute());
    }
}
