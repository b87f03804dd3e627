//! Whether an answer is a manifest at all.

use embark_core::MediaType;
use serde_json::{Map, Value};

use crate::words;

/// Returns the media type of a manifest, or why it is none.
pub(super) fn manifest(content_type: Option<&str>, body: &[u8]) -> Result<MediaType, String> {
    let content_type = content_type.ok_or("its manifest has no Content-Type")?;
    if content_type.starts_with("application/vnd.docker.distribution.manifest.v1+") {
        return Err("it gives a Docker image manifest of schema 1, which was retired; build the image again".into());
    }
    let media_type = content_type
        .parse()
        .map_err(|_| format!("it gives {}, which is no image manifest or index", words::one_line(content_type)))?;
    let fields: Map<String, Value> =
        serde_json::from_slice(body).map_err(|error| format!("its manifest is none: {error}"))?;
    match fields.get("schemaVersion") {
        Some(version) if *version == 2 => Ok(media_type),
        Some(version) => Err(words::one_line(&format!("its manifest is of schema {version}, not 2"))),
        None => Err("its manifest is none: it has no schemaVersion".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_is_told_from_what_is_none() {
        let oci = MediaType::OciManifest.as_str();
        let check = |content_type, body: &str| manifest(content_type, body.as_bytes());
        assert_eq!(check(Some(oci), "{\"schemaVersion\":\t2}\n"), Ok(MediaType::OciManifest));
        let with_charset = format!("{oci}; charset=utf-8");
        assert_eq!(check(Some(&with_charset), "{\"schemaVersion\":2}"), Ok(MediaType::OciManifest));
        for (content_type, body, reason) in [
            (None, "{\"schemaVersion\":2}", "no Content-Type"),
            (Some("text/html"), "{\"schemaVersion\":2}", "text/html"),
            (Some("application/vnd.docker.distribution.manifest.v1+prettyjws"), "{\"schemaVersion\":1}", "schema 1"),
            (Some(oci), "{\"schemaVersion\":1}", "schema 1"),
            (Some(oci), "{}", "none"),
            (Some(oci), "[2]", "none"),
            (Some(oci), "<html>", "none"),
        ] {
            let error = check(content_type, body).unwrap_err();
            assert!(error.contains(reason), "{error}");
        }
    }
}
