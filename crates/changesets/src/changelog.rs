//! Changelogs: an entry is written as `@changesets/apply-release-plan` does, a section is read out of any.

use crate::script::is_space;

/// Puts an entry into a changelog, in front of the first version; a text that is not there yet begins with the name.
pub fn insert(text: Option<&str>, name: &str, entry: &str) -> String {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return format!("# {name}\n\n{entry}\n") };
    if let Some(at) = first_version(text) {
        return format!("{}{entry}\n\n{}", &text[..at], &text[at..]);
    }
    match text.split_once('\n') {
        Some((title, rest)) => format!("{title}\n\n{entry}\n{rest}"),
        None => format!("{text}\n\n{entry}\n"),
    }
}

/// Finds what `^#{1,6}\s+\d+\.\d+` of JavaScript finds.
fn first_version(text: &str) -> Option<usize> {
    let after = |(at, c): (usize, char)| matches!(c, '\n' | '\r' | '\u{2028}' | '\u{2029}').then(|| at + c.len_utf8());
    let mut starts = std::iter::once(0).chain(text.char_indices().filter_map(after));
    starts.find(|&start| {
        let rest = text[start..].trim_start_matches('#');
        let hashes = text.len() - start - rest.len();
        let number = rest.trim_start_matches(is_space);
        let digits = number.trim_start_matches(|c: char| c.is_ascii_digit());
        let minor = digits.strip_prefix('.').is_some_and(|minor| minor.starts_with(|c: char| c.is_ascii_digit()));
        (1..=6).contains(&hashes) && number.len() < rest.len() && digits.len() < number.len() && minor
    })
}

/// Returns what a changelog says of a version, without the heading: all up to the next heading of its level or a higher
/// one. Headings as `## 1.4.0`, `## [1.4.0] - 2026-05-03` and `## v1.4.0 (3 May)` are known.
pub fn section<'t>(text: &'t str, version: &str) -> Option<&'t str> {
    let (mut fence, mut found, mut at) = (None, None, 0);
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        match (fence, Fence::of(line)) {
            (None, Some(new)) => fence = Some(new),
            (Some(open), Some(new)) if new.closes(open) => fence = None,
            _ => {}
        }
        let title = line.trim_start_matches('#');
        let level = line.len() - title.len();
        let is_heading = (1..=6).contains(&level) && title.starts_with([' ', '\t']);
        if fence.is_some() || !is_heading {
            continue;
        }
        match found {
            Some((open, from)) if level <= open => return Some(text[from..start].trim()),
            None if names(title, version) => found = Some((level, at)),
            _ => {}
        }
    }
    found.map(|(_, from)| text[from..].trim())
}

/// A line that opens or closes a block of code.
#[derive(Clone, Copy)]
struct Fence {
    mark: char,
    length: usize,
    /// Whether nothing follows the marks, as behind those that close a block.
    is_bare: bool,
}

impl Fence {
    /// Reads a line, as [CommonMark](https://spec.commonmark.org/0.31.2/#fenced-code-blocks) does but for its indentation:
    /// that of a list is not known here.
    fn of(line: &str) -> Option<Self> {
        let line = line.trim();
        let mark = line.chars().next().filter(|c| ['`', '~'].contains(c))?;
        let rest = line.trim_start_matches(mark);
        let length = line.len() - rest.len();
        // Code within a line begins and ends with marks too.
        let is_one = length >= 3 && !(mark == '`' && rest.contains('`'));
        is_one.then_some(Self { mark, length, is_bare: rest.is_empty() })
    }

    fn closes(self, open: Self) -> bool {
        self.is_bare && self.mark == open.mark && self.length >= open.length
    }
}

fn names(title: &str, version: &str) -> bool {
    let ends = [' ', '\t', '\r', '\n', '[', ']', '(', ')', ','];
    title.split(ends).any(|word| word == version || word.strip_prefix('v') == Some(version))
}
