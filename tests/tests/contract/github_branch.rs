//! [`DeploymentRepository`](embark_core::ports::DeploymentRepository) over GitHub's API, by a double of it that has a real
//! repository.

use std::collections::BTreeMap;

use embark_core::FilePath;
use embark_core::ports::{Change, DeploymentRepository as _, LogQuery, RepositoryError};
use embark_core::testing::contract::deployment_repository as suite;
use embark_github::Branch;
use embark_tests::harness::{GITHUB_TOKEN, GitHubServer};

use crate::client;
use crate::git::Bare;

const REPOSITORY: &str = "acme/deployment";

/// What a rule of the branch says.
const WORDS: &str = "Changes must be made through a pull request.";

/// A repository that the double keeps.
struct Kept {
    bare: Bare,
    server: GitHubServer,
}

impl Kept {
    fn new(bare: Bare) -> Self {
        let server = GitHubServer::start(Some(GITHUB_TOKEN));
        server.keep(REPOSITORY, bare.git.clone());
        Self { bare, server }
    }

    fn open(&self) -> Branch {
        self.open_branch(REPOSITORY, "main")
    }

    fn open_branch(&self, repository: &str, branch: &str) -> Branch {
        branch_of(&self.server.url(), repository, branch, Some(GITHUB_TOKEN))
    }
}

fn branch_of(url: &str, repository: &str, branch: &str, token: Option<&str>) -> Branch {
    let (api, name) = (url.parse().expect("an address"), repository.parse().expect("a name"));
    Branch::new(client(), api, name, branch, token.map(Into::into))
}

fn kept() -> Kept {
    Kept::new(Bare::new())
}

on_a_branch!(needs "needs prism: run ./tests/run", suite over { kept() } as it => (&it.open()));
with_another!(needs "needs prism: run ./tests/run", suite over { kept() } as it => (&it.open(), &it.open()));
cases!(needs "needs prism: run ./tests/run", suite over { kept() } as it => (&it.open(), it.bare.commit_elsewhere()): leaves_out_commits_of_other_branches);
cases!(needs "needs prism: run ./tests/run", suite over { Kept::new(Bare::new().with_modes()) } as it => (&it.open()):
    tells_a_symbolic_link_from_a_file tells_the_links_of_a_folder);
cases!(needs "needs prism: run ./tests/run", suite over { let it = kept(); it.server.refuse_commits(REPOSITORY, Some(("UNPROCESSABLE", WORDS))); it } as it =>
    (&it.open(), WORDS): tells_a_refusal_in_its_own_words);
cases!(needs "needs prism: run ./tests/run", suite over { let it = kept(); it.server.lose_commits(REPOSITORY, 1, true); it } as it => (&it.open()):
    tells_what_is_so_after_a_lost_answer);
cases!(needs "needs prism: run ./tests/run", suite over { kept() } as it => (&branch_of(&it.server.url(), REPOSITORY, "main", None)):
    tells_that_credentials_are_missing);
cases!(needs "needs prism: run ./tests/run", suite over { branch_of("http://127.0.0.1:1", REPOSITORY, "main", None) } as it => (&it):
    tells_that_it_cannot_be_reached);

mod absent_branch {
    use super::{REPOSITORY, kept, suite};

    cases!(needs "needs prism: run ./tests/run",
        suite over { kept() } as it => (&it.open_branch(REPOSITORY, "absent")): tells_that_it_does_not_exist);
}

mod absent_repository {
    use super::{kept, suite};

    cases!(needs "needs prism: run ./tests/run",
        suite over { kept() } as it => (&it.open_branch("acme/absent", "main")): tells_that_it_does_not_exist);
}

/// A commit that was not made is sent again.
mod unmade {
    use super::{REPOSITORY, kept, suite};

    cases!(needs "needs prism: run ./tests/run",
        suite over { let it = kept(); it.server.lose_commits(REPOSITORY, 1, false); it } as it => (&it.open()):
        tells_what_is_so_after_a_lost_answer);
}

fn path(text: &str) -> FilePath {
    text.parse().expect("a path")
}

fn change(file: &str, text: &str, message: &str) -> Change {
    let files = BTreeMap::from([(path(file), text.as_bytes().to_vec())]);
    Change { files, message: message.into(), deployment: None }
}

async fn tip(branch: &Branch) -> embark_core::Revision {
    branch.read(Vec::new()).await.expect("read").tip
}

/// Commits files as they are.
async fn put(branch: &Branch, files: &[(&str, Vec<u8>)]) {
    let files = files.iter().map(|(name, bytes)| (path(name), bytes.clone())).collect();
    let change = Change { files, message: "Put\n".into(), deployment: None };
    branch.commit(tip(branch).await, vec![change]).await.expect("committed");
}

#[tokio::test]
#[ignore = "needs prism: run ./tests/run"]
async fn one_request_reads_and_one_commits() {
    let kept = kept();
    let branch = kept.open();
    let snapshot = branch.read(vec![path("dev.yaml"), path("absent.yaml")]).await.expect("read");
    let stack = vec![change("dev.yaml", "tag: b\n", "b\n"), change("new.yaml", "tag: b\n", "new\n")];
    branch.commit(snapshot.tip, stack).await.expect("committed");
    // Of the second file nothing was known: that costs one more.
    let traffic = kept.server.take_traffic();
    assert_eq!(traffic.requests(), 4, "{traffic}");
    let snapshot = branch.read(vec![path("dev.yaml")]).await.expect("read");
    branch.commit(snapshot.tip, vec![change("dev.yaml", "tag: c\n", "c\n")]).await.expect("committed");
    let traffic = kept.server.take_traffic();
    assert_eq!(traffic.requests(), 2, "{traffic}");
}

#[tokio::test]
#[ignore = "needs prism: run ./tests/run"]
async fn what_does_not_come_as_it_is_is_fetched_as_it_is() {
    let kept = kept();
    let utf_16: Vec<u8> = "\u{feff}tag: ü\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let odd = [
        ("bom.yaml", b"\xef\xbb\xbftag: a\n".to_vec()),
        ("utf-16.yaml", utf_16),
        ("latin-1.yaml", b"tag: \xfc\n".to_vec()),
        ("large.yaml", b"tag: a\n".repeat(100_000)),
    ];
    put(&kept.open(), &odd).await;
    let even =
        [("crlf.yaml", b"tag: a\r\n\r\n".to_vec()), ("empty.yaml", Vec::new()), ("open.yaml", b"tag: a".to_vec())];
    put(&kept.open(), &even).await;
    let branch = kept.open();
    kept.server.take_traffic();
    for (files, requests) in [(&odd[..], 5), (&even[..], 1)] {
        let snapshot = branch.read(files.iter().map(|(name, _)| path(name)).collect()).await.expect("read");
        for (name, bytes) in files {
            assert!(snapshot.file(&path(name)) == Some(bytes), "{name}");
        }
        let traffic = kept.server.take_traffic();
        assert_eq!(traffic.requests(), requests, "{traffic}");
    }
    kept.bare.git.assert_sound();
}

#[tokio::test]
#[ignore = "needs prism: run ./tests/run"]
async fn messages_are_those_that_git_writes() {
    for message in ["deploy(dev): a 1\n\nEmbark-Component: a\n", "hold(dev): all\n\nwhy\n\nEmbark-Environment: dev\n"] {
        let kept = kept();
        let branch = kept.open();
        branch.commit(tip(&branch).await, vec![change("dev.yaml", "tag: b\n", message)]).await.expect("committed");
        // The last line break is taken off by the harness.
        let raw = kept.bare.git.run(&["cat-file", "commit", "main"]) + "\n";
        assert_eq!(raw.split_once("\n\n").map(|(_, message)| message), Some(message));
        let entries = branch.log(LogQuery { from: None, until: None, paths: Vec::new(), limit: 1 }).await.expect("log");
        assert_eq!(entries[0].message, message);
    }
}

/// Two branches that were merged, each longer than a page.
fn merged() -> Kept {
    let bare = Bare::new();
    let base = bare.git.tip("main").expect("the branch is there");
    let mut stream = String::new();
    for (name, file, count) in [("main", "dev.yaml", 130), ("side", "side.yaml", 130)] {
        for number in 0..count {
            let text = format!("tag: {number}\n");
            let from = if number == 0 { format!("from {base}\n") } else { String::new() };
            // Every tenth changes the file of the other as well.
            let other = if number % 10 == 0 {
                format!("M 100644 inline both.yaml\ndata {}\n{text}\n", text.len())
            } else {
                String::new()
            };
            stream += &format!(
                "commit refs/heads/{name}\ncommitter A <a@example.com> {} +0000\ndata 2\n{name:.1}\n{from}\
                 M 100644 inline {file}\ndata {}\n{text}\n{other}\n",
                1_700_000_000 + number,
                text.len()
            );
        }
    }
    stream += "commit refs/heads/main\ncommitter A <a@example.com> 1700001000 +0000\ndata 5\nMerge\n\
               merge refs/heads/side\nM 100644 inline side.yaml\ndata 10\ntag: last\n\n\n";
    bare.git.fast_import(&stream);
    Kept::new(bare)
}

#[tokio::test]
#[ignore = "needs prism: run ./tests/run"]
async fn history_goes_along_first_parents() {
    let kept = merged();
    for (paths, limit) in
        [(vec![], 1_000), (vec!["dev.yaml"], 1_000), (vec!["side.yaml"], 1_000), (vec!["both.yaml", "side.yaml"], 5)]
    {
        let limit_text = limit.to_string();
        let arguments = ["rev-list", "--first-parent", "--max-count", &limit_text, "main", "--"];
        let expected = kept.bare.git.run(&[&arguments[..], &paths[..]].concat());
        let query = LogQuery { from: None, until: None, paths: paths.iter().map(|name| path(name)).collect(), limit };
        let found = kept.open().log(query).await.expect("log");
        let found: Vec<&str> = found.iter().map(|entry| entry.revision.as_str()).collect();
        assert_eq!(found, expected.lines().collect::<Vec<_>>(), "{paths:?}");
    }
}

#[tokio::test]
#[ignore = "needs prism: run ./tests/run"]
async fn a_commit_that_was_merged_is_not_on_the_branch() {
    let kept = merged();
    let commit =
        |name: &str| kept.bare.git.tip(name).expect("it is there").parse::<embark_core::Revision>().expect("a commit");
    let on_branch = [commit("main"), commit("main~1"), commit("main~120")];
    let elsewhere = [commit("side"), commit("side~100"), kept.bare.commit_elsewhere()];
    let branch = kept.open();
    let found = branch.commits(on_branch.iter().chain(&elsewhere).cloned().collect()).await.expect("read");
    let mut expected = on_branch.to_vec();
    expected.sort();
    assert_eq!(found.into_keys().collect::<Vec<_>>(), expected);
    // What leads to the tip by no way at all is left out without a walk.
    let branch = kept.open();
    tip(&branch).await;
    kept.server.take_traffic();
    assert!(branch.commits(vec![elsewhere[2].clone()]).await.expect("read").is_empty());
    let traffic = kept.server.take_traffic();
    assert_eq!(traffic.requests(), 2, "{traffic}");
}

#[tokio::test]
#[ignore = "needs prism: run ./tests/run"]
async fn a_stack_into_which_somebody_commits_is_a_conflict_and_its_beginning_is_there() {
    let kept = kept();
    let branch = kept.open();
    let before = tip(&branch).await;
    kept.server.commit_between(REPOSITORY, 2, "theirs.yaml");
    let stack = (0..4).map(|number| change("dev.yaml", &format!("tag: {number}\n"), &format!("{number}\n"))).collect();
    let torn = branch.commit(before.clone(), stack).await;
    let Err(RepositoryError::Conflict { expected, .. }) = torn else { panic!("{torn:?}") };
    assert_eq!(expected, before);
    let query = LogQuery { from: None, until: Some(before), paths: Vec::new(), limit: 9 };
    let messages: Vec<String> = branch.log(query).await.expect("log").into_iter().map(|entry| entry.message).collect();
    assert_eq!(messages.iter().map(|message| message.trim_end()).collect::<Vec<_>>(), ["By hand", "1", "0"]);
    kept.bare.git.assert_sound();
}

#[tokio::test]
#[ignore = "needs prism: run ./tests/run"]
async fn what_was_not_made_is_told_as_such() {
    let kept = kept();
    let branch = kept.open();
    let before = tip(&branch).await;
    kept.server.lose_commits(REPOSITORY, 3, false);
    let lost = branch.commit(before.clone(), vec![change("dev.yaml", "tag: b\n", "ours\n")]).await;
    assert!(matches!(lost, Err(RepositoryError::Unavailable { .. })), "{lost:?}");
    assert_eq!(tip(&branch).await, before);
    // Somebody else's comes first: ours is not made.
    kept.server.commit_between(REPOSITORY, 0, "theirs.yaml");
    kept.server.lose_commits(REPOSITORY, 1, true);
    let lost = branch.commit(before, vec![change("dev.yaml", "tag: b\n", "ours\n")]).await;
    assert!(matches!(lost, Err(RepositoryError::Conflict { actual: Some(_), .. })), "{lost:?}");
}

#[tokio::test]
#[ignore = "needs prism: run ./tests/run"]
async fn what_would_lose_its_mode_is_refused_before_anything_is_written() {
    let kept = Kept::new(Bare::new().with_modes());
    for (name, what) in [("run.sh", "executable, and would not be"), ("link.yaml", "a symbolic link")] {
        let branch = kept.open();
        let before = tip(&branch).await;
        let stack = vec![change("dev.yaml", "tag: b\n", "b\n"), change(name, "x\n", "x\n")];
        let refused = branch.commit(before.clone(), stack).await.expect_err("it is refused");
        assert!(refused.to_string().contains(what), "{refused}");
        assert_eq!(tip(&branch).await, before);
    }
    put(&kept.open(), &[("dev.yaml", b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\n".to_vec())]).await;
    let error = kept.open().read(vec![path("dev.yaml")]).await.expect_err("it is a pointer").to_string();
    assert!(error.ends_with(" is a pointer of Git LFS"), "{error}");
}
