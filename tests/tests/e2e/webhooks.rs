//! Events of GitHub, as a receiver hands them to `deploy --event`, and as GitHub Actions keeps them in a file.

use std::fs;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use embark_github::webhook::{Event, MAX_BODY, Secret};
use embark_tests::harness::{Delivery, Embark, GitHubServer, Receiver, Report, WEBHOOK_SECRET, World};
use serde_json::json;

use crate::failures::assert_fails;
use crate::github_deployments::{REPOSITORY, states, world};

const EVENT: [&str; 3] = ["deploy", "--event", "-"];

/// A receiver that does what docs/how-to/webhooks.md says, and keeps what came of each run.
struct Hooks {
    receiver: Receiver,
    runs: Arc<Mutex<Vec<Report>>>,
}

impl Hooks {
    fn start(embark: &Embark) -> Self {
        let (embark, runs) = (embark.clone(), Arc::<Mutex<Vec<Report>>>::default());
        let kept = Arc::clone(&runs);
        let secret = Secret::new(WEBHOOK_SECRET.into()).expect("it is one");
        let receiver = Receiver::start(move |received| {
            let body = received.body();
            if secret.verify(received.header("x-hub-signature-256"), body).is_err() {
                return 401;
            }
            match Event::parse(received.header("x-github-event").unwrap_or_default(), body) {
                Ok(Event::Deployment(_)) => {
                    let report = embark.json_of(&EVENT, body);
                    kept.lock().expect("nobody panics with it").push(report);
                    202
                }
                Ok(Event::Ignored(_)) => 204,
                Err(_) => 400,
            }
        });
        Self { receiver, runs }
    }

    fn address(&self) -> SocketAddr {
        self.receiver.address()
    }

    /// Sends something that is run, and returns what came of it.
    fn run(&self, delivery: &Delivery) -> Report {
        assert_eq!(delivery.send(self.address()), 202);
        self.runs.lock().expect("nobody panics with it").pop().expect("it was run")
    }

    /// Tells whether nothing was run.
    fn is_idle(&self) -> bool {
        self.runs.lock().expect("nobody panics with it").is_empty()
    }
}

/// A world in which the first commit was released to dev, and GitHub's events of that.
fn released() -> (World, GitHubServer, Hooks, Vec<Delivery>) {
    let (world, github) = world();
    world.embark.json(&["release", "dev", "--commit", &world.commits[0]]).ended(0, "done");
    let (hooks, deliveries) = (Hooks::start(&world.embark), github.deliveries(REPOSITORY));
    (world, github, hooks, deliveries)
}

fn newest(github: &GitHubServer, environment: &str) -> Vec<String> {
    let states = states(github, environment).into_iter();
    states.map(|(_, states)| states.last().cloned().unwrap_or_default()).collect()
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn scenario_10_what_is_delivered_twice_is_carried_out_once() {
    let (world, github, hooks, deliveries) = released();
    for delivery in &deliveries {
        hooks.run(delivery).ended(0, "done");
        hooks.run(delivery).ended(0, "unchanged");
    }
    for delivery in &deliveries {
        let again = hooks.run(delivery).ended(0, "unchanged");
        assert_eq!(again.deployments()[0]["state"], "success");
    }
    assert_eq!(world.repo.commits().len(), 2);
    assert!(states(&github, "dev").iter().all(|(_, states)| states == &["in_progress", "success"]));
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn scenario_10_in_reverse_order_the_newer_stays() {
    let (world, github, hooks, _) = released();
    world.build(&world.commits[1], "2", "2");
    world.embark.json(&["release", "dev", "--commit", &world.commits[1]]).ended(0, "done");
    let deliveries = github.deliveries(REPOSITORY);
    assert_eq!(deliveries.len(), 4);
    let outcomes = deliveries.iter().rev().map(|delivery| hooks.run(delivery).ended_with(0));
    let outcomes: Vec<_> = outcomes.map(|report| report.json["outcome"].clone()).collect();
    assert_eq!(outcomes, ["done", "done", "unchanged", "unchanged"]);
    assert_eq!(newest(&github, "dev"), ["inactive", "inactive", "success", "success"]);
    assert!(world.repo.values("dev").contains(&world.commits[1]));
    assert!(!world.repo.values("dev").contains(&world.commits[0]));
    assert_eq!(world.repo.commits().len(), 2);
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn scenario_10_what_was_rolled_back_is_not_applied_again() {
    let (world, github, hooks, first) = released();
    world.embark.json(&["deploy", "--pending"]).ended(0, "done");
    world.build(&world.commits[1], "2", "2");
    world.embark.json(&["release", "dev", "--commit", &world.commits[1], "--deploy"]).ended(0, "done");
    world.embark.json(&["rollback", "dev", "--reason", "it fails"]).ended(0, "done");
    let values = world.repo.values("dev");
    assert!(!values.contains(&world.commits[1]));
    let all = github.deliveries(REPOSITORY);
    for delivery in all.iter().chain(&first) {
        hooks.run(delivery).ended(0, "unchanged");
    }
    world.embark.json(&["resume", "dev"]).ended_with(0);
    for delivery in all.iter().rev() {
        hooks.run(delivery).ended(0, "unchanged");
    }
    assert_eq!(world.repo.values("dev"), values);
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn scenario_10_what_is_lost_is_found_and_what_comes_late_changes_nothing() {
    let (world, github, hooks, deliveries) = released();
    world.embark.json(&["deploy", "--pending"]).ended(0, "done");
    assert_eq!(newest(&github, "dev"), ["success", "success"]);
    let before = world.state();
    for delivery in &deliveries {
        hooks.run(delivery).ended(0, "unchanged");
    }
    assert_eq!(world.state(), before);
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn scenario_10_workers_that_get_the_same_event_at_once_commit_once() {
    let (world, github, hooks, deliveries) = released();
    let reports: Vec<Report> = std::thread::scope(|scope| {
        let (embark, body) = (&world.embark, &deliveries[0].body);
        let runs: Vec<_> = (0..4).map(|_| scope.spawn(|| embark.json_of(&EVENT, body))).collect();
        runs.into_iter().map(|run| run.join().expect("each run reports")).collect()
    });
    for report in &reports {
        assert_eq!(report.code, 0, "{:#}\n{}", report.json, report.stderr);
    }
    assert!(reports.iter().any(|report| report.json["outcome"] == "done"), "somebody did it");
    assert_eq!(world.repo.commits().len(), 1);
    assert_eq!(newest(&github, "dev"), ["success", ""]);
    // The two at once may be of two deployments: both land.
    std::thread::scope(|scope| {
        for delivery in &deliveries {
            let hooks = &hooks;
            scope.spawn(move || assert_eq!(delivery.send(hooks.address()), 202));
        }
    });
    assert_eq!((world.repo.commits().len(), newest(&github, "dev")), (2, vec!["success".into(), "success".into()]));
    world.repo.git.assert_sound();
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn what_github_did_not_sign_is_not_run() {
    let (world, github, hooks, deliveries) = released();
    let (before, right) = (world.state(), &deliveries[0]);
    let changed = Delivery { body: [&right.body[..], b" "].concat(), ..right.clone() };
    let old = right.signature.as_ref().map(|signature| signature.replace("sha256=", "sha1="));
    let cut = right.signature.as_ref().map(|signature| signature[..signature.len() - 2].to_owned());
    for forged in [
        right.clone().signed("a secret of somebody else"),
        Delivery { signature: None, ..right.clone() },
        Delivery { signature: old, ..right.clone() },
        Delivery { signature: cut, ..right.clone() },
        Delivery { signature: deliveries[1].signature.clone(), ..right.clone() },
        changed,
    ] {
        assert_eq!(forged.send(hooks.address()), 401, "{:?}", forged.signature);
    }
    let ping = Delivery { event: "ping".into(), ..right.clone() };
    assert_eq!(ping.send(hooks.address()), 204);
    assert!(hooks.is_idle());
    assert_eq!((world.state(), newest(&github, "dev")), (before, vec![String::new(), String::new()]));
    hooks.run(right).ended(0, "done");
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn scenario_32_an_event_of_something_else_is_refused_or_left_alone() {
    let (world, github, hooks, deliveries) = released();
    let before = (world.state(), github.deployments(REPOSITORY));
    github.take_traffic();
    let right = || deliveries[0].clone();
    let refused = [
        ("acme/other", right().with(|body| body["repository"]["full_name"] = json!("acme/other"))),
        ("qa", right().with(|body| body["deployment"]["original_environment"] = json!("qa"))),
        ("Preview – 7", right().with(|body| body["deployment"]["original_environment"] = json!("Preview – 7"))),
        ("worker", right().with(|body| body["deployment"]["task"] = json!("embark:worker"))),
        ("\"\"", right().with(|body| body["deployment"]["task"] = json!("embark:"))),
        // GitHub's conditions take it for one of embark's.
        ("Embark:frontend", right().with(|body| body["deployment"]["task"] = json!("Embark:frontend"))),
    ];
    for (named, delivery) in refused {
        let report = hooks.run(&delivery).ended(10, "refused");
        let (message, hint) = report.error();
        assert!(message.contains(named) && !hint.is_empty() && report.deployments().is_empty(), "{:#}", report.json);
    }
    for task in ["deploy", "embark", "deploy:migrations", "embarkation:frontend"] {
        let delivery = right().with(|body| body["deployment"]["task"] = json!(task));
        let report = hooks.run(&delivery).ended(0, "unchanged");
        assert!(report.deployments().is_empty() && report.stderr.contains(task), "{}", report.stderr);
    }
    assert_eq!(github.take_traffic().requests(), 0, "nobody is asked");
    let absent = hooks.run(&right().with(|body| {
        body["deployment"]["id"] = json!(17);
        body["deployment"]["node_id"] = json!("DE_17");
    }));
    assert!(absent.ended(10, "refused").error().0.contains("17"));
    assert_eq!((world.state(), github.deployments(REPOSITORY)), before);

    let elsewhere = right().with(|body| body["repository"]["full_name"] = json!(REPOSITORY.to_uppercase()));
    hooks.run(&elsewhere).ended(0, "done");
}

/// Whoever writes an event may write anything: only the number counts, and what GitHub says of it.
#[test]
#[ignore = "needs prism: run ./tests/run"]
fn what_an_event_says_is_a_claim() {
    let (world, github, hooks, deliveries) = released();
    let lie = deliveries[0].clone().with(|body| {
        body["deployment"]["environment"] = json!("staging");
        body["deployment"]["original_environment"] = json!("staging");
        body["deployment"]["task"] = json!("embark:backend");
        body["deployment"]["payload"]["embark"]["tag"] = json!("evil");
        body["deployment"]["payload"]["embark"]["digest"] = json!(format!("sha256:{}", "0".repeat(64)));
    });
    let done = hooks.run(&lie).ended(0, "done");
    assert_eq!(done.deployment("frontend")["environment"], "dev");
    assert_eq!(done.deployment("frontend")["tag"], world.commits[0]);

    // The number counts, and not another deployment's node id.
    let other = deliveries[1].clone().with(|body| body["deployment"]["node_id"] = json!("DE_3000000001"));
    assert_eq!(hooks.run(&other).ended(0, "done").deployment("backend")["state"], "success");

    github.copy_to(REPOSITORY, 3_000_000_001, "qa");
    let qa = github.deliveries(REPOSITORY).pop().expect("there is one");
    let before = (world.state(), github.deployments(REPOSITORY));
    let to_dev = qa.with(|body| body["deployment"]["original_environment"] = json!("dev"));
    assert!(hooks.run(&to_dev).ended(10, "refused").error().0.contains("qa"));
    assert_eq!((world.state(), github.deployments(REPOSITORY)), before);
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn a_body_of_25_mb_is_read_and_a_larger_one_refused() {
    let (world, github, hooks, deliveries) = released();
    let filled = |delivery: &Delivery, length: usize| {
        let mut body = delivery.body.clone();
        body.resize(length, b' ');
        Delivery { body, ..delivery.clone() }.signed(WEBHOOK_SECRET)
    };
    hooks.run(&filled(&deliveries[0], MAX_BODY)).ended(0, "done");
    let before = (world.state(), github.deployments(REPOSITORY));
    let larger = filled(&deliveries[1], MAX_BODY + 1);
    assert_eq!(larger.send(hooks.address()), 400);
    assert!(hooks.is_idle());
    let failed = world.embark.json_of(&EVENT, &larger.body).ended(3, "failed");
    assert!(failed.json["error"].to_string().contains("25 MB"), "{:#}", failed.json);
    assert_eq!((world.state(), github.deployments(REPOSITORY)), before);
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn from_an_event_to_its_success_it_takes_four_requests_and_six_where_it_is_promoted() {
    let (world, github, hooks, deliveries) = released();
    let commit = world.commits[0].as_str();
    let within = |delivery: &Delivery, most: usize| {
        github.take_traffic();
        hooks.run(delivery).ended(0, "done");
        let traffic = github.take_traffic();
        let last =
            traffic.0.iter().rposition(|exchange| exchange.target.ends_with("/statuses") && exchange.status == 201);
        assert!(last.is_some_and(|last| last < most), "{traffic}");
    };
    within(&deliveries[0], 4);
    world.embark.json(&["release", "staging", "--commit", commit, "--deploy"]).ended(0, "done");
    let promote = ["promote", "production", "--version", "1.4.0", "--commit", commit];
    world.embark.json(&promote).ended(0, "done");
    within(github.deliveries(REPOSITORY).last().expect("there is one"), 6);
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn github_actions_keeps_the_event_in_a_file() {
    let (world, github, _hooks, deliveries) = released();
    let path = world.app().join("event.json");
    fs::write(&path, &deliveries[0].body).expect("the folder can be written");
    let path = path.display().to_string();
    let deploy = ["deploy", "--event", path.as_str()];
    let actions = world.embark.clone().with("GITHUB_EVENT_PATH", &path);

    let push = actions.clone().with("GITHUB_EVENT_NAME", "push");
    let left = push.json(&deploy).ended(0, "unchanged");
    assert!(left.deployments().is_empty() && left.stderr.contains("\"push\""), "{}", left.stderr);
    assert_eq!(newest(&github, "dev"), ["", ""]);

    let before = world.state();
    let actions = actions.with("GITHUB_EVENT_NAME", "deployment");
    let planned = actions.json(&[&deploy[..], &["--dry-run"]].concat()).ended(0, "planned");
    assert_eq!(planned.deployment("frontend")["state"], "planned");
    assert_eq!((world.state(), newest(&github, "dev")), (before, vec![String::new(), String::new()]));

    let done = actions.text(&deploy).succeeded("deploy");
    assert!(done.text().contains("success"), "{}", done.text());
    assert_eq!(newest(&github, "dev"), ["success", ""]);
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn where_there_is_no_graphql_an_event_is_carried_out_as_well() {
    let (world, github, hooks, deliveries) = released();
    github.take_graphql_away();
    let lean =
        deliveries[0].clone().with(|body| drop(body["deployment"].as_object_mut().map(|row| row.remove("node_id"))));
    hooks.run(&lean).ended(0, "done");
    hooks.run(&deliveries[1]).ended(0, "done");
    hooks.run(&deliveries[1]).ended(0, "unchanged");
    assert_eq!(world.repo.commits().len(), 2);
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn scenario_12_what_is_held_waits_whatever_events_come() {
    let (world, github, hooks, deliveries) = released();
    world.embark.json(&["hold", "dev", "frontend", "--reason", "an incident"]).ended(0, "done");
    let before = world.repo.values("dev");
    for _ in 0..2 {
        let held = hooks.run(&deliveries[0]).ended(0, "unchanged");
        assert_eq!(held.deployment("frontend")["state"], "queued");
    }
    assert_eq!((world.repo.values("dev"), newest(&github, "dev")), (before, vec!["queued".into(), String::new()]));
    world.embark.json(&["resume", "dev", "frontend"]).ended_with(0);
    hooks.run(&deliveries[0]).ended(0, "done");
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn a_file_that_is_no_event_is_told() {
    let (world, _github, _hooks, deliveries) = released();
    let at = |name: &str, text: &[u8]| {
        fs::write(world.app().join(name), text).expect("the folder can be written");
    };
    at("empty.json", b"");
    at("form.json", b"payload=%7B%7D");
    at("cut.json", &deliveries[0].body[..200]);
    at("other.json", b"{\"zen\": \"Keep it logically awesome.\"}");
    for (file, word) in [
        ("absent.json", "absent.json"),
        (".", "cannot read"),
        ("empty.json", "empty.json"),
        ("form.json", "application/json"),
        ("cut.json", "cut.json"),
        ("other.json", "deployment"),
    ] {
        assert_fails(&world, &["deploy", "--event", file], 3, &[word]);
    }
    let queue = format!("deployments: {{ github: {{ repository: {REPOSITORY} }} }}\n");
    world.configure(&queue, "");
    at("right.json", &deliveries[0].body);
    assert_fails(&world, &["deploy", "--event", "right.json"], 3, &["ledger", "deployments.github"]);
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn an_event_is_carried_out_alone() {
    let (world, _github, _hooks, _) = released();
    for command in [&["deploy", "--event", "-", "--pending"][..], &["deploy", "--event"]] {
        crate::failures::assert_wrong_arguments(&world, command, "--event");
    }
}
