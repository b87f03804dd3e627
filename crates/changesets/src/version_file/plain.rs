//! A file that holds the version alone.

use super::{Found, Wrong};
use crate::place::line_of;

/// Finds the version. White space around it is none of it, and neither is a mark of the order of bytes.
pub(super) fn version(text: &str) -> Result<Found, Wrong> {
    let body = text.trim_start_matches('\u{feff}').trim_start();
    let version = body.trim_end();
    let start = if version.is_empty() { 0 } else { text.len() - body.len() };
    if let Some(at) = version.find(char::is_whitespace) {
        let rest = version[at..].trim_start();
        let line = line_of(text, start + version.len() - rest.len());
        let what = "it holds more than the version".into();
        return Err(Wrong { line, what, mend: "write the version alone into it, as in 1.4.0" });
    }
    Ok(Found { range: start..start + version.len(), version: version.into() })
}
