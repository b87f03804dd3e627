//! What people and programs read of a release.

use std::fs;

use embark_tests::harness::{Embark, root};
use serde_json::{Value, json};

use super::life::{Life, MINOR, REPOSITORY};

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn people_read_what_is_proposed_and_published() {
    let life = Life::new();
    let text = |embark: &Embark, arguments: &[&str]| {
        let finished = embark.text(arguments);
        assert_eq!(finished.code, 0, "{}", finished.stderr);
        finished.text()
    };
    assert_eq!(text(&life.world.embark, &["release-pr"]), "Nothing is left to release.\n");
    life.push(&[(".changeset/red-cats-jump.md", Some(MINOR))]);
    let dry = text(&life.world.embark, &["release-pr", "--dry-run"]);
    assert_eq!(
        dry,
        "VERSION  BRANCH          COMMIT  STATE    PULL REQUEST\n\
         1.4.0    embark/release          planned\n\
         \n\
         PACKAGE    FROM   TO\n\
         backstage  1.3.0  1.4.0\n"
    );
    let commit = life.ended("done")["commit"].as_str().expect("a commit").to_owned();
    life.stage(&commit, "1");
    let told = text(&life.world.embark, &["release-pr"]);
    let short = &commit[..7];
    assert!(
        told.starts_with(&format!(
            "VERSION  BRANCH          COMMIT   STATE  PULL REQUEST\n\
             1.4.0    embark/release  {short}  open   https://github.com/acme/backstage/pull/1\n"
        )),
        "{told}"
    );
    assert!(told.contains("ENVIRONMENT  COMPONENT") && told.contains("production   backend"), "{told}");
    life.app.run(&["fetch", "--quiet", "origin"]);
    life.github.merge(REPOSITORY, 1);
    life.app.run(&["fetch", "--quiet", "origin"]);
    life.app.run(&["reset", "--quiet", "--hard", "origin/main"]);
    let embark = life.on_merge(&commit);
    let dry = text(&embark, &["notes", "--dry-run"]);
    assert!(dry.starts_with(&format!("v1.4.0 of {short} would be published\n\n### Minor Changes\n")), "{dry}");
    let page = "https://github.com/acme/backstage/releases/tag/v1.4.0";
    assert_eq!(text(&embark, &["notes"]), format!("v1.4.0 of {short} is published: {page}\n"));
    assert_eq!(text(&embark, &["notes"]), format!("v1.4.0 of {short} is published already: {page}\n"));
}

/// Compares what is written with its sample in the page of JSON, in which this commit stands.
#[track_caller]
fn compare_sample(command: &str, commit: &str, written: &Value) {
    const COMMIT: &str = "8a6bd7f0c1e2d3a4b5c6978812f34e56d7a8b9c0";
    let path = root().join("docs/reference/json.md");
    let page = fs::read_to_string(&path).expect("the page is there");
    let begin = format!("```text\n$ embark -o json {command}\n");
    let (before, rest) = page.split_once(&begin).expect("the page has a sample");
    let (sample, after) = rest.split_once("```").expect("the sample ends");
    let text = format!("{written:#}\n").replace(commit, COMMIT).replace(&commit[..7], &COMMIT[..7]);
    if sample != text && std::env::var_os("EMBARK_BLESS").is_some() {
        fs::write(&path, format!("{before}{begin}{text}```{after}")).expect("the page can be written");
        return;
    }
    assert_eq!(sample, text, "EMBARK_BLESS=1 writes it");
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn the_page_of_json_shows_what_is_written() {
    let life = Life::new();
    life.push(&[(".changeset/red-cats-jump.md", Some(MINOR))]);
    let commit = life.ended("done")["commit"].as_str().expect("a commit").to_owned();
    life.stage(&commit, "1");
    let report = life.run().ended(0, "done");
    compare_sample("release-pr", &commit, &report.json);
    life.app.run(&["fetch", "--quiet", "origin"]);
    let embark = life.on_merge(&commit);
    life.github.merge(REPOSITORY, 1);
    life.app.run(&["fetch", "--quiet", "origin"]);
    life.app.run(&["reset", "--quiet", "--hard", "origin/main"]);
    let mut report = embark.json(&["notes"]).ended(0, "done");
    let notes = report.json["release"]["notes"].take();
    // The commit of the changeset is another one each time.
    let notes = notes.as_str().and_then(|notes| notes.split_once("- ")).and_then(|(_, line)| line.split_once(": "));
    report.json["release"]["notes"] = json!(notes.map(|(_, rest)| format!("### Minor Changes\n\n- 5e2409b: {rest}")));
    compare_sample("notes", &commit, &report.json);
}
