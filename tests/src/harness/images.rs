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
    /// Digest and size of a layer of zeros that is too large to be held.
    pub(crate) zeros: Option<(String, u64)>,
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
    text_of(&Sha256::digest(bytes))
}

fn text_of(hash: &[u8]) -> String {
    hash.iter().fold("sha256:".to_owned(), |mut text, byte| {
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
        let (bytes, _) = manifest(&mut blobs, family, seed, "amd64", &[family.layer]);
        Self { media_type: family.manifest, bytes, blobs, zeros: None }
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
            let (bytes, digest) = manifest(&mut blobs, family, seed, architecture, &[family.layer]);
            let size = bytes.len();
            children.push(format!(
                "\t\t{{\"mediaType\": \"{manifest_type}\",\t\"digest\": \"{digest}\", \"size\": {size},\n\
                 \t\t \"platform\": {{\"os\": \"linux\", \"architecture\": \"{architecture}\"}}}}"
            ));
            let (bytes, attestation) =
                manifest(&mut blobs, family, &format!("{seed} attests {architecture}"), "unknown", &[family.statement]);
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
        Self { media_type: index_type, bytes, blobs, zeros: None }
    }

    /// Builds an image whose one layer is this many MiB of zeros.
    pub fn large(mebibytes: u64) -> Self {
        let mut hasher = Sha256::new();
        let zeros = vec![0; 1 << 20];
        (0..mebibytes).for_each(|_| hasher.update(&zeros));
        let (digest, size) = (text_of(&hasher.finalize()), mebibytes << 20);
        let mut blobs = BTreeMap::new();
        let layer = format!("{{\"mediaType\": \"{}\", \"digest\": \"{digest}\", \"size\": {size}}}", OCI.layer);
        let (bytes, _) = manifest_of(&mut blobs, &OCI, "large", "amd64", &[layer], &[format!("\"{digest}\"")]);
        Self { media_type: OCI.manifest, bytes, blobs, zeros: Some((digest, size)) }
    }

    /// Builds an index for three platforms with four layers each, and none shared.
    pub fn wide(seed: &str) -> Self {
        let (manifest_type, layers) = (OCI.manifest, [OCI.layer; 4]);
        let mut blobs = BTreeMap::new();
        let children = ["amd64", "arm64", "s390x"].map(|architecture| {
            let (bytes, digest) = manifest(&mut blobs, &OCI, seed, architecture, &layers);
            let size = bytes.len();
            format!(
                "{{\"mediaType\": \"{manifest_type}\", \"digest\": \"{digest}\", \"size\": {size},\n\
                 \t\"platform\": {{\"os\": \"linux\", \"architecture\": \"{architecture}\"}}}}"
            )
        });
        let (media_type, children) = (OCI.index, children.join(",\n\t"));
        let bytes =
            format!("{{\"schemaVersion\": 2, \"mediaType\": \"{media_type}\", \"manifests\": [\n\t{children}\n]}}\n")
                .into_bytes();
        blobs.insert(digest_of(&bytes), bytes.clone());
        Self { media_type, bytes, blobs, zeros: None }
    }

    /// Returns media type and bytes of each manifest that an index lists.
    pub(crate) fn children(&self) -> Vec<(&'static str, &[u8])> {
        let value: serde_json::Value = serde_json::from_slice(&self.bytes).expect("a manifest is JSON");
        let digests = value["manifests"].as_array().into_iter().flatten().filter_map(|child| child["digest"].as_str());
        let media_type = if self.media_type == OCI.index { OCI.manifest } else { DOCKER.manifest };
        digests.map(|digest| (media_type, self.blobs[digest].as_slice())).collect()
    }

    /// Builds what refers to `subject`, e.g. its signature.
    pub fn referrer(seed: &str, subject: &Self) -> Self {
        let mut image = Self::single(seed);
        image.blobs.remove(&image.digest());
        let (media_type, digest, size) = (subject.media_type, subject.digest(), subject.bytes.len());
        let fields = format!(
            "\"schemaVersion\": 2,\n\t\"artifactType\": \"application/vnd.acme.{seed}\",\n\t\"subject\": \
             {{\"mediaType\": \"{media_type}\", \"digest\": \"{digest}\", \"size\": {size}}},"
        );
        image.bytes = String::from_utf8_lossy(&image.bytes).replace("\"schemaVersion\": 2,", &fields).into_bytes();
        image.blobs.insert(image.digest(), image.bytes.clone());
        image
    }

    /// Builds an SBOM of `subject`, as it was written before there was `artifactType`: its config tells its kind.
    pub fn sbom(seed: &str, subject: &Self) -> Self {
        let mut image = Self::referrer(seed, subject);
        image.blobs.remove(&image.digest());
        let text = String::from_utf8_lossy(&image.bytes)
            .replace(&format!("\"artifactType\": \"application/vnd.acme.{seed}\",\n\t"), "")
            .replace(OCI.config, &format!("application/vnd.acme.{seed}"));
        image.bytes = text.into_bytes();
        image.blobs.insert(image.digest(), image.bytes.clone());
        image
    }

    /// Returns the type of an artifact, as a list of referrers has it: that of its config where it tells no other.
    pub fn artifact_type(&self) -> String {
        let value: serde_json::Value = serde_json::from_slice(&self.bytes).expect("a manifest is JSON");
        let artifact_type = value["artifactType"].as_str().or(value["config"]["mediaType"].as_str());
        artifact_type.expect("an artifact has a type").to_owned()
    }

    /// Builds an index of what refers to another image, as the tag lists it that stands for such a list. It leaves the
    /// types out: skopeo pushes no index that has them.
    pub fn index(referrers: &[&Self]) -> Self {
        let entry = |image: &&Self| {
            let (media_type, digest, size) = (image.media_type, image.digest(), image.bytes.len());
            format!("{{\"mediaType\": \"{media_type}\", \"digest\": \"{digest}\", \"size\": {size}}}")
        };
        let entries: Vec<String> = referrers.iter().map(entry).collect();
        let media_type = OCI.index;
        let bytes = format!(
            "{{\"schemaVersion\": 2, \"mediaType\": \"{media_type}\", \"manifests\": [{}]}}\n",
            entries.join(", ")
        )
        .into_bytes();
        let mut blobs: BTreeMap<_, _> = referrers.iter().flat_map(|image| image.blobs.clone()).collect();
        blobs.insert(digest_of(&bytes), bytes.clone());
        Self { media_type, bytes, blobs, zeros: None }
    }

    /// Returns the digest of the bytes that a tag names.
    pub fn digest(&self) -> String {
        digest_of(&self.bytes)
    }
}

/// Adds a manifest with a layer of each of these media types.
fn manifest(
    blobs: &mut BTreeMap<String, Vec<u8>>,
    family: &Family,
    seed: &str,
    architecture: &str,
    layers: &[&str],
) -> (Vec<u8>, String) {
    let (mut listed, mut diff_ids) = (Vec::new(), Vec::new());
    for (number, layer) in layers.iter().enumerate() {
        let content = format!("{seed} on {architecture}{}", "+".repeat(number)).into_bytes();
        let digest = digest_of(&content);
        diff_ids.push(format!("\"{digest}\""));
        listed.push(format!("{{\"mediaType\": \"{layer}\", \"digest\": \"{digest}\", \"size\": {}}}", content.len()));
        blobs.insert(digest, content);
    }
    manifest_of(blobs, family, seed, architecture, &listed, &diff_ids)
}

/// Adds a manifest that lists these layers.
fn manifest_of(
    blobs: &mut BTreeMap<String, Vec<u8>>,
    family: &Family,
    seed: &str,
    architecture: &str,
    layers: &[String],
    diff_ids: &[String],
) -> (Vec<u8>, String) {
    let (manifest_type, config_type) = (family.manifest, family.config);
    let config = format!(
        "{{\"architecture\":\"{architecture}\",\"os\":\"linux\",\"created\":\"2026-01-01T00:00:00Z\",\
         \"rootfs\":{{\"type\":\"layers\",\"diff_ids\":[{}]}},\"config\":{{\"Labels\":{{\"seed\":\"{seed}\"}}}}}}",
        diff_ids.join(",")
    )
    .into_bytes();
    let config_digest = digest_of(&config);
    let bytes = format!(
        "{{\n\t\"x-unknown\":\t{{\"kept\": true}},\n\t\"schemaVersion\": 2,\n\t\"mediaType\": \"{manifest_type}\",\n\
         \t\"config\": {{\"size\": {}, \"mediaType\": \"{config_type}\", \"digest\": \"{config_digest}\"}},\n\
         \t\"layers\": [{}]\n}}\n",
        config.len(),
        layers.join(", ")
    )
    .into_bytes();
    let digest = digest_of(&bytes);
    for (digest, blob) in [(config_digest, config), (digest.clone(), bytes.clone())] {
        blobs.insert(digest, blob);
    }
    (bytes, digest)
}
