//! Commits of the two repositories, which are never taken for one another.

use crate::text::text_type;

text_type! {
    /// A commit of the application's repository, in full: 40 or 64 lower-case hex digits.
    ///
    /// As a version tag it names the images that were built from it.
    Commit, "a full commit id", full_hex
}

text_type! {
    /// A commit of the deployment repo, in full: 40 or 64 lower-case hex digits.
    Revision, "a full commit id", full_hex
}

text_type! {
    /// The first digits of a commit of the deployment repo: from four to 63 lower-case hex digits, and nothing that reads as a
    /// year, a month or a day.
    AbbreviatedRevision, "the beginning of a commit id", first_hex
}

fn first_hex(text: &str) -> Result<(), &'static str> {
    let is_decimal = text.bytes().all(|byte| byte.is_ascii_digit());
    if is_decimal && text.starts_with("20") && matches!(text.len(), 4 | 6 | 8) {
        return Err("a day is written as in 2026-05-03, and of a commit that begins so more digits are needed");
    }
    if is_hex(text) && (4..64).contains(&text.len()) { Ok(()) } else { Err("four hex digits or more are needed") }
}

/// Tells whether a text is nothing but lower-case hex digits.
pub(crate) fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

pub(crate) fn full_hex(text: &str) -> Result<(), &'static str> {
    if is_hex(text) && matches!(text.len(), 40 | 64) {
        Ok(())
    } else {
        Err("40 or 64 lower-case hex digits are needed, never abbreviated")
    }
}

impl Commit {
    /// Returns the first seven digits, for tables that people read.
    pub fn short(&self) -> &str {
        &self.as_str()[..7]
    }
}

impl Revision {
    /// Returns the first seven digits, for tables that people read.
    pub fn short(&self) -> &str {
        &self.as_str()[..7]
    }
}
