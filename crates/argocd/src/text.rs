//! What others have written, as it is told.

/// How much of a text is told.
const LONGEST: usize = 300;

/// Puts a text on one line, without what a terminal would act on, and cuts it.
pub(crate) fn line(text: &str) -> Option<String> {
    let plain = without_escapes(text);
    let words: Vec<&str> = plain.split(|char: char| char.is_whitespace() || char.is_control()).collect();
    let line = words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    match line.chars().count() {
        0 => None,
        count if count > LONGEST => Some(line.chars().take(LONGEST - 1).chain(['…']).collect()),
        _ => Some(line),
    }
}

/// Takes [escape sequences](https://ecma-international.org/publications-and-standards/standards/ecma-48/) away with their
/// parameters, which would be left as text.
fn without_escapes(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '\u{1b}' => match chars.next() {
                Some('[') => skip(&mut chars, |char| ('@'..='~').contains(&char)),
                Some(']' | 'P' | '^' | '_' | 'X') => skip(&mut chars, |char| matches!(char, '\u{7}' | '\\')),
                _ => {}
            },
            '\u{9b}' => skip(&mut chars, |char| ('@'..='~').contains(&char)),
            // What turns the direction of the text would show another one than there is.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {}
            char => plain.push(char),
        }
    }
    plain
}

fn skip(chars: &mut impl Iterator<Item = char>, is_end: impl Fn(char) -> bool) {
    for char in chars {
        if is_end(char) {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_told_on_one_line_and_without_escapes() {
        assert_eq!(line("one\n\ttwo  three").as_deref(), Some("one two three"));
        assert_eq!(line("\u{1b}[31mred\u{1b}[0m \u{1b}]0;title\u{7}end\u{9b}2J").as_deref(), Some("red end"));
        assert_eq!(line("a\u{202e}b\u{0}c").as_deref(), Some("ab c"));
        assert_eq!(line(" \n\u{1b}[2J"), None);
        assert_eq!(line(&"a".repeat(400)).map(|line| line.chars().count()), Some(300));
    }
}
