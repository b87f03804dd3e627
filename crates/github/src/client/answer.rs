//! Answers, read whole.

use reqwest::header::{HeaderMap, LINK};
use reqwest::{StatusCode, Url};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, unavailable};

/// No answer is larger: a hundred check runs have a hundred reports of 64 KiB, each twice.
const LIMIT: usize = 32 << 20;

/// How much of an explanation fits into a message.
const WORDS: usize = 200;

/// The headers and the body of an answer.
pub(crate) struct Answer {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// Tells that a header `Link` cannot be read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct UnreadableLinks;

#[derive(Deserialize)]
struct Message {
    message: String,
}

impl Answer {
    pub(super) async fn read(mut response: reqwest::Response) -> Result<Self, Error> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(unavailable)? {
            if body.len() + chunk.len() > LIMIT {
                return Err(Error::Malformed(format!("its answer is larger than {LIMIT} bytes")));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Self { headers: std::mem::take(response.headers_mut()), body })
    }

    /// Reads what it holds, as far as it is needed.
    pub(crate) fn parse<T: DeserializeOwned>(&self, what: &str) -> Result<T, Error> {
        serde_json::from_slice(&self.body)
            .map_err(|error| Error::Malformed(format!("its {what} cannot be read: {error}")))
    }

    /// Returns the [next page](https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api) of a
    /// list.
    ///
    /// # Errors
    /// Links that cannot be read are no end of the list: it may go on.
    pub(super) fn next(&self) -> Result<Option<Url>, UnreadableLinks> {
        for header in self.headers.get_all(LINK) {
            let links = header.to_str().ok().and_then(|links| links.trim_start().strip_prefix('<'));
            for link in links.ok_or(UnreadableLinks)?.split('<') {
                let (target, parameters) = link.split_once('>').ok_or(UnreadableLinks)?;
                if is_next(parameters) {
                    return target.parse().map(Some).map_err(|_| UnreadableLinks);
                }
            }
        }
        Ok(None)
    }

    /// Returns the status, and what a refusal says.
    pub(crate) fn said(&self, status: StatusCode) -> String {
        self.words().map_or_else(|| status.to_string(), |words| format!("{status}: {words}"))
    }

    /// Returns what a refusal says, on one line.
    pub(crate) fn words(&self) -> Option<String> {
        let Message { message } = serde_json::from_slice(&self.body).ok()?;
        let words: Vec<&str> = message.split(|char: char| char.is_whitespace() || char.is_control()).collect();
        let line = words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
        (!line.is_empty()).then(|| line.chars().take(WORDS).collect())
    }
}

/// Tells whether the [parameters of a link](https://www.rfc-editor.org/rfc/rfc8288#section-3) say that it is the next
/// page.
fn is_next(parameters: &str) -> bool {
    let relations = parameters.split([';', ',']).filter_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("rel").then(|| value.trim().trim_matches('"'))
    });
    relations.flat_map(str::split_whitespace).any(|relation| relation.eq_ignore_ascii_case("next"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_found_among_the_links() {
        let next = |links: &str| {
            let headers = HeaderMap::from_iter([(LINK, links.parse().unwrap())]);
            Answer { headers, body: Vec::new() }.next().map(|next| next.map(String::from))
        };
        let found = |url: &str| Ok(Some(url.to_owned()));
        let first =
            r#"<https://a.test/1>; rel="prev", <https://a.test/3?b=c>; rel="next", <https://a.test/9>; rel="last""#;
        assert_eq!(next(first), found("https://a.test/3?b=c"));
        assert_eq!(next("<https://a.test/2?b=c,d>; REL = next"), found("https://a.test/2?b=c,d"));
        assert_eq!(next(r#"<https://a.test/2>; rel="last next""#), found("https://a.test/2"));
        assert_eq!(next(r#"<https://a.test/1>; rel="first""#), Ok(None));
        for unreadable in ["nonsense", r#"rel="next""#, r#"<https://a.test/2; rel="next""#, r#"</2>; rel="next""#] {
            assert_eq!(next(unreadable), Err(UnreadableLinks), "{unreadable}");
        }
    }
}
