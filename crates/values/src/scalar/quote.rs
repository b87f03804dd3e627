//! How a string is written so that every reader of YAML 1.1 gives the same string back.

use std::fmt::Write;

use crate::tree::Style;

/// Words with a meaning, in lower case; more than any reader knows.
const WORDS: [&str; 13] =
    ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf", "infinity", "none"];

/// Writes a string in a style, or in the nearest that can hold it.
pub(crate) fn write(value: &str, style: Style) -> String {
    match style {
        Style::Single if value.chars().all(is_printable) => format!("'{}'", value.replace('\'', "''")),
        Style::Plain | Style::Block if is_plain(value) => value.to_owned(),
        _ => double_quoted(value),
    }
}

/// Tells whether a string may stand without quotes, in a block and between brackets.
///
/// The rule refuses many that could: it was measured to miss none that could not.
pub(crate) fn is_plain(value: &str) -> bool {
    let bytes = value.as_bytes();
    let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else { return false };
    if !first.is_ascii_alphanumeric() || *last == b':' || !value.bytes().all(is_itself) {
        return false;
    }
    if WORDS.iter().any(|word| value.eq_ignore_ascii_case(word)) {
        return false;
    }
    !first.is_ascii_digit() || is_version(value) || bytes.iter().any(|byte| !may_be_in_number(*byte))
}

/// Tells whether a byte means nothing but itself, in quotes and without.
pub(crate) fn is_itself(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"._+/:@-".contains(&byte)
}

/// Tells whether a text is three or more numbers between points.
fn is_version(value: &str) -> bool {
    value.split('.').count() > 2
        && value.split('.').all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
}

fn may_be_in_number(byte: u8) -> bool {
    byte.is_ascii_hexdigit() || b"._+:xXoOpPtTzZ-".contains(&byte)
}

/// Writes a string without quotes where every reader of YAML gives the same string back, in a block and between
/// brackets; else in double quotes.
///
/// ```
/// use embark_values::quoted_if_needed;
///
/// assert_eq!(quoted_if_needed("ghcr.io/acme/web"), "ghcr.io/acme/web");
/// assert_eq!(quoted_if_needed("images[name=web].newTag"), r#""images[name=web].newTag""#);
/// assert_eq!(quoted_if_needed("1.10"), r#""1.10""#);
/// ```
pub fn quoted_if_needed(value: &str) -> String {
    write(value, Style::Plain)
}

/// Writes a string in double quotes, so that every reader of YAML gives the same string back.
///
/// ```
/// assert_eq!(embark_values::double_quoted("it's \"on\"\u{7f}"), r#""it's \"on\"\x7F""#);
/// ```
pub fn double_quoted(value: &str) -> String {
    let mut text = String::with_capacity(value.len() + 2);
    text.push('"');
    for c in value.chars() {
        match c {
            '"' | '\\' => text.extend(['\\', c]),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            _ if is_printable(c) => text.push(c),
            _ => {
                let code = u32::from(c);
                let written = match code {
                    0..=0xFF => write!(text, "\\x{code:02X}"),
                    0x100..=0xFFFF => write!(text, "\\u{code:04X}"),
                    _ => write!(text, "\\U{code:08X}"),
                };
                debug_assert!(written.is_ok(), "a String takes every text");
            }
        }
    }
    text.push('"');
    text
}

/// Tells whether a character may stand as it is between quotes on one line.
fn is_printable(c: char) -> bool {
    let code = u32::from(c);
    !c.is_control() && !matches!(code, 0x2028 | 0x2029 | 0xFEFF) && code & 0xFFFE != 0xFFFE
}
