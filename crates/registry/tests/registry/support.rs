//! Images, and a registry in memory that can be told to misbehave.

use std::cell::RefCell;
use std::path::Path;

use embark_core::ports::{FreeTag, ImageRegistry, ImageRegistryExt as _, TagState};
use embark_core::{Digest, Manifest, MediaType, Reference, Repository, Tag};
use embark_registry::{Credentials, Registries};
use serde_json::json;
use tempfile::TempDir;

mod door;
mod fake;
mod proxy;
mod raw;

pub(crate) use door::Door;
pub(crate) use fake::{Fake, Logged, error, of};
pub(crate) use proxy::Proxy;
pub(crate) use raw::{answering, scripted};

thread_local! {
    static FOLDERS: RefCell<Vec<TempDir>> = const { RefCell::new(Vec::new()) };
}

pub(crate) fn tag(text: &str) -> Tag {
    text.parse().unwrap()
}

pub(crate) fn by_tag(text: &str) -> Reference {
    Reference::Tag(tag(text))
}

/// Reaches registries with no credentials.
pub(crate) fn anonymous() -> Registries {
    Registries::new(reqwest::Client::new(), Credentials::anonymous(), Path::new("."))
}

/// Reaches registries with the credentials of a `config.json`.
pub(crate) fn logged_in(config: &serde_json::Value) -> Registries {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("config.json"), config.to_string()).unwrap();
    let credentials = Credentials::docker(folder.path());
    // The file is read once it is needed: it stays until the test's thread ends.
    FOLDERS.with_borrow_mut(|folders| folders.push(folder));
    Registries::new(reqwest::Client::new(), credentials, Path::new("."))
}

/// A `config.json` with the user `u` and the password `p`.
pub(crate) fn user_and_password(fake: &Fake) -> serde_json::Value {
    json!({ "auths": { (fake.host()): { "auth": "dTpw" } } })
}

pub(crate) async fn free(registry: &Registries, repository: &Repository, name: &str) -> FreeTag {
    match registry.look(repository, &tag(name)).await.unwrap() {
        TagState::Free(free) => free,
        TagState::Taken(digest) => panic!("{name} is {digest}"),
    }
}

/// Tags `manifest` where a look has seen nothing.
pub(crate) async fn retag(
    registry: &Registries,
    repository: &Repository,
    manifest: &Manifest,
    name: &str,
) -> Result<(), embark_core::ports::RegistryError> {
    let free = free(registry, repository, name).await;
    registry.tag(repository, manifest, &free).await
}

/// An image with all that it names, written as builders write it: not canonically.
pub(crate) struct Image {
    pub(crate) manifest: Manifest,
    /// The children of an index.
    pub(crate) children: Vec<Manifest>,
    pub(crate) blobs: Vec<Vec<u8>>,
}

impl Image {
    pub(crate) fn single(seed: &str) -> Self {
        let layer = format!("layer of {seed}").into_bytes();
        let config = format!("{{\"seed\": \"{seed}\"}}").into_bytes();
        let manifest = format!(
            "{{\n\t\"x-unknown\":\t{{\"kept\": [1.50, null]}},\n\t\"schemaVersion\": 2,\n\t\"mediaType\": \"{}\",\n\
             \t\"config\": {},\n\t\"layers\": [{}]\n}}\n",
            MediaType::OciManifest,
            descriptor("application/vnd.oci.image.config.v1+json", &config),
            descriptor("application/vnd.oci.image.layer.v1.tar+gzip", &layer),
        );
        let manifest = Manifest::new(MediaType::OciManifest, manifest.into_bytes());
        Self { manifest, children: Vec::new(), blobs: vec![layer, config] }
    }

    /// An index of two platforms, and an attestation.
    pub(crate) fn multi(seed: &str) -> Self {
        let images = ["amd64", "arm64", "attestation"].map(|name| Self::single(&format!("{seed} {name}")));
        let children: Vec<Manifest> = images.iter().map(|image| image.manifest.clone()).collect();
        let entries: Vec<String> = children
            .iter()
            .map(|child| descriptor(child.media_type().as_str(), child.bytes()))
            .map(|entry| entry.replace('}', ", \"platform\": {\"os\": \"unknown\", \"architecture\": \"unknown\"}}"))
            .collect();
        let index = format!("{{\"schemaVersion\":\t2, \"manifests\": [\n{}\n]}}\n", entries.join(",\n"));
        let manifest = Manifest::new(MediaType::OciIndex, index.into_bytes());
        Self { manifest, children, blobs: images.into_iter().flat_map(|image| image.blobs).collect() }
    }

    /// An artifact that refers to `subject`, e.g. its signature.
    pub(crate) fn referrer(seed: &str, subject: &Manifest) -> Self {
        let (layer, config) = (format!("{seed} of an image").into_bytes(), b"{}".to_vec());
        let manifest = format!(
            "{{\"schemaVersion\":\t2, \"mediaType\": \"{}\", \"artifactType\": \"application/vnd.acme.{seed}\",\n\
             \"config\": {}, \"layers\": [{}],\n\"subject\": {}}}\n",
            MediaType::OciManifest,
            descriptor("application/vnd.oci.empty.v1+json", &config),
            descriptor("application/octet-stream", &layer),
            descriptor(subject.media_type().as_str(), subject.bytes()),
        );
        let manifest = Manifest::new(MediaType::OciManifest, manifest.into_bytes());
        Self { manifest, children: Vec::new(), blobs: vec![layer, config] }
    }

    /// Returns the entry of a list of referrers that describes it.
    pub(crate) fn described(&self) -> String {
        descriptor(self.manifest.media_type().as_str(), self.manifest.bytes())
    }

    pub(crate) fn digest(&self) -> &Digest {
        self.manifest.digest()
    }
}

/// An index of these entries, as it lists what refers to an image.
pub(crate) fn list(entries: &[String]) -> Image {
    let index = format!("{{\"schemaVersion\": 2, \"x-kept\": 1.50, \"manifests\": [{}]}}\n", entries.join(", "));
    let manifest = Manifest::new(MediaType::OciIndex, index.into_bytes());
    Image { manifest, children: Vec::new(), blobs: Vec::new() }
}

/// The tag that stands for the list of what refers to an image where a registry has no such list.
pub(crate) fn referrers_tag(digest: &Digest) -> String {
    digest.to_string().replace(':', "-")
}

pub(crate) fn descriptor(media_type: &str, bytes: &[u8]) -> String {
    let (digest, size) = (Digest::sha256(bytes), bytes.len());
    format!("{{\"mediaType\": \"{media_type}\", \"digest\": \"{digest}\", \"size\": {size}}}")
}
