//! What differs from run to run.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::{Captures, Regex};

/// Times and durations, then identities.
const CHANGING: &str = concat!(
    r"(?<time>\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)",
    r"|(?<duration>\b\d+ (?:s|min|h)(?: \d+ (?:s|min))?\b)",
    r"|(?<soak>\bsoak=\d+)",
    r"|(?<changeset>\.changeset/[a-z]+-[a-z]+-[a-z]+\.md)",
    r"|(?<ulid>\b[0-7][0-9A-HJKMNP-TV-Z]{25}\b)",
    r"|(?<commit>\b(?:[0-9a-f]{40}|[0-9a-f]{7})\b)",
);

static PATTERN: LazyLock<Regex> = LazyLock::new(|| Regex::new(CHANGING).expect("the pattern is one"));

/// Replaces what differs from run to run, and keeps identities apart: where one id stands twice, it must do so in the
/// other text as well. A commit is the same in full and in short.
#[derive(Debug, Default)]
pub(super) struct Redactor {
    known: HashMap<String, usize>,
}

impl Redactor {
    /// Redacts the next part of a text.
    pub(super) fn redact(&mut self, text: &str) -> String {
        replace(text, |id| {
            let next = self.known.len() + 1;
            self.known.entry(id.to_owned()).or_insert(next).to_string()
        })
    }
}

/// Redacts a text, and takes all identities for one.
pub(super) fn coarse(text: &str) -> String {
    replace(text, |_| "id".into())
}

fn replace(text: &str, mut name: impl FnMut(&str) -> String) -> String {
    let replaced = PATTERN.replace_all(text, |found: &Captures<'_>| {
        if let Some(id) = found.name("ulid") {
            format!("<{}>", name(id.as_str()))
        } else if let Some(id) = found.name("commit") {
            format!("<{}>", name(&id.as_str()[..7]))
        } else if let Some(id) = found.name("changeset") {
            format!(".changeset/<{}>.md", name(id.as_str()))
        } else if found.name("soak").is_some() {
            "soak=<n>".into()
        } else if found.name("time").is_some() {
            "<time>".into()
        } else {
            "<duration>".into()
        }
    });
    replaced.lines().map(|line| squeeze(line) + "\n").collect()
}

/// The width of a column hangs on its longest cell, which may be a time.
fn squeeze(line: &str) -> String {
    let text = line.trim_start();
    let words = text.split("  ").map(str::trim).filter(|word| !word.is_empty());
    line[..line.len() - text.len()].to_owned() + &words.collect::<Vec<_>>().join("  ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "dev  25e84c9  0 s ago  sha256:79edeee72e59  deadbee\n  at 2026-11-24T18:56:34Z soak=1\n\
                       25e84c95e9f873e90f8aa96db304fb352e3b59e6 01M87ENH2JKC7PZZ0HZS5770BW\n";

    #[test]
    fn what_differs_from_run_to_run_is_redacted_and_digests_are_not() {
        let redacted = Redactor::default().redact(ONE);
        assert_eq!(redacted, "dev  <1>  <duration> ago  sha256:79edeee72e59  <2>\n  at <time> soak=<n>\n<1> <3>\n");
        let other =
            ONE.replace("25e84c9", "1111111").replace("0 s ago", "29 min 59 s ago").replace("soak=1", "soak=20");
        assert_eq!(Redactor::default().redact(&other), redacted);
        assert_ne!(Redactor::default().redact(&ONE.replace("79edeee", "89edeee")), redacted);
    }

    #[test]
    fn changesets_are_called_otherwise_each_time() {
        let redacted = Redactor::default().redact("git add .changeset/red-cats-jump.md\ncat .changeset/*.md\n");
        assert_eq!(redacted, "git add .changeset/<1>.md\ncat .changeset/*.md\n");
    }

    #[test]
    fn ids_that_were_the_same_must_stay_the_same() {
        let other = ONE.replacen("25e84c9", "1111111", 1);
        assert_ne!(Redactor::default().redact(&other), Redactor::default().redact(ONE));
        assert_eq!(coarse(&other), coarse(ONE));
    }
}
