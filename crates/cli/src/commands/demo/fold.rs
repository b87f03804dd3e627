//! Lines that are too long for a page.

/// Breaks a line at spaces into lines of at most `width` characters, the second and later ones with `indent` in front.
///
/// A row of a table is broken between two columns, and a word that is longer than a line stays whole.
pub(super) fn fold(line: &str, width: usize, indent: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut rest = line.to_owned();
    while rest.chars().count() > width {
        let Some(at) = place(&rest, width) else { break };
        lines.push(rest[..at].trim_end().to_owned());
        rest = format!("{indent}{}", rest[at..].trim_start());
    }
    lines.push(rest);
    lines
}

/// Finds where to break: at the last gap between columns that fits, else at the last space, else at the first one.
fn place(line: &str, width: usize) -> Option<usize> {
    let start = line.len() - line.trim_start().len();
    let spaces = line.char_indices().enumerate().filter(|(_, (at, character))| *at > start && *character == ' ');
    let spaces: Vec<(usize, usize)> = spaces.map(|(count, (at, _))| (count, at)).collect();
    let fits = || spaces.iter().rev().filter(|(count, _)| *count <= width);
    let gap = fits().find(|(_, at)| line[..=*at].ends_with("  "));
    gap.or_else(|| fits().next()).or(spaces.first()).map(|(_, at)| *at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_line_stays() {
        assert_eq!(fold("  a   b", 7, "    "), ["  a   b"]);
    }

    #[test]
    fn a_long_line_is_broken_at_the_last_space_that_fits() {
        assert_eq!(fold("one two three four", 9, "  "), ["one two", "  three", "  four"]);
    }

    #[test]
    fn a_row_is_broken_between_two_columns() {
        assert_eq!(fold("one  two  three and four", 17, "   "), ["one  two", "   three and four"]);
    }

    #[test]
    fn a_word_that_does_not_fit_stays_whole() {
        assert_eq!(fold("a sha256:0123456789 b", 8, "  "), ["a", "  sha256:0123456789", "  b"]);
    }
}
