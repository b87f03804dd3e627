//! Repositories for the adapter over git.

use std::path::Path;
use std::sync::Arc;

use embark_core::testing::FakeClock;
use embark_gitops::{Author, GitRepository, Options, RefName, RemoteUrl};
use embark_tests::harness::{Certificates, Edit, GIT_TOKEN, Git, GitServer, Serving, Sshd};
use tempfile::TempDir;

use crate::{client, client_that_trusts};

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
        Served { bare: self, server, client: client(), token: None }
    }

    /// Serves it in one of the ways in which servers differ.
    pub(crate) fn served(self, way: Way) -> Served {
        let configure = |key: &str, value: &str| self.git.run(&["config", key, value]);
        let token = (way == Way::Guarded).then_some(GIT_TOKEN);
        let certificates = (way == Way::Tls).then(|| Certificates::issue(self.folder.path(), "IP:127.0.0.1"));
        match way {
            Way::WithoutFilters => drop(configure("uploadpack.allowFilter", "false")),
            Way::ShallowFilters => {
                configure("uploadpackfilter.tree.maxDepth", "0");
                configure("uploadpackfilter.combine.allow", "false");
            }
            _ => {}
        }
        let without_versions = way == Way::WithoutVersions;
        let serving = Serving { token, certificates: certificates.as_ref(), without_versions };
        let server = GitServer::start_with(self.folder.path(), &serving);
        let client = certificates.map_or_else(client, |certificates| client_that_trusts(&certificates.authority()));
        Served { bare: self, server, client, token }
    }

    /// Serves it over ssh.
    pub(crate) fn serve_over_ssh(self, lets_git_protocol_in: bool) -> OverSsh {
        let server = Sshd::start(self.folder.path(), lets_git_protocol_in);
        OverSsh { bare: self, server }
    }
}

/// How a repository is served over HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// With filters, and protocol version 2.
    Plain,
    /// Without filters: what is wanted comes with all that hangs on it.
    WithoutFilters,
    /// With no filters but the most shallow, as large hosts have it.
    ShallowFilters,
    /// For those only who know its token.
    Guarded,
    /// By version 0 of git's protocol alone.
    WithoutVersions,
    /// By TLS, with a certificate of an authority of the team's own.
    Tls,
}

/// Opens a repository and a branch that need not be there.
pub(crate) fn local(path: &Path, branch: &str) -> GitRepository {
    GitRepository::local(path, options(branch), Arc::new(FakeClock::default()))
}

/// Opens a repository on a server.
fn remote(url: RemoteUrl, client: reqwest::Client, branch: &str) -> GitRepository {
    GitRepository::remote(url, client, options(branch), Arc::new(FakeClock::default()))
}

/// Names a repository on this machine where nobody listens.
pub(crate) fn unreachable() -> GitRepository {
    remote("http://127.0.0.1:1/deployment.git".parse().expect("an address"), client(), "main")
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
    client: reqwest::Client,
    /// What is sent to it.
    token: Option<&'static str>,
}

impl Served {
    /// Opens it.
    pub(crate) fn open(&self) -> GitRepository {
        self.open_branch("main")
    }

    /// Opens a branch that need not be there.
    pub(crate) fn open_branch(&self, branch: &str) -> GitRepository {
        self.open_repository("deployment.git", branch)
    }

    /// Opens a repository that is not there.
    pub(crate) fn open_absent(&self) -> GitRepository {
        self.open_repository("absent.git", "main")
    }

    /// Opens it where it was before it moved.
    pub(crate) fn open_moved(&self, from: &str) -> GitRepository {
        self.open_repository(&format!("{from}/deployment.git"), "main")
    }

    fn open_repository(&self, repository: &str, branch: &str) -> GitRepository {
        let url: RemoteUrl = self.server.url(repository).parse().expect("an address");
        let url = match self.token {
            Some(token) => url.with_token(token.into()).expect("this machine is safe"),
            None => url,
        };
        remote(url, self.client.clone(), branch)
    }
}

/// A bare repository behind `sshd`.
pub(crate) struct OverSsh {
    pub(crate) bare: Bare,
    server: Sshd,
}

impl OverSsh {
    /// Opens it.
    pub(crate) fn open(&self) -> GitRepository {
        self.open_branch("main")
    }

    /// Opens a branch that need not be there.
    pub(crate) fn open_branch(&self, branch: &str) -> GitRepository {
        self.open_repository("deployment.git", branch)
    }

    /// Opens a repository that is not there.
    pub(crate) fn open_absent(&self) -> GitRepository {
        self.open_repository("absent.git", "main")
    }

    fn open_repository(&self, repository: &str, branch: &str) -> GitRepository {
        let url = self.server.url(repository).parse().expect("an address");
        GitRepository::ssh(url, Some(self.server.command()), options(branch), Arc::new(FakeClock::default()))
    }
}
