//! What refers to a manifest: the registry's own list, or the tag that stands for it where there is no such list.

use std::collections::BTreeSet;

use embark_core::ports::RegistryError;
use embark_core::{Digest, Manifest, MediaType, Reference, Referrer, Tag};
use reqwest::StatusCode;
use serde::Deserialize;

use super::{Remote, pages};
use crate::client::{Answer, Refusal};

const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// A page of referrers: an index.
#[derive(Deserialize)]
struct Page {
    #[serde(deserialize_with = "Option::deserialize")]
    manifests: Option<Vec<Descriptor>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    media_type: String,
    digest: String,
    artifact_type: Option<String>,
}

impl Remote {
    /// Lists what refers to `subject`.
    pub(crate) async fn referrers(&self, subject: &Digest) -> Result<Vec<Referrer>, RegistryError> {
        if let Some(listed) = self.listed(subject).await? {
            return Ok(listed);
        }
        match self.fallback(subject).await? {
            Some(index) => self.parse_fallback(&index),
            None => Ok(Vec::new()),
        }
    }

    /// Asks for the registry's own list; `None` if it has none.
    ///
    /// The list is asked for whole. A registry could filter it by the type of artifact, but would not have to.
    pub(super) async fn listed(&self, subject: &Digest) -> Result<Option<Vec<Referrer>>, RegistryError> {
        let mut request = pages::list(self.endpoint.referrers_url(subject), INDEX);
        request.retries_elsewhere = false;
        let answer = self.client.send(&self.endpoint, request).await?;
        if self.has_no_list(&answer) {
            answer.finish().await;
            return Ok(None);
        }
        if answer.status() != StatusCode::OK {
            return Err(Refusal::read(answer).await.error(self.repository()));
        }
        self.described(self.pages(answer, INDEX).await?).map(Some)
    }

    /// Tells whether an answer is that of a registry without the API. One large registry sends everybody to its web
    /// site, which has its own ways to say no.
    fn has_no_list(&self, answer: &Answer) -> bool {
        let status = answer.status();
        status.is_redirection()
            || !self.endpoint.is_home_of(answer.url())
            || matches!(
                status,
                StatusCode::BAD_REQUEST
                    | StatusCode::NOT_FOUND
                    | StatusCode::METHOD_NOT_ALLOWED
                    | StatusCode::NOT_ACCEPTABLE
            )
    }

    /// Fetches the index that the [referrers tag][spec] names. That it cannot be told is never taken for none.
    ///
    /// [spec]: https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#referrers-tag-schema
    pub(super) async fn fallback(&self, subject: &Digest) -> Result<Option<Manifest>, RegistryError> {
        let tag = self.fallback_tag(subject)?;
        let index = match self.manifest(&Reference::Tag(tag.clone())).await {
            Err(RegistryError::NotFound { .. }) => return Ok(None),
            fetched => fetched?,
        };
        // Some registries take the tag for the digest that it is made of.
        if Digest::of(subject.algorithm(), index.bytes()) == *subject {
            return Ok(None);
        }
        if index.media_type() != MediaType::OciIndex {
            let reason = format!("its tag {tag} should list what refers to {subject}, and is no index");
            return Err(self.malformed(reason));
        }
        Ok(Some(index))
    }

    /// Returns the tag that stands for the list: the digest, cut to what fits into a tag.
    pub(super) fn fallback_tag(&self, subject: &Digest) -> Result<Tag, RegistryError> {
        let hex = subject.hex().get(..64).unwrap_or(subject.hex());
        let tag = format!("{}-{hex}", subject.algorithm().name()).parse();
        tag.map_err(|error| self.malformed(format!("{subject} has no referrers tag: {error}")))
    }

    fn parse_fallback(&self, index: &Manifest) -> Result<Vec<Referrer>, RegistryError> {
        let page = serde_json::from_slice(index.bytes());
        self.described(vec![page.map_err(|error| self.malformed(format!("its list cannot be read: {error}")))?])
    }

    fn described(&self, pages: Vec<Page>) -> Result<Vec<Referrer>, RegistryError> {
        let (mut seen, mut referrers) = (BTreeSet::new(), Vec::new());
        for descriptor in pages.into_iter().filter_map(|page| page.manifests).flatten() {
            let digest: Digest = descriptor
                .digest
                .parse()
                .map_err(|error| self.malformed(format!("its list of referrers names a digest, but {error}")))?;
            if seen.insert(digest.clone()) {
                referrers.push(Referrer::new(digest, descriptor.media_type, descriptor.artifact_type));
            }
        }
        Ok(referrers)
    }
}
