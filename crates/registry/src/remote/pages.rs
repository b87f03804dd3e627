//! Lists that come in pages: each tells where the next one is.

use embark_core::ports::RegistryError;
use reqwest::header::{ACCEPT, HeaderValue, LINK};
use reqwest::{Method, StatusCode, Url};
use serde::de::DeserializeOwned;

use super::Remote;
use super::links::next_link;
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
        // What cannot be read is no end of the list: it may go on.
        let unreadable = |_| self.malformed("its header Link cannot be read".into());
        let links = answer.all(&LINK).map(|header| next_link(header.as_bytes()).map_err(unreadable));
        let Some(link) = links.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().next() else { return Ok(None) };
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
