//! Answers, read whole.

use reqwest::header::{HeaderMap, LINK};
use reqwest::{StatusCode, Url};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::links::{Unreadable, next_link};
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

/// What a [refusal](https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api#validation-failed)
/// says.
#[derive(Deserialize)]
struct Refusal {
    message: String,
    #[serde(default)]
    errors: Vec<Value>,
}

impl Refusal {
    /// Returns its message, and in brackets what it says in particular.
    fn text(&self) -> String {
        let said = |error: &Value| {
            let of = |key: &str| error.get(key).and_then(Value::as_str);
            let code = of("code").map(|code| format!("{}: {code}", of("field").or(of("resource")).unwrap_or("it")));
            error.as_str().or(of("message")).map(ToOwned::to_owned).or(code)
        };
        let reasons: Vec<String> = self.errors.iter().filter_map(said).collect();
        if reasons.is_empty() { self.message.clone() } else { format!("{} ({})", self.message, reasons.join(", ")) }
    }
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
    pub(super) fn next(&self) -> Result<Option<Url>, Unreadable> {
        let mut next = None;
        for header in self.headers.get_all(LINK) {
            let target = next_link(header.as_bytes())?;
            next = next.or(target);
        }
        next.map(|target| target.parse().map_err(|_| Unreadable)).transpose()
    }

    /// Returns the status, and what a refusal says.
    pub(crate) fn said(&self, status: StatusCode) -> String {
        self.words().map_or_else(|| status.to_string(), |words| format!("{status}: {words}"))
    }

    /// Returns what a refusal says, on one line.
    pub(crate) fn words(&self) -> Option<String> {
        let refusal: Refusal = serde_json::from_slice(&self.body).ok()?;
        let text = refusal.text();
        let words: Vec<&str> = text.split(|char: char| char.is_whitespace() || char.is_control()).collect();
        let line = words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
        (!line.is_empty()).then(|| line.chars().take(WORDS).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_why_in_particular() {
        let words = |body: &str| Answer { headers: HeaderMap::new(), body: body.into() }.words();
        assert_eq!(words(r#"{ "message": "Not\nFound" }"#).as_deref(), Some("Not Found"));
        let errors = r#"{ "message": "Validation Failed", "errors": [
            { "resource": "PullRequest", "code": "custom", "message": "No commits between main and embark/release" },
            { "resource": "Release", "field": "tag_name", "code": "already_exists" }, { "resource": "Release", "code": "missing" },
            "in words", {}
        ] }"#;
        let all = "Validation Failed (No commits between main and embark/release, tag_name: already_exists, \
                   Release: missing, in words)";
        assert_eq!(words(errors).as_deref(), Some(all));
        assert_eq!(words("nonsense"), None);
    }

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
            assert_eq!(next(unreadable), Err(Unreadable), "{unreadable}");
        }
    }
}
