//! Looking around in the text between two tokens.

/// Returns the first offset from `at` on that holds neither blanks, line breaks nor a comment.
pub(crate) fn skip_blank(text: &str, mut at: usize) -> usize {
    let bytes = text.as_bytes();
    loop {
        match bytes.get(at) {
            Some(b' ' | b'\t' | b'\r' | b'\n') => at += 1,
            Some(b'#') if at == 0 || matches!(bytes[at - 1], b' ' | b'\t' | b'\r' | b'\n') => at = line_end(text, at),
            Some(0xEF) if text[at..].starts_with('\u{feff}') => at += '\u{feff}'.len_utf8(),
            _ => return at,
        }
    }
}

/// Returns the first offset from `at` on that holds neither a space nor a tab.
pub(crate) fn skip_spaces(text: &str, at: usize) -> usize {
    at + text.as_bytes()[at..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count()
}

/// Returns the offset of the line break that ends the line of `at`, or the end of the text.
pub(crate) fn line_end(text: &str, at: usize) -> usize {
    text[at..].find(['\n', '\r']).map_or(text.len(), |length| at + length)
}

/// Returns the line break at an offset, empty where there is none.
pub(crate) fn line_break(text: &str, at: usize) -> &str {
    let rest = &text[at..];
    if rest.starts_with("\r\n") {
        &rest[..2]
    } else if rest.starts_with(['\n', '\r']) {
        &rest[..1]
    } else {
        ""
    }
}

/// Returns the first character, and its offset, that is a line break to YAML 1.1 and none to YAML 1.2.
pub(crate) fn odd_line_break(text: &str) -> Option<(usize, char)> {
    text.char_indices().find(|(_, c)| matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}'))
}

/// A position in a text, moved forwards only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) offset: usize,
    pub(crate) line: usize,
    pub(crate) column: usize,
}

impl Position {
    /// Moves on to an offset; one that lies behind changes nothing.
    pub(crate) fn advance(&mut self, text: &str, offset: usize) {
        let Some(passed) = text.get(self.offset..offset) else { return };
        let mut chars = passed.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '\r' if chars.peek() == Some(&'\n') => {}
                '\n' | '\r' => {
                    self.line += 1;
                    self.column = 1;
                }
                '\u{feff}' => {}
                _ => self.column += 1,
            }
        }
        self.offset = offset;
    }
}
