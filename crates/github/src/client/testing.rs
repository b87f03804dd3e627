//! What GitHub says, handed to its readers without a server (feature `test-support`).

use reqwest::header::{HeaderMap, HeaderValue, LINK};

use super::Answer;

const UNREADABLE: &str = "the header Link cannot be read";

/// Finds the next page of a list in the headers `Link` of an answer; `None` where there is none.
///
/// # Errors
/// They cannot be read.
pub fn next_page(links: &[&[u8]]) -> Result<Option<String>, &'static str> {
    let values = links
        .iter()
        .map(|link| HeaderValue::from_bytes(link))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| UNREADABLE)?;
    let mut headers = HeaderMap::new();
    for value in values {
        headers.append(LINK, value);
    }
    let next = Answer { headers, body: Vec::new() }.next().map_err(|_| UNREADABLE)?;
    Ok(next.map(String::from))
}
