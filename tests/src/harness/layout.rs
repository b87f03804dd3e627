//! OCI image layouts, read and written by hand.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::images::Image;

const REF_NAME: &str = "org.opencontainers.image.ref.name";

/// An OCI image layout on disk: one repository.
#[derive(Debug, Clone)]
pub struct Layout {
    folder: PathBuf,
}

impl Layout {
    /// Makes an empty layout, or takes the one that is there.
    pub fn new(folder: &Path) -> Self {
        let layout = Self { folder: folder.into() };
        if !folder.join("oci-layout").exists() {
            std::fs::create_dir_all(folder.join("blobs/sha256")).expect("the folder can be made");
            write(&folder.join("oci-layout"), b"{\"imageLayoutVersion\":\"1.0.0\"}");
            write(&folder.join("index.json"), b"{\"schemaVersion\":2,\"manifests\":[]}");
        }
        layout
    }

    /// Returns where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns where a blob is.
    pub fn blob(&self, digest: &str) -> PathBuf {
        self.folder.join("blobs").join(digest.replacen(':', "/", 1))
    }

    /// Puts an image there and names it `tag`; the tag moves if it is there already.
    pub fn put(&self, tag: &str, image: &Image) {
        for (digest, bytes) in &image.blobs {
            let path = self.blob(digest);
            std::fs::create_dir_all(path.parent().expect("a blob is in a folder")).expect("the folder can be made");
            write(&path, bytes);
        }
        let mut index = self.index();
        let manifests = index["manifests"].as_array_mut().expect("an index has manifests");
        manifests.retain(|entry| entry["annotations"][REF_NAME] != tag);
        manifests.push(json!({
            "mediaType": image.media_type,
            "digest": image.digest(),
            "size": image.bytes.len(),
            "annotations": { REF_NAME: tag },
        }));
        write(&self.folder.join("index.json"), index.to_string().as_bytes());
    }

    /// Returns the bytes that a tag names, if it is there.
    pub fn raw(&self, tag: &str) -> Option<Vec<u8>> {
        let index = self.index();
        let entries: Vec<&Value> =
            index["manifests"].as_array()?.iter().filter(|entry| entry["annotations"][REF_NAME] == tag).collect();
        assert!(entries.len() <= 1, "a tag stands once in a layout: {index}");
        let digest = entries.first()?["digest"].as_str()?;
        Some(std::fs::read(self.blob(digest)).expect("a layout has what its index names"))
    }

    fn index(&self) -> Value {
        let text = std::fs::read(self.folder.join("index.json")).expect("a layout has an index");
        serde_json::from_slice(&text).expect("the index is JSON")
    }
}

fn write(path: &Path, bytes: &[u8]) {
    std::fs::write(path, bytes).unwrap_or_else(|error| panic!("cannot write {}: {error}", path.display()));
}
