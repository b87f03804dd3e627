//! The connection to the git server is cut, at every request of one `deploy`, and at every tenth of what is sent.

use embark_tests::harness::{BACKEND, Cut, Entry, Exchange, GitServer, LogEntry, Report, Setup, World};

use crate::EMBARK;

const DEPLOY: [&str; 2] = ["deploy", "--pending"];

/// A world in which one deployment waits, and can wait again.
struct Waiting {
    world: World,
    refs: [(&'static str, String); 2],
    /// What one `deploy` asks when nothing is cut.
    uncut: Vec<Exchange>,
}

impl Waiting {
    /// `is_atomic` tells whether the server moves branch and ledger in one push; else they take two.
    fn new(is_atomic: bool) -> Self {
        let world = World::new(EMBARK, Setup::GitServer);
        world.repo.git.run(&["config", "receive.advertiseAtomic", &is_atomic.to_string()]);
        let commit = world.commits[0].as_str();
        world.build(commit, "1", "1");
        world.embark.json(&["release", "dev", "--commit", commit, "--component", BACKEND]).ended(0, "done");
        let tip = |name| (name, world.repo.git.tip(name).expect("the reference is there"));
        let refs = ["refs/heads/main", "refs/embark/ledger"].map(tip);
        let server = world.server.as_ref().expect("it is served");
        server.take_traffic();
        world.embark.json(&DEPLOY).ended(0, "done");
        let uncut = server.take_traffic().0;
        Self { world, refs, uncut }
    }

    fn server(&self) -> &GitServer {
        self.world.server.as_ref().expect("it is served")
    }

    /// Lists the requests that push.
    fn pushes(&self) -> Vec<usize> {
        let requests = self.uncut.iter().enumerate();
        let pushes = requests.filter(|(_, exchange)| exchange.target.ends_with("/git-receive-pack"));
        pushes.map(|(request, _)| request).collect()
    }

    /// Lists each way to cut each of some requests.
    fn cuts(&self, requests: impl IntoIterator<Item = usize>) -> Vec<(usize, Cut)> {
        let mut cuts = Vec::new();
        for request in requests {
            let exchange = &self.uncut[request];
            let tenths = if exchange.up == 0 { 1..1 } else { 1..10 };
            let asking = tenths.map(Cut::Asking);
            let ways = [Cut::Before, Cut::Unanswered].into_iter().chain(asking).chain((0..10).map(Cut::Answering));
            cuts.extend(ways.map(|cut| (request, cut)));
        }
        cuts
    }

    /// Has the deployment wait again.
    fn reset(&self) {
        for (name, id) in &self.refs {
            self.world.repo.git.run(&["update-ref", name, id]);
        }
    }

    /// Runs `deploy` with a cut, then without; returns what the first run reported, and whether it had made the commit.
    #[track_caller]
    fn cut(&self, request: usize, cut: Cut, for_good: bool) -> (Report, bool) {
        self.reset();
        let server = self.server();
        server.cut(request, cut, for_good);
        let first = self.world.embark.json(&DEPLOY);
        server.heal();
        let commits = self.world.repo.commits().len();
        let second = self.world.embark.json(&DEPLOY);
        let place = format!("request {request}, {cut:?}: {:#}\nthen {:#}", first.json, second.json);
        assert_eq!(second.code, 0, "the next run finishes: {place}");
        assert_eq!(self.world.repo.commits().len(), 1, "there is one commit: {place}");
        let successes: Vec<usize> = self.world.repo.ledger().iter().map(Entry::successes).collect();
        assert_eq!(successes, [1], "{place}");
        self.world.repo.git.assert_sound();
        (first, commits == 1)
    }
}

/// The states of its deployments, as a run reports them.
fn states(report: &Report) -> Vec<String> {
    report.deployments().iter().map(|deployment| deployment["state"].as_str().unwrap_or_default().to_owned()).collect()
}

/// Fails if a run says of its deployment what is not so. One that has come to an end of the server says nothing of it.
#[track_caller]
fn assert_true(first: &Report, has_commit: bool, place: &str) {
    let outcome = first.json["outcome"].as_str().unwrap_or_default();
    let is_true = match (first.code, outcome, states(first).as_slice()) {
        (0, "done", [state]) => state == "success" && has_commit,
        (21, "failed", [state]) => state == "error" && !has_commit,
        (21, "failed", []) => first.error().0.contains("cannot reach"),
        _ => false,
    };
    assert!(is_true, "{place}, and the branch has the commit: {has_commit}: {:#}", first.json);
}

#[test]
#[ignore = "needs git http-backend: run ./tests/run"]
fn a_deploy_that_is_cut_anywhere_tells_what_is_so() {
    let waiting = Waiting::new(true);
    assert_eq!(waiting.pushes(), [waiting.uncut.len() - 1], "branch and ledger move with the last request");
    for (request, cut) in waiting.cuts(0..waiting.uncut.len()) {
        let (first, has_commit) = waiting.cut(request, cut, false);
        let place = format!("request {request}, {cut:?}");
        assert_true(&first, has_commit, &place);
        assert_eq!((first.code, has_commit), (0, true), "what is lost once is asked again: {place}: {:#}", first.json);
    }
}

#[test]
#[ignore = "needs git http-backend: run ./tests/run"]
fn a_deploy_whose_server_goes_away_anywhere_says_nothing_that_is_not_so() {
    let waiting = Waiting::new(true);
    let mut cuts = waiting.cuts(waiting.pushes());
    cuts.extend((0..waiting.uncut.len()).flat_map(|request| [(request, Cut::Before), (request, Cut::Unanswered)]));
    let mut unknown = 0;
    for (request, cut) in cuts {
        let (first, has_commit) = waiting.cut(request, cut, true);
        assert_true(&first, has_commit, &format!("request {request}, {cut:?}"));
        assert_eq!(first.code, 21, "{:#}", first.json);
        if has_commit {
            let text = first.json.to_string();
            assert!(text.contains("push"), "it sent a push and does not know what came of that: {:#}", first.json);
        }
        unknown += usize::from(has_commit);
    }
    assert_eq!(unknown, 12);
}

#[test]
#[ignore = "needs git http-backend: run ./tests/run"]
fn a_deploy_that_is_cut_between_branch_and_ledger_is_found_by_its_trailer() {
    let waiting = Waiting::new(false);
    let pushes = waiting.pushes();
    assert_eq!(pushes.len(), 2, "{:#?}", waiting.uncut);
    let (mut done, mut between) = (0, 0);
    let cuts = waiting.cuts(pushes[0]..waiting.uncut.len());
    for (request, cut) in &cuts {
        let (first, has_commit) = waiting.cut(*request, *cut, false);
        assert_true(&first, has_commit, &format!("request {request}, {cut:?}"));
        done += usize::from(first.code == 0);
    }
    for (request, cut) in waiting.cuts([pushes[1]]) {
        let (first, has_commit) = waiting.cut(request, cut, true);
        assert_true(&first, has_commit, &format!("request {request}, {cut:?}, for good"));
        between += usize::from(first.code != 0 && has_commit);
    }
    assert_eq!(done, cuts.len(), "what is lost once is asked again, and what came of a push is looked up");
    assert!(between >= 10, "the ledger lags behind the branch: {between}");
}

/// The answer is lost, and somebody else's commit lies on top when the branch is looked at again.
fn below_somebody_else(is_atomic: bool) -> (Waiting, Report) {
    let waiting = Waiting::new(is_atomic);
    waiting.reset();
    let git = &waiting.world.repo.git;
    let hook = git.hook("post-receive", HOOK);
    waiting.server().cut(waiting.pushes()[0], Cut::Unanswered, false);
    let report = waiting.world.embark.json(&DEPLOY).ended_with(0);
    assert!(!hook.exists(), "somebody else has pushed");

    let subjects = |log: &[LogEntry]| log.iter().map(|entry| entry.subject.clone()).collect::<Vec<_>>();
    let log = waiting.world.repo.commits();
    assert_eq!(subjects(&log)[1..], ["Somebody else's"], "{log:#?}");
    let entries = waiting.world.repo.ledger();
    assert_eq!(
        (entries.len(), entries[0].successes(), &entries[0].id[..]),
        (1, 1, log[0].trailer("Embark-Deployment"))
    );
    waiting.world.embark.json(&DEPLOY).ended(0, "unchanged");
    assert_eq!(subjects(&waiting.world.repo.commits()), subjects(&log));
    git.assert_sound();
    (waiting, report)
}

const HOOK: &str = "#!/bin/sh
rm \"$0\"
git fast-import --quiet <<END
commit refs/heads/main
committer A Person <person@example.com> 1700000000 +0000
data 15
Somebody else's
from refs/heads/main^0
M 100644 inline notes.md
data 2
hi

END
";

#[test]
#[ignore = "needs git http-backend: run ./tests/run"]
fn a_push_whose_answer_is_lost_is_found_in_the_ledger_below_the_commit_of_somebody_else() {
    let (waiting, report) = below_somebody_else(true);
    // It has carried the deployment out, and says so.
    let report = report.ended(0, "done");
    assert_eq!(report.deployment(BACKEND)["commit"], waiting.world.repo.commits()[0].id.as_str());
}

#[test]
#[ignore = "needs git http-backend: run ./tests/run"]
fn a_push_whose_answer_is_lost_is_found_by_its_trailer_below_the_commit_of_somebody_else() {
    let (waiting, report) = below_somebody_else(false);
    let report = report.ended(0, "done");
    assert_eq!(report.deployment(BACKEND)["commit"], waiting.world.repo.commits()[0].id.as_str());
}
