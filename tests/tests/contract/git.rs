//! Repositories for the adapter over git.

use std::path::Path;
use std::sync::Arc;

use embark_core::testing::FakeClock;
use embark_gitops::{Author, GitRepository, Options, RefName, RemoteUrl};
use embark_tests::harness::{Edit, GIT_TOKEN, Git, GitServer};
use tempfile::TempDir;

use crate::client;

const BRANCH: &str = "refs/heads/main";

/// What a hook of the fixtures says when it refuses a push.
pub(crate) const WORDS: &str = "main is frozen until Monday, says the release manager";

/// A bare repository that holds `dev.yaml` alone.
pub(crate) struct Bare {
    pub(crate) git: Git,
    folder: TempDir,
}

impl Bare {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let git = Git::init_bare(&folder.path().join("deployment.git"));
        git.commit(BRANCH, "Begin", &[Edit { path: "dev.yaml", text: "tag: a\n" }]);
        Self { git, folder }
    }

    /// Adds the symbolic link `link.yaml` and the executable file `run.sh`.
    pub(crate) fn with_modes(self) -> Self {
        let tip = self.git.tip(BRANCH).expect("the branch is there");
        self.git.fast_import(&format!(
            "commit {BRANCH}\ncommitter A Person <person@example.com> 1700000000 +0000\ndata 5\nModes\nfrom {tip}\n\
             M 120000 inline link.yaml\ndata 8\ndev.yaml\nM 100755 inline run.sh\ndata 5\ntrue\n\n"
        ));
        self
    }

    /// Refuses every push with [`WORDS`].
    pub(crate) fn with_a_refusing_hook(self) -> Self {
        self.git.hook("pre-receive", &format!("#!/bin/sh\necho '{WORDS}' >&2\nexit 1\n"));
        self
    }

    /// Makes a commit on another branch, on top of this one's tip.
    pub(crate) fn commit_elsewhere(&self) -> embark_core::Revision {
        let tip = self.git.tip(BRANCH).expect("the branch is there");
        self.git.run(&["update-ref", "refs/heads/elsewhere", &tip]);
        let edit = Edit { path: "dev.yaml", text: "tag: evil\n" };
        self.git.commit("refs/heads/elsewhere", "Elsewhere", &[edit]).parse().expect("a commit")
    }

    /// Opens it as a path.
    pub(crate) fn local(&self) -> GitRepository {
        local(self.git.folder(), "main")
    }

    /// Serves it over HTTP.
    pub(crate) fn serve(self, token: Option<&str>) -> Served {
        let server = GitServer::start(self.folder.path(), token);
        Served { bare: self, server }
    }
}

/// Opens a repository and a branch that need not be there.
pub(crate) fn local(path: &Path, branch: &str) -> GitRepository {
    GitRepository::local(path, options(branch), Arc::new(FakeClock::default()))
}

/// Opens a repository on a server.
pub(crate) fn remote(url: RemoteUrl, branch: &str) -> GitRepository {
    GitRepository::remote(url, client(), options(branch), Arc::new(FakeClock::default()))
}

/// Names a repository on this machine where nobody listens.
pub(crate) fn unreachable() -> GitRepository {
    remote("http://127.0.0.1:1/deployment.git".parse().expect("an address"), "main")
}

fn options(branch: &str) -> Options {
    Options {
        branch: branch.parse().expect("a branch"),
        ledger: Some(RefName::ledger()),
        author: Author { name: "embark".into(), email: "embark@example.com".into() },
    }
}

/// A bare repository behind `git http-backend`.
pub(crate) struct Served {
    pub(crate) bare: Bare,
    pub(crate) server: GitServer,
}

impl Served {
    /// Opens it without credentials.
    pub(crate) fn open(&self) -> GitRepository {
        self.open_branch("main")
    }

    /// Opens a branch that need not be there.
    pub(crate) fn open_branch(&self, branch: &str) -> GitRepository {
        remote(self.url("deployment.git"), branch)
    }

    /// Opens a repository that is not there.
    pub(crate) fn open_absent(&self) -> GitRepository {
        remote(self.url("absent.git"), "main")
    }

    /// Opens it with the token that it demands.
    pub(crate) fn open_with_token(&self) -> GitRepository {
        let url = self.url("deployment.git").with_token(GIT_TOKEN.into()).expect("this machine is safe");
        remote(url, "main")
    }

    /// Opens it where it was before it moved: with the token that it demands.
    pub(crate) fn open_moved(&self, from: &str) -> GitRepository {
        let url = self.url(&format!("{from}/deployment.git"));
        remote(url.with_token(GIT_TOKEN.into()).expect("this machine is safe"), "main")
    }

    fn url(&self, repository: &str) -> RemoteUrl {
        self.server.url(repository).parse().expect("an address")
    }
}
