//! The version of `package.json`.

use std::ops::Range;

use serde_json::Value;

use super::{Found, WRITE, Wrong};
use crate::config::no_json;
use crate::place::line_of;

/// Finds the version and where it stands, its quotes included.
pub(super) fn version(text: &str) -> Result<Found, Wrong> {
    let body = text.strip_prefix('\u{feff}').unwrap_or(text);
    let json: Value = serde_json::from_str(body).map_err(|error| Wrong {
        line: error.line(),
        what: no_json(&error),
        mend: "mend it by hand",
    })?;
    let members: Vec<_> = members(text).into_iter().filter(|member| member.key == "version").collect();
    let line = |member: &Member| line_of(text, member.at);
    match members.as_slice() {
        [] => Err(Wrong { line: 1, what: "it has no `version`".into(), mend: WRITE }),
        [first] => match (json.get("version").and_then(Value::as_str), first.string.clone()) {
            (Some(version), Some(range)) => Ok(Found { range, version: version.into() }),
            _ => Err(Wrong { line: line(first), what: "its `version` is no string".into(), mend: "put it in quotes" }),
        },
        [first, second, ..] => Err(Wrong {
            line: line(second),
            what: format!("`version` stands in it twice, first on line {}", line(first)),
            mend: "keep one of them",
        }),
    }
}

/// A member of the outermost object.
struct Member {
    key: String,
    /// Where its key begins.
    at: usize,
    /// Where its value stands, if that is a string.
    string: Option<Range<usize>>,
}

/// Lists the members of the outermost object. The text must be valid.
fn members(text: &str) -> Vec<Member> {
    let (mut depth, mut at, mut is_value) = (0_usize, 0, false);
    let (mut members, mut last): (Vec<Member>, Option<Range<usize>>) = (Vec::new(), None);
    while let Some(byte) = text.as_bytes().get(at) {
        match byte {
            b'"' => {
                let end = string_end(text, at);
                match members.last_mut().filter(|_| is_value) {
                    Some(member) if depth == 1 => member.string = Some(at..end),
                    None if depth == 1 => last = Some(at..end),
                    _ => {}
                }
                at = end;
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b':' if depth == 1 => {
                is_value = true;
                let key = last.take().and_then(|range| Some((range.start, serde_json::from_str(&text[range]).ok()?)));
                members.extend(key.map(|(at, key)| Member { key, at, string: None }));
            }
            b',' if depth == 1 => is_value = false,
            _ => {}
        }
        at += 1;
    }
    members
}

/// Returns where a string ends that begins at an offset.
fn string_end(text: &str, start: usize) -> usize {
    let mut at = start + 1;
    while let Some(byte) = text.as_bytes().get(at) {
        match byte {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    text.len()
}
