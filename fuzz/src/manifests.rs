//! Manifests, and what lists them.

use embark_core::{Algorithm, Digest, Manifest, MediaType, Tag};
use embark_registry::testing::{check_manifest, media_type_of, put_into_index, referrer, tags_of_index};
use serde_json::Value;

use super::input::Input;

/// A digest is that of the bytes, and they stay as they are; a list keeps what is not embark's.
pub fn manifests(data: &[u8]) {
    let mut input = Input(data);
    let choice = input.byte();
    let bytes = input.0;
    let media_type = MediaType::ALL[usize::from(choice) % MediaType::ALL.len()];
    let content_type = format!("{media_type}{}", ["", "; charset=utf-8", "x"][usize::from(choice / 4 % 3)]);
    let parsed = serde_json::from_slice::<Value>(bytes).ok();
    match check_manifest(Some(&content_type), bytes) {
        Ok(told) => {
            assert_eq!(told, media_type);
            assert!(parsed.as_ref().is_some_and(|value| value["schemaVersion"] == 2));
        }
        Err(reason) => assert!(!reason.is_empty()),
    }
    let algorithm = if choice < 128 { Algorithm::Sha256 } else { Algorithm::Sha512 };
    let manifest = Manifest::with_algorithm(media_type, bytes.to_vec(), algorithm);
    assert_eq!((manifest.bytes(), manifest.digest()), (bytes, &Digest::of(algorithm, bytes)));
    assert_eq!(manifest.digest().to_string().parse::<Digest>().as_ref(), Ok(manifest.digest()));
    let told = parsed.as_ref().and_then(|value| value["mediaType"].as_str());
    if let (Some(told), Some(shown)) = (told, media_type_of(bytes)) {
        assert_eq!(told.parse::<MediaType>(), Ok(shown));
    }
    refers(&manifest, parsed.as_ref());
    indexed(bytes, &manifest);
}

fn refers(manifest: &Manifest, parsed: Option<&Value>) {
    let subject =
        parsed.and_then(|value| value["subject"]["digest"].as_str()).and_then(|text| text.parse::<Digest>().ok());
    let other = Digest::sha256(manifest.bytes());
    assert!(subject.as_ref() == Some(&other) || referrer(manifest, &other).is_none());
    if let Some(entry) = subject.and_then(|subject| referrer(manifest, &subject)) {
        assert_eq!(entry["digest"], manifest.digest().as_str());
        assert_eq!(entry["size"], manifest.bytes().len());
    }
}

/// Takes the bytes for an `index.json`, and names a manifest in it.
fn indexed(bytes: &[u8], manifest: &Manifest) {
    let tag: Tag = "1.4.0".parse().expect("a tag");
    let Ok(before) = tags_of_index(bytes) else { return };
    let (text, _) = put_into_index(bytes, &tag, manifest).expect("it could be read");
    let mut after = tags_of_index(&text).expect("what was written is read");
    assert_eq!(after.remove(&tag), Some(Ok(Some(manifest.digest().clone()))));
    let others: Vec<_> = before.into_iter().filter(|(other, _)| *other != tag).collect();
    assert!(after.into_iter().eq(others), "other tags are as they were");
    let again = put_into_index(&text, &tag, manifest).expect("it can be read");
    assert_eq!(again, (text, false), "it is named already");
}
