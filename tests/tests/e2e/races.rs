//! Many writers of one branch over HTTP, and many changes in one push.

use std::collections::{BTreeMap, BTreeSet};

use embark_tests::harness::Crowd;

use crate::EMBARK;

/// Fails unless each deployment has landed once, as a commit that changes one key of one file.
#[track_caller]
fn assert_landed(crowd: &Crowd, deployments: &[String]) -> BTreeMap<String, usize> {
    let landed = crowd.landed();
    let ids: BTreeSet<&String> = landed.iter().map(|landed| &landed.deployment).collect();
    assert_eq!(ids, deployments.iter().collect(), "none is lost");
    assert_eq!(landed.len(), deployments.len(), "and none landed twice");
    let mut keys = BTreeMap::new();
    for commit in &landed {
        assert_eq!(commit.changes.len(), 1, "one line: {commit:#?}");
        let (file, before, after) = &commit.changes[0];
        let key = before.split(':').next().unwrap_or_default();
        assert_eq!(before, &format!("{key}: {{ tag: none }}"), "nobody had set it: {commit:#?}");
        assert!(after.starts_with(&format!("{key}: {{ tag: ")) && after.len() > before.len(), "{commit:#?}");
        *keys.entry(file.clone()).or_insert(0) += 1;
    }
    let successes = crowd.successes();
    assert_eq!(successes.iter().map(|(id, _)| id).collect::<BTreeSet<_>>(), ids);
    assert!(successes.iter().all(|(_, count)| *count == 1), "{successes:?}");
    crowd.git.assert_sound();
    keys
}

/// Half of them write different keys of one file, half write a file of their own.
#[test]
#[ignore = "needs git http-backend: run ./tests/run"]
fn sixty_four_writers_of_one_branch_land_each_change_once() {
    let environments: Vec<String> =
        std::iter::once("shared".to_owned()).chain((0..32).map(|number| format!("own{number}"))).collect();
    let crowd = Crowd::new(EMBARK, 32, &environments);
    let mut deployments = crowd.release("shared", &[]);
    for environment in &environments[1..] {
        deployments.extend(crowd.release(environment, &["c0".into()]));
    }
    assert_eq!(deployments.len(), 64);
    crowd.server.take_traffic();
    let reports: Vec<_> = std::thread::scope(|scope| {
        let runs = deployments.iter().map(|id| scope.spawn(|| crowd.embark.json(&["deploy", id])));
        let runs: Vec<_> = runs.collect();
        runs.into_iter().map(|run| run.join().expect("each run reports")).collect()
    });
    for report in reports {
        report.ended_with(0);
    }
    let traffic = crowd.server.take_traffic();
    println!("64 writers at once:\n{}", traffic.to_string().lines().last().unwrap_or_default());
    let files = assert_landed(&crowd, &deployments);
    assert_eq!((files.len(), files["apps/shared.yaml"]), (33, 32));
}

#[test]
#[ignore = "needs git http-backend: run ./tests/run"]
fn a_thousand_that_wait_land_as_a_thousand_commits_in_one_push() {
    let crowd = Crowd::new(EMBARK, 1_000, &["dev".into()]);
    let deployments = crowd.release("dev", &[]);
    assert_eq!(deployments.len(), 1_000);
    crowd.server.take_traffic();
    crowd.embark.json(&["deploy", "--pending", "dev"]).ended(0, "done");
    let traffic = crowd.server.take_traffic();
    println!("deploy of 1,000 deployments, git and ledger:\n{traffic}");
    let pushes = traffic.0.iter().filter(|exchange| exchange.target.ends_with("/git-receive-pack"));
    assert_eq!(pushes.count(), 1, "{traffic}");
    assert_eq!(assert_landed(&crowd, &deployments), BTreeMap::from([("apps/dev.yaml".to_owned(), 1_000)]));
}
