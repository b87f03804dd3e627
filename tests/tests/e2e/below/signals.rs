//! SIGINT and SIGTERM in the middle of a run: it ends within ten seconds, says what is so, and the next one finishes.

use std::path::PathBuf;
use std::time::Duration;

use embark_tests::harness::{ArgoCdServer, COMPONENTS, Report, Rough, Running, Setup, Weather, World, until};

use super::{DEPLOY, assert_finished, assert_true, waiting};
use crate::EMBARK;
use crate::github_deployments::{REPOSITORY, keep_on_github};

/// Whoever asks kills after that, as GitHub Actions does.
const AT_MOST: Duration = Duration::from_secs(10);

fn started(world: &World, arguments: &[&str]) -> Running {
    Running::start(&world.embark, &[&["--output", "json"], arguments].concat())
}

/// Waits for the end of a run, which must come in time, and returns what it reported.
#[track_caller]
fn ended(running: Running, arguments: &[&str]) -> (Report, Duration) {
    let (finished, took) = running.end();
    let report = Report::read(arguments, finished);
    assert!(took < AT_MOST, "{took:?}: {:#}", report.json);
    (report, took)
}

/// Has all that a world asks of its git server go over a rough way.
fn over_rough_way(world: &World) -> Rough {
    let server = world.server.as_ref().expect("it is served");
    let rough = Rough::before(server.address(), 1);
    world.configure(&server.url("deployment.git"), &format!("http://{}/deployment.git", rough.address()));
    rough
}

/// Has pushes hang on the server until they are let through, or refused.
struct Held(PathBuf);

impl Held {
    fn new(world: &World) -> Self {
        let script =
            "#!/bin/sh\ntouch begun\nwhile :; do\n  [ -e go ] && exit 0\n  [ -e no ] && exit 1\n  sleep 0.05\ndone\n";
        world.repo.git.hook("pre-receive", script);
        Self(world.repo.git.folder().to_owned())
    }

    fn await_push(&self) {
        until("a push has come", || self.0.join("begun").exists());
    }

    fn end(&self, how: &str) {
        std::fs::write(self.0.join(how), "").expect("the folder can be written");
    }
}

#[test]
#[ignore = "needs git http-backend: run ./tests/run"]
fn a_deploy_whose_server_hangs_ends_in_time_and_the_next_run_finishes() {
    let world = waiting(Setup::GitServer);
    let rough = over_rough_way(&world);
    for (signal, code) in [("TERM", 143), ("INT", 130)] {
        rough.set(Weather { hangs: true, ..Weather::default() });
        let running = started(&world, &DEPLOY);
        until("it asks", || rough.waiting() > 0);
        let before = world.state();
        running.signal(signal);
        if signal == "INT" {
            // Asked twice it has no more time.
            std::thread::sleep(Duration::from_millis(300));
            running.signal(signal);
        }
        let (report, took) = ended(running, &DEPLOY);
        let report = report.ended(code, "failed");
        assert!(report.error().0.contains(&format!("ended by SIG{signal}")), "{:#}", report.json);
        assert!(signal == "TERM" || took < Duration::from_secs(3), "{took:?}");
        assert_eq!(world.state(), before);
        rough.set(Weather::default());
        until("what hung has come to its end", || rough.waiting() == 0);
    }
    world.embark.json(&DEPLOY).ended(0, "done");
    assert_finished(&world, COMPONENTS.len(), "afterwards");
}

#[test]
#[ignore = "needs git http-backend: run ./tests/run"]
fn what_only_reads_ends_at_once() {
    let world = waiting(Setup::GitServer);
    let rough = over_rough_way(&world);
    for (command, signal, code) in [("status", "INT", 130), ("verify", "TERM", 143), ("audit", "INT", 130)] {
        rough.set(Weather { hangs: true, ..Weather::default() });
        let running = started(&world, &[command]);
        until("it asks", || rough.waiting() > 0);
        running.signal(signal);
        let (report, took) = ended(running, &[command]);
        report.ended(code, "failed");
        assert!(took < Duration::from_secs(2), "{took:?}");
        rough.set(Weather::default());
        until("what hung has come to its end", || rough.waiting() == 0);
    }
}

/// The push has been sent, and hangs: it is let through later, or refused.
#[test]
#[ignore = "needs git http-backend: run ./tests/run"]
fn a_push_that_hangs_is_not_waited_for_and_the_next_run_finds_out_what_came_of_it() {
    for how in ["go", "no"] {
        let world = waiting(Setup::GitServer);
        let held = Held::new(&world);
        let tip = world.repo.tip();
        let running = started(&world, &DEPLOY);
        held.await_push();
        running.signal("TERM");
        let (report, _) = ended(running, &DEPLOY);
        assert_eq!(report.code, 143, "{:#}", report.json);
        assert_true(&world, &report, how);
        assert_eq!(world.repo.tip(), tip);
        held.end(how);
        until("the push has come to its end", || how == "no" || world.repo.tip() != tip);
        // One that is refused ends with its hook.
        std::thread::sleep(Duration::from_millis(300));
        std::fs::remove_file(world.repo.git.folder().join("hooks/pre-receive")).unwrap();
        let next = world.embark.json(&DEPLOY);
        assert_eq!(next.code, 0, "{:#}", next.json);
        assert_finished(&world, COMPONENTS.len(), how);
    }
}

/// GitHub is told that it was ended, since nobody is carrying it out any more.
#[test]
#[ignore = "needs prism and git http-backend: run ./tests/run"]
fn a_push_that_hangs_is_reported_to_github() {
    let (world, github) = keep_on_github(World::new(EMBARK, Setup::GitServer));
    world.embark.json(&["release", "dev", "--commit", &world.commits[0]]).ended(0, "done");
    let held = Held::new(&world);
    let running = started(&world, &DEPLOY);
    held.await_push();
    running.signal("INT");
    let (report, _) = ended(running, &DEPLOY);
    let report = report.ended(130, "failed");
    for deployment in report.deployments() {
        assert_eq!(deployment["state"], "error", "{:#}", report.json);
        assert_eq!(deployment["reason"], "ended by SIGINT while it was being pushed", "{:#}", report.json);
    }
    for (_, statuses) in github.rows(REPOSITORY) {
        let newest = statuses.last().expect("there is one");
        assert_eq!(newest["state"], "error", "{statuses:#?}");
        assert_eq!(newest["description"], "ended by SIGINT while it was being pushed");
    }
    let tip = world.repo.tip();
    held.end("go");
    until("the push has come to its end", || world.repo.tip() != tip);
    world.embark.json(&DEPLOY).ended(0, "done");
    assert_eq!(world.repo.commits().len(), COMPONENTS.len(), "each has one commit");
    for (_, _, states) in github.deployments(REPOSITORY) {
        assert_eq!(states, ["in_progress", "error", "success"]);
    }
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn what_waits_for_argo_cd_ends_at_once_and_is_waited_for_by_the_next_run() {
    let world = World::new(EMBARK, Setup::Embedded);
    let argocd = ArgoCdServer::start(None);
    let staging = "name: staging, valuesFile: staging.yaml, tag: commit";
    let of = format!("success: healthy, argocd: {{ server: \"{}\", application: shop }}", argocd.url());
    world.configure(staging, &format!("{staging}, {of}"));
    world.build(&world.commits[0], "1", "1");
    argocd.answer_instead(503, "text/plain", "not yet");
    let release = ["release", "staging", "--commit", &world.commits[0], "--deploy"];
    let running = started(&world, &release);
    until("it is pushed", || world.repo.commits().len() == COMPONENTS.len());
    until("it looks", || argocd.take_traffic().requests() > 0);
    running.signal("TERM");
    let (report, took) = ended(running, &release);
    let report = report.ended(143, "failed");
    assert!(took < Duration::from_secs(3), "{took:?}");
    for deployment in report.deployments() {
        assert_eq!(deployment["state"], "in_progress", "it is committed: {:#}", report.json);
        assert_eq!(deployment["reason"], "ended by SIGTERM before it was done", "{:#}", report.json);
    }
    // What the first run asked last is no look of the second.
    argocd.take_traffic();
    let running = started(&world, &["wait", "staging"]);
    until("it looks", || argocd.take_traffic().requests() > 0);
    running.signal("INT");
    let (report, took) = ended(running, &["wait", "staging"]);
    report.ended(130, "failed");
    assert!(took < Duration::from_secs(2), "{took:?}");
}

/// Wherever it meets a run that has no server, that ends as it would, and nothing is done twice.
#[test]
fn a_signal_at_any_time_leaves_nothing_that_the_next_run_does_not_finish() {
    let mut codes = Vec::new();
    for step in 0..6_u64 {
        let world = waiting(Setup::Embedded);
        let running = started(&world, &DEPLOY);
        std::thread::sleep(Duration::from_millis(step * 8));
        running.signal(if step % 2 == 0 { "TERM" } else { "INT" });
        let (finished, took) = running.end();
        assert!(took < AT_MOST, "{took:?}");
        let place = format!("after {} ms: {} {}", step * 8, finished.text(), finished.stderr);
        // Before it listens it ends as any program does.
        if finished.code < 1_000 {
            assert!([0, 130, 143].contains(&finished.code), "{place}");
            assert_true(&world, &Report::read(&DEPLOY, finished.clone()), &place);
        }
        codes.push(finished.code);
        let next = world.embark.json(&DEPLOY);
        assert_eq!(next.code, 0, "{place}\nthen {:#}", next.json);
        assert_finished(&world, COMPONENTS.len(), &place);
    }
    println!("a signal every 8 ms: {codes:?}");
}

/// A child that does not end must not keep the run: here git, which embark runs for a server without filters.
#[test]
#[ignore = "needs git http-backend: run ./tests/run"]
fn a_program_that_embark_runs_does_not_keep_it() {
    let mut world = waiting(Setup::GitServer);
    world.repo.git.run(&["config", "uploadpack.allowFilter", "false"]);
    let path = std::env::var("PATH").unwrap_or_default();
    world.embark = world.embark.with("PATH", &path);
    let rough = over_rough_way(&world);
    rough.set(Weather { hangs: true, ..Weather::default() });
    let running = started(&world, &DEPLOY);
    until("it asks", || rough.waiting() > 0);
    running.signal("TERM");
    let (report, _) = ended(running, &DEPLOY);
    report.ended(143, "failed");
    rough.set(Weather::default());
    world.embark.json(&DEPLOY).ended(0, "done");
    assert_finished(&world, COMPONENTS.len(), "by git itself");
}
