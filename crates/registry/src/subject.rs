//! What a manifest tells of itself as a referrer: what it refers to, and how a list describes it.

use embark_core::{Digest, Manifest, Referrer};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// The fields of a manifest that make the [entry][spec] of a list.
///
/// [spec]: https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#listing-referrers
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Fields {
    subject: Subject,
    artifact_type: Option<String>,
    config: Option<Config>,
    annotations: Option<Map<String, Value>>,
}

#[derive(Deserialize)]
struct Subject {
    digest: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Config {
    media_type: String,
}

/// A manifest that refers to another one.
pub(crate) struct Referring<'a> {
    manifest: &'a Manifest,
    /// Without a type of its own, that of its config is it.
    artifact_type: Option<String>,
    annotations: Option<Map<String, Value>>,
}

impl<'a> Referring<'a> {
    /// Reads a manifest; `None` if it does not refer to `subject`.
    pub(crate) fn to(manifest: &'a Manifest, subject: &Digest) -> Option<Self> {
        let fields: Fields = serde_json::from_slice(manifest.bytes()).ok()?;
        let artifact_type = fields.artifact_type.or(fields.config.map(|config| config.media_type));
        let annotations = fields.annotations;
        (fields.subject.digest == subject.as_str()).then_some(Self { manifest, artifact_type, annotations })
    }

    pub(crate) fn manifest(&self) -> &'a Manifest {
        self.manifest
    }

    pub(crate) fn describe(self) -> Referrer {
        let media_type = self.manifest.media_type().as_str().into();
        Referrer::new(self.manifest.digest().clone(), media_type, self.artifact_type)
    }

    /// Returns the entry of a list.
    pub(crate) fn entry(&self) -> Value {
        let mut entry = json!({
            "mediaType": self.manifest.media_type().as_str(),
            "digest": self.manifest.digest().as_str(),
            "size": self.manifest.bytes().len(),
        });
        if let Some(artifact_type) = &self.artifact_type {
            entry["artifactType"] = artifact_type.as_str().into();
        }
        if let Some(annotations) = &self.annotations {
            entry["annotations"] = annotations.clone().into();
        }
        entry
    }
}
