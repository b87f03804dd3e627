//! Systems that are not there, do not let us in, or answer nonsense.

use embark_tests::harness::{FRONTEND, Fault, Garbage, Setup, World};

use crate::EMBARK;
use crate::failures::assert_fails;

/// Makes a world in which CI has built the first commit.
fn built(setup: Setup) -> World {
    let world = World::new(EMBARK, setup);
    world.build(&world.commits[0], "1", "1");
    world
}

#[track_caller]
fn release_fails(world: &World, code: i32, words: &[&str]) {
    assert_fails(world, &["release", "dev", "--commit", &world.commits[0], "--deploy"], code, words);
}

#[test]
fn a_branch_that_is_not_there_is_told() {
    let world = built(Setup::Embedded);
    world.configure("branch: main", "branch: trunk");
    release_fails(&world, 21, &["trunk"]);
}

#[test]
fn a_repository_that_is_not_there_is_told() {
    let world = built(Setup::Embedded);
    world.configure("../git/deployment.git", "../git/nope.git");
    release_fails(&world, 21, &["nope.git"]);
    for command in ["verify", "status"] {
        assert_fails(&world, &[command], 21, &["nope.git"]);
    }
}

#[test]
fn a_layout_that_is_not_there_is_told() {
    let world = built(Setup::Embedded);
    world.configure("image: oci:../images/frontend", "image: oci:../images/nope");
    release_fails(&world, 21, &["images/nope"]);
}

#[test]
fn a_registry_that_cannot_be_reached_is_told() {
    let world = built(Setup::Embedded);
    world.configure("image: oci:../images/frontend", "image: 127.0.0.1:1/acme/frontend");
    release_fails(&world, 21, &["127.0.0.1:1"]);
}

#[test]
fn a_git_host_that_cannot_be_reached_is_told() {
    let world = built(Setup::Embedded);
    world.configure("url: ../git/deployment.git", "url: http://127.0.0.1:1/acme/deployment.git");
    release_fails(&world, 21, &["127.0.0.1:1"]);
}

#[test]
fn a_layout_with_a_damaged_manifest_is_told() {
    let world = built(Setup::Embedded);
    let digest = world.store.digest(FRONTEND, &world.commits[0]);
    std::fs::write(world.store.layout(FRONTEND).blob(&digest), "{}").unwrap();
    let image = format!("frontend={}:{}", world.image(FRONTEND), world.commits[0]);
    let release = ["release", "dev", "--commit", &world.commits[1], "--component", "frontend", "--image", &image];
    assert_fails(&world, &release, 21, &[&digest]);
}

#[test]
#[ignore = "needs docker-registry, skopeo and git http-backend: run ./tests/run"]
fn a_branch_that_is_not_on_the_server_is_told() {
    let world = built(Setup::Servers);
    world.configure("branch: main", "branch: trunk");
    release_fails(&world, 21, &["trunk"]);
}

#[test]
#[ignore = "needs docker-registry, skopeo and git http-backend: run ./tests/run"]
fn a_repository_that_is_not_on_the_server_is_told() {
    let world = built(Setup::Servers);
    world.configure("/deployment.git", "/nope.git");
    release_fails(&world, 21, &["nope.git"]);
}

#[test]
#[ignore = "needs docker-registry, skopeo and git http-backend: run ./tests/run"]
fn a_git_token_that_is_missing_or_wrong_is_told() {
    let mut world = built(Setup::Guarded);
    world.embark = world.embark.without("EMBARK_GIT_TOKEN");
    release_fails(&world, 20, &["EMBARK_GIT_TOKEN"]);
    for command in ["verify", "status"] {
        assert_fails(&world, &[command], 20, &["EMBARK_GIT_TOKEN"]);
    }
    world.embark = world.embark.with("EMBARK_GIT_TOKEN", "another-token");
    release_fails(&world, 20, &[&world.url()]);
}

#[test]
#[ignore = "needs docker-registry, skopeo and git http-backend: run ./tests/run"]
fn registry_credentials_that_are_missing_or_wrong_are_told() {
    let world = built(Setup::Guarded);
    let docker = world.app().join("../home/.docker/config.json");
    let host = world.image(FRONTEND).split('/').next().unwrap().to_owned();
    std::fs::remove_file(&docker).unwrap();
    release_fails(&world, 20, &[&host]);
    std::fs::write(&docker, format!("{{\"auths\":{{\"{host}\":{{\"auth\":\"ZW1iYXJrOndyb25n\"}}}}}}")).unwrap();
    release_fails(&world, 20, &[&host]);
}

#[test]
#[ignore = "needs docker-registry, skopeo and git http-backend: run ./tests/run"]
fn a_server_that_refuses_the_push_is_told_with_its_own_words() {
    let world = built(Setup::Servers);
    let commit = world.commits[0].as_str();
    world.embark.json(&["release", "dev", "--commit", commit]).ended(0, "done");
    let script = "#!/bin/sh\nwhile read -r old new ref; do\n  if [ \"$ref\" = refs/heads/main ]; then\n    \
                  echo 'protected branch: ask the release managers' >&2; exit 1\n  fi\ndone\n";
    let hook = world.repo.git.hook("pre-receive", script);

    let tip = world.repo.tip();
    let deploy = world.embark.json(&["deploy", "--pending"]).ended(20, "failed");
    assert!(deploy.json.to_string().contains("ask the release managers"), "{:#}", deploy.json);
    assert_eq!(world.repo.tip(), tip);
    for entry in world.repo.ledger() {
        assert_eq!(entry.state().as_deref(), Some("error"), "scenario 30: {:#}", entry.json);
    }

    std::fs::remove_file(&hook).unwrap();
    world.embark.json(&["deploy", "--pending"]).ended(0, "done");
    assert_eq!(world.repo.commits().len(), 2, "nothing was lost");
}

#[test]
#[ignore = "needs docker-registry, skopeo and git http-backend: run ./tests/run"]
fn a_damaged_pack_is_told() {
    let world = built(Setup::Servers);
    world.server.as_ref().unwrap().set_fault(Some(Fault::CorruptPack));
    release_fails(&world, 21, &[&world.url()]);
}

#[test]
#[ignore = "needs docker-registry, skopeo and git http-backend: run ./tests/run"]
fn a_push_whose_answer_is_lost_is_carried_out_once() {
    let world = built(Setup::Servers);
    let commit = world.commits[0].as_str();
    world.embark.json(&["release", "dev", "--commit", commit]).ended(0, "done");
    let server = world.server.as_ref().unwrap();
    server.set_fault(Some(Fault::PushAnswerLost));
    let lost = world.embark.json(&["deploy", "--pending"]);
    assert!([0, 21].contains(&lost.code), "{:#}", lost.json);
    server.set_fault(None);
    let again = world.embark.json(&["deploy", "--pending"]);
    assert_eq!(again.code, 0, "{:#}", again.json);
    assert_eq!(world.repo.commits().len(), 2);
    for entry in world.repo.ledger() {
        assert_eq!(entry.successes(), 1, "{:#}", entry.json);
    }
}

#[test]
#[ignore = "needs docker-registry, skopeo and git http-backend: run ./tests/run"]
fn a_manifest_that_is_garbage_is_told() {
    let world = built(Setup::Bearer);
    let commit = world.commits[0].as_str();
    let page = "<html><body>Please log in</body></html>";
    let of_another = format!("sha256:{}", "1".repeat(64));
    for (status, content_type, body, digest) in [
        (200, "text/html", page, None),
        (200, "application/vnd.oci.image.manifest.v1+json", page, None),
        (200, "application/vnd.oci.image.manifest.v1+json", "{\"schemaVersion\":2}", Some("not a digest".to_owned())),
        (500, "text/plain", "a bad day", None),
        (418, "text/plain", "a teapot", Some(of_another.clone())),
    ] {
        let path = format!("/frontend/manifests/{commit}");
        world.front.as_ref().unwrap().serve_garbage(Garbage { path, status, content_type, body, digest });
        let repository = world.image(FRONTEND);
        release_fails(&world, 21, &[repository.split_once('/').unwrap().1]);
    }
}

#[test]
#[ignore = "needs docker-registry, skopeo and git http-backend: run ./tests/run"]
fn a_manifest_whose_bytes_are_not_those_of_its_digest_is_not_tagged() {
    let world = built(Setup::Bearer);
    let commit = world.commits[0].as_str();
    world.embark.json(&["release", "staging", "--commit", commit, "--deploy"]).ended(0, "done");
    world.front.as_ref().unwrap().serve_garbage(Garbage {
        path: format!("/frontend/manifests/{commit}"),
        status: 200,
        content_type: "application/vnd.oci.image.manifest.v1+json",
        body: "{\"schemaVersion\":2}",
        digest: Some(world.store.digest(FRONTEND, commit)),
    });
    let before = world.state();
    let promotion = world.embark.json(&["promote", "production", "--version", "1.4.0", "--commit", commit]);
    assert!([10, 21].contains(&promotion.code), "{:#}", promotion.json);
    assert_eq!(world.state(), before, "nothing is written");
}
