//! What CI builds and pushes: small images, whose bytes are the same in every run.

use embark_core::{Digest, Manifest, MediaType, Tag};
use embark_registry::{Layout, LayoutError};
use serde_json::{Value, json};

use super::layer;

/// An image, with all that its manifest or index refers to.
pub(super) struct Image {
    manifest: Manifest,
    blobs: Vec<Vec<u8>>,
}

impl Image {
    /// Builds an image for one platform.
    pub(super) fn single(text: &str) -> Self {
        let mut blobs = Vec::new();
        let manifest = manifest(&mut blobs, text, "amd64");
        Self { manifest, blobs }
    }

    /// Builds an index of images for two platforms.
    pub(super) fn multi(text: &str) -> Self {
        let mut blobs = Vec::new();
        let mut children = Vec::new();
        for architecture in ["amd64", "arm64"] {
            let child = manifest(&mut blobs, text, architecture);
            let mut entry = descriptor(child.media_type().as_str(), child.bytes());
            entry["platform"] = json!({ "os": "linux", "architecture": architecture });
            children.push(entry);
            blobs.push(child.bytes().to_vec());
        }
        let media_type = MediaType::OciIndex;
        let index = json!({ "schemaVersion": 2, "mediaType": media_type.as_str(), "manifests": children });
        Self { manifest: Manifest::new(media_type, index.to_string().into_bytes()), blobs }
    }

    pub(super) fn digest(&self) -> &Digest {
        self.manifest.digest()
    }

    /// Pushes it under `tag`, which moves if it is there already: registries let everyone who may push do that.
    pub(super) fn push(&self, layout: &Layout, tag: &Tag) -> Result<(), LayoutError> {
        for blob in &self.blobs {
            layout.push_blob(blob)?;
        }
        layout.push(tag, &self.manifest)
    }
}

fn manifest(blobs: &mut Vec<Vec<u8>>, text: &str, architecture: &str) -> Manifest {
    let layer = layer::with_file("srv/index.txt", &format!("{text}, for {architecture}\n"));
    let config = json!({
        "architecture": architecture,
        "os": "linux",
        "rootfs": { "type": "layers", "diff_ids": [Digest::sha256(&layer)] },
        "config": { "WorkingDir": "/srv", "Labels": { "org.opencontainers.image.title": text } },
    });
    let config = config.to_string().into_bytes();
    let media_type = MediaType::OciManifest;
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": media_type.as_str(),
        "config": descriptor("application/vnd.oci.image.config.v1+json", &config),
        "layers": [descriptor("application/vnd.oci.image.layer.v1.tar", &layer)],
    });
    blobs.extend([layer, config]);
    Manifest::new(media_type, manifest.to_string().into_bytes())
}

fn descriptor(media_type: &str, bytes: &[u8]) -> Value {
    json!({ "mediaType": media_type, "digest": Digest::sha256(bytes), "size": bytes.len() })
}
