//! Large folders cross the wire as deltas, which the git program takes and finds sound.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use embark_core::ports::{Change, DeploymentRepository as _};
use embark_tests::harness::Fault;

use crate::git::{Bare, Served};

const BRANCH: &str = "refs/heads/main";

/// How many files lie in the folder.
const FILES: usize = 20_000;

/// A server of a repository with one folder of many files.
fn served() -> Served {
    let bare = Bare::new();
    let tip = bare.git.tip(BRANCH).expect("the branch is there");
    let mut stream = format!(
        "commit {BRANCH}\ncommitter A Person <person@example.com> 1700000000 +0000\ndata 4\nMany\nfrom {tip}\n"
    );
    for number in 0..FILES {
        let _ = write!(stream, "M 100644 inline {}\ndata 6\n{number:05}\n", path(number));
    }
    bare.git.fast_import(&stream);
    bare.serve(None)
}

fn path(number: usize) -> String {
    format!("apps/app-{number:05}.yaml")
}

/// Changes one file in each commit, far from the one before.
fn stack(commits: usize) -> Vec<Change> {
    let change = |number: usize| Change {
        files: BTreeMap::from([(
            path(number * 7 % FILES).parse().expect("a path"),
            format!("image: {number}\n").into_bytes(),
        )]),
        message: format!("Change {number}"),
        deployment: None,
    };
    (1..=commits).map(change).collect()
}

/// Pushes a stack and returns how many bytes went up.
async fn push(served: &Served, commits: usize) -> usize {
    let open = served.open();
    let tip = open.read(Vec::new()).await.expect("it can be read").tip;
    served.server.take_traffic();
    let committed = open.commit(tip.clone(), stack(commits)).await.expect("it is taken");
    let up = served.server.take_traffic().up();
    let git = &served.bare.git;
    assert_eq!(git.run(&["rev-list", "--count", &format!("{tip}..{BRANCH}")]), commits.to_string());
    let last = committed.commits.last().expect("there is one");
    assert_eq!(git.tip(BRANCH).as_deref(), Some(last.as_str()));
    for number in [1, commits / 2 + 1, commits] {
        let at = committed.commits[number - 1].as_str();
        let path = path(number * 7 % FILES);
        assert_eq!(git.file(at, &path).as_deref(), Some(format!("image: {number}\n").as_str()));
        assert_eq!(git.run(&["diff", "--name-only", &format!("{at}^"), at]), path, "and nothing else");
    }
    assert_eq!(git.paths(BRANCH).len(), FILES + 1);
    up
}

#[tokio::test]
#[ignore = "needs git http-backend: run ./tests/run"]
async fn one_commit_in_a_large_folder_is_small_and_git_unpacks_it() {
    let served = served();
    let up = push(&served, 1).await;
    assert!(up < 2_048, "{up} bytes");
    served.bare.git.assert_sound();
}

#[tokio::test]
#[ignore = "needs git http-backend: run ./tests/run"]
async fn a_stack_in_a_large_folder_is_small_and_git_indexes_it() {
    let served = served();
    // From so many objects on git keeps the pack, and adds the bases that it lacks.
    served.bare.git.run(&["config", "receive.unpackLimit", "1"]);
    let up = push(&served, 100).await;
    assert!(up < 100 * 1_024, "{up} bytes");
    served.bare.git.assert_sound();
}

#[tokio::test]
#[ignore = "needs git http-backend: run ./tests/run"]
async fn a_server_that_wants_no_thin_packs_gets_a_few_folders_whole() {
    let served = served();
    served.server.set_fault(Some(Fault::NoThin));
    let up = push(&served, 16).await;
    // Commits 1, 2, 4, 8 and 16 go back to the tree of the server. An id is random, and not to be compressed.
    let whole = FILES * 20;
    assert!((5 * whole..8 * whole).contains(&up), "{up} bytes");
    served.bare.git.assert_sound();
}
