//! A registry in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use async_trait::async_trait;

use super::lock;
use crate::digest::Digest;
use crate::image::{Reference, Repository, Tag};
use crate::manifest::{Manifest, MediaType};
use crate::ports::{FreeTag, ImageRegistry, RegistryError};
use crate::referrer::Referrer;

/// A registry in memory.
#[derive(Debug, Default)]
pub struct FakeRegistry(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    tags: BTreeMap<(Repository, Tag), Digest>,
    manifests: BTreeMap<(Repository, Digest), Manifest>,
    puts: usize,
}

impl FakeRegistry {
    /// Pushes content under a tag, whatever the tag named before, as somebody else can.
    pub fn push(&self, repository: &Repository, tag: &Tag, content: &str) -> Digest {
        let manifest = Manifest::new(MediaType::OciManifest, format!("{{\"content\": \"{content}\"}}\n").into_bytes());
        let digest = manifest.digest().clone();
        let mut state = lock(&self.0);
        state.manifests.insert((repository.clone(), digest.clone()), manifest);
        state.tags.insert((repository.clone(), tag.clone()), digest.clone());
        digest
    }

    /// Pushes what refers to `subject`, without a tag; the type of the artifact is `application/vnd.fake.<content>`.
    pub fn refer(&self, repository: &Repository, subject: &Digest, content: &str) -> Digest {
        let text = format!(
            "{{\"artifactType\": \"application/vnd.fake.{content}\", \"subject\": {{\"digest\": \"{subject}\"}}}}\n"
        );
        let manifest = Manifest::new(MediaType::OciManifest, text.into_bytes());
        let digest = manifest.digest().clone();
        lock(&self.0).manifests.insert((repository.clone(), digest.clone()), manifest);
        digest
    }

    /// Deletes a tag.
    pub fn delete(&self, repository: &Repository, tag: &Tag) {
        lock(&self.0).tags.remove(&(repository.clone(), tag.clone()));
    }

    /// Returns all tags with their digests.
    pub fn tags(&self) -> BTreeMap<(Repository, Tag), Digest> {
        lock(&self.0).tags.clone()
    }

    /// Lists the manifests of every repository, with a tag or without.
    pub fn manifests(&self) -> BTreeSet<(Repository, Digest)> {
        lock(&self.0).manifests.keys().cloned().collect()
    }

    /// Returns how many tags were written through the port.
    pub fn puts(&self) -> usize {
        lock(&self.0).puts
    }
}

impl State {
    fn digest(&self, repository: &Repository, reference: &Reference) -> Result<Digest, RegistryError> {
        let found = match reference {
            Reference::Tag(tag) => self.tags.get(&(repository.clone(), tag.clone())).cloned(),
            Reference::Digest(digest) => {
                let key = (repository.clone(), digest.clone());
                self.manifests.contains_key(&key).then(|| digest.clone())
            }
        };
        found.ok_or_else(|| RegistryError::NotFound { repository: repository.clone(), reference: reference.clone() })
    }
}

fn subject_of(manifest: &Manifest) -> Option<Digest> {
    let value: serde_json::Value = serde_json::from_slice(manifest.bytes()).ok()?;
    value["subject"]["digest"].as_str()?.parse().ok()
}

fn described(digest: &Digest, manifest: &Manifest) -> Referrer {
    let value: serde_json::Value = serde_json::from_slice(manifest.bytes()).unwrap_or_default();
    let artifact_type = value["artifactType"].as_str().map(str::to_owned);
    Referrer::new(digest.clone(), manifest.media_type().as_str().into(), artifact_type)
}

#[async_trait]
impl ImageRegistry for FakeRegistry {
    async fn resolve(&self, repository: &Repository, reference: &Reference) -> Result<Digest, RegistryError> {
        lock(&self.0).digest(repository, reference)
    }

    async fn manifest(&self, repository: &Repository, reference: &Reference) -> Result<Manifest, RegistryError> {
        let state = lock(&self.0);
        let digest = state.digest(repository, reference)?;
        let manifest = state.manifests.get(&(repository.clone(), digest)).cloned();
        manifest.ok_or_else(|| RegistryError::NotFound { repository: repository.clone(), reference: reference.clone() })
    }

    async fn tag(&self, source: &Repository, manifest: &Manifest, free: &FreeTag) -> Result<(), RegistryError> {
        let mut state = lock(&self.0);
        state.digest(source, &Reference::Digest(manifest.digest().clone()))?;
        let key = (free.repository().clone(), free.tag().clone());
        match state.tags.get(&key) {
            Some(existing) if existing == manifest.digest() => return Ok(()),
            Some(existing) => {
                return Err(RegistryError::TagTaken {
                    repository: key.0,
                    tag: key.1,
                    existing: existing.clone(),
                    wanted: manifest.digest().clone(),
                });
            }
            None => {}
        }
        state.puts += 1;
        state.manifests.insert((key.0.clone(), manifest.digest().clone()), manifest.clone());
        state.tags.insert(key, manifest.digest().clone());
        Ok(())
    }

    async fn tags(&self, repository: &Repository) -> Result<Vec<Tag>, RegistryError> {
        let state = lock(&self.0);
        if !state.manifests.keys().any(|(of, _)| of == repository) {
            return Err(RegistryError::NoRepository { repository: repository.clone() });
        }
        Ok(state.tags.keys().filter(|(of, _)| of == repository).map(|(_, tag)| tag.clone()).collect())
    }

    async fn referrers(&self, repository: &Repository, subject: &Digest) -> Result<Vec<Referrer>, RegistryError> {
        let state = lock(&self.0);
        let manifests = state.manifests.iter().filter(|((of, _), _)| of == repository);
        let referrers = manifests.filter(|(_, manifest)| subject_of(manifest).as_ref() == Some(subject));
        Ok(referrers.map(|((_, digest), manifest)| described(digest, manifest)).collect())
    }

    async fn copy_referrer(
        &self,
        source: &Repository,
        subject: &Digest,
        referrer: &Digest,
        target: &Repository,
    ) -> Result<(), RegistryError> {
        let manifest = self.manifest(source, &Reference::Digest(referrer.clone())).await?;
        if subject_of(&manifest).as_ref() != Some(subject) {
            let reason = format!("{referrer} does not refer to {subject}");
            return Err(RegistryError::Malformed { repository: source.clone(), reason });
        }
        lock(&self.0).manifests.insert((target.clone(), referrer.clone()), manifest);
        Ok(())
    }
}
