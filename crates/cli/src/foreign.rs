//! Texts of others on their way to a terminal, or to the log of a job.

/// Tells whether a character is not seen, and moves what is: what a terminal acts on, and what turns the direction of
/// [writing](https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters).
pub(crate) fn is_unseen(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Takes out of several lines what is not seen.
pub(crate) fn seen(text: &str) -> String {
    text.chars().filter(|character| matches!(character, '\n' | '\t') || !is_unseen(*character)).collect()
}

/// Has no line be a command to GitHub Actions. Its
/// [runner](https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs) takes `::` for one behind any
/// space, and `##[` anywhere.
pub(crate) fn tame(text: &str) -> String {
    let line = |line: &str| {
        let words = line.trim_start();
        let space = &line[..line.len() - words.len()];
        words.strip_prefix("::").map_or_else(|| line.to_owned(), |rest| format!("{space}: :{rest}"))
    };
    let lines: String = text.split_inclusive('\n').map(line).collect();
    lines.replace("##[", "# #[")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_seen_goes_and_lines_stay() {
        assert_eq!(seen("a\u{1b}[31mb\r\n\tc\u{202e}d\u{2066}e\u{9b}f\n"), "a[31mb\n\tcdef\n");
        assert_eq!(seen("n\u{e4}me \u{5d0} \u{1f98b}"), "n\u{e4}me \u{5d0} \u{1f98b}", "words in any writing");
    }

    #[test]
    fn no_line_is_a_command() {
        let text = "a ::b\n::stop-commands::pwn\n\t \u{a0}::error::x\n\n##[error]x ##[group]";
        let tamed = "a ::b\n: :stop-commands::pwn\n\t \u{a0}: :error::x\n\n# #[error]x # #[group]";
        assert_eq!(tame(text), tamed);
        assert_eq!(tame("a: b\n\n"), "a: b\n\n");
    }
}
