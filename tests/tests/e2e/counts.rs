//! What it costs: exact counts of requests and bytes. `cargo test -- --nocapture counts` prints them.

use embark_tests::harness::{BACKEND, COMPONENTS, Exchange, Fleet, Image, Setup, Traffic, World};

use crate::EMBARK;

#[test]
#[ignore = "needs docker-registry, skopeo and git http-backend: run ./tests/run"]
fn one_deploy_in_a_large_repo_takes_few_requests_and_bytes_on_one_connection() {
    let world = World::new(EMBARK, Setup::Large);
    let commit = world.commits[0].as_str();
    world.build(commit, "1", "1");
    let server = world.server.as_ref().unwrap();
    server.take_traffic();
    world.embark.json(&["release", "dev", "--commit", commit, "--component", BACKEND]).ended(0, "done");
    println!("release without --deploy, git:\n{}", server.take_traffic());

    world.embark.json(&["deploy", "--pending", "dev"]).ended(0, "done");
    let traffic = server.take_traffic();
    println!("deploy of one deployment, git and ledger:\n{traffic}");
    assert_eq!(world.repo.commits().len(), 1);
    assert!(traffic.requests() <= 14, "at most 14 requests with the ledger in the same repo:\n{traffic}");
    assert_eq!(traffic.connections(), 1, "one connection:\n{traffic}");
    assert!(traffic.down() <= 16 * 1024, "at most 16 KiB down:\n{traffic}");
    assert!(traffic.up() <= 16 * 1024, "at most 8 KiB up for the branch, and as much for the ledger:\n{traffic}");
    world.repo.git.assert_sound();
}

#[test]
#[ignore = "needs docker-registry, skopeo and git http-backend: run ./tests/run"]
fn one_deploy_beside_many_files_and_many_deployments_sends_neither() {
    let mut world = World::new(EMBARK, Setup::Bearer);
    // The values files lie in one folder with 20,000 others, and 5,000 deployments to dev came before.
    world.repo.crowd(20_000);
    world.build(&world.commits[0], "1", "1");
    let first = ["release", "dev", "--commit", &world.commits[0], "--component", BACKEND, "--deploy"];
    world.embark.json(&first).ended(0, "done");
    world.repo.lengthen_ledger("dev", BACKEND, 5_000);
    let before = world.repo.tip();
    let commit = world.commits[1].as_str();
    world.build(commit, "2", "2");
    let server = world.server.as_ref().unwrap();
    server.take_traffic();
    world.embark.json(&["release", "dev", "--commit", commit, "--component", BACKEND]).ended(0, "done");
    let traffic = server.take_traffic();
    println!("release in a ledger with 5,000 entries, git:\n{traffic}");
    assert!(pushed(&traffic) <= 2 * 1024, "at most 2 KiB for an entry of the ledger:\n{traffic}");

    world.embark.json(&["deploy", "--pending", "dev"]).ended(0, "done");
    let traffic = server.take_traffic();
    println!("deploy beside 20,000 files, in a ledger with 5,000 entries, git:\n{traffic}");
    assert_eq!(world.repo.commits_since(&before).len(), 1);
    assert_eq!(world.repo.git.paths("refs/embark/ledger").len(), 5_002);
    assert!(pushed(&traffic) <= 4 * 1024, "at most 2 KiB for the branch, and as much for the ledger:\n{traffic}");
    world.repo.git.assert_sound();
}

/// What a cache on disk could save, see docs/decisions/0007.
#[test]
#[ignore = "needs docker-registry, skopeo and git http-backend: run ./tests/run"]
fn what_is_fetched_by_id_is_little_and_a_refused_filter_costs_two_requests() {
    let world = World::new(EMBARK, Setup::Large);
    let server = world.server.as_ref().unwrap();
    let deploy = |number: usize, what: &str| {
        let commit = world.commits[number].as_str();
        world.build(commit, &number.to_string(), &number.to_string());
        world.embark.json(&["release", "dev", "--commit", commit, "--component", BACKEND]).ended(0, "done");
        server.take_traffic();
        world.embark.json(&["deploy", "--pending", "dev"]).ended(0, "done");
        let traffic = server.take_traffic();
        let fetches = fetches(&traffic);
        println!("{what}:\n{traffic}\n{what}, by object id:\n{fetches}");
        (traffic, fetches)
    };
    deploy(0, "first deploy of one component");
    let (all, fetched) = deploy(1, "second deploy of one component");
    assert!(fetched.requests() <= 6, "{all}");
    assert!(fetched.up() + fetched.down() <= 8 * 1024, "at most 8 KiB could be saved:\n{all}");
    world.repo.git.run(&["config", "uploadpackfilter.tree.maxDepth", "0"]);
    let (shallow, _) = deploy(2, "deploy where tree:0 alone is allowed");
    assert_eq!(shallow.requests(), all.requests() + 2, "a refusal, and the root tree by itself:\n{shallow}");
}

/// Picks the fetches: the first request to the service asks for refs.
fn fetches(traffic: &Traffic) -> Traffic {
    let is_read = |exchange: &&Exchange| exchange.method == "POST" && exchange.target.ends_with("/git-upload-pack");
    Traffic(traffic.0.iter().filter(is_read).skip(1).cloned().collect())
}

/// Counts the bytes of pushes alone: what is asked for grows with what is read.
fn pushed(traffic: &Traffic) -> usize {
    let is_push = |exchange: &&Exchange| exchange.target.ends_with("/git-receive-pack");
    traffic.0.iter().filter(is_push).map(|exchange| exchange.up).sum()
}

#[test]
#[ignore = "needs docker-registry, skopeo and git http-backend: run ./tests/run"]
fn a_retag_that_looks_before_and_after_takes_six_requests() {
    let world = World::new(EMBARK, Setup::Bearer);
    let commit = world.commits[0].as_str();
    let (_, backend) = world.build(commit, "1", "1");
    world.embark.json(&["release", "staging", "--commit", commit, "--deploy"]).ended(0, "done");
    let front = world.front.as_ref().unwrap();
    front.take_traffic();
    let promote = ["promote", "production", "--version", "1.4.0", "--commit", commit, "--component", BACKEND];
    world.embark.json(&promote).ended(0, "done");
    let traffic = front.take_traffic();
    println!("retag of one component:\n{traffic}");
    assert_eq!(world.store.raw(BACKEND, "1.4.0"), Some(backend.bytes));
    let count = |method: &str, part: &str| {
        let answered = traffic.0.iter().filter(|exchange| exchange.status != 401);
        answered.filter(|exchange| exchange.method == method && exchange.target.contains(part)).count()
    };
    assert_eq!(traffic.requests(), 6, "challenge, token, GET, HEAD, PUT, HEAD:\n{traffic}");
    assert_eq!(count("GET", "/token"), 1, "one token that pulls and pushes:\n{traffic}");
    assert_eq!(count("PUT", "/manifests/1.4.0"), 1, "{traffic}");
    assert_eq!(count("HEAD", "/manifests/1.4.0"), 2, "{traffic}");
    assert_eq!(traffic.connections(), 1, "{traffic}");
}

#[test]
#[ignore = "needs docker-registry, skopeo and git http-backend: run ./tests/run"]
fn verify_asks_for_each_tag_once() {
    let world = World::new(EMBARK, Setup::Bearer);
    let commit = world.commits[0].as_str();
    world.build(commit, "1", "1");
    world.embark.json(&["release", "staging", "--commit", commit, "--deploy"]).ended(0, "done");
    world
        .embark
        .json(&["promote", "production", "--version", "1.4.0", "--commit", commit, "--deploy"])
        .ended(0, "done");
    let front = world.front.as_ref().unwrap();
    front.take_traffic();
    world.embark.json(&["verify"]).ended(0, "unchanged");
    let traffic = front.take_traffic();
    println!("verify of two components in production:\n{traffic}");
    assert!(traffic.0.iter().all(|exchange| exchange.method != "PUT"), "{traffic}");
    let tokens = traffic.0.iter().filter(|exchange| exchange.target.starts_with("/token")).count();
    assert_eq!(tokens, COMPONENTS.len(), "a token for each repository:\n{traffic}");
    // A challenge for the host, a token for each repository, a HEAD for each tag of staging and production.
    assert!(traffic.requests() <= 1 + COMPONENTS.len() + 2 * COMPONENTS.len(), "{traffic}");
}

#[test]
#[ignore = "needs docker-registry: run ./tests/run"]
fn a_copy_within_one_registry_mounts_each_blob_with_one_request() {
    let fleet = Fleet::new(EMBARK, vec![Image::wide("copied")]);
    fleet.have_production_in("prod/c");
    fleet.embark.json(&Fleet::promotion("1.4.0")).ended(0, "done");
    let traffic = fleet.front.take_traffic();
    println!("copy of an index of three platforms to another repository:\n{traffic}");
    fleet.assert_holds("prod/c0", "1.4.0", 0);
    let mounts = traffic.0.iter().filter(|exchange| exchange.target.contains("mount=") && exchange.status == 201);
    assert_eq!(mounts.count(), 3 * (4 + 1), "four layers and a configuration for each platform:\n{traffic}");
    let count = |method: &str, part: &str| {
        let answered = traffic.0.iter().filter(|exchange| exchange.status != 401);
        answered.filter(|exchange| exchange.method == method && exchange.target.contains(part)).count()
    };
    assert_eq!(count("HEAD", "/blobs/"), 0, "no blob is looked for before it is mounted:\n{traffic}");
    // The index is seen free, read, put and read back; each child is looked for, read and put.
    assert_eq!(count("HEAD", "/manifests/"), 2 + 3, "{traffic}");
    assert_eq!(count("GET", "/manifests/"), 1 + 3, "{traffic}");
    assert_eq!(count("PUT", "/manifests/"), 1 + 3, "{traffic}");
    let tokens = traffic.0.iter().filter(|exchange| exchange.target.starts_with("/token")).count();
    assert!(tokens <= 3, "one for each repository, and one that mounts:\n{traffic}");
    assert_eq!(traffic.requests(), 1 + tokens + 15 + 4 + 9, "{traffic}");
}

#[test]
#[ignore = "needs docker-registry: run ./tests/run"]
fn four_hundred_looks_take_one_request_each() {
    let fleet = Fleet::new(EMBARK, (0..200).map(|number| Image::single(&number.to_string())).collect());
    let promotion = [&Fleet::promotion("1.4.0")[..], &["--deploy"]].concat();
    fleet.embark.json(&promotion).ended(0, "done");
    fleet.front.take_traffic();
    let report = fleet.embark.json(&["verify", "--strict"]).ended(0, "unchanged");
    assert_eq!(report.checks().len(), 400);
    let traffic = fleet.front.take_traffic();
    let heads = traffic.0.iter().filter(|exchange| exchange.method == "HEAD" && exchange.status == 200).count();
    let tokens = traffic.0.iter().filter(|exchange| exchange.target.starts_with("/token")).count();
    println!("verify of 200 components in two environments:");
    println!("{}", traffic.to_string().lines().last().unwrap_or_default());
    assert_eq!((heads, tokens), (400, 200), "{traffic}");
    assert_eq!(traffic.requests(), 400 + 200 + 1, "and one challenge:\n{traffic}");
    // Eight at a time, tokens beside them, and what little the pool of connections makes too many.
    assert!(traffic.connections() <= 24, "{traffic}");
}
