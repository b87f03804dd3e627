//! A team's systems in a folder: images, a deployment repo, the application's checkout with its `embark.yaml`.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::bearer::BearerFront;
use super::deployment_repo::DeploymentRepo;
use super::embark::Embark;
use super::git::{Edit, Git};
use super::git_server::GitServer;
use super::images::Image;
use super::registry::{REGISTRY_PASSWORD, REGISTRY_USER, Registry};
use super::searched::Searched;
use super::store::{Store, repository};
use super::values::Values;

/// The component whose values name tag and digest; its image has one platform.
pub const FRONTEND: &str = "frontend";
/// The component whose values name repository and tag; its image is an index.
pub const BACKEND: &str = "backend";
/// Both.
pub const COMPONENTS: [&str; 2] = [FRONTEND, BACKEND];
/// What a guarded git server demands.
pub const GIT_TOKEN: &str = "git-token-that-nobody-may-see";

/// What a world is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setup {
    /// OCI layouts and a bare repository on disk: no server at all.
    Embedded,
    /// OCI layouts on disk, and a git server.
    GitServer,
    /// A registry and a git server that demand nothing.
    Servers,
    /// The same, and both demand credentials.
    Guarded,
    /// A registry that demands bearer tokens, and an open git server.
    Bearer,
    /// The same, and the deployment repo has 20,000 files and 2,000 commits.
    Large,
}

/// The systems, and the binary to run on them.
pub struct World {
    /// The deployment repo.
    pub repo: DeploymentRepo,
    /// The images.
    pub store: Store,
    /// The server of the deployment repo, if there is one.
    pub server: Option<GitServer>,
    /// The front of the registry, if there is one.
    pub front: Option<BearerFront>,
    /// The application's commits, each the child of the one before.
    pub commits: [String; 3],
    /// The binary, run in the application's folder.
    pub embark: Embark,
    folder: Searched,
}

impl World {
    /// Makes a world in which nothing has been released, and runs `binary` on it.
    pub fn new(binary: &str, setup: Setup) -> Self {
        Self::over(binary, setup, || Registry::start(setup == Setup::Guarded))
    }

    /// Makes a world of an open git server and this registry.
    pub fn with_registry(binary: &str, registry: Registry) -> Self {
        Self::over(binary, Setup::Servers, || registry)
    }

    fn over(binary: &str, setup: Setup, registry: impl FnOnce() -> Registry) -> Self {
        let folder = Searched::new();
        let at = |name: &str| folder.path().join(name);
        for name in ["home", "app", "git", "images"] {
            fs::create_dir(at(name)).expect("the folder can be made");
        }
        let prefix = if setup == Setup::Embedded { "" } else { "apps/backstage/" };
        let mut repo = DeploymentRepo::create(&at("git/deployment.git"), prefix);
        if setup == Setup::Large {
            repo.grow(20_000, 2_000);
        }
        let guarded = setup == Setup::Guarded;
        let store = if matches!(setup, Setup::Embedded | Setup::GitServer) {
            let store = Store::Layouts(at("images"));
            for component in COMPONENTS {
                store.layout(component);
            }
            store
        } else {
            Store::Registry(registry())
        };
        let server = (setup != Setup::Embedded).then(|| GitServer::start(&at("git"), guarded.then_some(GIT_TOKEN)));
        let front = match &store {
            Store::Registry(registry) if matches!(setup, Setup::Bearer | Setup::Large) => {
                let cuts = server.as_ref().map(GitServer::cuts).unwrap_or_default();
                Some(BearerFront::start_with(registry.address(), cuts))
            }
            _ => None,
        };
        let commits = write_application(&Git::init(&at("app")));
        let mut embark = Embark::new(binary, &at("app"), &at("home"));
        if guarded {
            embark = embark.with("EMBARK_GIT_TOKEN", GIT_TOKEN);
        }
        let world = Self { repo, store, server, front, commits, embark, folder };
        if guarded {
            world.log_in();
        }
        fs::write(world.config_path(), world.configuration()).expect("the folder can be written");
        world
    }

    /// Makes another world of the same files. Only one without servers can be copied: nothing in it names its folder.
    #[track_caller]
    pub fn copied(&self) -> Self {
        assert!(self.server.is_none() && matches!(self.store, Store::Layouts(_)), "a server has a state of its own");
        let folder = Searched::new();
        copy(self.folder.path(), folder.path());
        let at = |name: &str| folder.path().join(name);
        Self {
            repo: self.repo.copied(&at("git/deployment.git")),
            store: Store::Layouts(at("images")),
            server: None,
            front: None,
            commits: self.commits.clone(),
            embark: self.embark.moved(&at("app"), &at("home")),
            folder,
        }
    }

    /// Returns the path of `embark.yaml`.
    pub fn config_path(&self) -> PathBuf {
        self.folder.path().join("app/embark.yaml")
    }

    /// Returns the application's folder, in which the binary runs.
    pub fn app(&self) -> PathBuf {
        self.folder.path().join("app")
    }

    /// Replaces the one place of `embark.yaml` that reads `old`.
    #[track_caller]
    pub fn configure(&self, old: &str, new: &str) {
        let text = fs::read_to_string(self.config_path()).expect("the configuration is there");
        assert_eq!(text.matches(old).count(), 1, "{old:?} stands once in:\n{text}");
        fs::write(self.config_path(), text.replace(old, new)).expect("the configuration can be written");
    }

    /// Returns the repository of a component, as `embark.yaml` names it.
    pub fn image(&self, component: &str) -> String {
        match (&self.store, &self.front) {
            (Store::Layouts(_), _) => format!("oci:../images/{component}"),
            (Store::Registry(_), Some(front)) => format!("{}/{}", front.address(), repository(component)),
            (Store::Registry(registry), None) => format!("{}/{}", registry.address(), repository(component)),
        }
    }

    /// Returns the address of the deployment repo, as `embark.yaml` names it.
    pub fn url(&self) -> String {
        match &self.server {
            Some(server) => server.url("deployment.git"),
            None => "../git/deployment.git".into(),
        }
    }

    /// Pushes what CI built from a commit: each component's image under the commit as its tag.
    pub fn build(&self, commit: &str, frontend: &str, backend: &str) -> (Image, Image) {
        let images = (Image::single(&format!("frontend {frontend}")), Image::multi(&format!("backend {backend}")));
        self.store.push(FRONTEND, commit, &images.0);
        self.store.push(BACKEND, commit, &images.1);
        images
    }

    /// Returns what a values file names once both components run there under these tags.
    pub fn values(&self, frontend: (&str, &Image), backend_tag: &str) -> Values {
        Values {
            frontend_tag: frontend.0.into(),
            frontend_digest: frontend.1.digest(),
            backend_repository: self.image(BACKEND),
            backend_tag: backend_tag.into(),
        }
    }

    /// Returns all that embark could have written, to be compared later.
    pub fn state(&self) -> impl PartialEq + std::fmt::Debug + use<> {
        (self.repo.git.refs(), self.store.state())
    }

    fn log_in(&self) {
        let folder = self.folder.path().join("home/.docker");
        fs::create_dir(&folder).expect("the folder can be made");
        let auth = STANDARD.encode(format!("{REGISTRY_USER}:{REGISTRY_PASSWORD}"));
        let host = self.image(FRONTEND).split('/').next().unwrap_or_default().to_owned();
        let text = format!("{{\"auths\":{{\"{host}\":{{\"auth\":\"{auth}\"}}}}}}");
        fs::write(folder.join("config.json"), text).expect("the folder can be written");
    }

    fn configuration(&self) -> String {
        let (frontend, backend, url) = (self.image(FRONTEND), self.image(BACKEND), self.url());
        let prefix = self.repo.prefix();
        format!(
            "application: backstage
components:
  frontend:
    image: {frontend}
    values: {{ tag: frontend.image.tag, digest: frontend.image.digest }}
  backend:
    image: {backend}
    values: {{ repository: backend.image.repository, tag: backend.image.tag }}
environments:
  - {{ name: dev, valuesFile: {prefix}dev.yaml, tag: commit }}
  - {{ name: staging, valuesFile: {prefix}staging.yaml, tag: commit }}
  - {{ name: production, valuesFile: {prefix}prod.yaml, tag: version, promotesFrom: staging }}
deploymentRepo:
  url: {url}
  branch: main
"
        )
    }
}

/// Copies what is in a folder into another one.
pub(super) fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).expect("the folder can be listed") {
        let (from, to) = entry.map(|entry| (entry.path(), to.join(entry.file_name()))).expect("it can be listed");
        if from.is_dir() {
            fs::create_dir_all(&to).expect("the folder can be made");
            copy(&from, &to);
        } else {
            fs::copy(&from, &to).expect("the file can be copied");
        }
    }
}

fn write_application(git: &Git) -> [String; 3] {
    ["A", "B", "C"].map(|name| {
        let text = format!("// {name}\n");
        git.commit("refs/heads/main", &format!("Merge {name}"), &[Edit { path: "main.js", text: &text }])
    })
}
