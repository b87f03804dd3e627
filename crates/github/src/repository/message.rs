//! The message of a commit, in the two parts in which GitHub takes it.

/// The first line, and what comes after the empty line behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Message<'a> {
    pub(super) headline: &'a str,
    pub(super) body: &'a str,
}

impl<'a> Message<'a> {
    /// Takes a message apart. GitHub puts an empty line between the parts.
    pub(super) fn split(text: &'a str) -> Self {
        let (headline, rest) = text.split_once('\n').unwrap_or((text, ""));
        Self { headline, body: rest.strip_prefix('\n').unwrap_or(rest) }
    }

    /// Tells whether a commit has this message; a line that GitHub adds, as it does where commits are to be signed off, is
    /// no difference.
    pub(super) fn is_of(self, commit: &str) -> bool {
        let Some(rest) = commit.strip_prefix(self.headline) else { return false };
        let body = self.body.trim_end();
        let rest = if body.is_empty() {
            Some(rest)
        } else {
            rest.strip_prefix("\n\n").and_then(|rest| rest.strip_prefix(body))
        };
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('\n'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_make_the_message_again() {
        for (text, headline, body) in [
            ("nothing\n", "nothing", ""),
            ("nothing", "nothing", ""),
            ("a\n\nKey: b\n", "a", "Key: b\n"),
            ("a\n\nwhy\n\nKey: b\n", "a", "why\n\nKey: b\n"),
            ("a\nb\n", "a", "b\n"),
        ] {
            assert_eq!(Message::split(text), Message { headline, body });
        }
    }

    #[test]
    fn a_commit_is_known_by_its_message() {
        let ours = Message::split("a\n\nKey: b\n");
        for theirs in ["a\n\nKey: b\n", "a\n\nKey: b", "a\n\nKey: b\nSigned-off-by: c\n"] {
            assert!(ours.is_of(theirs), "{theirs:?}");
        }
        for theirs in ["a\n", "a\n\nKey: bc\n", "ab\n\nKey: b\n", "b\n\nKey: b\n", ""] {
            assert!(!ours.is_of(theirs), "{theirs:?}");
        }
        assert!(Message::split("a\n").is_of("a") && !Message::split("a\n").is_of("ab\n"));
    }
}
