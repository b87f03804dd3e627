//! The last of what a program said, as people read it.

use std::path::Path;

use secrecy::{ExposeSecret, SecretString};

use crate::ui::plain;

/// How many lines are told.
const LINES: usize = 12;

/// Returns the last lines, without escapes of terminals, frames, stacks and secrets. Files of the folder are named as in
/// the repository.
pub(super) fn said(bytes: &[u8], folder: &Path, token: Option<&SecretString>) -> Vec<String> {
    let text = plain(&String::from_utf8_lossy(bytes));
    let secret = token.map(ExposeSecret::expose_secret).filter(|secret| !secret.is_empty());
    let text = secret.map_or_else(|| text.clone(), |secret| text.replace(secret, "***"));
    let text = text.replace(&format!("{}/", folder.display()), "");
    let lines = text.lines().map(line).filter(|line| is_told(line));
    let mut lines: Vec<String> = lines.collect();
    lines.drain(..lines.len().saturating_sub(LINES));
    lines
}

/// Takes the frame off a line, and what no line has.
fn line(line: &str) -> String {
    let line: String = line.chars().filter(|c| !c.is_control() || *c == '\t').collect();
    line.trim_start_matches(['│', '■', '▲', '◆', '●', '└', '┌', '─', ' ', '\t']).trim_end().to_owned()
}

/// Tells whether a line says anything of what was wrong: where in the program that was, and its greeting, do not.
fn is_told(line: &str) -> bool {
    let is_stack = line.starts_with("at ") && line.contains(':');
    !(line.is_empty() || is_stack || line.starts_with('\u{1f98b}'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_wrong_is_left() {
        let said_by_it = "\u{1f98b} changeset v3.0.3\n\nError: could not parse changeset\n---\n    at parse \
                          (file:///x/index.mjs:27:25)\n    at async file:///x/index.mjs:44:9\n\u{1b}[36m│\u{1b}[0m  one \
                          of /copy/packages/app/package.json\n\u{1f98b} Exited with code 1\n";
        let lines = said(said_by_it.as_bytes(), Path::new("/copy"), None);
        assert_eq!(lines, ["Error: could not parse changeset", "---", "one of packages/app/package.json"]);
    }
}
