//! No message of a library is left out of the snapshots.

use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn every_message_stands_in_a_snapshot() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut shown = String::new();
    for path in files(&crates, "snap") {
        shown.push_str(&fs::read_to_string(path).expect("a snapshot can be read"));
    }
    let (mut seen, mut missing) = (0, Vec::new());
    for path in files(&crates, "rs") {
        if path.components().any(|part| matches!(part.as_os_str().to_str(), Some("testing" | "tests" | "messages"))) {
            continue;
        }
        let text = fs::read_to_string(&path).expect("a source file can be read");
        for template in templates(&text) {
            let parts = literals(template);
            // What only hands others' words on is shown with those words.
            if !parts.iter().any(|part| part.chars().any(char::is_alphabetic)) {
                continue;
            }
            seen += 1;
            if !shown.lines().any(|line| has_in_order(line, &parts)) {
                missing.push(format!("{template:?} of {}", path.display()));
            }
        }
    }
    assert!(missing.is_empty(), "no snapshot shows {missing:#?}");
    assert!(seen > 100, "messages are found: {seen}");
}

#[test]
fn templates_are_found_and_matched() {
    let text = "#[error(\"{a} is no {b:?}: {{}}\")]\n#[error(transparent)]\n#[error(\"x {}\", a.b())]";
    let found: Vec<&str> = templates(text).collect();
    assert_eq!(found, ["{a} is no {b:?}: {{}}", "x {}"]);
    let parts = literals(found[0]);
    assert_eq!(parts, [" is no ", ": {}"]);
    assert!(has_in_order("error: 1 is no 2: {}", &parts));
    assert!(!has_in_order("error: 1: {} is no 2", &parts));
}

/// Lists the files below a folder that have this extension.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder can be read") {
        let path = entry.expect("an entry can be read").path();
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|found| found == extension) {
            found.push(path);
        }
    }
    found
}

/// Finds the texts of `#[error("…")]`.
fn templates(source: &str) -> impl Iterator<Item = &str> {
    let texts = source.split("#[error(\"").skip(1);
    texts.filter_map(|rest| rest.find(['"', '\n']).map(|end| &rest[..end]))
}

/// Returns what stands between the placeholders.
fn literals(template: &str) -> Vec<String> {
    const BRACES: [&str; 2] = ["\u{1}", "\u{2}"];
    let escaped = template.replace("{{", BRACES[0]).replace("}}", BRACES[1]);
    let parts = escaped
        .split('{')
        .enumerate()
        .map(|(at, part)| if at == 0 { part } else { part.split_once('}').map_or("", |(_, literal)| literal) });
    parts.filter(|part| !part.is_empty()).map(|part| part.replace(BRACES[0], "{").replace(BRACES[1], "}")).collect()
}

fn has_in_order(line: &str, parts: &[String]) -> bool {
    parts.iter().try_fold(line, |rest, part| Some(&rest[rest.find(part.as_str())? + part.len()..])).is_some()
}
