//! What is read of a registry's answers, for tests.

use embark_core::MediaType;

use super::{check, links};

const UNREADABLE: &str = "the header Link cannot be read";

/// Finds the next page of a list in a header `Link`; `None` where there is none.
///
/// # Errors
/// The header cannot be read.
pub fn next_link(header: &[u8]) -> Result<Option<String>, &'static str> {
    links::next_link(header).map(|target| target.map(str::to_owned)).map_err(|_| UNREADABLE)
}

/// Tells which kind of manifest a body is.
///
/// # Errors
/// It is none, and why.
pub fn check_manifest(content_type: Option<&str>, body: &[u8]) -> Result<MediaType, String> {
    check::manifest(content_type, body)
}
