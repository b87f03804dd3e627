//! The values files of charts that people use.

use std::path::PathBuf;

use embark_values::{Assignment, Document, EditError, LookupError};

use crate::offset_of;

/// Sets every tenth leaf of the real values files, and every leaf that is called `tag`.
#[test]
fn real_values_files_are_edited() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .map(|folder| folder.join("../shared/values"))
        .find(|folder| folder.is_dir());
    let Some(folder) = folder else {
        println!("shared/values is not there: no real values file was edited");
        return;
    };
    let (mut files, mut edits) = (0, 0);
    for entry in std::fs::read_dir(folder).unwrap() {
        let file = entry.unwrap().path();
        if file.extension().is_none_or(|extension| extension != "yaml") {
            continue;
        }
        files += 1;
        let text = std::fs::read_to_string(&file).unwrap();
        let document = Document::parse(&text).unwrap();
        let leaves: Vec<_> = document.scalars().collect();
        for (place, (at, old)) in leaves.iter().enumerate() {
            if place % 10 != 0 && at.last_key() != Some("tag") {
                continue;
            }
            let value = ["1.10", "v2.0.1", "a: \"b\" # 'c'"][place % 3];
            match document.edit(&[Assignment::new(at.clone(), value)]) {
                Ok(edited) => {
                    edits += 1;
                    let offset = offset_of(&text, old.line, old.column);
                    assert_eq!(text[..offset], edited.text[..offset], "{at} in {}", file.display());
                    assert_eq!(Document::parse(&edited.text).unwrap().get(at).unwrap().value, value);
                }
                Err(EditError::Shared { .. } | EditError::Lookup(LookupError::Ambiguous { .. })) => {}
                Err(error) => panic!("{at} in {}: {error}", file.display()),
            }
        }
    }
    println!("{edits} edits in {files} real values files");
    assert!(files == 0 || edits > 100);
}
