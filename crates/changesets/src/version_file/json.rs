//! The version of `package.json`.

use std::ops::Range;

use serde_json::Value;

/// Finds the version and where it stands, its quotes included.
pub(super) fn version(text: &str) -> Result<(Range<usize>, String), String> {
    let body = text.strip_prefix('\u{feff}').unwrap_or(text);
    let json: Value = serde_json::from_str(body).map_err(|error| format!("it is no JSON: {error}"))?;
    let version = json.get("version").ok_or("it has no `version`")?;
    let version = version.as_str().ok_or("its `version` is no string")?;
    let mut places = strings(text).into_iter().filter(|(key, _)| key == "version").map(|(_, range)| range);
    match (places.next(), places.next()) {
        (Some(range), None) => Ok((range, version.into())),
        _ => Err("`version` stands in it twice".into()),
    }
}

/// Lists the strings of the outermost object with their keys and places. The text must be valid.
fn strings(text: &str) -> Vec<(String, Range<usize>)> {
    let (mut depth, mut at, mut found) = (0_usize, 0, Vec::new());
    let (mut last, mut key): (Option<Range<usize>>, Option<String>) = (None, None);
    while let Some(byte) = text.as_bytes().get(at) {
        match byte {
            b'"' => {
                let end = string_end(text, at);
                if depth == 1 {
                    match key.take() {
                        Some(key) => found.push((key, at..end)),
                        None => last = Some(at..end),
                    }
                }
                at = end;
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b':' if depth == 1 => key = last.take().and_then(|range| serde_json::from_str(&text[range]).ok()),
            b',' if depth == 1 => key = None,
            _ => {}
        }
        at += 1;
    }
    found
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
