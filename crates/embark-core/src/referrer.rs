//! What refers to an image: signatures, SBOMs, attestations.

use crate::digest::Digest;

/// A manifest whose `subject` is another one, as the list of [referrers][spec] describes it.
///
/// [spec]: https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#listing-referrers
///
/// ```
/// use embark_core::{Digest, Referrer};
///
/// let media_type = "application/vnd.oci.image.manifest.v1+json";
/// let sbom = Referrer::new(Digest::sha256(b"{}"), media_type.into(), Some("application/spdx+json".into()));
/// assert_eq!(sbom.artifact_type(), Some("application/spdx+json"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Referrer {
    digest: Digest,
    media_type: String,
    artifact_type: Option<String>,
}

impl Referrer {
    /// Describes a referrer by its digest, its media type and the type of its artifact.
    pub fn new(digest: Digest, media_type: String, artifact_type: Option<String>) -> Self {
        Self { digest, media_type, artifact_type }
    }

    /// Returns the digest of its manifest.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// Returns the media type of its manifest. It may be one that no image has.
    pub fn media_type(&self) -> &str {
        &self.media_type
    }

    /// Returns what kind of thing it is, where that is told.
    pub fn artifact_type(&self) -> Option<&str> {
        self.artifact_type.as_deref()
    }
}
