//! [`ApplicationRepository`](embark_core::ports::ApplicationRepository): the fake, checkouts, GitHub, and the first of
//! several that knows.

use embark_core::ports::FirstKnown;
use embark_core::testing::FakeApplication;
use embark_core::testing::contract::application_repository::{self as suite, History};
use embark_core::{CheckKind, CheckResult, Commit};
use embark_github::GitHub;
use embark_gitops::Checkout;
use embark_tests::harness::{Edit, GITHUB_TOKEN, Git, GitHubServer};

use crate::client;

/// The cases that need no more than a history.
macro_rules! on_a_history {
    ($($head:tt)+) => {
        cases!($($head)+:
            tells_an_ancestor
            tells_what_is_no_ancestor
            knows_no_ancestry_of_an_absent_commit
        );
    };
}

/// The cases that need no more than a commit with checks.
macro_rules! on_a_commit {
    ($($head:tt)+) => {
        cases!($($head)+:
            tells_what_came_of_checks
            tells_one_check_alone
            numbers_the_newest_highest
            tells_a_check_run_from_a_status
        );
    };
}

/// A history without a repository.
fn history() -> History {
    let [root, child, one, other, absent] =
        ['a', 'b', 'c', 'd', 'e'].map(|letter| letter.to_string().repeat(40).parse::<Commit>().expect("a commit"));
    History { root, child, tips: [one, other], absent }
}

mod fake {
    use super::{fake, history, suite};

    on_a_history!(suite over { fake() } as fake => (&fake, &history()));
    on_a_commit!(suite over { fake() } as fake => (&fake, &history().child));
    cases!(suite over { fake() } as fake => (&fake, &history().absent): knows_no_checks);
}

/// Git has the history and knows nothing of checks.
mod checkout {
    use super::{checkout, suite};

    on_a_history!(suite over { checkout() } as (_folder, checkout, history) => (&checkout, &history));
    cases!(suite over { checkout() } as (_folder, checkout, history) => (&checkout, &history.child): knows_no_checks);
}

mod github {
    use super::{GITHUB_TOKEN, history, open, open_repository, served, suite};

    on_a_history!(needs "needs prism: run ./tests/run", suite over { served(None) } as server => (&open(&server.url(), None), &history()));
    on_a_commit!(needs "needs prism: run ./tests/run", suite over { served(None) } as server => (&open(&server.url(), None), &history().child));
    cases!(needs "needs prism: run ./tests/run", suite over { served(None) } as server =>
        (&open(&server.url(), None), &history().absent): knows_no_checks);
    cases!(suite over { open("http://127.0.0.1:1", None) } as github =>
        (&github, &history()): tells_that_it_cannot_be_reached);
    cases!(needs "needs prism: run ./tests/run", suite over { served(Some(GITHUB_TOKEN)) } as server =>
        (&open(&server.url(), None), &history().child): tells_that_credentials_are_missing);
    cases!(needs "needs prism: run ./tests/run", suite over { served(Some(GITHUB_TOKEN)) } as server =>
        (&open_repository("acme/elsewhere", &server.url(), Some(GITHUB_TOKEN)), &history().child):
        tells_that_it_does_not_exist);

    /// The server demands a token, and gets it; or gets another.
    mod guarded {
        use super::{GITHUB_TOKEN, history, open, served, suite};

        on_a_history!(needs "needs prism: run ./tests/run", suite over { served(Some(GITHUB_TOKEN)) } as server =>
            (&open(&server.url(), Some(GITHUB_TOKEN)), &history()));
        on_a_commit!(needs "needs prism: run ./tests/run", suite over { served(Some(GITHUB_TOKEN)) } as server =>
            (&open(&server.url(), Some(GITHUB_TOKEN)), &history().child));
        cases!(needs "needs prism: run ./tests/run", suite over { served(Some(GITHUB_TOKEN)) } as server =>
            (&open(&server.url(), Some("another")), &history().child): tells_that_credentials_are_missing);
    }
}

/// A checkout that has other commits, and then one that knows.
mod first_known {
    use super::{checkout, fake, first_known, history, suite};

    on_a_history!(suite over { first_known(fake()) } as (_folder, both) => (&both, &history()));
    on_a_commit!(suite over { first_known(fake()) } as (_folder, both) => (&both, &history().child));
    cases!(suite over { first_known(fake()) } as (_folder, both) => (&both, &history().absent): knows_no_checks);

    mod which_is_the_checkout {
        use super::{checkout, fake, suite};

        on_a_history!(suite over {
            let (folder, checkout, history) = checkout();
            let both: Vec<Box<dyn embark_core::ports::ApplicationRepository>> = vec![Box::new(checkout), Box::new(fake())];
            (folder, embark_core::ports::FirstKnown::new(both), history)
        } as (_folder, both, history) => (&both, &history));
    }
}

fn fake() -> FakeApplication {
    let (fake, history) = (FakeApplication::default(), history());
    for (commit, parent) in edges(&history) {
        fake.commit(commit, parent);
    }
    for (name, kind, result) in suite::reported() {
        fake.report(&history.child, &name.parse().expect("a name"), kind, result);
    }
    fake
}

fn served(token: Option<&str>) -> GitHubServer {
    let (server, history) = (GitHubServer::start(token), history());
    for (commit, parent) in edges(&history) {
        server.commit(commit.as_str(), parent.map(Commit::as_str));
    }
    let child = history.child.as_str();
    for (name, kind, result) in suite::reported() {
        match (kind, &result) {
            (CheckKind::CheckRun, CheckResult::Passed) => server.check_run(child, name, Some("success")),
            (CheckKind::CheckRun, CheckResult::Running) => server.check_run(child, name, None),
            (CheckKind::CheckRun, CheckResult::Failed(word)) => server.check_run(child, name, Some(word)),
            (CheckKind::Status, CheckResult::Passed) => server.status(child, name, "success"),
            (CheckKind::Status, CheckResult::Running) => server.status(child, name, "pending"),
            (CheckKind::Status, CheckResult::Failed(word)) => server.status(child, name, word),
        }
    }
    // They do not fit on one page.
    for number in 0..120 {
        server.check_run(child, &format!("shard {number}"), Some("success"));
        server.status(child, &format!("shard {number}"), "success");
    }
    server
}

fn open(api: &str, token: Option<&str>) -> GitHub {
    open_repository("acme/backstage", api, token)
}

fn open_repository(name: &str, api: &str, token: Option<&str>) -> GitHub {
    let name = name.parse().expect("a name");
    GitHub::new(client(), api.parse().expect("an address"), name, token.map(Into::into))
}

fn edges(history: &History) -> [(&Commit, Option<&Commit>); 4] {
    let History { root, child, tips: [one, other], .. } = history;
    [(root, None), (child, Some(root)), (one, Some(child)), (other, Some(child))]
}

fn checkout() -> (tempfile::TempDir, Checkout, History) {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let git = Git::init(folder.path());
    let commit = |branch: &str, text: &str| -> Commit {
        git.commit(&format!("refs/heads/{branch}"), text, &[Edit { path: "main.js", text }]).parse().expect("a commit")
    };
    let (root, child) = (commit("main", "1"), commit("main", "2"));
    git.run(&["branch", "other", "main"]);
    let tips = [commit("main", "3"), commit("other", "4")];
    let checkout = Checkout::discover(folder.path()).expect("it is a repository");
    (folder, checkout, History { root, child, tips, absent: history().absent })
}

fn first_known(fake: FakeApplication) -> (tempfile::TempDir, FirstKnown) {
    let (folder, checkout, _) = checkout();
    (folder, FirstKnown::new(vec![Box::new(checkout), Box::new(fake)]))
}
