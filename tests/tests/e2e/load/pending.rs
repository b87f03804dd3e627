//! Deployments that wait, ten times as many: pushes, requests, bytes and memory.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use embark_tests::harness::{Crowd, Traffic};

use super::{binary, given};

/// How many deployments go out in one push, and how many requests each push after the first takes.
const BATCH: usize = 1_000;
const REQUESTS: usize = 2;

/// What one `deploy --pending` cost.
struct Cost {
    deployments: usize,
    traffic: Traffic,
    took: Duration,
    /// The peak of its memory, in KiB.
    peak: u64,
}

impl Cost {
    fn of(crowd: &Crowd, deployments: usize) -> Self {
        crowd.server.take_traffic();
        let begun = Instant::now();
        let (finished, peak) = crowd.embark.watched(&["deploy", "--pending", "--quiet"]);
        finished.succeeded("embark");
        Self { deployments, traffic: crowd.server.take_traffic(), took: begun.elapsed(), peak }
    }

    fn pushes(&self) -> usize {
        self.traffic.0.iter().filter(|one| one.target.ends_with("/git-receive-pack")).count()
    }

    fn each(&self, bytes: usize) -> usize {
        bytes / self.deployments
    }
}

impl std::fmt::Display for Cost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { deployments, traffic, took, peak } = self;
        let (up, down) = (self.each(traffic.up()), self.each(traffic.down()));
        let each = took.as_secs_f64() * 1_000.0 / f64::from(u32::try_from(*deployments).unwrap_or(u32::MAX));
        let (requests, mib) = (traffic.requests(), peak / 1024);
        let pushes = self.pushes();
        write!(f, "| {deployments} | {pushes} | {requests} | {up} | {down} | {each:.1} ms | {mib} MiB |")
    }
}

/// Has `environments` times `components` deployments wait, and carries them out.
fn carried_out(components: usize, environments: usize) -> (Crowd, Cost) {
    let names: Vec<String> = (0..environments).map(|number| format!("e{number}")).collect();
    let crowd = Crowd::new(&binary(), components, &names);
    let released: BTreeSet<String> = names.iter().flat_map(|name| crowd.release(name, &[])).collect();
    assert_eq!(released.len(), components * environments);
    let cost = Cost::of(&crowd, released.len());
    let landed: Vec<String> = crowd.landed().into_iter().map(|landed| landed.deployment).collect();
    assert_eq!(landed.len(), released.len(), "none landed twice");
    assert_eq!(landed.into_iter().collect::<BTreeSet<_>>(), released, "none is lost");
    let successes = crowd.successes();
    assert_eq!(successes.iter().map(|(id, _)| id.clone()).collect::<BTreeSet<_>>(), released);
    assert!(successes.iter().all(|(_, count)| *count == 1));
    (crowd, cost)
}

#[test]
#[ignore = "needs git http-backend: run ./tests/run"]
fn a_deployment_costs_no_more_where_ten_times_as_many_wait() {
    let pending = given("EMBARK_TEST_PENDING", 100);
    let components = (pending / 20).min(500);
    let environments = pending / components;
    let (_, few) = carried_out(components, environments / 10);
    let (crowd, many) = carried_out(components, environments);
    println!(
        "| deployments of {components} components that wait | pushes | requests | bytes up each | bytes down each | time each | \
         peak |"
    );
    println!("{few}\n{many}");
    assert_eq!(many.deployments, 10 * few.deployments);
    assert_eq!([few.pushes(), many.pushes()], [&few, &many].map(|cost| cost.deployments.div_ceil(BATCH)));
    let more = REQUESTS * (many.pushes() - few.pushes());
    assert_eq!(many.traffic.requests(), few.traffic.requests() + more, "{}\n{}", few.traffic, many.traffic);
    let [few_up, many_up] = [&few, &many].map(|cost| cost.each(cost.traffic.up()));
    assert!(many_up <= few_up + few_up / 20, "bytes up, each: {few_up} and {many_up}");
    let [few_down, many_down] = [&few, &many].map(|cost| cost.each(cost.traffic.down()));
    assert!(many_down <= few_down + few_down / 20, "bytes down, each: {few_down} and {many_down}");
    // What is held of each until it is pushed is a version of the values file, and for the whole run what is told of it.
    let file = components as u64 * 55 / 1024;
    let growth = many.peak.saturating_sub(few.peak) / (many.deployments - few.deployments) as u64;
    println!("{growth} KiB of memory for each more");
    let most = if few.deployments < BATCH { 48 + 4 * file } else { 12 };
    assert!(growth <= most, "{growth} KiB for each, of a values file of {file} KiB");

    // Afterwards the ledger is large, and one more costs what one costs.
    crowd.server.take_traffic();
    crowd.embark.json(&["deploy", "--pending"]).ended(0, "unchanged");
    let idle = crowd.server.take_traffic();
    let sum = idle.to_string().lines().last().unwrap_or_default().to_owned();
    println!("a run that finds nothing to do beside {} that are closed: {sum}", many.deployments);
    crowd.git.assert_sound();
}
