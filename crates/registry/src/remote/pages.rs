//! Lists that come in pages: each tells where the next one is.

use embark_core::ports::RegistryError;
use reqwest::header::{ACCEPT, HeaderValue, LINK};
use reqwest::{Method, StatusCode, Url};
use serde::de::DeserializeOwned;

use super::Remote;
use crate::client::{Answer, Refusal, Request};
use crate::words;

/// More than a list has that ends.
const PAGES: usize = 1000;
/// No page is larger: it is the size that a manifest may have.
const PAGE_LIMIT: usize = 4 << 20;

impl Remote {
    /// Reads the pages of a list, of which `answer` is the first.
    ///
    /// Where the next one is belongs to the registry, and is not understood here: large registries have opaque cursors.
    pub(super) async fn pages<T: DeserializeOwned>(
        &self,
        mut answer: Answer,
        accept: &'static str,
    ) -> Result<Vec<T>, RegistryError> {
        let mut pages = Vec::new();
        loop {
            let next = self.next_page(&answer)?;
            let body = answer.body(PAGE_LIMIT).await.map_err(|error| error.of(self.repository()))?;
            let page = serde_json::from_slice(&body);
            pages.push(page.map_err(|error| self.malformed(format!("its list cannot be read: {error}")))?);
            let Some(next) = next else { return Ok(pages) };
            if pages.len() == PAGES {
                return Err(self.malformed(format!("its list does not end after {PAGES} pages")));
            }
            answer = self.client.send(&self.endpoint, list(next, accept)).await?;
            if answer.status() != StatusCode::OK {
                return Err(Refusal::read(answer).await.error(self.repository()));
            }
        }
    }

    /// Reads where the next page is: on this host, for what is asked there is not another host's business.
    fn next_page(&self, answer: &Answer) -> Result<Option<Url>, RegistryError> {
        let Some(link) = answer.headers(LINK.as_str()).find_map(next_link) else { return Ok(None) };
        let next = answer.url().join(link);
        let next = next.map_err(|error| {
            self.malformed(words::one_line(&format!("its next page is at {link:?}, which is no address: {error}")))
        })?;
        if !self.endpoint.is_home_of(&next) {
            let host = next.host_str().unwrap_or_default();
            return Err(self.malformed(format!("the next page of its list is on another host, {host}")));
        }
        if next == *answer.url() {
            return Err(self.malformed("the next page of its list is the same again".into()));
        }
        Ok(Some(next))
    }
}

/// Asks for a page of a list.
pub(super) fn list(url: Url, accept: &'static str) -> Request {
    let mut request = Request::new(Method::GET, url);
    request.headers.insert(ACCEPT, HeaderValue::from_static(accept));
    request
}

/// Finds the target of `rel="next"` in a [`Link`](https://www.rfc-editor.org/rfc/rfc8288#section-3) header.
fn next_link(header: &str) -> Option<&str> {
    let mut rest = header;
    loop {
        let (_, after) = rest.split_once('<')?;
        let (target, after) = after.split_once('>')?;
        let (parameters, others) = after.split_once(',').unwrap_or((after, ""));
        let is_next = parameters.split(';').any(|parameter| {
            let Some((name, value)) = parameter.split_once('=') else { return false };
            let mut relations = value.trim().trim_matches('"').split_ascii_whitespace();
            name.trim().eq_ignore_ascii_case("rel") && relations.any(|one| one.eq_ignore_ascii_case("next"))
        });
        if is_next {
            return Some(target);
        }
        rest = others;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_found_among_links() {
        for (header, next) in [
            ("</v2/x/tags/list?last=b,c&n=2>; rel=\"next\"", Some("/v2/x/tags/list?last=b,c&n=2")),
            ("<https://r.test/?a=%3D>;Rel=next", Some("https://r.test/?a=%3D")),
            ("<first>; rel=\"first\", <second>; title=\"x\"; rel=\"last next\"", Some("second")),
            ("<first>; rel=\"prev\"", None),
            ("<first>", None),
            ("first; rel=\"next\"", None),
            ("<first; rel=\"next\"", None),
            ("", None),
        ] {
            assert_eq!(next_link(header), next, "{header}");
        }
    }
}
