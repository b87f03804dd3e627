//! [`ReleasePlatform`](embark_core::ports::ReleasePlatform): the fake, GitHub by a double of it, and emulate.

use std::sync::Arc;

use embark_core::testing::contract::release_platform::{self as suite, FILES};
use embark_core::testing::{FakeApplication, FakeReleases};
use embark_core::{BranchName, Commit};
use embark_github::Releases;
use embark_tests::harness::{EMULATE_TOKEN, Edit, Emulate, GITHUB_TOKEN, Git, GitHubServer};
use serde_json::json;

use crate::client;

const REPOSITORY: &str = "acme/backstage";

/// What a rule of the branch says.
const WORDS: &str = "Repository rule violations found";

/// The cases of what emulate has, too.
macro_rules! on_one_commit {
    ($($head:tt)+) => {
        cases!($($head)+:
            knows_no_branch_that_is_not_there
            reads_the_tip_of_a_branch
            gives_the_same_tree_to_the_same_edits
            deletes_what_is_there
            takes_bytes_that_are_no_text
            tells_that_the_base_is_not_there
            makes_a_branch_once
            moves_a_branch_anywhere
            moves_no_branch_that_is_gone
            deletes_a_branch
            finds_the_pull_request_that_is_open
            changes_what_people_read
            closes_a_pull_request
        );
    };
}

mod fake {
    use super::{fake, parsed, suite};

    on_one_commit!(suite over { fake() } as (fake, base) => (&fake, &base));
    cases!(suite over { fake() } as (fake, base) => (&fake, &base):
        opens_one_pull_request
        opens_no_pull_request_of_nothing
        publishes_a_release_once
    );
    cases!(suite over { let fake = fake(); fake.0.protect(&parsed("embark/release")); fake } as (fake, base) => (&fake, &base, "protected branch"):
        tells_a_refusal_in_its_own_words);
}

mod github {
    use super::{GITHUB_TOKEN, REPOSITORY, WORDS, kept, open, suite};

    on_one_commit!(needs "needs prism: run ./tests/run", suite over { kept() } as (_folder, server, base) => (&open(&server.url(), REPOSITORY, GITHUB_TOKEN), &base));
    cases!(needs "needs prism: run ./tests/run", suite over { kept() } as (_folder, server, base) => (&open(&server.url(), REPOSITORY, GITHUB_TOKEN), &base):
        opens_one_pull_request
        opens_no_pull_request_of_nothing
        publishes_a_release_once
    );
    cases!(needs "needs prism: run ./tests/run", suite over { let it = kept(); it.1.protect(REPOSITORY, "embark/release"); it } as (_folder, server, base) =>
        (&open(&server.url(), REPOSITORY, GITHUB_TOKEN), &base, WORDS): tells_a_refusal_in_its_own_words);
    cases!(needs "needs prism: run ./tests/run", suite over { kept() } as (_folder, server, _base) => (&open(&server.url(), REPOSITORY, "another")):
        tells_that_credentials_are_missing);
    cases!(needs "needs prism: run ./tests/run", suite over { kept() } as (_folder, server, _base) => (&open(&server.url(), "acme/elsewhere", GITHUB_TOKEN)):
        tells_that_it_does_not_exist);
    cases!(suite over { open("http://127.0.0.1:1", REPOSITORY, GITHUB_TOKEN) } as it => (&it): tells_that_it_cannot_be_reached);
}

/// It opens a second pull request between two branches, and one of nothing, which GitHub does not. Its releases make no tag,
/// and it has no rules.
mod emulate {
    use super::{EMULATE_TOKEN, REPOSITORY, emulate, open, suite};

    on_one_commit!(needs "needs emulate: run ./tests/run", suite over { emulate() } as (emulate, base) => (&open(&emulate.url(), REPOSITORY, EMULATE_TOKEN), &base));
    cases!(needs "needs emulate: run ./tests/run", suite over { emulate() } as (emulate, _base) => (&open(&emulate.url(), "acme/elsewhere", EMULATE_TOKEN)):
        tells_that_it_does_not_exist);
}

fn parsed<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().expect("it is right")
}

fn open(api: &str, name: &str, token: &str) -> Releases {
    Releases::new(client(), parsed(api), parsed(name), Some(token.into()))
}

fn fake() -> (FakeReleases, Commit) {
    let fake = FakeReleases::new(Arc::new(FakeApplication::default()));
    let base = fake.push(&parsed::<BranchName>("main"), &FILES, "Begin");
    (fake, base)
}

fn kept() -> (tempfile::TempDir, GitHubServer, Commit) {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let git = Git::init_bare(folder.path());
    let base = git.commit("refs/heads/main", "Begin", &FILES.map(|(path, text)| Edit { path, text }));
    let server = GitHubServer::start(Some(GITHUB_TOKEN));
    server.keep_for_releases(REPOSITORY, &git);
    (folder, server, parsed(&base))
}

fn emulate() -> (Emulate, Commit) {
    let (emulate, repository) = (Emulate::start(), "backstage");
    let entry = |(path, text): (&str, &str)| json!({ "path": path, "mode": "100644", "type": "blob", "content": text });
    let sha = |object: serde_json::Value| object["sha"].as_str().expect("an object has an id").to_owned();
    let tree = sha(emulate.ask("POST", "backstage/git/trees", &json!({ "tree": FILES.map(entry) })));
    let commit = json!({ "message": "Begin", "tree": tree, "parents": [] });
    let base = sha(emulate.ask("POST", "backstage/git/commits", &commit));
    let moved = json!({ "sha": base, "force": true });
    emulate.ask("PATCH", &format!("{repository}/git/refs/heads/main"), &moved);
    (emulate, parsed(&base))
}
