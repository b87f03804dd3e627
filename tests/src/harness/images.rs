//! Images whose bytes are under the tests' control, written as builders write them: not canonically.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

mod kinds;

/// An image or an index of images, with all that it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// The media type of what a tag names.
    pub media_type: &'static str,
    /// The bytes that a tag names; their hash is the digest of the image.
    pub bytes: Vec<u8>,
    /// Every blob, manifests included, by digest.
    pub blobs: BTreeMap<String, Vec<u8>>,
}

/// The media types of an image, which belong together.
struct Family {
    index: &'static str,
    manifest: &'static str,
    config: &'static str,
    layer: &'static str,
    /// What an attestation has for its layer.
    statement: &'static str,
}

const OCI: Family = Family {
    index: "application/vnd.oci.image.index.v1+json",
    manifest: "application/vnd.oci.image.manifest.v1+json",
    config: "application/vnd.oci.image.config.v1+json",
    layer: "application/vnd.oci.image.layer.v1.tar+gzip",
    statement: "application/vnd.in-toto+json",
};

const DOCKER: Family = Family {
    index: "application/vnd.docker.distribution.manifest.list.v2+json",
    manifest: "application/vnd.docker.distribution.manifest.v2+json",
    config: "application/vnd.docker.container.image.v1+json",
    layer: "application/vnd.docker.image.rootfs.diff.tar.gzip",
    statement: "application/vnd.docker.image.rootfs.diff.tar.gzip",
};

/// Returns the digest of some bytes: `sha256:` and 64 hex digits.
pub fn digest_of(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold("sha256:".to_owned(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

impl Image {
    /// Builds an image for one platform; each `seed` gives another.
    pub fn single(seed: &str) -> Self {
        Self::of_one_platform(&OCI, seed)
    }

    /// Builds the same in docker's media types.
    pub fn docker_single(seed: &str) -> Self {
        Self::of_one_platform(&DOCKER, seed)
    }

    fn of_one_platform(family: &Family, seed: &str) -> Self {
        let mut blobs = BTreeMap::new();
        let (bytes, _) = manifest(&mut blobs, family, seed, "amd64", family.layer);
        Self { media_type: family.manifest, bytes, blobs }
    }

    /// Builds an index for two platforms, each with an attestation, as buildkit writes it.
    pub fn multi(seed: &str) -> Self {
        Self::of_two_platforms(&OCI, seed)
    }

    /// Builds the same in docker's media types.
    pub fn docker_multi(seed: &str) -> Self {
        Self::of_two_platforms(&DOCKER, seed)
    }

    fn of_two_platforms(family: &Family, seed: &str) -> Self {
        let (index_type, manifest_type) = (family.index, family.manifest);
        let mut blobs = BTreeMap::new();
        let mut children = Vec::new();
        for architecture in ["amd64", "arm64"] {
            let (bytes, digest) = manifest(&mut blobs, family, seed, architecture, family.layer);
            let size = bytes.len();
            children.push(format!(
                "\t\t{{\"mediaType\": \"{manifest_type}\",\t\"digest\": \"{digest}\", \"size\": {size},\n\
                 \t\t \"platform\": {{\"os\": \"linux\", \"architecture\": \"{architecture}\"}}}}"
            ));
            let (bytes, attestation) =
                manifest(&mut blobs, family, &format!("{seed} attests {architecture}"), "unknown", family.statement);
            let size = bytes.len();
            children.push(format!(
                "\t\t{{\"mediaType\": \"{manifest_type}\", \"digest\": \"{attestation}\", \"size\": {size},\n\
                 \t\t \"annotations\": {{\"vnd.docker.reference.digest\": \"{digest}\", \
                 \"vnd.docker.reference.type\": \"attestation-manifest\"}},\n\
                 \t\t \"platform\": {{\"architecture\": \"unknown\", \"os\": \"unknown\"}}}}"
            ));
        }
        let bytes = format!(
            "{{\n\t\"schemaVersion\": 2,\n\t\"mediaType\": \"{index_type}\",\n\t\"x-unknown\": [1.50, null],\n\
             \t\"manifests\": [\n{}\n\t]\n}}\n",
            children.join(",\n")
        )
        .into_bytes();
        blobs.insert(digest_of(&bytes), bytes.clone());
        Self { media_type: index_type, bytes, blobs }
    }

    /// Returns the digest of the bytes that a tag names.
    pub fn digest(&self) -> String {
        digest_of(&self.bytes)
    }
}

fn manifest(
    blobs: &mut BTreeMap<String, Vec<u8>>,
    family: &Family,
    seed: &str,
    architecture: &str,
    layer: &str,
) -> (Vec<u8>, String) {
    let (manifest_type, config_type) = (family.manifest, family.config);
    let content = format!("{seed} on {architecture}").into_bytes();
    let content_digest = digest_of(&content);
    let config = format!(
        "{{\"architecture\":\"{architecture}\",\"os\":\"linux\",\"created\":\"2026-01-01T00:00:00Z\",\
         \"rootfs\":{{\"type\":\"layers\",\"diff_ids\":[\"{content_digest}\"]}},\"config\":{{\"Labels\":{{\"seed\":\"{seed}\"}}}}}}"
    )
    .into_bytes();
    let config_digest = digest_of(&config);
    let bytes = format!(
        "{{\n\t\"x-unknown\":\t{{\"kept\": true}},\n\t\"schemaVersion\": 2,\n\t\"mediaType\": \"{manifest_type}\",\n\
         \t\"config\": {{\"size\": {}, \"mediaType\": \"{config_type}\", \"digest\": \"{config_digest}\"}},\n\
         \t\"layers\": [{{\"mediaType\": \"{layer}\", \"digest\": \"{content_digest}\", \"size\": {}}}]\n}}\n",
        config.len(),
        content.len()
    )
    .into_bytes();
    let digest = digest_of(&bytes);
    for (digest, blob) in [(content_digest, content), (config_digest, config), (digest.clone(), bytes.clone())] {
        blobs.insert(digest, blob);
    }
    (bytes, digest)
}
