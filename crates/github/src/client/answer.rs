//! Answers, read whole.

use embark_core::ports::ApplicationError;
use reqwest::Url;
use reqwest::header::{HeaderMap, LINK};
use serde::Deserialize;

use crate::error::{malformed, unavailable};
use crate::name::RepositoryName;

/// No answer is larger: a hundred check runs have a hundred reports of 64 KiB, each twice.
const LIMIT: usize = 32 << 20;

/// How much of an explanation fits into a message.
const WORDS: usize = 200;

/// The headers and the body of an answer.
pub(crate) struct Answer {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

#[derive(Deserialize)]
struct Message {
    message: String,
}

impl Answer {
    pub(super) async fn read(
        mut response: reqwest::Response,
        repository: &RepositoryName,
    ) -> Result<Self, ApplicationError> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| unavailable(repository, error))? {
            if body.len() + chunk.len() > LIMIT {
                return Err(malformed(repository, format!("its answer is larger than {LIMIT} bytes")));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Self { headers: std::mem::take(response.headers_mut()), body })
    }

    /// Returns the [next page](https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api) of a
    /// list.
    pub(super) fn next(&self) -> Option<Url> {
        let links = self.headers.get(LINK)?.to_str().ok()?;
        let next = links.split(',').find(|link| link.contains("rel=\"next\""))?;
        next.split_once('<')?.1.split_once('>')?.0.parse().ok()
    }

    /// Returns what a refusal says, on one line.
    pub(crate) fn words(&self) -> Option<String> {
        let Message { message } = serde_json::from_slice(&self.body).ok()?;
        let words: Vec<&str> = message.split(|char: char| char.is_whitespace() || char.is_control()).collect();
        let line = words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
        (!line.is_empty()).then(|| line.chars().take(WORDS).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_found_among_the_links() {
        let next = |links: &str| {
            let headers = HeaderMap::from_iter([(LINK, links.parse().unwrap())]);
            Answer { headers, body: Vec::new() }.next().map(String::from)
        };
        let first =
            r#"<https://a.test/1>; rel="prev", <https://a.test/3?b=c>; rel="next", <https://a.test/9>; rel="last""#;
        assert_eq!(next(first).as_deref(), Some("https://a.test/3?b=c"));
        assert_eq!(next(r#"<https://a.test/1>; rel="first""#), None);
        assert_eq!(next("nonsense"), None);
    }
}
