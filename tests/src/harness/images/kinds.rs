//! Kinds of images that builders and signers push, beside those for one platform or two.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use sha2::{Digest as _, Sha512};

use super::{Image, OCI, digest_of, manifest};

/// The config that an artifact has in place of one.
const EMPTY: &str = "application/vnd.oci.empty.v1+json";

impl Image {
    /// Builds an index that lists another index beside an image.
    pub fn nested(seed: &str) -> Self {
        let inner = Self::multi(&format!("{seed} inside"));
        let image = Self::single(&format!("{seed} beside"));
        let entries = [descriptor(inner.media_type, &inner.bytes), descriptor(image.media_type, &image.bytes)];
        let bytes = format!(
            "{{\"schemaVersion\":\t2, \"mediaType\": \"{}\", \"manifests\": [{}]}}\n",
            OCI.index,
            entries.join(", ")
        );
        Self::of(OCI.index, bytes, inner.blobs.into_iter().chain(image.blobs))
    }

    /// Builds an artifact that refers to an image, as a signature does. The image is not there.
    pub fn artifact(seed: &str) -> Self {
        let (empty, statement) = (b"{}".to_vec(), format!("{{\"signed\": \"{seed}\"}}").into_bytes());
        let subject = Self::single(&format!("{seed} signed"));
        let bytes = format!(
            "{{\n\t\"schemaVersion\": 2,\n\t\"mediaType\": \"{}\",\n\t\"artifactType\": \"application/vnd.example+json\",\n\
             \t\"config\": {},\n\t\"layers\": [{}],\n\t\"subject\": {},\n\t\"annotations\": {{\"z\": \"1\", \"a\": \"2\"}}\n}}\n",
            OCI.manifest,
            descriptor(EMPTY, &empty),
            descriptor("application/vnd.example+json", &statement),
            descriptor(subject.media_type, &subject.bytes)
        );
        Self::of(OCI.manifest, bytes, [empty, statement].map(|blob| (digest_of(&blob), blob)))
    }

    /// Builds a manifest that lists no layer.
    pub fn without_layers(seed: &str) -> Self {
        let config = format!("{{\"seed\":\"{seed}\"}}").into_bytes();
        let bytes = format!(
            "{{\"layers\": [ ],\t\"config\": {},\n\"mediaType\": \"{}\", \"schemaVersion\": 2}}",
            descriptor("application/vnd.oci.image.config.v1+json", &config),
            OCI.manifest
        );
        Self::of(OCI.manifest, bytes, [(digest_of(&config), config)])
    }

    /// Builds an image whose layer is named by its SHA-512.
    pub fn sha512_layer(seed: &str) -> Self {
        let mut blobs = BTreeMap::new();
        let (bytes, digest) = manifest(&mut blobs, &OCI, seed, "amd64", &[OCI.layer]);
        blobs.remove(&digest);
        let layer = format!("{seed} on amd64").into_bytes();
        let (short, long) = (digest_of(&layer), sha512_of(&layer));
        blobs.remove(&short);
        blobs.insert(long.clone(), layer);
        let bytes = String::from_utf8(bytes).expect("a manifest is text").replace(&short, &long);
        Self::of(OCI.manifest, bytes, blobs)
    }

    /// Builds an index whose one image is named by its SHA-512.
    pub fn sha512_child(seed: &str) -> Self {
        let mut image = Self::single(seed);
        image.blobs.remove(&image.digest());
        let (short, long) = (image.digest(), sha512_of(&image.bytes));
        let bytes = format!(
            "{{\"schemaVersion\": 2, \"manifests\": [\n\t{}\n]}}\n",
            descriptor(image.media_type, &image.bytes).replace(&short, &long)
        );
        image.blobs.insert(long, image.bytes);
        Self::of(OCI.index, bytes, image.blobs)
    }

    fn of(media_type: &'static str, bytes: String, blobs: impl IntoIterator<Item = (String, Vec<u8>)>) -> Self {
        let bytes = bytes.into_bytes();
        let mut blobs: BTreeMap<String, Vec<u8>> = blobs.into_iter().collect();
        blobs.insert(digest_of(&bytes), bytes.clone());
        Self { media_type, bytes, blobs, zeros: None }
    }
}

fn descriptor(media_type: &str, bytes: &[u8]) -> String {
    format!("{{\"mediaType\": \"{media_type}\", \"digest\": \"{}\", \"size\": {}}}", digest_of(bytes), bytes.len())
}

fn sha512_of(bytes: &[u8]) -> String {
    Sha512::digest(bytes).iter().fold("sha512:".to_owned(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
