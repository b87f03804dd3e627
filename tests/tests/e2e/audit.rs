//! The whole history judged, on what teams have.

use embark_tests::harness::{BACKEND, FRONTEND, GitServer, History, Setup, World};
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
    for short in [&honest[..7], "HEAD~1"] {
        let audit = world.embark.json(&["audit", "--since", short]).ended(11, "broken");
        assert_eq!(audit.list("changes", KEYS).len(), 2, "{short}");
    }
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
    assert!(hint.contains("embark audit --since 2026-05-03"), "{hint}");
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

/// Fails unless an audit finds what a history has.
fn assert_found(history: &History) {
    let audit = history.embark(EMBARK).json(&["audit"]).ended(11, "broken");
    let changes = audit.list("changes", KEYS);
    assert_eq!(changes.len(), history.changes);
    let (first, others) = changes.split_at(changes.len() - 2);
    assert!(others.iter().all(|change| change["commit"] == others[0]["commit"]), "what was there first: {others:#?}");
    let broken: Vec<&Value> = first.iter().filter(|change| change["holds"] != json!(true)).collect();
    assert_eq!(broken.len(), 1, "{broken:#?}");
    assert_eq!([&broken[0]["commit"], &broken[0]["holds"]], [&json!(history.violation), &json!(false)]);
}

#[test]
fn a_long_history_is_audited_in_memory_that_does_not_grow_with_it() {
    let peaks = [500, 3_000].map(|commits| {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let history = History::create(folder.path(), commits);
        if commits == 500 {
            assert_found(&history);
        }
        let (finished, peak) = history.embark(EMBARK).watched(&["audit"]);
        assert_eq!(finished.code, 11, "{}", finished.stderr);
        peak
    });
    println!("peaks of the audits of 500 and of 3,000 commits: {peaks:?} KiB");
    // Four MiB of what packs tell others by are kept, however long the history is.
    assert!(peaks[1] <= peaks[0] + 14 * 1024, "{peaks:?} KiB");
}

#[test]
#[ignore = "needs git http-backend: run ./tests/run"]
fn a_long_history_on_a_server_is_read_in_few_requests() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let history = History::create(folder.path(), 4_000);
    let server = GitServer::start(folder.path(), None);
    history.configure(&server.url("deployment.git"));
    server.take_traffic();
    assert_found(&history);
    let traffic = server.take_traffic();
    println!("audit of 4,000 commits:\n{traffic}");
    // 1,000 commits changed the files: four times 256, each time with two reads of files. The branch comes in five stretches.
    assert!(traffic.requests() <= 40, "{traffic}");
    assert!(traffic.down() <= 4 << 20, "at most 1 KiB for each commit:\n{traffic}");
    assert_eq!(traffic.connections(), 1, "{traffic}");
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
