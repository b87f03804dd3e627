//! Deployments that somebody wrote into the ledger, with plain git. A payload is a claim, never evidence.

use embark_tests::harness::{BACKEND, Entry, FRONTEND, Image, Setup, World};
use serde_json::{Value, json};

use crate::EMBARK;

const IDS: [&str; 2] = ["01JZZZZZZZ0000000000000001", "01JZZZZZZZ0000000000000002"];

/// Makes a world in which production runs version 1.4.0, and an image of somebody's lies in the registry as 9.9.9.
fn promoted(setup: Setup) -> (World, Image) {
    let world = World::new(EMBARK, setup);
    let commit = world.commits[0].as_str();
    world.build(commit, "1", "1");
    for environment in ["dev", "staging"] {
        world.embark.json(&["release", environment, "--commit", commit, "--deploy"]).ended(0, "done");
    }
    world
        .embark
        .json(&["promote", "production", "--version", "1.4.0", "--commit", commit, "--deploy"])
        .ended(0, "done");
    let evil = Image::single("not from staging");
    world.store.push(FRONTEND, "9.9.9", &evil);
    (world, evil)
}

/// Makes a production deployment of the frontend as 9.9.9, as alike to a real one as can be.
fn forge(world: &World, change: impl FnOnce(&mut Value)) -> Entry {
    let mut entry = world.repo.ledger_of("production", FRONTEND)[0].forged(IDS[0]);
    let payload = entry.payload_mut();
    payload["tag"] = "9.9.9".into();
    payload["version"] = "9.9.9".into();
    change(payload);
    world.repo.forge(&entry);
    entry
}

/// Runs `command`, which must refuse the forged deployment: `failure` in the ledger, nothing else written.
#[track_caller]
fn assert_refused(world: &World, command: &[&str]) {
    let (tip, files) = (world.repo.tip(), world.repo.values("production"));
    let images = world.store.state();
    let report = world.embark.json(command).ended(10, "refused");
    let deployment = report.deployment(FRONTEND);
    assert_eq!([&deployment["id"], &deployment["state"]], [IDS[0], "failure"], "{deployment:#}");
    assert!(deployment["reason"].as_str().is_some_and(|reason| !reason.is_empty()), "{deployment:#}");
    let entries = world.repo.ledger_of("production", FRONTEND);
    let entry = entries.iter().find(|entry| entry.id == IDS[0]).expect("the forged entry is there");
    let (state, description) = entry.statuses().pop().expect("it has a status");
    assert_eq!(state, "failure");
    assert!(!description.is_empty() && description.chars().count() <= 140, "{description:?}");
    assert_eq!((world.repo.tip(), world.repo.values("production")), (tip, files), "nothing is committed");
    assert_eq!(world.store.state(), images, "nothing is tagged");
    world.embark.json(&["verify"]).ended(0, "unchanged");
}

macro_rules! forgeries {
    ($($name:ident: $change:expr;)*) => {$(
        #[test]
        fn $name() {
            let (world, evil) = promoted(Setup::Embedded);
            let change: fn(&World, &Image, &mut Value) = $change;
            forge(&world, |payload| change(&world, &evil, payload));
            assert_refused(&world, &["deploy", "--pending", "production"]);
        }
    )*};
}

forgeries! {
    scenario_20_a_digest_that_staging_never_ran_is_refused: |_, evil, payload| {
        payload["digest"] = evil.digest().into();
        payload["from"] = Value::Null;
    };
    scenario_21_a_source_of_another_digest_is_refused: |_, evil, payload| {
        payload["digest"] = evil.digest().into();
    };
    scenario_21_a_source_of_another_component_is_refused: |world, evil, payload| {
        payload["digest"] = evil.digest().into();
        payload["from"]["deployment"] = world.repo.ledger_of("staging", BACKEND)[0].id.as_str().into();
    };
    a_source_of_another_environment_is_refused: |world, _, payload| {
        let dev = &world.repo.ledger_of("dev", FRONTEND)[0];
        world.store.push(FRONTEND, "9.9.9", &Image::single("frontend 1"));
        payload["from"]["environment"] = "dev".into();
        payload["from"]["deployment"] = dev.id.as_str().into();
    };
    a_source_that_does_not_exist_is_refused: |_, evil, payload| {
        payload["digest"] = evil.digest().into();
        payload["from"]["deployment"] = IDS[1].into();
    };
    a_deployment_that_is_its_own_source_is_refused: |_, evil, payload| {
        payload["digest"] = evil.digest().into();
        payload["from"] = json!({ "environment": "production", "deployment": IDS[0], "commit": null });
    };
    a_release_to_production_is_refused: |world, evil, payload| {
        payload["kind"] = "release".into();
        payload["digest"] = evil.digest().into();
        payload["commit"] = world.commits[0].as_str().into();
        payload["from"] = Value::Null;
    };
    a_rollback_to_what_production_never_ran_is_refused: |world, evil, payload| {
        payload["kind"] = "rollback".into();
        payload["digest"] = evil.digest().into();
        payload["replaces"] = world.repo.ledger_of("production", FRONTEND)[0].id.as_str().into();
        payload["from"] = Value::Null;
    };
    a_verified_digest_whose_tag_is_another_image_is_refused: |_, _, _| {};
    an_image_of_another_repository_is_refused: |world, _, payload| {
        payload["image"] = world.image(BACKEND).into();
        world.store.push(BACKEND, "9.9.9", &Image::single("frontend 1"));
    };
}

#[test]
fn a_forged_deployment_is_refused_by_its_id_too() {
    let (world, evil) = promoted(Setup::Embedded);
    forge(&world, |payload| payload["digest"] = evil.digest().into());
    assert_refused(&world, &["deploy", IDS[0]]);
    let again = world.embark.json(&["deploy", IDS[0]]).ended(10, "refused");
    assert_eq!(again.deployment(FRONTEND)["state"], "failure", "it stays refused");
}

#[test]
#[ignore = "needs docker-registry, skopeo and git http-backend: run ./tests/run"]
fn a_forged_deployment_is_refused_with_servers() {
    let (world, evil) = promoted(Setup::Guarded);
    forge(&world, |payload| payload["digest"] = evil.digest().into());
    assert_refused(&world, &["deploy", "--pending"]);
}

#[test]
fn a_forged_deployment_does_not_keep_the_honest_ones() {
    let (world, evil) = promoted(Setup::Embedded);
    let second = world.commits[1].as_str();
    let (frontend, _) = world.build(second, "2", "1");
    world.embark.json(&["release", "dev", "--commit", second]).ended(0, "done");
    forge(&world, |payload| payload["digest"] = evil.digest().into());
    let base = world.repo.tip();
    world.embark.json(&["deploy", "--pending"]).ended(10, "refused");
    assert_eq!(world.repo.commits_since(&base).len(), 1);
    assert_eq!(world.repo.values("dev"), world.values((second, &frontend), &world.commits[0]).text("dev"));
}

/// Whoever may write to the ledger forges a run of staging, too, with a commit that bears its trailers: on the ledger's own
/// ref, on a branch of a pull request, or on the deployment branch in a file that nobody renders.
fn forged_run(setup: Setup, reference: &str, path: &str) {
    let (world, evil) = promoted(setup);
    let image = format!("{}:9.9.9@{}", world.image(FRONTEND), evil.digest());
    let commit = world.commits[1].as_str();
    world.store.push(FRONTEND, commit, &evil);
    let named = format!("{}:{commit}@{}", world.image(FRONTEND), evil.digest());
    let message = format!(
        "deploy(staging): frontend {commit}\n\nEmbark-Deployment: {}\nEmbark-Environment: staging\n\
         Embark-Component: frontend\nEmbark-Image: {named}\nEmbark-Commit: {commit}\n",
        IDS[1]
    );
    let text = if path == "notes.md" {
        "# Notes\n".to_owned()
    } else {
        world.repo.values("staging").replace(&world.commits[0], commit)
    };
    let elsewhere = world.repo.commit_elsewhere(reference, &message, path, &text);
    let mut source = world.repo.ledger_of("staging", FRONTEND)[0].forged(IDS[1]);
    let payload = source.payload_mut();
    payload["tag"] = commit.into();
    payload["commit"] = commit.into();
    payload["digest"] = evil.digest().into();
    world.repo.forge(&source.succeeded(&format!("{elsewhere} committed")));
    forge(&world, |payload| {
        payload["digest"] = evil.digest().into();
        payload["commit"] = commit.into();
        payload["from"] = json!({ "environment": "staging", "deployment": IDS[1], "commit": elsewhere });
    });
    assert_refused(&world, &["deploy", "--pending", "production"]);
    let promote =
        ["promote", "production", "--version", "9.9.9", "--commit", commit, "--component", FRONTEND, "--deploy"];
    let before = world.state();
    let honest = world.embark.json(&promote).ended(10, "refused");
    assert_eq!(world.state(), before, "{image}: {:#}", honest.json);
}

#[test]
fn a_run_that_a_commit_of_the_ledger_records_proves_nothing() {
    forged_run(Setup::Embedded, "refs/embark/ledger", "notes.md");
}

#[test]
fn a_run_that_a_commit_of_another_branch_records_proves_nothing() {
    forged_run(Setup::Embedded, "refs/heads/pull-request", "staging.yaml");
}

#[test]
fn a_run_that_a_commit_records_which_does_not_name_its_image_proves_nothing() {
    forged_run(Setup::Embedded, "refs/heads/main", "notes.md");
}

#[test]
#[ignore = "needs docker-registry, skopeo and git http-backend: run ./tests/run"]
fn a_run_that_a_commit_of_another_branch_records_proves_nothing_with_servers() {
    forged_run(Setup::Servers, "refs/heads/pull-request", "apps/backstage/staging.yaml");
}

/// One entry that cannot be worked with does not keep the others.
#[test]
fn an_absurd_entry_stops_nothing() {
    let (world, evil) = promoted(Setup::Embedded);
    let second = world.commits[1].as_str();
    world.build(second, "2", "1");
    let mut absurd = world.repo.ledger_of("dev", FRONTEND)[0].forged(IDS[1]);
    absurd.json["sequence"] = u64::MAX.into();
    world.repo.forge(&absurd);
    forge(&world, |payload| {
        payload["digest"] = evil.digest().into();
        payload["base"] = "f".repeat(64).into();
    });
    world.embark.json(&["release", "dev", "--commit", second]).ended(0, "done");
    world.embark.json(&["deploy", "--pending"]).ended(10, "refused");
    assert!(world.repo.values("dev").contains(second));
}

#[test]
fn one_id_in_two_environments_is_two_deployments() {
    let (world, _) = promoted(Setup::Embedded);
    let commit = world.commits[1].as_str();
    world.build(commit, "2", "2");
    let release = ["release", "staging", "--commit", commit, "--component", FRONTEND];
    let id = world.embark.json(&release).ended(0, "done").deployment(FRONTEND)["id"].clone();
    let entry = |environment: &str| {
        let entries = world.repo.ledger_of(environment, FRONTEND);
        entries.into_iter().find(|entry| id == entry.id.as_str()).expect("it is there")
    };
    let mut copy = Entry { environment: "dev".into(), ..entry("staging") };
    copy.json["environment"] = "dev".into();
    world.repo.forge(&copy);
    world.embark.json(&["deploy", "--pending"]).ended(0, "done");
    let successes = ["dev", "staging"].map(|environment| {
        let statuses = entry(environment).statuses();
        assert_eq!(statuses.len(), 1, "{environment}: {statuses:?}");
        statuses[0].1.clone()
    });
    assert_ne!(successes[0], successes[1], "each has its own commit");
    world
        .embark
        .json(&["promote", "production", "--version", "1.5.0", "--commit", commit, "--deploy"])
        .ended(0, "done");
    world.embark.json(&["verify"]).ended(0, "unchanged");
}
