//! The tags of a repository.

use std::collections::BTreeSet;

use embark_core::Tag;
use embark_core::ports::RegistryError;
use reqwest::StatusCode;
use serde::Deserialize;

use super::{Remote, pages};
use crate::client::Refusal;

const JSON: &str = "application/json";

/// A page of [tags](https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#listing-tags).
#[derive(Deserialize)]
struct Page {
    /// `null` where there are none.
    #[serde(deserialize_with = "Option::deserialize")]
    tags: Option<Vec<String>>,
}

impl Remote {
    /// Lists all tags. Some registries have names among them that nobody could pull.
    pub(crate) async fn tags(&self) -> Result<Vec<Tag>, RegistryError> {
        let answer = self.client.send(&self.endpoint, pages::list(self.endpoint.tags_url(), JSON)).await?;
        match answer.status() {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => {
                answer.finish().await;
                return Err(RegistryError::NoRepository { repository: self.repository().clone() });
            }
            _ => return Err(Refusal::read(answer).await.error(self.repository())),
        }
        let pages: Vec<Page> = self.pages(answer, JSON).await?;
        let names = pages.into_iter().filter_map(|page| page.tags).flatten();
        let tags: BTreeSet<Tag> = names.filter_map(|name| name.parse().ok()).collect();
        Ok(tags.into_iter().collect())
    }
}
