//! One layout, written by embark, `umoci` and skopeo in turn: each reads what the others wrote.

use std::path::Path;

use embark_core::{Manifest, Reference};
use embark_registry::Layout;
use embark_tests::harness::{Finished, Image, digest_of, program, run};

fn umoci(folder: &Path, arguments: &[&str]) -> Finished {
    run(program("umoci").current_dir(folder).arg("--log=error").args(arguments), b"").succeeded("umoci")
}

fn skopeo(folder: &Path, arguments: &[&str]) -> Finished {
    let mut command = program("skopeo");
    command.current_dir(folder).env("HOME", folder).arg("--insecure-policy").args(arguments);
    run(&mut command, b"").succeeded("skopeo")
}

fn by_tag(name: &str) -> Reference {
    Reference::Tag(name.parse().expect("a tag"))
}

/// Has embark push an image.
fn push(layout: &Layout, name: &str, image: &Image) {
    for (digest, bytes) in &image.blobs {
        assert_eq!(layout.push_blob(bytes).expect("pushed").as_str(), digest);
    }
    let manifest = Manifest::new(image.media_type.parse().expect("one of the four"), image.bytes.clone());
    layout.push(&name.parse().expect("a tag"), &manifest).expect("pushed");
}

#[test]
#[ignore = "needs umoci and skopeo: run ./tests/run"]
fn umoci_and_skopeo_read_what_embark_wrote() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let layout = Layout::create(&folder.path().join("app")).expect("made");
    let (single, multi) = (Image::single("single"), Image::multi("multi"));
    push(&layout, "1.0.0", &single);
    push(&layout, "1.1.0", &multi);
    assert_eq!(umoci(folder.path(), &["list", "--layout=app"]).text(), "1.0.0\n1.1.0\n");
    for (tag, image) in [("1.0.0", &single), ("1.1.0", &multi)] {
        let raw = skopeo(folder.path(), &["inspect", "--raw", &format!("oci:app:{tag}")]).stdout;
        assert_eq!(digest_of(&raw), image.digest(), "{tag}");
    }
    // It follows every descriptor to the end, and removes what nothing leads to.
    umoci(folder.path(), &["gc", "--layout=app"]);
    for (tag, image) in [("1.0.0", &single), ("1.1.0", &multi)] {
        let manifest = layout.manifest(&by_tag(tag)).expect("it is still there");
        assert_eq!(manifest.bytes(), image.bytes, "{tag}");
    }
}

#[test]
#[ignore = "needs umoci and skopeo: run ./tests/run"]
fn embark_reads_what_umoci_and_skopeo_wrote_and_they_keep_what_it_wrote() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    umoci(folder.path(), &["init", "--layout=app"]);
    umoci(folder.path(), &["new", "--image=app:built"]);
    let layout = Layout::open(&folder.path().join("app"));
    let built = layout.manifest(&by_tag("built")).expect("umoci wrote it");
    layout.tag(&"1.0.0".parse().expect("a tag"), &built).expect("tagged");

    skopeo(folder.path(), &["copy", "--quiet", "oci:app:1.0.0", "oci:app:by-skopeo"]);
    umoci(folder.path(), &["tag", "--image=app:1.0.0", "by-umoci"]);
    umoci(folder.path(), &["gc", "--layout=app"]);
    for tag in ["built", "1.0.0", "by-skopeo", "by-umoci"] {
        assert_eq!(layout.manifest(&by_tag(tag)).expect("it is there"), built, "{tag}");
        assert_eq!(skopeo(folder.path(), &["inspect", "--raw", &format!("oci:app:{tag}")]).stdout, built.bytes());
    }
    assert_eq!(umoci(folder.path(), &["list", "--layout=app"]).text(), "built\n1.0.0\nby-skopeo\nby-umoci\n");
}
