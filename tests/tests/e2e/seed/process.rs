//! Those who take part in the process, and what each of them does. What passes between them is written down.

use std::cell::Cell;
use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use embark_github::webhook::{Event, Secret};
use embark_tests::harness::{
    Audience, BACKEND, COMPONENTS, Chronicle, DeploymentRepo, Edit, Embark, FRONTEND, Git, GitHubServer, GitServer,
    Image, Receiver, Registry, Store, Tap, WEBHOOK_SECRET, digest_of, push_as,
};
use serde_json::{Value, json};

use crate::EMBARK;

/// The repository whose deployments are the queue.
pub(super) const QUEUE: &str = "acme/backstage-deployment";

/// Who takes part, as the process names them: the "Create release action", and the "Deployment action".
pub(super) const BUILDER: &str = "builder";
pub(super) const DEPACTION: &str = "depaction";
/// The application's repository.
const REPOSITORY: &str = "acme/backstage";
/// What starts the first of them.
const TRIGGER: &str = "Trigger";
/// A developer, and where the application's commits are.
const DEV: &str = "dev";
const APPLICATION: &str = "application";
/// The registry, GitHub, and the deployment repo.
const STORAGE: &str = "storage";
const PLATFORM: &str = "platform";
const DREPO: &str = "drepo";

/// All that a team has, with nothing released yet.
pub(super) struct Process {
    pub(super) chronicle: Chronicle,
    pub(super) repo: DeploymentRepo,
    pub(super) store: Store,
    pub(super) github: GitHubServer,
    /// The systems as those who take part see them.
    pub(super) storage: Tap,
    application: Tap,
    hook: Tap,
    builder: Embark,
    depaction: Embark,
    /// How many events GitHub has sent.
    sent: Cell<usize>,
    folder: tempfile::TempDir,
    _others: (GitServer, Receiver, Audience, Vec<Tap>),
}

/// What each of them proves itself with.
fn token(who: &str) -> String {
    format!("{who}-token-that-nobody-may-see")
}

fn tokens(who: &[&'static str]) -> Vec<(&'static str, String)> {
    who.iter().map(|who| (*who, token(who))).collect()
}

fn address(url: &str) -> SocketAddr {
    let address = url.split("://").nth(1).and_then(|rest| rest.split('/').next());
    address.and_then(|address| address.parse().ok()).expect("a server has an address")
}

impl Process {
    /// Sets everything up, with the application at version 1.3.0.
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let at = |name: &str| folder.path().join(name);
        let chronicle = Chronicle::default();
        let repo = DeploymentRepo::create(&at("git/deployment.git"), "");
        let application = Git::init_bare(&at("git/backstage.git"));
        let git = GitServer::start(&at("git"), None);
        let registry = Registry::start(false);
        let github = GitHubServer::start(None);
        github.keep_for_releases(REPOSITORY, &application);
        let audience = Audience::start(204);

        let storage = chronicle.before(STORAGE, registry.address(), tokens(&[BUILDER, DEPACTION]));
        let platform = chronicle.before(PLATFORM, address(&github.url()), tokens(&[BUILDER, DEPACTION]));
        let drepo = chronicle.before(DREPO, address(&git.url("")), tokens(&[BUILDER, DEPACTION]));
        let application = chronicle.before(APPLICATION, address(&git.url("")), tokens(&[DEV, BUILDER, DEPACTION]));
        let people = chronicle.between(DEPACTION, DEV, address(&audience.url("")));

        let embark = |who: &str| {
            let home = at(&format!("{who}/home"));
            fs::create_dir_all(home.join(".docker")).expect("the folder can be made");
            let auth = STANDARD.encode(format!("{who}:{}", token(who)));
            let logins = json!({ "auths": { storage.address().to_string(): { "auth": auth } } });
            fs::write(home.join(".docker/config.json"), logins.to_string()).expect("the folder can be written");
            Embark::new(EMBARK, &at(&format!("{who}/backstage")), &home)
                .with("GITHUB_API_URL", &format!("http://{}/api/v3", platform.address()))
                .with("EMBARK_GITHUB_TOKEN", &token(who))
                .with("EMBARK_GIT_TOKEN", &token(who))
        };
        let builder = embark(BUILDER);
        let depaction = embark(DEPACTION).with("EMBARK_NOTIFY_URL", &format!("http://{}/hook", people.address()));
        let receiver = receive(depaction.clone());
        let hook = chronicle.between(PLATFORM, DEPACTION, receiver.address());
        let text = configuration(storage.address(), drepo.address());
        let process = Self {
            chronicle,
            repo,
            store: Store::Registry(registry),
            github,
            storage,
            application,
            hook,
            builder,
            depaction,
            sent: Cell::new(0),
            folder,
            _others: (git, receiver, audience, vec![platform, people, drepo]),
        };
        process.begin(&text);
        process
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// Returns the address of the application's repository for one of them.
    fn url(&self, who: &str) -> String {
        format!("http://x-access-token:{}@{}/backstage.git", token(who), self.application.address())
    }

    /// A developer has begun the application, and both actions have a checkout of it.
    fn begin(&self, configuration: &str) {
        let dev = Git::init(&self.path(DEV));
        let files = [
            ("embark.yaml", configuration),
            ("package.json", PACKAGE),
            ("main.js", "// nothing yet\n"),
            (".changeset/red-cats-jump.md", "---\n\"backstage\": minor\n---\n\nCarts are kept.\n"),
        ];
        let edits = files.map(|(path, text)| Edit { path, text });
        dev.commit("refs/heads/main", "Begin", &edits);
        dev.run(&["push", "--quiet", &self.url(DEV), "main"]);
        for who in [BUILDER, DEPACTION] {
            let checkout = self.path(&format!("{who}/backstage"));
            Git::at(self.folder.path()).run(&["clone", "--quiet", &self.url(who), &checkout.display().to_string()]);
        }
        self.chronicle.take();
    }

    /// A developer merges a pull request, which brings one file; returns the commit of the merge.
    pub(super) fn merge(&self, number: u64, path: &str) -> String {
        let dev = Git::at(&self.path(DEV));
        let commit = dev.commit("refs/heads/main", &format!("Merge #{number}"), &[Edit { path, text: path }]);
        dev.run(&["push", "--quiet", &self.url(DEV), "main"]);
        self.tell_github(&commit);
        self.github.pull(number, &[&commit], true);
        commit
    }

    /// The next version is proposed; returns the commit.
    pub(super) fn release_pr(&self, action: &Embark) -> String {
        let report = action.json(&["release-pr"]).ended(0, "done");
        let commit = report.json["releasePr"]["commit"].as_str().expect("there is a commit").to_owned();
        self.tell_github(&commit);
        commit
    }

    /// A developer merges the release PR.
    pub(super) fn merge_release_pr(&self, number: u64, release: &str) {
        self.chronicle.note(DEV, PLATFORM, "merge release PR");
        let merge = self.github.merge(REPOSITORY, usize::try_from(number).expect("a small number"));
        self.tell_github(&merge);
        self.github.pull(number, &[release, &merge], true);
    }

    /// GitHub knows a commit once it was pushed.
    fn tell_github(&self, commit: &str) {
        let application = Git::at(&self.path("git/backstage.git"));
        let parent = application.run(&["rev-parse", &format!("{commit}^")]);
        self.github.commit(commit, Some(&parent));
    }

    /// CI builds a commit, and pushes each image with the commit as its tag; what was built is told by the seeds.
    pub(super) fn build(&self, commit: &str, frontend: &str, backend: &str) -> (Image, Image) {
        let images = (Image::single(&format!("frontend {frontend}")), Image::multi(&format!("backend {backend}")));
        self.push(FRONTEND, commit, &images.0);
        self.push(BACKEND, commit, &images.1);
        images
    }

    /// CI pushes an image.
    pub(super) fn push(&self, component: &str, tag: &str, image: &Image) {
        let login = format!("{BUILDER}:{}", token(BUILDER));
        push_as(Some(&login), self.storage.address(), &format!("acme/{component}"), tag, image);
    }

    /// Something starts the "Create release action" on a commit: a `push` to the branch, or the clock (`schedule`).
    pub(super) fn trigger(&self, event: &str, commit: &str) -> Embark {
        self.chronicle.note(TRIGGER, BUILDER, event);
        self.checkout(BUILDER, commit);
        self.builder.clone().with("GITHUB_EVENT_NAME", event).with("GITHUB_SHA", commit).with("GITHUB_ACTOR", "ada")
    }

    /// The release PR starts it: it was `opened`, or `closed` by its merge. Its head is checked out.
    pub(super) fn trigger_by_pull_request(&self, action: &str, number: u64, head: &str) -> Embark {
        self.chronicle.note(TRIGGER, BUILDER, &format!("pull_request {action}"));
        self.checkout(BUILDER, head);
        let event = json!({
            "action": action, "number": number,
            "pull_request": { "number": number, "merged": action == "closed", "head": { "sha": head } },
        });
        let path = self.path("builder/event.json");
        fs::write(&path, event.to_string()).expect("the folder can be written");
        let embark = self.builder.clone().with("GITHUB_EVENT_NAME", "pull_request").with("GITHUB_ACTOR", "ada");
        embark.with("GITHUB_EVENT_PATH", &path.display().to_string())
    }

    /// Returns the tip of the application's branch.
    pub(super) fn main(&self) -> String {
        Git::at(&self.path("git/backstage.git")).tip("main").expect("the branch is there")
    }

    /// Brings a checkout to what is asked for, as `actions/checkout` does.
    fn checkout(&self, who: &str, revision: &str) -> Git {
        let git = Git::at(&self.path(&format!("{who}/backstage")));
        git.run(&["fetch", "--quiet", "origin"]);
        git.run(&["checkout", "--quiet", "--force", "--detach", revision]);
        git
    }

    /// GitHub sends what it has not sent yet, signed and one after the other.
    pub(super) fn deliver(&self) {
        self.checkout(DEPACTION, "origin/main");
        let deliveries = self.github.deliveries(QUEUE);
        for delivery in &deliveries[self.sent.replace(deliveries.len())..] {
            assert_eq!(delivery.send(self.hook.address()), 202, "{}", String::from_utf8_lossy(&delivery.body));
        }
    }

    /// Somebody looks whether the invariant holds.
    pub(super) fn verify(&self) -> Vec<Value> {
        self.depaction.json(&["verify", "--strict"]).ended(0, "unchanged").checks()
    }

    /// What Argo CD would pull for an environment: of each component the tag that the values file at the tip of the
    /// branch names, and the digest of what that is in the registry.
    pub(super) fn pulled(&self, file: &str) -> Vec<(&'static str, String, String)> {
        let text = self.repo.git.run(&["show", &format!("main:{file}")]);
        let values: Value = serde_saphyr::from_str(&text).expect("the values file is YAML");
        let pulled = |component| {
            let tag = values[component]["image"]["tag"].as_str().expect("it names a tag").to_owned();
            let digest = digest_of(&self.store.raw(component, &tag).expect("its image is there"));
            (component, tag, digest)
        };
        COMPONENTS.map(pulled).into()
    }
}

/// Starts the "Deployment action": a receiver that does what docs/how-to/webhooks.md says.
fn receive(embark: Embark) -> Receiver {
    let secret = Secret::new(WEBHOOK_SECRET.into()).expect("it is one");
    Receiver::start(move |received| {
        if secret.verify(received.header("x-hub-signature-256"), received.body()).is_err() {
            return 401;
        }
        match Event::parse(received.header("x-github-event").unwrap_or_default(), received.body()) {
            Ok(Event::Deployment(_)) => {
                embark.json_of(&["deploy", "--event", "-"], received.body()).ended(0, "done");
                202
            }
            Ok(Event::Ignored(_)) => 204,
            Err(_) => 400,
        }
    })
}

const PACKAGE: &str = "{\n  \"name\": \"backstage\",\n  \"version\": \"1.3.0\"\n}\n";

fn configuration(storage: SocketAddr, drepo: SocketAddr) -> String {
    format!(
        "application: {{ name: backstage, repository: acme/backstage }}
components:
  frontend:
    image: {storage}/acme/frontend
    values: {{ tag: frontend.image.tag, digest: frontend.image.digest }}
  backend:
    image: {storage}/acme/backend
    values: {{ repository: backend.image.repository, tag: backend.image.tag }}
version: {{ file: package.json }}
environments:
  - {{ name: dev, valuesFile: dev.yaml, tag: commit }}
  - {{ name: staging, valuesFile: staging.yaml, tag: commit }}
  - {{ name: production, valuesFile: prod.yaml, tag: version, promotesFrom: staging }}
deploymentRepo: {{ url: 'http://{drepo}/deployment.git', branch: main }}
deployments: {{ github: {{ repository: {QUEUE} }} }}
notify: {{ pullRequest: true, webhook: {{ urlFrom: EMBARK_NOTIFY_URL }} }}
"
    )
}
