//! The whole history judged, on what teams have.

use embark_tests::harness::{BACKEND, FRONTEND, Setup, World};
use serde_json::{Value, json};

use crate::EMBARK;

#[test]
fn a_violation_is_found_in_a_repository_on_disk() {
    audited(Setup::Embedded);
}

#[test]
#[ignore = "needs docker-registry, skopeo and git http-backend: run ./tests/run"]
fn a_violation_is_found_over_the_wire() {
    audited(Setup::Servers);
}

fn audited(setup: Setup) {
    let world = World::new(EMBARK, setup);
    let [a, b, _] = &world.commits;
    let begin = world.repo.tip();
    world.build(a, "1", "1");
    world.embark.json(&["release", "staging", "--commit", a, "--deploy"]).ended(0, "done");
    world.embark.json(&["promote", "production", "--version", "1.4.0", "--commit", a, "--deploy"]).ended(0, "done");
    let honest = world.repo.tip();
    let state = world.state();
    let audit = world.embark.json(&["audit", "--since", &begin, "--strict"]).ended(0, "unchanged");
    assert_eq!(world.state(), state, "an audit writes nothing");
    let changes = audit.list("changes", KEYS);
    assert_eq!(changes.len(), 2, "{changes:#?}");
    for change in &changes {
        assert_eq!([&change["holds"], &change["evidence"]["kind"]], [&json!(true), &json!("trailers")], "{change:#}");
        assert!(world.repo.commits().iter().any(|entry| change["commit"] == entry.id.as_str()));
    }

    // Nobody has released this one, and somebody names it by hand.
    let (frontend, _) = world.build(b, "2", "1");
    let forced = world.repo.edit_by_hand("production", |text| {
        let text = text.replace("1.4.0", b);
        text.replacen(&digest_in(&text), &frontend.digest(), 1)
    });
    let audit = world.embark.json(&["audit", "--since", &honest]).ended(11, "broken");
    let changes = audit.list("changes", KEYS);
    let [changed, same] = [FRONTEND, BACKEND].map(|component| {
        changes.iter().find(|change| change["component"] == component && change["commit"] == forced.as_str())
    });
    let (changed, same) = (changed.expect("the frontend's"), same.expect("the backend's"));
    assert_eq!([&changed["holds"], &changed["evidence"]], [&json!(false), &Value::Null]);
    assert_eq!(changed["digest"], frontend.digest());
    // Its image is the same under another tag.
    assert_eq!([&same["holds"], &same["evidence"]["kind"]], [&json!(true), &json!("tag-now")], "{same:#}");
    world.embark.json(&["audit", "--since", &honest, "--component", BACKEND]).ended(0, "unchanged");

    let report = world.app().join("audit.md");
    let text = world.embark.text(&["audit", "--report", "audit.md"]);
    assert_eq!(text.code, 11, "{text:?}");
    let report = std::fs::read_to_string(report).expect("a report is written");
    let violations = report.split("## ").nth(1).expect("a section");
    assert!(violations.starts_with("Not verified") && violations.contains(&forced), "{report}");
    for commit in [&honest, &forced] {
        assert!(report.contains(commit.as_str()), "{report}");
    }
}

#[test]
fn what_is_no_commit_and_no_date_and_what_is_not_there_is_told() {
    let world = World::new(EMBARK, Setup::Embedded);
    let told = world.embark.text(&["audit", "--since", "last week"]);
    assert_eq!(told.code, 2, "{told:?}");
    assert!(told.stderr.contains("a date as in 2026-05-03"), "{}", told.stderr);
    let nowhere = "f".repeat(40);
    let (message, hint) = world.embark.json(&["audit", "--since", &nowhere]).ended(21, "failed").error();
    assert!(message.contains(&nowhere), "{message}");
    assert!(!hint.is_empty());
    // What was there first is in a registry that nobody can reach any more.
    let audit = world.embark.json(&["audit"]).ended(0, "unchanged");
    for change in audit.list("changes", KEYS) {
        assert_eq!(change["holds"], Value::Null, "{change:#}");
    }
    world.embark.json(&["audit", "--strict"]).ended(11, "broken");
    world.embark.json(&["audit", "--component", "nobody"]).ended(2, "failed");
    let (message, _) = world.embark.json(&["audit", "--report", "no/such/folder.md"]).ended(1, "failed").error();
    assert!(message.contains("no/such/folder.md"), "{message}");
}

const KEYS: &[&str] = &[
    "commit",
    "at",
    "author",
    "environment",
    "from",
    "component",
    "image",
    "tag",
    "digest",
    "holds",
    "evidence",
    "reason",
];

fn digest_in(values: &str) -> String {
    let from = values.find("sha256:").expect("a digest is there");
    values[from..from + "sha256:".len() + 64].to_owned()
}
