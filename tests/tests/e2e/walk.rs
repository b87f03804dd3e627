//! One commit from dev to production.

use embark_tests::harness::{BACKEND, COMPONENTS, FRONTEND, Image, LogEntry, Setup, Values, World};
use serde_json::Value;

use crate::EMBARK;

#[test]
fn production_runs_the_bytes_that_staging_verified_without_any_server() {
    walk(&World::new(EMBARK, Setup::Embedded));
}

#[test]
#[ignore = "needs docker-registry, skopeo and git http-backend: run ./tests/run"]
fn production_runs_the_bytes_that_staging_verified_with_a_registry_and_git_over_http() {
    walk(&World::new(EMBARK, Setup::Servers));
}

#[test]
#[ignore = "needs docker-registry, skopeo and git http-backend: run ./tests/run"]
fn production_runs_the_bytes_that_staging_verified_where_both_servers_demand_credentials() {
    walk(&World::new(EMBARK, Setup::Guarded));
}

fn walk(world: &World) {
    let commit = world.commits[0].as_str();
    let (frontend, backend) = world.build(commit, "1", "1");
    let images = [(FRONTEND, &frontend), (BACKEND, &backend)];

    for environment in ["dev", "staging"] {
        let release = world.embark.json(&["release", environment, "--commit", commit, "--deploy"]).ended(0, "done");
        assert_deployed(&release.deployments(), environment, commit, &images);
    }
    let promote = ["promote", "production", "--version", "1.4.0", "--commit", commit, "--deploy"];
    let promotion = world.embark.json(&promote).ended(0, "done");
    assert_deployed(&promotion.deployments(), "production", "1.4.0", &images);

    for (component, image) in images {
        assert_eq!(world.store.raw(component, commit), Some(image.bytes.clone()), "{component} of staging");
        assert_eq!(world.store.raw(component, "1.4.0"), Some(image.bytes.clone()), "{component} of production");
    }
    assert_files(world, commit, &frontend);
    assert_commits(world, commit, &images);
    assert_ledger(world, &images);
    assert_verified(world, &images);
    assert_status(world, commit, &images);
    world.repo.git.assert_sound();
}

fn assert_deployed(deployments: &[Value], environment: &str, tag: &str, images: &[(&str, &Image)]) {
    assert_eq!(deployments.len(), images.len(), "{deployments:#?}");
    for (component, image) in images {
        let deployment = deployments.iter().find(|deployment| deployment["component"] == *component);
        let deployment = deployment.expect("every component has its deployment");
        let found = ["environment", "tag", "digest", "state"].map(|key| deployment[key].as_str().unwrap_or_default());
        assert_eq!(found, [environment, tag, image.digest().as_str(), "success"]);
        assert_eq!(deployment["commit"].as_str().map(str::len), Some(40), "{deployment:#}");
    }
}

/// The files are what a person would have written: nothing but the intended scalars differs.
fn assert_files(world: &World, commit: &str, frontend: &Image) {
    for (environment, tag) in [("dev", commit), ("staging", commit), ("production", "1.4.0")] {
        let expected = world.values((tag, frontend), tag);
        assert_eq!(world.repo.values(environment), expected.text(environment), "{environment}");

        let path = world.repo.values_path(environment);
        let base = world.repo.commits()[0].id.clone() + "^";
        let (gone, come) = world.repo.git.changed_words(&base, "main", &path);
        let before = Values::before_embark();
        let sorted = |mut words: Vec<String>| {
            words.sort();
            words
        };
        assert_eq!(sorted(gone), sorted(vec![before.frontend_tag, before.backend_repository, before.backend_tag]));
        let Values { frontend_tag, frontend_digest, backend_repository, backend_tag } = expected;
        assert_eq!(sorted(come), sorted(vec![frontend_tag, frontend_digest, backend_repository, backend_tag]));
    }
}

fn assert_commits(world: &World, commit: &str, images: &[(&str, &Image)]) {
    let log = world.repo.commits();
    assert_eq!(log.len(), 6, "one commit for each deployment: {log:#?}");
    for (environment, tag) in [("dev", commit), ("staging", commit), ("production", "1.4.0")] {
        for (component, image) in images {
            let entry = find(&log, environment, component);
            assert_eq!(entry.subject, format!("deploy({environment}): {component} {tag}"));
            let deployment = &world.repo.ledger_of(environment, component)[0];
            assert_eq!(entry.trailer("Embark-Deployment"), deployment.id);
            let named = format!("{}:{tag}@{}", world.image(component), image.digest());
            assert_eq!(entry.trailer("Embark-Image"), named);
            assert_eq!(entry.trailer("Embark-Commit"), commit);
            let promoted =
                entry.trailers.iter().any(|(key, _)| key == "Embark-Promoted-From" || key == "Embark-Verified");
            assert_eq!(promoted, environment == "production", "{entry:?}");
        }
    }
    for component in COMPONENTS {
        let (staging, production) = (find(&log, "staging", component), find(&log, "production", component));
        assert_eq!(production.trailer("Embark-Promoted-From"), format!("staging@{}", staging.id));
        let verified: Vec<&str> = production.trailer("Embark-Verified").split(' ').collect();
        assert_eq!(verified[0], staging.trailer("Embark-Deployment"));
        let time = verified[1].strip_prefix("success=").expect("the time of the success");
        assert!(time.starts_with("20") && time.ends_with('Z') && time.contains('T'), "RFC 3339 in UTC: {time}");
        let soak = verified[2].strip_prefix("soak=").and_then(|seconds| seconds.parse::<u64>().ok());
        assert!(soak.is_some_and(|seconds| seconds < 600), "{verified:?}");
        assert_eq!(verified[3..], ["checks="]);
    }
}

fn find<'a>(log: &'a [LogEntry], environment: &str, component: &str) -> &'a LogEntry {
    let is_it = |entry: &&LogEntry| {
        entry.trailer("Embark-Environment") == environment && entry.trailer("Embark-Component") == component
    };
    log.iter().find(is_it).expect("each deployment has its commit")
}

fn assert_ledger(world: &World, images: &[(&str, &Image)]) {
    let log = world.repo.commits();
    assert_eq!(world.repo.ledger().len(), 6);
    for environment in ["dev", "staging", "production"] {
        for (component, image) in images {
            let entries = world.repo.ledger_of(environment, component);
            assert_eq!(entries.len(), 1, "{environment}/{component}");
            let payload = entries[0].payload();
            assert_eq!(payload["digest"], image.digest(), "{payload:#}");
            assert_eq!(payload["schema"], 1, "{payload:#}");
            let (state, description) = entries[0].statuses().pop().expect("it has a status");
            assert_eq!(state, "success");
            let id = &find(&log, environment, component).id;
            assert!(description.starts_with(id), "{description} begins with {id}");
        }
    }
}

fn assert_verified(world: &World, images: &[(&str, &Image)]) {
    let verify = world.embark.json(&["verify"]).ended(0, "unchanged");
    let checks = verify.checks();
    assert_eq!(checks.len(), images.len(), "{checks:#?}");
    for (component, image) in images {
        let check = checks.iter().find(|check| check["component"] == *component).expect("every component is checked");
        assert_eq!(check["holds"], true, "{check:#}");
        assert_eq!(check["inStep"], true, "{check:#}");
        let found = ["environment", "from", "tag", "digest", "recordedDigest"].map(|key| check[key].clone());
        let digest = image.digest();
        assert_eq!(found, ["production", "staging", "1.4.0", &digest, &digest]);
        let evidence = &check["evidence"];
        let staging = &world.repo.ledger_of("staging", component)[0];
        let production = &world.repo.ledger_of("production", component)[0];
        assert_eq!(evidence["deployment"], production.id, "{check:#}");
        assert_eq!(evidence["sourceDeployment"], staging.id, "{check:#}");
    }
    let text = world.embark.text(&["verify"]).succeeded("verify").text();
    assert!(COMPONENTS.iter().all(|component| text.contains(component)), "{text}");
}

fn assert_status(world: &World, commit: &str, images: &[(&str, &Image)]) {
    let status = world.embark.json(&["status"]).ended(0, "unchanged");
    let environments = status.list("environments", &["name", "components"]);
    let names: Vec<_> = environments.iter().filter_map(|environment| environment["name"].as_str()).collect();
    assert_eq!(names, ["dev", "staging", "production"], "in the order of the configuration");
    for (environment, tag) in environments.iter().zip([commit, commit, "1.4.0"]) {
        let components = environment["components"].as_array().expect("an environment has components");
        assert_eq!(components.len(), images.len());
        for (component, (name, image)) in components.iter().zip(images) {
            assert_eq!([&component["name"], &component["tag"], &component["digest"]], [*name, tag, &image.digest()]);
            let keys = ["image", "deployment", "commit", "since", "by", "inStep", "held", "pending"];
            assert!(keys.iter().all(|key| component.get(key).is_some()), "{component:#}");
            assert_eq!(component["held"], false, "{component:#}");
        }
    }
    let text = world.embark.text(&["status"]).succeeded("status").text();
    assert!(
        ["dev", "staging", "production", FRONTEND, BACKEND, "1.4.0"].iter().all(|word| text.contains(word)),
        "{text}"
    );
}
