//! The day of an incident: back, held, and forward again.

use embark_tests::harness::{FRONTEND, Setup, World};

use crate::EMBARK;

#[test]
fn scenario_13_staging_is_rolled_back_and_held_without_any_server() {
    scenario_13(Setup::Embedded);
}

#[test]
#[ignore = "needs docker-registry, skopeo and git http-backend: run ./tests/run"]
fn scenario_13_staging_is_rolled_back_and_held_with_servers() {
    scenario_13(Setup::Servers);
}

fn scenario_13(setup: Setup) {
    let world = World::new(EMBARK, setup);
    let [a, b, c] = &world.commits;
    world.build(a, "1", "1");
    world.embark.json(&["release", "staging", "--commit", a, "--deploy"]).ended(0, "done");
    world.build(b, "2", "1");
    world.embark.json(&["release", "staging", "--commit", b, "--deploy"]).ended(0, "done");
    let before = world.repo.values("staging");

    let state = world.state();
    world.embark.json(&["rollback", "staging", "--dry-run"]).ended(0, "planned");
    assert_eq!(world.state(), state);
    let tip = world.repo.tip();
    let back = world.embark.json(&["rollback", "staging", "--reason", "it leaks"]).ended(0, "done");
    let deployment = back.deployment(FRONTEND);
    assert_eq!([&deployment["tag"], &deployment["state"]], [a.as_str(), "success"]);
    let commits = world.repo.commits_since(&tip);
    assert_eq!(commits.len(), 1, "values and hold in one commit: {commits:#?}");
    assert_eq!(commits[0].trailer("Embark-Commit"), a);
    let changed = world.repo.git.run(&["show", "--name-only", "--format=", &commits[0].id]);
    let files = [".embark/holds.yaml".to_owned(), world.repo.values_path("staging")];
    assert_eq!(changed.lines().collect::<Vec<_>>(), files);
    world.embark.json(&["rollback", "staging"]).ended(0, "unchanged");

    let status = world.embark.json(&["status", "staging"]).ended(0, "unchanged");
    let frontend = &status.json["environments"][0]["components"][0];
    assert_eq!(
        [&frontend["held"], &frontend["hold"]["reason"]],
        [&true.into(), &"it leaks".into()] as [&serde_json::Value; 2]
    );
    let promote = ["promote", "production", "--version", "1.4.0", "--commit", b, "--component", FRONTEND];
    let refused = world.embark.json(&promote).ended(10, "refused");
    assert!(refused.json.to_string().contains("was rolled back"), "{:#}", refused.json);

    world.build(c, "3", "1");
    let release = world.embark.json(&["release", "staging", "--commit", c, "--deploy"]).ended(0, "done");
    assert_eq!(release.deployment(FRONTEND)["state"], "queued");
    world.embark.json(&["deploy", "--pending"]).ended(0, "unchanged");
    assert_eq!(
        world.repo.values("staging"),
        before.replace(b.as_str(), a).replace(&digest(&before), &digest(&world.repo.values("staging")))
    );
    let resume = world.embark.json(&["resume", "staging", FRONTEND]).ended(0, "done");
    assert_eq!(resume.json["next"][0], release.deployment(FRONTEND)["id"]);
    world.embark.json(&["resume", "staging", FRONTEND]).ended(0, "unchanged");
    world.embark.json(&["deploy", "--pending"]).ended(0, "done");
    assert!(world.repo.values("staging").contains(c.as_str()));
    world.repo.git.assert_sound();
}

/// The digest that a values file pins.
fn digest(values: &str) -> String {
    let from = values.find("sha256:").expect("a digest is there");
    values[from..from + 71].to_owned()
}

#[test]
fn what_is_held_and_what_was_never_verified_is_told() {
    let world = World::new(EMBARK, Setup::Embedded);
    let a = world.commits[0].as_str();
    let (frontend, _) = world.build(a, "1", "1");
    world.store.push(FRONTEND, "legacy-7", &frontend);
    world.embark.json(&["release", "staging", "--commit", a, "--deploy"]).ended(0, "done");
    world.embark.json(&["hold", "production", "--reason", "freeze"]).ended(0, "done");
    world.embark.json(&["hold", "production", "--reason", "freeze"]).ended(0, "unchanged");
    world.embark.json(&["promote", "production", "--version", "1.0.0", "--commit", a, "--deploy"]).ended(0, "done");
    assert!(!world.repo.values("production").contains("1.0.0"));
    let refused = world.embark.json(&["resume", "production", FRONTEND]).ended(10, "refused");
    assert!(refused.json["hint"].as_str().is_some_and(|hint| hint.contains("embark resume production")));
    world.embark.json(&["resume", "production"]).ended(0, "done");
    world.embark.json(&["deploy", "--pending"]).ended(0, "done");

    assert_eq!(world.embark.text(&["rollback", "production", FRONTEND, "--unverified"]).code, 2, "a reason is needed");
    let refused = world.embark.json(&["rollback", "production", FRONTEND]).ended(10, "refused");
    assert!(refused.json.to_string().contains("--unverified --reason"), "{:#}", refused.json);
    let back = ["rollback", "production", FRONTEND, "--unverified", "--reason", "there is no other"];
    world.embark.json(&back).ended(0, "done");
    let verify = world.embark.json(&["verify"]).ended(0, "unchanged");
    let check = verify.checks().into_iter().find(|check| check["component"] == FRONTEND).expect("it is checked");
    assert_eq!(check["holds"], serde_json::Value::Null);
    assert!(check["reason"].as_str().is_some_and(|reason| reason.contains("waived: there is no other")), "{check:#}");
    world.embark.json(&["verify", "--strict"]).ended(11, "broken");
    let text = world.embark.text(&["verify"]).succeeded("verify").text();
    assert!(text.contains("\nfrontend in production is held by tester, "), "{text}");
}
