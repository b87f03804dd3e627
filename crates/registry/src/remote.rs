//! A repository of a registry over HTTP: the [distribution specification][spec].
//!
//! Manifests and blobs go through one client, so that both have its connections, logins and limits. Of `oci-client` only
//! the types that manifests are read into serve, in [`copy`](crate::copy): its own client cannot take ours.
//!
//! [spec]: https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md

use std::sync::Arc;

use embark_core::ports::RegistryError;
use embark_core::{Algorithm, Digest, Manifest, MediaType, Reference, Repository, Tag};
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use reqwest::{Method, StatusCode};

use crate::client::{Answer, Client, Payload, Refusal, Request, is_unanswered};
use crate::endpoint::Endpoint;
use crate::layout::MANIFEST_LIMIT;
use crate::words;

mod attach;
mod blobs;
mod check;
mod links;
mod pages;
mod referrers;
mod tags;
#[cfg(feature = "test-support")]
pub(crate) mod testing;

const DIGEST: &str = "docker-content-digest";
const SUBJECT: &str = "oci-subject";

/// How often a manifest is put under a tag that stays free.
const PUTS: u32 = 2;

/// What a registry answers to a write.
struct Written {
    /// The digest that it states, if that is another one; an error if it is none.
    other: Result<Option<Digest>, RegistryError>,
    /// Whether it lists the manifest among what refers to its subject.
    lists_subject: bool,
}

pub(crate) struct Remote {
    client: Arc<Client>,
    endpoint: Endpoint,
}

impl Remote {
    pub(crate) fn new(client: Arc<Client>, repository: &Repository) -> Result<Self, RegistryError> {
        Ok(Self { client, endpoint: Endpoint::of(repository)? })
    }

    pub(crate) fn repository(&self) -> &Repository {
        &self.endpoint.repository
    }

    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.endpoint.is_same(&other.endpoint)
    }

    /// Asks with a HEAD, which costs a registry little; with a GET only where a 200 does not tell the digest.
    pub(crate) async fn resolve(&self, reference: &Reference) -> Result<Digest, RegistryError> {
        let answer = self.client.send(&self.endpoint, self.request(Method::HEAD, reference)).await?;
        let stated = self.stated(&self.success(answer, reference).await?)?;
        match (stated, reference) {
            (Some(stated), Reference::Tag(_)) => Ok(stated),
            (Some(stated), Reference::Digest(wanted)) if stated.algorithm() == wanted.algorithm() => {
                if stated == *wanted { Ok(stated) } else { Err(self.mismatch(wanted, &stated)) }
            }
            _ => self.manifest(reference).await.map(|manifest| manifest.digest().clone()),
        }
    }

    /// Fetches a manifest, and compares the hash of its bytes with the reference and with what the registry states.
    pub(crate) async fn manifest(&self, reference: &Reference) -> Result<Manifest, RegistryError> {
        let answer = self.client.send(&self.endpoint, self.request(Method::GET, reference)).await?;
        let answer = self.success(answer, reference).await?;
        let stated = self.stated(&answer)?;
        let content_type = answer.header(CONTENT_TYPE.as_str()).map(str::to_owned);
        let body = answer.body(usize::try_from(MANIFEST_LIMIT).unwrap_or(usize::MAX)).await;
        let body = body.map_err(|error| error.of(self.repository()))?;
        let media_type = check::manifest(content_type.as_deref(), &body).map_err(|reason| self.malformed(reason))?;
        let wanted = match reference {
            Reference::Digest(digest) => Some(digest),
            Reference::Tag(_) => None,
        };
        for expected in [wanted, stated.as_ref()].into_iter().flatten() {
            let found = Digest::of(expected.algorithm(), &body);
            if found != *expected {
                return Err(self.mismatch(expected, &found));
            }
        }
        let algorithm = wanted.or(stated.as_ref()).map_or(Algorithm::Sha256, Digest::algorithm);
        Ok(Manifest::with_algorithm(media_type, body, algorithm))
    }

    /// Puts a manifest under a tag that was seen free just before.
    ///
    /// The protocol has no compare-and-swap: what somebody else put there since is overwritten, unless the registry
    /// refuses to move a tag.
    pub(crate) async fn tag(&self, tag: &Tag, manifest: &Manifest) -> Result<(), RegistryError> {
        let reference = Reference::Tag(tag.clone());
        let wrote_other = |found: Digest| RegistryError::WroteOther {
            repository: self.repository().clone(),
            tag: tag.clone(),
            wrote: manifest.digest().clone(),
            found,
        };
        let mut puts = 0;
        loop {
            puts += 1;
            match self.put(&reference, manifest).await {
                Ok(Written { other, .. }) => match other? {
                    Some(found) => return Err(wrote_other(found)),
                    None => break,
                },
                Err(error) => match self.reread(tag, manifest, error).await? {
                    None => return Ok(()),
                    // It was seen free just now, as before the first time.
                    Some(_) if puts < PUTS => {}
                    Some(error) => return Err(error),
                },
            }
        }
        match self.resolve_as(&reference, manifest).await {
            Ok(found) if found == *manifest.digest() => Ok(()),
            Ok(found) => Err(wrote_other(found)),
            Err(RegistryError::NotFound { .. }) => Err(self.malformed(format!("it took {tag}, and then has no {tag}"))),
            Err(error) => Err(error),
        }
    }

    /// After a write that failed, the tag tells what came of it: registries refuse to move a tag, or even to write it
    /// again, with many statuses, and an answer may be lost. `None` if it was written after all; the error itself if no
    /// answer came, and the tag is free as before.
    async fn reread(
        &self,
        tag: &Tag,
        manifest: &Manifest,
        error: RegistryError,
    ) -> Result<Option<RegistryError>, RegistryError> {
        if matches!(error, RegistryError::Unauthorized { .. } | RegistryError::RateLimited { .. }) {
            return Err(error);
        }
        match self.resolve_as(&Reference::Tag(tag.clone()), manifest).await {
            Ok(found) if found == *manifest.digest() => Ok(None),
            Err(RegistryError::NotFound { .. }) if is_unanswered(&error) => Ok(Some(error)),
            Ok(existing) => Err(RegistryError::TagTaken {
                repository: self.repository().clone(),
                tag: tag.clone(),
                existing,
                wanted: manifest.digest().clone(),
            }),
            // What went wrong first says more.
            Err(_) => Err(error),
        }
    }

    /// Resolves to a digest that can be compared with the manifest's.
    async fn resolve_as(&self, reference: &Reference, manifest: &Manifest) -> Result<Digest, RegistryError> {
        let found = self.resolve(reference).await?;
        if found.algorithm() == manifest.digest().algorithm() {
            return Ok(found);
        }
        let other = Digest::of(found.algorithm(), manifest.bytes());
        Ok(if found == other { manifest.digest().clone() } else { found })
    }

    /// Writes a manifest by its digest, as a child of an index.
    pub(crate) async fn put_child(&self, manifest: &Manifest) -> Result<(), RegistryError> {
        match self.put(&Reference::Digest(manifest.digest().clone()), manifest).await?.other? {
            Some(found) => Err(self.mismatch(manifest.digest(), &found)),
            None => Ok(()),
        }
    }

    /// Tells whether a manifest is there.
    pub(crate) async fn has_manifest(&self, digest: &Digest) -> Result<bool, RegistryError> {
        match self.resolve(&Reference::Digest(digest.clone())).await {
            Ok(_) => Ok(true),
            Err(RegistryError::NotFound { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Puts the very bytes.
    async fn put(&self, reference: &Reference, manifest: &Manifest) -> Result<Written, RegistryError> {
        let mut request = Request::new(Method::PUT, self.endpoint.manifest_url(reference));
        request.headers.insert(CONTENT_TYPE, HeaderValue::from_static(manifest.media_type().as_str()));
        request.payload = Payload::Bytes(manifest.bytes().to_vec().into());
        let answer = self.client.send(&self.endpoint, request).await?;
        if !answer.status().is_success() {
            return Err(Refusal::read(answer).await.write_error(self.repository()));
        }
        let stated = self.stated(&answer);
        let lists_subject = answer.header(SUBJECT).is_some();
        answer.finish().await;
        let is_other = |stated: &Digest| *stated != Digest::of(stated.algorithm(), manifest.bytes());
        let other = stated.map(|stated| stated.filter(is_other));
        Ok(Written { other, lists_subject })
    }

    /// All four media types in one header: some servers read the last one only, and one that is asked for fewer answers with
    /// a child's digest.
    fn request(&self, method: Method, reference: &Reference) -> Request {
        let mut request = Request::new(method, self.endpoint.manifest_url(reference));
        let accept = MediaType::ALL.map(MediaType::as_str).join(", ");
        request.headers.extend(HeaderValue::try_from(accept).ok().map(|accept| (ACCEPT, accept)));
        request
    }

    async fn success(&self, answer: Answer, reference: &Reference) -> Result<Answer, RegistryError> {
        if answer.status() == StatusCode::OK {
            return Ok(answer);
        }
        let refusal = Refusal::read(answer).await;
        Err(match refusal.status {
            StatusCode::NOT_FOUND => {
                RegistryError::NotFound { repository: self.repository().clone(), reference: reference.clone() }
            }
            _ => refusal.error(self.repository()),
        })
    }

    /// Reads the digest that an answer states.
    fn stated(&self, answer: &Answer) -> Result<Option<Digest>, RegistryError> {
        let stated = answer.header(DIGEST).map(str::parse::<Digest>).transpose();
        stated
            .map_err(|error| self.malformed(words::one_line(&format!("what it states as the digest is none: {error}"))))
    }

    fn mismatch(&self, expected: &Digest, found: &Digest) -> RegistryError {
        self.malformed(format!("what it gives as {expected} is {found}"))
    }

    fn malformed(&self, reason: String) -> RegistryError {
        RegistryError::Malformed { repository: self.repository().clone(), reason }
    }
}
