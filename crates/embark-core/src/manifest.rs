//! Manifests and indexes, as the very bytes that a registry holds.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::digest::{Algorithm, Digest};

/// The media type of a manifest or an index: the four that an image may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MediaType {
    /// `application/vnd.oci.image.manifest.v1+json`
    OciManifest,
    /// `application/vnd.oci.image.index.v1+json`
    OciIndex,
    /// `application/vnd.docker.distribution.manifest.v2+json`
    DockerManifest,
    /// `application/vnd.docker.distribution.manifest.list.v2+json`
    DockerList,
}

impl MediaType {
    /// All four. A registry that is asked for fewer may answer with a child's digest.
    pub const ALL: [Self; 4] = [Self::OciIndex, Self::OciManifest, Self::DockerList, Self::DockerManifest];

    /// Returns the media type as it stands in a `Content-Type` header.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OciManifest => "application/vnd.oci.image.manifest.v1+json",
            Self::OciIndex => "application/vnd.oci.image.index.v1+json",
            Self::DockerManifest => "application/vnd.docker.distribution.manifest.v2+json",
            Self::DockerList => "application/vnd.docker.distribution.manifest.list.v2+json",
        }
    }

    /// Tells whether it lists manifests rather than layers.
    pub fn is_index(self) -> bool {
        matches!(self, Self::OciIndex | Self::DockerList)
    }
}

impl fmt::Display for MediaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Tells that a media type is none of the four that an image may have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("media type {0:?} is none of an image manifest or index")]
pub struct MediaTypeError(String);

impl FromStr for MediaType {
    type Err = MediaTypeError;

    fn from_str(text: &str) -> Result<Self, MediaTypeError> {
        let essence = text.split(';').next().unwrap_or_default().trim();
        Self::ALL
            .into_iter()
            .find(|media_type| media_type.as_str().eq_ignore_ascii_case(essence))
            .ok_or_else(|| MediaTypeError(text.into()))
    }
}

/// A manifest or index: its bytes, never re-serialised, and the digest that was computed from them.
///
/// ```
/// use embark_core::{Digest, Manifest, MediaType};
///
/// let manifest = Manifest::new(MediaType::OciIndex, b"{}".to_vec());
/// assert_eq!(manifest.digest(), &Digest::sha256(b"{}"));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Manifest {
    media_type: MediaType,
    bytes: Arc<[u8]>,
    digest: Digest,
}

impl Manifest {
    /// Takes a manifest's bytes and hashes them with SHA-256.
    pub fn new(media_type: MediaType, bytes: Vec<u8>) -> Self {
        Self::with_algorithm(media_type, bytes, Algorithm::Sha256)
    }

    /// Takes a manifest's bytes and hashes them with `algorithm`.
    pub fn with_algorithm(media_type: MediaType, bytes: Vec<u8>, algorithm: Algorithm) -> Self {
        let digest = Digest::of(algorithm, &bytes);
        Self { media_type, bytes: bytes.into(), digest }
    }

    /// Returns the media type under which the registry served it.
    pub fn media_type(&self) -> MediaType {
        self.media_type
    }

    /// Returns the very bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns the digest of the bytes.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }
}

impl fmt::Debug for Manifest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Manifest({}, {}, {} bytes)", self.digest, self.media_type, self.bytes.len())
    }
}
