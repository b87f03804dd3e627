//! The use case of the release PR over GitHub's API, by a double of it that has a real repository: its life, and what a run
//! leaves whose connection is cut.

use std::collections::BTreeMap;

use embark_core::testing::FakeSystems;
use embark_core::testing::contract::release_platform::FILES;
use embark_core::{
    BranchName, Commit, Component, Edit, Environment, Error, PackageChange, Pipeline, PullRequestTemplate,
    ReleaseChange, ReleasePr, ReleasePrRequest, Requirements, Success, Systems, TagKind, Template, ValuesKeys,
    VersionFormat, Versioned, release_pr,
};
use embark_github::{GitHub, Releases};
use embark_tests::harness::{Cut, Edit as GitEdit, GITHUB_TOKEN, Git, GitHubServer};

use crate::client;

const REPOSITORY: &str = "acme/backstage";
const BRANCH: &str = "refs/heads/embark/release";
const MAIN: &str = "refs/heads/main";

fn parsed<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().expect("it is right")
}

/// A repository with one changeset, and who proposes releases of it.
struct Life {
    _folder: tempfile::TempDir,
    git: Git,
    server: GitHubServer,
    fakes: FakeSystems,
    pipeline: Pipeline,
}

impl Life {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let git = Git::init_bare(folder.path());
        git.commit(MAIN, "Begin", &FILES.map(|(path, text)| GitEdit { path, text }));
        let server = GitHubServer::start(Some(GITHUB_TOKEN));
        server.keep_for_releases(REPOSITORY, &git);
        Self { _folder: folder, git, server, fakes: FakeSystems::new(BTreeMap::new()), pipeline: pipeline() }
    }

    fn base(&self) -> Commit {
        parsed(&self.git.tip(MAIN).expect("it has a commit"))
    }

    fn tip(&self) -> Option<String> {
        self.git.tip(BRANCH)
    }

    /// Somebody changes a file of `main`.
    fn push(&self, path: &str) {
        self.git.commit(MAIN, "Go on", &[GitEdit { path, text: "something else\n" }]);
    }

    async fn run(&self, base: &Commit, version: Option<&str>) -> Result<ReleasePr, Error> {
        let (api, name) = (self.server.url(), REPOSITORY);
        let token = || Some(GITHUB_TOKEN.into());
        let github = GitHub::new(client(), parsed(&api), parsed(name), token());
        let releases = Releases::new(client(), parsed(&api), parsed(name), token());
        let systems = Systems { application: Some(&github), ..self.fakes.systems(&self.pipeline) };
        release_pr(&systems, &releases, &request(base, version)).await
    }

    async fn now(&self, version: Option<&str>) -> ReleasePr {
        self.run(&self.base(), version).await.expect("it runs")
    }

    /// The titles of the pull requests that are open.
    fn open(&self) -> Vec<String> {
        let all = self.server.pull_requests(REPOSITORY).into_iter();
        all.filter(|(is_open, ..)| *is_open).map(|(_, title, _)| title).collect()
    }
}

fn pipeline() -> Pipeline {
    let component = Component {
        name: parsed("web"),
        image: parsed("registry.example.com/acme/web"),
        images: BTreeMap::new(),
        values: ValuesKeys::Apart { repository: None, tag: parsed("image.tag"), digest: None },
        create_missing: false,
        copy_referrers: false,
    };
    let environment = Environment {
        name: parsed("dev"),
        values_file: parsed("dev.yaml"),
        tag: TagKind::Commit,
        promotes_from: None,
        requires: Requirements::default(),
        success: Success::Committed,
    };
    Pipeline::new(vec![component], vec![environment], VersionFormat::default()).expect("a pipeline")
}

fn request(base: &Commit, version: Option<&str>) -> ReleasePrRequest {
    let template = |text: &str, known: &[&str]| Template::parse(text, known).expect("it is right");
    ReleasePrRequest {
        base: base.clone(),
        base_branch: parsed::<BranchName>("main"),
        branch: parsed("embark/release"),
        versioned: version.map(versioned),
        template: PullRequestTemplate {
            title: template("Release {version}", PullRequestTemplate::TITLE),
            body: template("{packages}\n\n{notes}\n", PullRequestTemplate::BODY),
        },
        page: None,
        dry_run: false,
    }
}

fn versioned(version: &str) -> Versioned {
    let edit = |path: &str, text: Option<String>| Edit { path: parsed(path), contents: text.map(String::into_bytes) };
    Versioned {
        version: parsed(version),
        notes: "- Sing.".into(),
        edits: vec![edit("VERSION", Some(format!("{version}\n"))), edit(FILES[1].0, None)],
        packages: vec![PackageChange { name: "shop".into(), from: "1.0.0".into(), to: version.into() }],
        further: Vec::new(),
    }
}

#[tokio::test]
#[ignore = "needs prism: run ./tests/run"]
async fn it_is_opened_brought_up_to_date_merged_opened_again_and_closed() {
    let life = Life::new();
    let base = life.base();
    let opened = life.now(Some("1.1.0")).await;
    assert_eq!(
        (opened.change, opened.is_open, life.open()),
        (ReleaseChange::Done, Some(true), vec!["Release 1.1.0".into()])
    );
    assert_eq!(opened.commit.as_ref().map(Commit::to_string), life.tip());
    assert_eq!(life.git.file(BRANCH, "VERSION").as_deref(), Some("1.1.0\n"));
    assert_eq!(life.git.file(BRANCH, FILES[1].0), None);
    assert_eq!(life.git.run(&["rev-list", "--count", &format!("{MAIN}..{BRANCH}")]), "1");
    life.server.take_traffic();
    assert_eq!(life.now(Some("1.1.0")).await.change, ReleaseChange::Unchanged);
    let traffic = life.server.take_traffic();
    assert_eq!(traffic.requests(), 7, "what is there is read, and its tree made again:\n{traffic}");

    // Somebody changes the line that the release changes, too.
    life.push("VERSION");
    let updated = life.now(Some("2.0.0")).await;
    assert_eq!((updated.change, life.open()), (ReleaseChange::Done, vec!["Release 2.0.0".into()]));
    assert_eq!(life.git.run(&["rev-parse", &format!("{BRANCH}^")]), life.base().as_str());
    let late = life.run(&base, Some("1.1.0")).await.expect("it runs");
    assert_eq!((late.change, life.tip()), (ReleaseChange::Unchanged, updated.commit.map(|commit| commit.to_string())));

    life.server.merge(REPOSITORY, 1);
    assert_eq!(life.git.file(MAIN, "VERSION").as_deref(), Some("2.0.0\n"));
    let after = life.now(None).await;
    assert_eq!((after.change, life.tip(), life.open().len()), (ReleaseChange::Done, None, 0));

    assert_eq!(life.now(Some("2.1.0")).await.change, ReleaseChange::Done);
    assert_eq!(life.open(), ["Release 2.1.0"]);
    let emptied = life.now(None).await;
    assert_eq!((emptied.change, emptied.is_open, life.tip()), (ReleaseChange::Done, Some(false), None));
    assert_eq!((life.open().len(), life.server.pull_requests(REPOSITORY).len()), (0, 2));
    assert_eq!(life.now(None).await.change, ReleaseChange::Unchanged);
}

/// Runs until the connection is cut for good at each of the requests, and then again.
async fn cut_everywhere(before: Option<&str>, after: Option<&str>) {
    let mut is_through = false;
    for request in 0.. {
        for cut in [Cut::Before, Cut::Unanswered] {
            let (life, place) = (Life::new(), format!("{cut:?} request {request}"));
            if before.is_some() {
                life.now(before).await;
                life.push("main.js");
            }
            let pulls = life.server.pull_requests(REPOSITORY).len().max(1);
            life.server.cut(request, cut, true);
            is_through = life.run(&life.base(), after).await.is_ok();
            life.server.heal();
            life.now(after).await;
            let title = after.map(|version| format!("Release {version}"));
            assert_eq!(life.open(), Vec::from_iter(title), "{place}");
            assert_eq!(life.server.pull_requests(REPOSITORY).len(), pulls, "{place}");
            assert_eq!(life.tip().is_some(), after.is_some(), "{place}");
            assert_eq!(life.now(after).await.change, ReleaseChange::Unchanged, "{place}");
        }
        if is_through {
            assert!(request > 5, "it was cut at {request} requests");
            return;
        }
    }
}

#[tokio::test]
#[ignore = "needs prism: run ./tests/run"]
async fn what_is_cut_when_it_is_opened_is_finished_by_the_next_run() {
    cut_everywhere(None, Some("1.1.0")).await;
}

#[tokio::test]
#[ignore = "needs prism: run ./tests/run"]
async fn what_is_cut_when_it_is_closed_is_finished_by_the_next_run() {
    cut_everywhere(Some("1.1.0"), None).await;
}

#[tokio::test]
#[ignore = "needs prism: run ./tests/run"]
async fn a_token_that_may_open_no_pull_request_is_told_which_permission_it_needs() {
    let life = Life::new();
    life.server.forbid(REPOSITORY, "pulls");
    let error = life.run(&life.base(), Some("1.1.0")).await.expect_err("it may not").to_string();
    assert!(error.contains("\"Pull requests: write\""), "{error}");
    life.server.forbid(REPOSITORY, "contents");
    life.push("main.js");
    let error = life.run(&life.base(), Some("1.1.0")).await.expect_err("it may not").to_string();
    assert!(error.contains("\"Contents: write\""), "{error}");
}
