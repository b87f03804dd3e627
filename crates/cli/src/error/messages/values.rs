//! What is wrong with a values file: real files, and what the editor makes of them.

use embark_core::{Error as CoreError, ValuesFileError};
use embark_values::{Assignment, Document, EditError, LookupError, Path};

use super::sample::parse;
use super::{Case, Variants as _, compare, complete};
use crate::error::Error;

#[test]
fn values() {
    compare("values", &cases());
}

/// What cannot be found: its name, the file, the path.
const LOOKUPS: [(&str, &str, &str); 9] = [
    ("NotFound, misspelt", "frontend:\n  image:\n    tag: a\n", "frontend.image.tga"),
    ("NotFound, no such key", "frontend:\n  image:\n    tag: a\n", "backend.replicas"),
    ("NotFound, empty file", "# nothing yet\n", "frontend.image.tag"),
    ("NotFound, no such item", "images:\n  - name: web\n    newTag: a\n", "images[name=api].newTag"),
    ("NotAScalar", "frontend:\n  image:\n    tag: a\n", "frontend.image"),
    ("Ambiguous", "tag: a\nreplicas: 1\ntag: b\n", "tag"),
    ("Unclear, a bare key", "image:\n  on: a\n  tag: b\n", "image.true"),
    ("Unclear, a tagged key", "image:\n  !!int 1: a\n  tag: b\n", "image.1"),
    ("Tagged", "tag: !!binary aGVsbG8=\n", "tag"),
];

/// What cannot be set: its name, the file, the assignments.
const EDITS: [(&str, &str, &[&str]); 8] = [
    ("Parse", "frontend:\n  image: {tag: a\nbackend: b\n", &["frontend.image.tag=b"]),
    ("Lookup", "frontend:\n  image:\n    tag: a\n", &["frontend.image=b"]),
    ("Shared", "dev: &tag a\nstaging: *tag\n", &["dev=b"]),
    ("Merged", "base: &base\n  tag: a\nfrontend:\n  <<: *base\n", &["frontend.tag=b"]),
    ("Tagged", "replicas: !!int 3\n", &["replicas=4"]),
    ("NoMapping", "frontend: none\n", &["frontend.tag=a"]),
    ("Conflict", "images:\n  - name: web\n    newTag: a\n", &["images[0].newTag=b", "images[name=web].newTag=c"]),
    ("NotLossless", "notes: |\n  the end", &["tag=a"]),
];

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (name, text, path) in LOOKUPS {
        let source = lookup(text, path);
        cases.push(Case::error(&format!("values get: {name}"), Error::Lookup { path: "staging.yaml".into(), source }));
    }
    for (name, text, assignments) in EDITS {
        let source = edit(text, assignments);
        assert!(format!("{source:?}").starts_with(name), "{name} is {source:?}");
        cases.push(Case::error(&format!("values set: {name}"), Error::Edit { path: "staging.yaml".into(), source }));
    }
    let (_, text, path) = LOOKUPS[0];
    let (_, shared, set) = EDITS[2];
    let files = [
        ValuesFileError::Missing(parse("staging.yaml")),
        ValuesFileError::NotText(parse("staging.yaml")),
        ValuesFileError::NoHold { line: 2, place: "production".into() },
        ValuesFileError::Parse {
            file: parse("staging.yaml"),
            source: Document::parse("tag: [a\n").expect_err("it is no YAML"),
        },
        ValuesFileError::Lookup { file: parse("staging.yaml"), source: lookup(text, path) },
        ValuesFileError::Edit { file: parse("staging.yaml"), source: edit(shared, set) },
    ];
    complete(&files);
    for error in files {
        cases.push(Case::error(&format!("deployment repo: {}", error.variant()), CoreError::from(error)));
    }
    cases
}

fn lookup(text: &str, path: &str) -> LookupError {
    let path = Path::parse(path).expect("it is a path");
    Document::parse(text).expect("it is YAML").get(&path).expect_err(text)
}

fn edit(text: &str, assignments: &[&str]) -> EditError {
    let assignments = assignments.iter().map(|text| Assignment::parse(text).expect("it is one").create());
    embark_values::edit(text, &assignments.collect::<Vec<_>>()).expect_err(text)
}
