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
        over_http(self, server, client(), |url| url)
    }

    /// Serves it in one of the ways in which servers differ.
    pub(crate) fn served(self, way: Way) -> Served {
        let configure = |key: &str, value: &str| self.git.run(&["config", key, value]);
        let token = (way == Way::Guarded).then_some(GIT_TOKEN);
        let has_tls = matches!(way, Way::Tls | Way::TlsWithoutVersions);
        let certificates = has_tls.then(|| Certificates::issue(self.folder.path(), "IP:127.0.0.1"));
        match way {
            Way::WithoutFilters => drop(configure("uploadpack.allowFilter", "false")),
            Way::ShallowFilters => {
                configure("uploadpackfilter.tree.maxDepth", "0");
                configure("uploadpackfilter.combine.allow", "false");
            }
            _ => {}
        }
        let without_versions = matches!(way, Way::WithoutVersions | Way::TlsWithoutVersions);
        let serving = Serving { token, certificates: certificates.as_ref(), without_versions };
        let server = GitServer::start_with(self.folder.path(), &serving);
        let authority = certificates.map(|certificates| certificates.authority());
        let client = authority.as_deref().map_or_else(client, client_that_trusts);
        over_http(self, server, client, move |url| {
            let url = match token {
                Some(token) => url.with_token(token.into()).expect("this machine is safe"),
                None => url,
            };
            authority.clone().into_iter().fold(url, RemoteUrl::with_authorities)
        })
    }

    /// Serves it over ssh.
    pub(crate) fn serve_over_ssh(self, lets_git_protocol_in: bool) -> OverSsh {
        let server = Sshd::start(self.folder.path(), lets_git_protocol_in);
        let repository = Box::new(|server: &Sshd, repository: &str, branch: &str| {
            let url = server.url(repository).parse().expect("an address");
            GitRepository::ssh(url, Some(server.command()), options(branch), Arc::new(FakeClock::default()))
        });
        OverSsh { bare: self, server, repository }
    }
}

/// Puts a repository behind a server over HTTP; `known` adds to its address what is known of the server.
fn over_http(
    bare: Bare,
    server: GitServer,
    client: reqwest::Client,
    known: impl Fn(RemoteUrl) -> RemoteUrl + 'static,
) -> Served {
    let repository = Box::new(move |server: &GitServer, repository: &str, branch: &str| {
        let url: RemoteUrl = server.url(repository).parse().expect("an address");
        remote(known(url), client.clone(), branch)
    });
    Served { bare, server, repository }
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
    /// The same, and by version 0 alone.
    TlsWithoutVersions,
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

type Open<S> = dyn Fn(&S, &str, &str) -> GitRepository;

/// A bare repository behind a server.
pub(crate) struct Served<S = GitServer> {
    pub(crate) bare: Bare,
    pub(crate) server: S,
    /// Opens a branch of a repository on the server.
    repository: Box<Open<S>>,
}

/// A bare repository behind `sshd`.
pub(crate) type OverSsh = Served<Sshd>;

impl<S> Served<S> {
    /// Opens it.
    pub(crate) fn open(&self) -> GitRepository {
        self.open_branch("main")
    }

    /// Opens a branch that need not be there.
    pub(crate) fn open_branch(&self, branch: &str) -> GitRepository {
        (self.repository)(&self.server, "deployment.git", branch)
    }

    /// Opens a repository that is not there.
    pub(crate) fn open_absent(&self) -> GitRepository {
        (self.repository)(&self.server, "absent.git", "main")
    }

    /// Opens it where it was before it moved.
    pub(crate) fn open_moved(&self, from: &str) -> GitRepository {
        (self.repository)(&self.server, &format!("{from}/deployment.git"), "main")
    }
}
