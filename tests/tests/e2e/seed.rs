//! The whole process, from a merge to production, by those who take part in it and with the systems that a team has: a
//! registry, git over HTTP, GitHub. Real signatures, and no step by hand.
//!
//! The process is drawn in docs/process.md. Each table below has on its left an arrow of the drawing and on its right what
//! passed, in one sequence. Nothing else passed that changes anything: requests that only read are left out, and so are the
//! parts of an image before its tag. Where the left is empty, embark does more than is drawn.

mod arrows;
mod process;

use std::collections::BTreeMap;

use embark_tests::harness::{BACKEND, COMPONENTS, FRONTEND, Image, Values};
use serde_json::{Value, json};

use self::arrows::passed;
use self::process::{Process, QUEUE};

/// A developer merges a pull request that changes both components: to dev.
const DEV: &str = "
dev -> builder: Merge PR into main                      | dev -> application: push main
builder -> storage: release Docker images               | builder -> storage: tag frontend A
builder -> storage: release Docker images               | builder -> storage: tag backend A
builder -> platform: POST create frontend deployment    | builder -> platform: create deployment frontend dev
builder -> platform: POST create backend deployment     | builder -> platform: create deployment backend dev
platform -> depaction: POST deploy webhook              | platform -> depaction: deploy webhook frontend dev
                                                        | depaction -> platform: in_progress frontend dev
depaction -> drepo: commit app version update           | depaction -> drepo: commit deploy(dev): frontend A
depaction -> platform: create deploy success            | depaction -> platform: success frontend dev
                                                        | depaction -> platform: comment success frontend dev
builder -> dev: Notify                                  | depaction -> dev: notify success frontend dev
platform -> depaction: POST deploy webhook              | platform -> depaction: deploy webhook backend dev
                                                        | depaction -> platform: in_progress backend dev
depaction -> drepo: commit app version update           | depaction -> drepo: commit deploy(dev): backend A
depaction -> platform: create deploy success            | depaction -> platform: success backend dev
                                                        | depaction -> platform: comment success frontend dev, success backend dev
builder -> dev: Notify                                  | depaction -> dev: notify success backend dev
";

/// The next one changes the frontend alone: the backend's image is the same, and has no deployment.
const FRONTEND_ALONE: &str = "
dev -> builder: Merge PR into main                      | dev -> application: push main
builder -> storage: release Docker images               | builder -> storage: tag frontend B
builder -> storage: release Docker images               | builder -> storage: tag backend B
builder -> platform: POST create frontend deployment    | builder -> platform: create deployment frontend dev
platform -> depaction: POST deploy webhook              | platform -> depaction: deploy webhook frontend dev
                                                        | depaction -> platform: in_progress frontend dev
depaction -> drepo: commit app version update           | depaction -> drepo: commit deploy(dev): frontend B
depaction -> platform: create deploy success            | depaction -> platform: success frontend dev
                                                        | depaction -> platform: inactive frontend dev
                                                        | depaction -> platform: comment success frontend dev
builder -> dev: Notify                                  | depaction -> dev: notify success frontend dev
";

/// The clock opens the release PR, and its head goes to staging.
const STAGING: &str = "
builder -> builder: Create Changeset PR                 | builder -> application: push release/1.4.0
builder -> storage: release Docker images               | builder -> storage: tag frontend R
builder -> storage: release Docker images               | builder -> storage: tag backend R
builder -> platform: POST create frontend deployment    | builder -> platform: create deployment frontend staging
builder -> platform: POST create backend deployment     | builder -> platform: create deployment backend staging
platform -> depaction: POST deploy webhook              | platform -> depaction: deploy webhook frontend staging
                                                        | depaction -> platform: in_progress frontend staging
depaction -> drepo: commit app version update           | depaction -> drepo: commit deploy(staging): frontend R
depaction -> platform: create deploy success            | depaction -> platform: success frontend staging
builder -> dev: Notify                                  | depaction -> dev: notify success frontend staging
platform -> depaction: POST deploy webhook              | platform -> depaction: deploy webhook backend staging
                                                        | depaction -> platform: in_progress backend staging
depaction -> drepo: commit app version update           | depaction -> drepo: commit deploy(staging): backend R
depaction -> platform: create deploy success            | depaction -> platform: success backend staging
builder -> dev: Notify                                  | depaction -> dev: notify success backend staging
";

/// A developer merges the release PR: to production. `embark notes` is to publish the notes in between.
const PRODUCTION: &str = "
dev -> builder: Merge release PR                        | dev -> application: push main
builder -> storage: release Docker images               | builder -> storage: tag frontend 1.4.0
builder -> storage: release Docker images               | builder -> storage: tag backend 1.4.0
builder -> platform: POST create frontend deployment    | builder -> platform: create deployment frontend production
builder -> platform: POST create backend deployment     | builder -> platform: create deployment backend production
platform -> depaction: POST deploy webhook              | platform -> depaction: deploy webhook frontend production
                                                        | depaction -> platform: in_progress frontend production
depaction -> drepo: commit app version update           | depaction -> drepo: commit deploy(production): frontend 1.4.0
depaction -> platform: create deploy success            | depaction -> platform: success frontend production
                                                        | depaction -> platform: comment success frontend production
                                                        | depaction -> dev: notify success frontend production
platform -> depaction: POST deploy webhook              | platform -> depaction: deploy webhook backend production
                                                        | depaction -> platform: in_progress backend production
depaction -> drepo: commit app version update           | depaction -> drepo: commit deploy(production): backend 1.4.0
depaction -> platform: create deploy success            | depaction -> platform: success backend production
                                                        | depaction -> platform: comment success frontend production, success backend production
                                                        | depaction -> dev: notify success backend production
";

/// The arrows that are drawn for the deployment of one component, whatever started it.
const DEPLOYMENT: [&str; 5] = [
    "builder -> storage: release Docker images",
    "builder -> platform: POST create {component} deployment",
    "platform -> depaction: POST deploy webhook",
    "depaction -> drepo: commit app version update",
    "depaction -> platform: create deploy success",
];

/// Splits a table into its two columns.
fn columns(table: &str) -> Vec<(&str, &str)> {
    let column = |line| {
        let (drawn, seen) = str::split_once(line, " | ").expect("a line has two columns");
        (drawn.trim(), seen.trim())
    };
    table.trim_matches('\n').lines().map(column).collect()
}

/// Demands that what passed is what the table says, and that each component's arrows are those that are drawn.
#[track_caller]
fn assert_drawn(passed: &[String], table: &str, before: &str, deployed: &[&str], after: &[&str]) {
    let columns = columns(table);
    let seen: Vec<&str> = columns.iter().map(|(_, seen)| *seen).collect();
    assert_eq!(passed, seen, "\n{}", passed.join("\n"));
    for component in COMPONENTS {
        let concerns = |seen: &str| seen.contains(component) || COMPONENTS.iter().all(|other| !seen.contains(other));
        let of = columns.iter().filter(|(drawn, seen)| !drawn.is_empty() && concerns(seen));
        let drawn: Vec<&str> = of.map(|(drawn, _)| *drawn).collect();
        let all = DEPLOYMENT.map(|arrow| arrow.replace("{component}", component));
        // An image that is the same is released, and not deployed.
        let (own, end) = if deployed.contains(&component) { (&all[..], after) } else { (&all[..1], &[][..]) };
        let expected: Vec<&str> =
            [before].into_iter().chain(own.iter().map(String::as_str)).chain(end.iter().copied()).collect();
        assert_eq!(drawn, expected, "{component}");
    }
}

#[test]
#[ignore = "needs docker-registry, skopeo, git http-backend and prism: run ./tests/run"]
fn from_a_merge_to_production() {
    let process = Process::new();
    let notify = ["builder -> dev: Notify"];

    let a = process.merge(17, "both.js");
    let built = process.build(&a, "1", "1");
    process.release_action("push", &a).json(&["release", "dev"]).ended(0, "done");
    process.deliver();
    assert_drawn(&passed(&process, &[("A", &a)]), DEV, "dev -> builder: Merge PR into main", &COMPONENTS, &notify);
    assert_eq!(process.pulled("dev.yaml"), pulled((&a, &built.0), (&a, &built.1)));

    let b = process.merge(18, "frontend.js");
    let rebuilt = process.build(&b, "2", "1");
    assert_eq!(rebuilt.1, built.1, "the backend's image is the same");
    process.release_action("push", &b).json(&["release", "dev"]).ended(0, "done");
    process.deliver();
    let merge = "dev -> builder: Merge PR into main";
    assert_drawn(&passed(&process, &[("B", &b)]), FRONTEND_ALONE, merge, &[FRONTEND], &notify);
    assert_eq!(process.pulled("dev.yaml"), pulled((&b, &rebuilt.0), (&a, &built.1)));

    let r = process.release_pr("1.4.0");
    let released = process.build(&r, "1.4.0", "1.4.0");
    process.release_action("schedule", &r).json(&["release", "staging"]).ended(0, "done");
    process.deliver();
    let opened = "builder -> builder: Create Changeset PR";
    assert_drawn(&passed(&process, &[("R", &r)]), STAGING, opened, &COMPONENTS, &notify);
    assert_eq!(process.pulled("staging.yaml"), pulled((&r, &released.0), (&r, &released.1)));

    let check = process.release_action_of_pull_request("synchronize", 19, &r);
    check.json(&["promote", "production", "--dry-run"]).ended(0, "planned");
    assert_eq!(passed(&process, &[]), [""; 0], "what is only planned changes nothing");

    process.merge_release_pr(19, &r);
    let merged = process.release_action_of_pull_request("closed", 19, &r);
    merged.json(&["promote", "production"]).ended(0, "done");
    process.deliver();
    assert_drawn(&passed(&process, &[]), PRODUCTION, "dev -> builder: Merge release PR", &COMPONENTS, &[]);

    // The image on production must match the image that was deployed and verified on staging.
    assert_eq!(process.pulled("prod.yaml"), pulled(("1.4.0", &released.0), ("1.4.0", &released.1)));
    for (component, image) in [(FRONTEND, &released.0), (BACKEND, &released.1)] {
        let bytes = |tag: &str| process.store.raw(component, tag);
        assert_eq!((bytes(&r), bytes("1.4.0")), (Some(image.bytes.clone()), Some(image.bytes.clone())), "{component}");
    }
    let checks = process.verify();
    assert!(checks.len() == 2 && checks.iter().all(|check| check["holds"] == true && check["inStep"] == true));
    assert_records(
        &process,
        &[
            ("dev", FRONTEND, &a, &a, &built.0),
            ("dev", BACKEND, &a, &a, &built.1),
            ("dev", FRONTEND, &b, &b, &rebuilt.0),
            ("staging", FRONTEND, &r, &r, &released.0),
            ("staging", BACKEND, &r, &r, &released.1),
            ("production", FRONTEND, "1.4.0", &r, &released.0),
            ("production", BACKEND, "1.4.0", &r, &released.1),
        ],
    );
    process.repo.git.assert_sound();
}

#[test]
#[ignore = "needs docker-registry, skopeo, git http-backend and prism: run ./tests/run"]
fn a_staging_tag_that_is_pushed_again_before_the_merge_reaches_no_production() {
    let process = Process::new();
    let r = process.release_pr("1.4.0");
    process.build(&r, "1.4.0", "1.4.0");
    process.release_action("schedule", &r).json(&["release", "staging"]).ended(0, "done");
    process.deliver();
    let before = process.repo.values("production");

    let other = Image::single("frontend of somebody else");
    process.push(FRONTEND, &r, &other);
    process.merge_release_pr(19, &r);
    process.chronicle.take();
    for (action, dry) in [("synchronize", &["--dry-run"][..]), ("closed", &[])] {
        let embark = process.release_action_of_pull_request(action, 19, &r);
        let refused = embark.json(&[&["promote", "production"][..], dry].concat()).ended(10, "refused");
        let said = format!("{:#}", refused.json);
        assert!(said.contains(&other.digest()), "both digests are told: {said}");
    }
    assert_eq!(passed(&process, &[]), [""; 0], "no tag, no deployment");
    process.deliver();
    assert_eq!(passed(&process, &[]), [""; 0]);
    assert_eq!(process.repo.values("production"), before);
    for component in COMPONENTS {
        assert_eq!(process.store.raw(component, "1.4.0"), None, "{component}");
    }
    assert!(process.github.rows(QUEUE).iter().all(|(row, _)| row["environment"] == "staging"));
}

/// What is pulled where these tags name these images.
fn pulled(frontend: (&str, &Image), backend: (&str, &Image)) -> Vec<(&'static str, String, String)> {
    let of = |component, (tag, image): (&str, &Image)| (component, tag.to_owned(), image.digest());
    vec![of(FRONTEND, frontend), of(BACKEND, backend)]
}

/// A deployment: environment, component, version tag, the application's commit, and the image.
type Deployed<'a> = (&'a str, &'a str, &'a str, &'a str, &'a Image);

/// Compares what is on record: the requests of deployments with their payloads and statuses, and the commits with their
/// trailers and files.
fn assert_records(process: &Process, expected: &[Deployed<'_>]) {
    let (rows, log) = (process.github.rows(QUEUE), process.repo.commits());
    assert_eq!((rows.len(), log.len()), (expected.len(), expected.len()));
    let mut files: BTreeMap<&str, Values> =
        ["dev", "staging", "production"].map(|environment| (environment, Values::before_embark())).into();
    let mut sources: BTreeMap<&str, (String, String)> = BTreeMap::new();
    for (((environment, component, tag, commit, image), (row, statuses)), entry) in expected.iter().zip(&rows).zip(&log)
    {
        let payload = &row["payload"]["embark"];
        let repository = format!("{}/acme/{component}", process.storage.address());
        let kind = if *environment == "production" { "promotion" } else { "release" };
        assert_eq!(row["environment"], *environment);
        assert_eq!(row["task"], format!("embark:{component}"));
        let told = ["kind", "component", "image", "tag", "digest", "commit", "actor"].map(|key| payload[key].clone());
        let digest = image.digest();
        let wished = [kind, component, &repository, tag, &digest, commit, "ada"].map(Value::from);
        assert_eq!(told, wished, "{payload:#}");

        let trailers =
            ["Environment", "Component", "Image", "Commit", "Actor"].map(|key| entry.trailer(&format!("Embark-{key}")));
        assert_eq!(entry.subject, format!("deploy({environment}): {component} {tag}"));
        let named = format!("{repository}:{tag}@{digest}");
        assert_eq!(trailers, [environment, *component, &named, commit, "ada"]);
        assert_eq!(payload["id"], entry.trailer("Embark-Deployment"));
        let states: Vec<&Value> =
            statuses.iter().map(|status| &status["state"]).filter(|state| *state != "inactive").collect();
        assert_eq!(states, ["in_progress", "success"]);
        assert!(statuses[1]["description"].as_str().is_some_and(|text| text.starts_with(&entry.id)), "{statuses:#?}");

        let values = files.get_mut(environment).expect("each environment has its file");
        match *component {
            FRONTEND => (values.frontend_tag, values.frontend_digest) = ((*tag).into(), digest.clone()),
            _ => (values.backend_repository, values.backend_tag) = (repository, (*tag).into()),
        }
        for (environment, values) in &files {
            let found = process.repo.git.file(&entry.id, &process.repo.values_path(environment));
            assert_eq!(found, Some(values.text(environment)), "{environment} at {}", entry.subject);
        }
        match sources.get(component).filter(|_| kind == "promotion") {
            Some((id, staged)) => {
                assert_eq!(payload["from"], json!({ "environment": "staging", "deployment": id, "commit": staged }));
                assert_eq!(payload["version"], "1.4.0");
                assert_eq!(entry.trailer("Embark-Promoted-From"), format!("staging@{staged}"));
                assert!(entry.trailer("Embark-Verified").starts_with(id.as_str()));
            }
            None => assert_eq!(payload["from"], Value::Null),
        }
        if *environment == "staging" {
            sources.insert(component, (entry.trailer("Embark-Deployment").to_owned(), entry.id.clone()));
        }
    }
}
