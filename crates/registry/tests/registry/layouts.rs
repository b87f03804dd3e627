//! Layouts on disk: what stands in their files, and who may change it.

use std::fs;

use embark_core::{Digest, MediaType};
use embark_registry::{Layout, LayoutError};
use serde_json::{Value, json};

use crate::support::{Image, by_tag, tag};

fn new() -> (tempfile::TempDir, Layout) {
    let folder = tempfile::tempdir().unwrap();
    let layout = Layout::create(&folder.path().join("a/layout")).unwrap();
    (folder, layout)
}

fn index(folder: &tempfile::TempDir) -> Value {
    serde_json::from_slice(&fs::read(folder.path().join("a/layout/index.json")).unwrap()).unwrap()
}

fn write_index(folder: &tempfile::TempDir, index: &str) {
    fs::write(folder.path().join("a/layout/index.json"), index).unwrap();
}

#[test]
fn a_new_layout_is_as_the_specification_has_it() {
    let (folder, layout) = new();
    let marker = fs::read_to_string(folder.path().join("a/layout/oci-layout")).unwrap();
    assert_eq!(marker, "{\"imageLayoutVersion\":\"1.0.0\"}");
    assert_eq!(index(&folder)["schemaVersion"], 2);
    let image = Image::single("image");
    layout.push(&tag("built"), &image.manifest).unwrap();
    let expected = json!([{
        "mediaType": MediaType::OciManifest.as_str(),
        "digest": image.digest().as_str(),
        "size": image.manifest.bytes().len(),
        "annotations": { "org.opencontainers.image.ref.name": "built" },
    }]);
    assert_eq!(index(&folder)["manifests"], expected);
}

#[test]
fn a_layout_that_is_there_is_taken_as_it_is() {
    let (folder, layout) = new();
    let image = Image::single("image");
    layout.push(&tag("built"), &image.manifest).unwrap();
    let again = Layout::create(&folder.path().join("a/layout")).unwrap();
    assert_eq!(again.resolve(&by_tag("built")).unwrap(), *image.digest());
}

#[cfg(unix)]
#[test]
fn a_layout_is_readable_to_others() {
    use std::os::unix::fs::PermissionsExt as _;
    let (folder, layout) = new();
    layout.push(&tag("built"), &Image::single("image").manifest).unwrap();
    let plain = folder.path().join("plain");
    fs::write(&plain, "").unwrap();
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder.path().join("a/layout/index.json")), mode(&plain));
}

#[test]
fn what_is_not_ours_stays() {
    let (folder, layout) = new();
    let before =
        "{\"x-unknown\":{\"b\":1,\"a\":[true,null]},\"schemaVersion\":2,\"manifests\":[{\"digest\":\"x\",\"x\":2}]}";
    write_index(&folder, before);
    layout.tag(&tag("built"), &Image::single("image").manifest).unwrap();
    let after = fs::read_to_string(folder.path().join("a/layout/index.json")).unwrap();
    assert!(after.starts_with(before.strip_suffix("]}").unwrap()), "{after}");
}

#[test]
fn a_pusher_moves_a_tag_and_a_retag_does_not() {
    let (folder, layout) = new();
    let (image, other) = (Image::single("image"), Image::single("other"));
    layout.push(&tag("built"), &image.manifest).unwrap();
    layout.push(&tag("built"), &other.manifest).unwrap();
    assert_eq!(layout.resolve(&by_tag("built")).unwrap(), *other.digest());
    assert_eq!(index(&folder)["manifests"].as_array().unwrap().len(), 1);
    let before = index(&folder);
    match layout.tag(&tag("built"), &image.manifest).unwrap_err() {
        LayoutError::TagTaken { existing, wanted, .. } => {
            assert_eq!((&existing, &wanted), (other.digest(), image.digest()));
        }
        other => panic!("{other:?}"),
    }
    layout.tag(&tag("built"), &other.manifest).unwrap();
    assert_eq!(index(&folder), before);
}

#[test]
fn a_tag_that_stands_twice_is_ambiguous_unless_both_name_the_same() {
    let (folder, layout) = new();
    let (image, other) = (Image::single("image"), Image::single("other"));
    layout.push(&tag("built"), &image.manifest).unwrap();
    layout.push(&tag("other"), &other.manifest).unwrap();
    let mut twice = index(&folder);
    let entries = twice["manifests"].as_array_mut().unwrap();
    let mut second = entries[0].clone();
    entries.push(second.clone());
    write_index(&folder, &twice.to_string());
    assert_eq!(layout.resolve(&by_tag("built")).unwrap(), *image.digest());

    second["digest"] = other.digest().as_str().into();
    twice["manifests"][2] = second;
    write_index(&folder, &twice.to_string());
    let error = layout.resolve(&by_tag("built")).unwrap_err().to_string();
    assert!(error.contains(image.digest().as_str()) && error.contains(other.digest().as_str()), "{error}");
    assert!(matches!(layout.tag(&tag("built"), &image.manifest), Err(LayoutError::Malformed { .. })));
    layout.push(&tag("built"), &image.manifest).unwrap();
    assert_eq!(layout.resolve(&by_tag("built")).unwrap(), *image.digest(), "a pusher repairs it");
}

#[test]
fn a_layout_that_is_not_there_is_told_with_its_path() {
    let folder = tempfile::tempdir().unwrap();
    let layout = Layout::open(&folder.path().join("at/all"));
    for error in [
        layout.resolve(&by_tag("built")).unwrap_err(),
        layout.push_blob(b"x").unwrap_err(),
        layout.push(&tag("built"), &Image::single("image").manifest).unwrap_err(),
    ] {
        assert!(matches!(error, LayoutError::Absent { .. }));
        assert!(error.to_string().contains("at/all"), "{error}");
    }
}

#[test]
fn an_index_that_is_none_is_told() {
    let (folder, layout) = new();
    let entry = |field: &str, value: &str| {
        let mut entry = json!({
            "mediaType": MediaType::OciManifest.as_str(),
            "digest": Digest::sha256(b"x").as_str(),
            "annotations": { "org.opencontainers.image.ref.name": "built" },
        });
        entry[field] = value.into();
        json!({ "manifests": [entry] }).to_string()
    };
    for (index, words) in [
        ("<html>".to_owned(), "not JSON"),
        ("[]".to_owned(), "no list of manifests"),
        ("{\"manifests\": {}}".to_owned(), "no list of manifests"),
        (entry("digest", "sha256:../../../etc/passwd"), "no digest"),
        (entry("mediaType", "text/html"), "no image"),
        (entry("x", "x"), "is not there"),
    ] {
        write_index(&folder, &index);
        let error = layout.resolve(&by_tag("built")).unwrap_err();
        assert!(matches!(error, LayoutError::Malformed { .. }), "{error}");
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[test]
fn a_damaged_manifest_is_told_with_its_digest_and_pushed_anew() {
    let (folder, layout) = new();
    let image = Image::single("image");
    layout.push(&tag("built"), &image.manifest).unwrap();
    fs::write(folder.path().join("a/layout/blobs/sha256").join(image.digest().hex()), "{}").unwrap();
    let error = layout.resolve(&by_tag("built")).unwrap_err();
    assert!(matches!(error, LayoutError::Malformed { .. }), "{error}");
    assert!(error.to_string().contains(image.digest().as_str()), "{error}");
    layout.push(&tag("built"), &image.manifest).unwrap();
    assert_eq!(layout.resolve(&by_tag("built")).unwrap(), *image.digest());
}

#[test]
fn a_layer_is_no_manifest() {
    let (_folder, layout) = new();
    let digest = layout.push_blob(b"a layer").unwrap();
    assert!(matches!(layout.resolve(&digest.into()), Err(LayoutError::NotFound { .. })));
}

#[test]
fn writers_wait_for_each_other() {
    let (folder, layout) = new();
    std::thread::scope(|scope| {
        for number in 0..16 {
            let layout = layout.clone();
            scope.spawn(move || {
                let image = Image::single(&number.to_string());
                layout.tag(&tag(&format!("1.0.{number}")), &image.manifest).unwrap();
            });
        }
    });
    assert_eq!(index(&folder)["manifests"].as_array().unwrap().len(), 16);
}
