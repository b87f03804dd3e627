//! `docs/threat-model.md`: each line names the tests that show it, and each of these is there and is run.
//! `EMBARK_BLESS=1` counts them anew in `docs/reliability.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use embark_tests::harness::{BLESS, root};

use crate::sources::{Source, below, is_built};

const PAGE: &str = "docs/threat-model.md";
const COUNTED: &str = "docs/reliability.md";
const MARKS: (&str, &str) = ("<!-- threats: begin -->\n", "<!-- threats: end -->\n");

/// Files of nothing but tests that show what an attacker cannot do: each of these is on the page.
const ALL_OF: [&str; 9] = [
    "crates/github/tests/github/bounds.rs",
    "crates/registry/tests/registry/bounds.rs",
    "tests/tests/e2e/forged.rs",
    "tests/tests/e2e/git_credentials.rs",
    "tests/tests/e2e/hostile.rs",
    "tests/tests/e2e/lies.rs",
    "tests/tests/e2e/secrets.rs",
    "tests/tests/e2e/tls.rs",
    "tests/tests/library/programs.rs",
];

/// A line of the page.
struct Line {
    actor: String,
    /// What it is about: what they can, cannot, or could.
    kind: String,
    text: String,
    tests: Vec<String>,
}

/// Reads the lines: the items of its lists, with the heading and the bold words that they stand below.
fn lines(page: &str) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let (mut actor, mut kind) = (String::new(), String::new());
    for line in page.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            (actor, kind) = (title.to_owned(), String::new());
        } else if let Some(words) = line.strip_prefix("**").and_then(|rest| rest.split("**").next()) {
            words.clone_into(&mut kind);
        } else if let Some(text) = line.strip_prefix("- ") {
            lines.push(Line { actor: actor.clone(), kind: kind.clone(), text: text.to_owned(), tests: Vec::new() });
        } else if let (Some(text), Some(last)) = (line.strip_prefix("  "), lines.last_mut()) {
            last.text.push(' ');
            last.text.push_str(text);
        }
    }
    for line in &mut lines {
        let shown = line.text.split_once("Shown by ").map(|(_, names)| names.split('`').skip(1).step_by(2));
        line.tests = shown.into_iter().flatten().map(str::to_owned).collect();
    }
    lines
}

/// Every test, with the file that it is in and what stands between its attribute and its name.
fn tests() -> BTreeMap<String, Vec<(String, String)>> {
    let mut found: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for Source { path, text } in below(&["crates", "tests"]) {
        let mut attributes = None::<String>;
        for line in text.lines().map(str::trim) {
            if line == "#[test]" || line.starts_with("#[tokio::test") {
                attributes = Some(String::new());
            } else if let Some(attributes) = attributes.as_mut().filter(|_| line.starts_with("#[")) {
                attributes.push_str(line);
            } else if let Some(attributes) = attributes.take() {
                let rest = line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ");
                let name = rest.and_then(|rest| rest.split('(').next()).unwrap_or_default();
                if name != "$name" {
                    found.entry(name.to_owned()).or_default().push((path.clone(), attributes));
                }
            }
        }
        // What a macro of the file makes a test of.
        if text.contains("fn $name() {") {
            for name in
                text.lines().filter_map(|line| line.strip_prefix("    ")?.split_once(": |").map(|(name, _)| name))
            {
                found.entry(name.to_owned()).or_default().push((path.clone(), String::new()));
            }
        }
    }
    found
}

#[test]
fn every_line_of_the_threat_model_names_tests_that_are_run() {
    let page = fs::read_to_string(root().join(PAGE)).expect("the page is there");
    let (lines, tests) = (lines(&page), tests());
    assert!(lines.len() > 30 && tests.len() > 1000, "both are read: {} and {}", lines.len(), tests.len());
    let mut wrong = Vec::new();
    for line in &lines {
        if line.tests.is_empty() && line.kind != "They could" {
            wrong.push(format!("{}: no test: {}", line.actor, line.text));
        }
        for name in &line.tests {
            let places = tests.get(name).map(Vec::as_slice).unwrap_or_default();
            if places.is_empty() {
                wrong.push(format!("{name}: there is no such test"));
            }
            // Of several that have one name, as of one claim over the ledger and over GitHub, all are meant.
            for (path, attributes) in places {
                if !is_built(path) {
                    wrong.push(format!("{name}: {path} is in no crate"));
                }
                if attributes.contains("ignore") && !attributes.contains("run ./tests/run") {
                    wrong.push(format!("{name} is not run by tests/run: {attributes}"));
                }
            }
        }
    }
    let named: BTreeSet<&String> = lines.iter().flat_map(|line| &line.tests).collect();
    for (name, places) in &tests {
        if places.iter().any(|(path, _)| ALL_OF.contains(&path.as_str())) && !named.contains(name) {
            wrong.push(format!("{name} is not on the page"));
        }
    }
    for path in ALL_OF {
        assert!(tests.values().flatten().any(|(found, _)| found == path), "{path} has tests");
    }
    assert!(wrong.is_empty(), "{PAGE}:\n{}", wrong.join("\n"));
    count(&lines);
}

/// Compares the table of lines and tests with what is counted.
fn count(lines: &[Line]) {
    let mut table = String::from(
        "| who | what they can | what they cannot | what they could | tests |\n| --- | ---: | ---: | ---: | ---: |\n",
    );
    let mut row = |who: &str, of: &[&Line]| {
        let kind = |kind: &str| of.iter().filter(|line| line.kind == kind).count();
        let tests: BTreeSet<&String> = of.iter().flat_map(|line| &line.tests).collect();
        table.push_str(&format!(
            "| {who} | {} | {} | {} | {} |\n",
            kind("They can"),
            kind("They cannot"),
            kind("They could"),
            tests.len()
        ));
    };
    let mut actors: Vec<&str> = lines.iter().map(|line| line.actor.as_str()).collect();
    actors.dedup();
    for actor in actors {
        row(actor, &lines.iter().filter(|line| line.actor == actor).collect::<Vec<_>>());
    }
    row("all", &lines.iter().collect::<Vec<_>>());
    let path = root().join(COUNTED);
    let page = fs::read_to_string(&path).expect("the page is there");
    let parts = page.split_once(MARKS.0).and_then(|(before, rest)| Some((before, rest.split_once(MARKS.1)?.1)));
    let (before, after) = parts.expect("the page has marks for the table");
    let counted = format!("{before}{}{table}{}{after}", MARKS.0, MARKS.1);
    if std::env::var_os(BLESS).is_some() {
        fs::write(&path, counted).expect("it can be written");
    } else {
        assert_eq!(page, counted, "{BLESS}=1 counts anew");
    }
}
