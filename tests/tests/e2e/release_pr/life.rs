//! An application whose releases are proposed on a double of GitHub.

use std::fs;
use std::path::PathBuf;

use embark_tests::harness::{Embark, GITHUB_TOKEN, Git, GitHubServer, Image, Report, Setup, World};
use serde_json::{Value, json};

use crate::EMBARK;

pub(crate) const REPOSITORY: &str = "acme/backstage";
pub(crate) const BRANCH: &str = "refs/heads/embark/release";

pub(crate) const PACKAGE: &str = "{\n  \"name\": \"backstage\",\n  \"version\": \"1.3.0\",\n  \"private\": true\n}\n";
pub(crate) const MINOR: &str = "---\n\"backstage\": minor\n---\n\nCarts are kept.\n";
pub(crate) const MAJOR: &str = "---\n\"backstage\": major\n---\n\nCarts need an account.\n";

/// An application with a checkout, its repository on GitHub, and all that is behind it.
pub(crate) struct Life {
    pub(crate) world: World,
    pub(crate) github: GitHubServer,
    pub(crate) app: Git,
    pub(crate) upstream: Git,
    /// How the next commit is called.
    steps: std::cell::Cell<usize>,
}

impl Life {
    pub(crate) fn new() -> Self {
        let mut world = World::new(EMBARK, Setup::Embedded);
        world.configure("application: backstage", "application: { name: backstage, repository: acme/backstage }");
        world.configure("environments:", "version: { file: package.json }\nenvironments:");
        let github = GitHubServer::start(Some(GITHUB_TOKEN));
        world.embark = world.embark.with("GITHUB_API_URL", &github.url()).with("EMBARK_GITHUB_TOKEN", GITHUB_TOKEN);
        let app = Git::at(&world.app());
        let upstream = Git::init_bare(&world.app().join("../git/backstage.git"));
        app.run(&["reset", "--quiet", "--hard"]);
        app.run(&["remote", "add", "origin", &upstream.folder().display().to_string()]);
        github.keep_for_releases(REPOSITORY, &upstream);
        let life = Self { world, github, app, upstream, steps: std::cell::Cell::new(0) };
        life.push(&[
            ("package.json", Some(PACKAGE)),
            ("CHANGELOG.md", Some("# backstage\n\n## 1.3.0\n\n- The first.\n")),
        ]);
        life
    }

    /// Somebody changes files of `main`; returns the commit, which is checked out as CI does.
    pub(crate) fn push(&self, files: &[(&str, Option<&str>)]) -> String {
        for (path, text) in files {
            let path = self.world.app().join(path);
            fs::create_dir_all(path.parent().expect("it is in a folder")).expect("the folder can be made");
            match text {
                Some(text) => fs::write(&path, text).expect("it can be written"),
                None => fs::remove_file(&path).expect("it is there"),
            }
            self.app.run(&["add", "--all", "--", &path.display().to_string()]);
        }
        self.steps.set(self.steps.get() + 1);
        let who = ["-c", "user.name=ada", "-c", "user.email=ada@example.com"];
        let message = format!("Step {}", self.steps.get());
        self.app.run(&[&who[..], &["commit", "--quiet", "--allow-empty", "-m", &message]].concat());
        self.app.run(&["push", "--quiet", "origin", "HEAD:main"]);
        self.app.run(&["rev-parse", "HEAD"])
    }

    pub(crate) fn run(&self) -> Report {
        self.world.embark.json(&["release-pr"])
    }

    /// Runs it, and returns what it tells once it has ended so.
    #[track_caller]
    pub(crate) fn ended(&self, outcome: &str) -> Value {
        self.run().ended(0, outcome).json["releasePr"].take()
    }

    pub(crate) fn tip(&self) -> Option<String> {
        self.upstream.tip(BRANCH)
    }

    /// The commits that the branch has on top of `main`.
    pub(crate) fn ahead(&self) -> String {
        self.upstream.run(&["rev-list", "--count", &format!("main..{BRANCH}")])
    }

    /// The pull requests: whether each is open, and its title.
    pub(crate) fn pulls(&self) -> Vec<(bool, String)> {
        self.github.pull_requests(REPOSITORY).into_iter().map(|(is_open, title, _)| (is_open, title)).collect()
    }

    pub(crate) fn body(&self) -> String {
        self.github.pull_requests(REPOSITORY).pop().expect("there is one").2
    }

    /// Builds a commit, and takes it to staging.
    pub(crate) fn stage(&self, commit: &str, seed: &str) -> (Image, Image) {
        let images = self.world.build(commit, seed, seed);
        self.world.embark.json(&["release", "staging", "--commit", commit, "--deploy"]).ended(0, "done");
        images
    }

    /// Somebody adds a changeset to `main`.
    pub(crate) fn add_changeset(&self) {
        self.push(&[(".changeset/red-cats-jump.md", Some(MINOR))]);
    }

    /// Checks a commit of the repository on GitHub out.
    pub(crate) fn check_out(&self, revision: &str) {
        self.app.run(&["fetch", "--quiet", "origin"]);
        self.app.run(&["checkout", "--quiet", "--force", "--detach", revision]);
    }

    /// Writes the event of the merge of the pull request with this head; returns where it is.
    pub(crate) fn merged(&self, head: &str) -> PathBuf {
        let event = self.world.app().join("../event.json");
        let side = |name: &str| json!({ "ref": name, "sha": head, "repo": { "full_name": REPOSITORY } });
        let pull_request = json!({ "merged": true, "head": side("embark/release"), "base": side("main") });
        let text = json!({ "action": "closed", "pull_request": pull_request });
        fs::write(&event, text.to_string()).expect("it can be written");
        event
    }

    /// Runs as GitHub Actions does once the pull request of this head is closed.
    pub(crate) fn on_merge(&self, head: &str) -> Embark {
        let event = self.merged(head);
        let embark = self.world.embark.clone().with("GITHUB_EVENT_NAME", "pull_request");
        embark.with("GITHUB_EVENT_PATH", &event.display().to_string())
    }
}
