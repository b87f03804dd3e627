//! The whole process, from a merge to production, by those who take part in it and with the systems that a team has: a
//! registry, git over HTTP, GitHub. Real signatures, and no step by hand.
//!
//! docs/process.md draws it. Each table below has an arrow of the first drawing there on its left, and on its right what
//! passed, in one sequence but for tags that are written at once; the other drawings are made of that. Nothing else passed
//! that changes anything: requests that only read are left out, and so are the parts of an image before its tag. Where the
//! left is empty, embark does more than is drawn. What is drawn from `builder` to `dev` comes from `depaction`, which knows
//! what came of it.

mod arrows;
mod process;

use std::collections::BTreeMap;
use std::fs;

use embark_tests::harness::{BACKEND, COMPONENTS, FRONTEND, Image, Values, root};
use serde_json::{Value, json};

use self::arrows::passed;
use self::process::{Process, QUEUE};

/// A developer merges a pull request that changes both components: to dev.
const DEV: &str = "
dev -> builder: Merge PR into main                      | dev -> application: push main
Trigger -> builder: trigger release                     | Trigger -> builder: push
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
Trigger -> builder: trigger release                     | Trigger -> builder: push
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
Trigger -> builder: trigger release                     | Trigger -> builder: schedule
builder -> builder: Create Changeset PR                 | builder -> platform: branch embark/release
                                                        | builder -> platform: open Release 1.4.0
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

/// A developer merges the release PR: its notes are published, and its images go to production.
const PRODUCTION: &str = "
dev -> builder: Merge release PR                        | dev -> platform: merge release PR
Trigger -> builder: trigger release                     | Trigger -> builder: pull_request closed
builder -> platform: Publish release notes              | builder -> platform: publish v1.4.0
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

/// Takes of a table what concerns one component alone, or none.
fn of_one<'a>(table: &'a str, component: &str) -> Vec<(&'a str, &'a str)> {
    let others = || COMPONENTS.into_iter().filter(|other| *other != component);
    columns(table).into_iter().filter(|(_, seen)| others().all(|other| !seen.contains(other))).collect()
}

/// Demands that what passed is what the table says, and that each component's arrows are those that are drawn: those
/// `before`, those of a deployment, and those `after`. The image of a component that is not `deployed` is the same: it is
/// released, and no more.
#[track_caller]
fn assert_drawn(passed: &[String], table: &str, before: &[&str], deployed: &[&str], after: &[&str]) {
    let seen: Vec<&str> = columns(table).iter().map(|(_, seen)| *seen).collect();
    assert_eq!(passed, seen, "\n{}", passed.join("\n"));
    for component in COMPONENTS {
        let drawn = of_one(table, component).into_iter().map(|(drawn, _)| drawn.to_owned());
        let drawn: Vec<String> = drawn.filter(|drawn| !drawn.is_empty()).collect();
        let own = DEPLOYMENT.map(|arrow| arrow.replace("{component}", component));
        let own = if deployed.contains(&component) { &own[..] } else { &own[..1] };
        let after = if deployed.contains(&component) { after } else { &[] };
        let [before, after] = [before, after].map(|arrows| arrows.iter().map(|arrow| (*arrow).to_owned()).collect());
        let expected: Vec<String> = [before, own.to_vec(), after].concat();
        assert_eq!(drawn, expected, "{component}");
    }
}

/// The drawings of the page are those of the tables: of the frontend, as one component of several.
#[test]
fn the_page_draws_what_passes() {
    let page = fs::read_to_string(root().join("docs/process.md")).expect("the page is there");
    let arrow = |line: &str| line.trim().split_once("->>").map(|(from, rest)| format!("{from} -> {rest}"));
    let drawings = page.split("```mermaid").skip(1).map(|rest| rest.split("```").next().unwrap_or_default());
    let drawings: Vec<Vec<String>> = drawings.map(|drawing| drawing.lines().filter_map(arrow).collect()).collect();
    let own = DEPLOYMENT.map(|arrow| arrow.replace("{component}", FRONTEND));
    let short = ["Trigger -> builder: trigger release".to_owned()].into_iter().chain(own).collect();
    let seen = |table| of_one(table, FRONTEND).into_iter().map(|(_, seen)| seen.to_owned()).collect::<Vec<String>>();
    assert_eq!(drawings, [short, seen(DEV), seen(STAGING), seen(PRODUCTION)]);
}

#[test]
#[ignore = "needs docker-registry, skopeo, git http-backend and prism: run ./tests/run"]
fn from_a_merge_to_production() {
    let process = Process::new();
    let (started, notify) = ("Trigger -> builder: trigger release", ["builder -> dev: Notify"]);
    let merged = ["dev -> builder: Merge PR into main", started];

    let a = process.merge(17, "both.js");
    let action = process.trigger("push", &a);
    let built = process.build(&a, "1", "1");
    action.json(&["release", "dev"]).ended(0, "done");
    process.deliver();
    assert_drawn(&passed(&process, &[("A", &a)]), DEV, &merged, &COMPONENTS, &notify);
    assert_eq!(process.pulled("dev.yaml"), pulled((&a, &built.0), (&a, &built.1)));

    let b = process.merge(18, "frontend.js");
    let action = process.trigger("push", &b);
    let rebuilt = process.build(&b, "2", "1");
    assert_eq!(rebuilt.1, built.1, "the backend's image is the same");
    action.json(&["release", "dev"]).ended(0, "done");
    process.deliver();
    assert_drawn(&passed(&process, &[("B", &b)]), FRONTEND_ALONE, &merged, &[FRONTEND], &notify);
    assert_eq!(process.pulled("dev.yaml"), pulled((&b, &rebuilt.0), (&a, &built.1)));

    let action = process.trigger("schedule", &b);
    let r = process.release_pr(&action);
    let released = process.build(&r, "1.4.0", "1.4.0");
    action.json(&["release", "staging", "--commit", &r]).ended(0, "done");
    process.deliver();
    let opened = [started, "builder -> builder: Create Changeset PR"];
    assert_drawn(&passed(&process, &[("R", &r)]), STAGING, &opened, &COMPONENTS, &notify);
    assert_eq!(process.pulled("staging.yaml"), pulled((&r, &released.0), (&r, &released.1)));

    let check = process.trigger_by_pull_request("opened", 1, &r);
    check.json(&["promote", "production", "--dry-run"]).ended(0, "planned");
    assert_eq!(passed(&process, &[]), ["Trigger -> builder: pull_request opened"], "a plan changes nothing");

    process.merge_release_pr(1, &r);
    let action = process.trigger_by_pull_request("closed", 1, &r);
    action.json(&["notes"]).ended(0, "done");
    action.json(&["promote", "production"]).ended(0, "done");
    process.deliver();
    let merged = ["dev -> builder: Merge release PR", started, "builder -> platform: Publish release notes"];
    assert_drawn(&passed(&process, &[]), PRODUCTION, &merged, &COMPONENTS, &[]);

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
    let action = process.trigger("schedule", &process.main());
    let r = process.release_pr(&action);
    let (built, _) = process.build(&r, "1.4.0", "1.4.0");
    action.json(&["release", "staging", "--commit", &r]).ended(0, "done");
    process.deliver();
    let before = process.repo.values("production");

    let other = Image::single("frontend of somebody else");
    process.push(FRONTEND, &r, &other);
    process.merge_release_pr(1, &r);
    process.chronicle.take();
    for (event, command) in [
        ("opened", &["promote", "production", "--dry-run"][..]),
        ("closed", &["notes"]),
        ("closed", &["promote", "production"]),
    ] {
        let refused = process.trigger_by_pull_request(event, 1, &r).json(command).ended(10, "refused");
        let said = refused.json.to_string();
        assert!([&built, &other].iter().all(|image| said.contains(&image.digest())), "both are told: {said}");
        process.deliver();
        let trigger = format!("Trigger -> builder: pull_request {event}");
        assert_eq!(passed(&process, &[]), [trigger], "no tag, no deployment, no commit");
    }
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
