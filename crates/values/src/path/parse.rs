//! The grammar of a path.

use super::Segment;

/// Tells at which column a text stops being a path, and what could stand there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{path}` is not a values path: at column {column} there must be {expected}")]
#[non_exhaustive]
pub struct PathError {
    /// What was to be parsed.
    pub path: String,
    /// The column in characters, from 1.
    pub column: usize,
    /// What could stand there.
    pub expected: &'static str,
}

const KEY: &str = "a key, in quotes if it holds anything but letters, digits and plain signs";
const SELECTOR: &str = "the number of an item, or `field=value`";

/// Tells whether a key may hold this character without quotes.
pub(super) fn is_bare(c: char) -> bool {
    !matches!(c, '.' | '[' | ']' | '"' | '\\' | '=') && !c.is_whitespace() && !c.is_control()
}

pub(super) fn parse(text: &str) -> Result<Vec<Segment>, PathError> {
    let mut cursor = Cursor { text, at: 0 };
    let segments = steps(&mut cursor)?;
    if cursor.peek().is_none() { Ok(segments) } else { Err(cursor.expected("`.`, `[` or the end")) }
}

/// Parses `PATH=TEXT`: the path, and what follows the first `=` outside brackets and quotes.
pub(super) fn parse_assignment(text: &str) -> Result<(Vec<Segment>, &str), PathError> {
    let mut cursor = Cursor { text, at: 0 };
    let segments = steps(&mut cursor)?;
    text[cursor.at..].strip_prefix('=').map(|value| (segments, value)).ok_or_else(|| cursor.expected("`.`, `[` or `=`"))
}

fn steps(cursor: &mut Cursor<'_>) -> Result<Vec<Segment>, PathError> {
    let mut segments = Vec::new();
    loop {
        match cursor.peek() {
            Some('[') => segments.push(selector(cursor)?),
            Some('.') if !segments.is_empty() => {
                cursor.bump();
                segments.push(Segment::Key(key(cursor)?));
            }
            _ if !segments.is_empty() => return Ok(segments),
            _ => segments.push(Segment::Key(key(cursor)?)),
        }
    }
}

fn key(cursor: &mut Cursor<'_>) -> Result<String, PathError> {
    if cursor.peek() == Some('"') {
        return quoted(cursor);
    }
    let bare = cursor.take_while(is_bare);
    if bare.is_empty() { Err(cursor.expected(KEY)) } else { Ok(bare.to_owned()) }
}

fn selector(cursor: &mut Cursor<'_>) -> Result<Segment, PathError> {
    cursor.bump();
    let start = cursor.at;
    if cursor.peek().is_some_and(|c| c.is_ascii_digit()) {
        let digits = cursor.take_while(|c| c.is_ascii_digit());
        if cursor.peek() == Some(']') {
            let canonical = digits == "0" || !digits.starts_with('0');
            let index = digits.parse().ok().filter(|_| canonical);
            let Some(index) = index else {
                cursor.at = start;
                return Err(cursor.expected("the number of an item, from 0 and without leading zeros"));
            };
            cursor.bump();
            return Ok(Segment::Index(index));
        }
        cursor.at = start;
    }
    let field = match cursor.peek() {
        Some('"') => quoted(cursor)?,
        _ => cursor.take_while(is_bare).to_owned(),
    };
    if field.is_empty() && cursor.at == start {
        return Err(cursor.expected(SELECTOR));
    }
    if cursor.peek() != Some('=') {
        return Err(cursor.expected("`=` and the value of the field"));
    }
    cursor.bump();
    let value = match cursor.peek() {
        Some('"') => quoted(cursor)?,
        _ => cursor.take_while(|c| c != ']' && c != '[' && c != '"').trim().to_owned(),
    };
    if cursor.peek() != Some(']') {
        return Err(cursor.expected("`]`"));
    }
    cursor.bump();
    Ok(Segment::Item { field, value })
}

fn quoted(cursor: &mut Cursor<'_>) -> Result<String, PathError> {
    cursor.bump();
    let mut text = String::new();
    loop {
        match cursor.peek() {
            None => return Err(cursor.expected("a closing `\"`")),
            Some('"') => {
                cursor.bump();
                return Ok(text);
            }
            Some('\\') => {
                cursor.bump();
                match cursor.peek() {
                    Some(escaped @ ('"' | '\\')) => text.push(escaped),
                    _ => return Err(cursor.expected("`\"` or `\\`")),
                }
            }
            Some(c) => text.push(c),
        }
        cursor.bump();
    }
}

struct Cursor<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Cursor<'t> {
    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn bump(&mut self) {
        self.at += self.peek().map_or(0, char::len_utf8);
    }

    fn take_while(&mut self, belongs: impl Fn(char) -> bool) -> &'t str {
        let rest = &self.text[self.at..];
        let taken = rest.find(|c| !belongs(c)).map_or(rest, |end| &rest[..end]);
        self.at += taken.len();
        taken
    }

    fn expected(&self, expected: &'static str) -> PathError {
        PathError { path: self.text.to_owned(), column: self.text[..self.at].chars().count() + 1, expected }
    }
}
