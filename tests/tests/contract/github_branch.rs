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
cases!(needs "needs prism: run ./tests/run", suite over { Kept::new(Bare::new().with_modes()) } as it => (&it.open()): tells_a_symbolic_link_from_a_file);
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

    cases!(suite over { kept() } as it => (&it.open_branch(REPOSITORY, "absent")): tells_that_it_does_not_exist);
}

mod absent_repository {
    use super::{kept, suite};

    cases!(suite over { kept() } as it => (&it.open_branch("acme/absent", "main")): tells_that_it_does_not_exist);
}

/// A commit that was not made is sent again.
mod unmade {
    use super::{REPOSITORY, kept, suite};

    cases!(suite over { let it = kept(); it.server.lose_commits(REPOSITORY, 1, false); it } as it => (&it.open()):
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
