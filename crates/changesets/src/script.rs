//! What JavaScript calls white space, which is not what Rust does.

/// Tells whether `\s` and `trim` of JavaScript take a character for white space.
pub(crate) fn is_space(c: char) -> bool {
    c == '\u{feff}' || (c != '\u{85}' && c.is_whitespace())
}

/// Cuts white space off at both ends.
pub(crate) fn trim(text: &str) -> &str {
    text.trim_matches(is_space)
}

/// Cuts white space off at the end.
pub(crate) fn trim_end(text: &str) -> &str {
    text.trim_end_matches(is_space)
}
