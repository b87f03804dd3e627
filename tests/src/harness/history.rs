//! A deployment repo with a long history, as embark and other people would have written it together.

mod deployed;
mod stream;

use std::path::{Path, PathBuf};

use self::deployed::{Deployed, entry};
use self::stream::Stream;
use super::embark::Embark;
use super::git::Git;
use super::ledger::LEDGER;

const ENVIRONMENTS: [&str; 3] = ["dev", "staging", "production"];
const COMPONENTS: [&str; 2] = ["frontend", "backend"];

/// Of twenty commits one promotes, four deploy to staging, five to dev, and ten change other files.
const CYCLE: usize = 20;

/// The first second of the history: 2024-01-01T00:00:00Z.
const BEGIN: u64 = 1_704_067_200;

/// A deployment repo with a long history, and a configuration beside it.
///
/// The values files lie three folders deep, among 200 files of other people. The ledger has the newest fifth of the
/// deployments: of the older ones git alone tells. In the middle, somebody names an image by hand that staging never had.
pub struct History {
    /// The bare repository.
    pub git: Git,
    folder: PathBuf,
    /// How many changes came to production, and are to be found.
    pub changes: usize,
    /// The commit that is to be found as a violation.
    pub violation: String,
}

impl History {
    /// The values files of the environments that are audited, and of those before them.
    pub const PATHS: [&str; 2] = ["apps/shop/production/values.yaml", "apps/shop/staging/values.yaml"];

    /// Writes a history of so many commits below `folder`, and packs it.
    pub fn create(folder: &Path, commits: usize) -> Self {
        let git = Git::init_bare(&folder.join("deployment.git"));
        let mut writer = Writer::new(&git);
        for at in 1..commits {
            writer.commit(at, at == commits / 2);
        }
        let recorded = writer.deployed.len() - writer.deployed.len() / 5;
        let files: Vec<_> = writer.deployed[recorded..].iter().map(entry).collect();
        writer.stream.commit(LEDGER, "Record", BEGIN, &files);
        writer.stream.end();
        let (changes, violation) = (writer.changes, writer.violation);
        git.run(&["repack", "-a", "-d", "-q"]);
        let history = Self { git, folder: folder.into(), changes, violation };
        history.configure("./deployment.git");
        history
    }

    /// Has the configuration name another address of the repository.
    pub fn configure(&self, url: &str) {
        let text = format!("{CONFIGURATION}deploymentRepo: {{ url: \"{url}\", branch: main }}\n");
        std::fs::write(self.folder.join("embark.yaml"), text).expect("the configuration can be written");
    }

    /// Runs `binary` beside the configuration.
    pub fn embark(&self, binary: &str) -> Embark {
        Embark::new(binary, &self.folder, &self.folder)
    }

    /// Has `git log --raw` list what changed the values files.
    pub fn git_log(&self) -> std::process::Command {
        let mut command = super::command::program("git");
        command.arg("-C").arg(self.git.folder()).args(["log", "--raw", "--format=%H%n%an%n%ct%n%B", "main", "--"]);
        command.args(Self::PATHS);
        command
    }
}

const CONFIGURATION: &str = "\
application: shop
components:
  frontend: { image: \"oci:images/frontend\", values: { tag: frontend.image.tag, digest: frontend.image.digest } }
  backend: { image: \"oci:images/backend\", values: { tag: backend.image.tag, digest: backend.image.digest } }
environments:
  - { name: dev, valuesFile: apps/shop/dev/values.yaml, tag: commit }
  - { name: staging, valuesFile: apps/shop/staging/values.yaml, tag: commit }
  - { name: production, valuesFile: apps/shop/production/values.yaml, tag: version, promotesFrom: staging }
";

/// What has been written so far.
struct Writer {
    stream: Stream,
    /// What each environment names for each component: tag and digest.
    state: [[(String, String); 2]; 3],
    /// The newest deployment to staging of each component.
    staged: [Option<Deployed>; 2],
    deployed: Vec<Deployed>,
    changes: usize,
    violation: String,
}

impl Writer {
    fn new(git: &Git) -> Self {
        let none = || ("1.0.0".to_owned(), format!("sha256:{}", "0".repeat(64)));
        let mut writer = Self {
            stream: Stream::new(git),
            state: std::array::from_fn(|_| std::array::from_fn(|_| none())),
            staged: [None, None],
            deployed: Vec::new(),
            changes: 2,
            violation: String::new(),
        };
        let others = (0..200).map(|file| (other(file), format!("replicas: {file}\n")));
        let files: Vec<_> = (0..3).map(|at| writer.values(at)).chain(others).collect();
        writer.stream.commit("refs/heads/main", "Begin", BEGIN, &files);
        writer
    }

    fn commit(&mut self, at: usize, is_violation: bool) {
        let component = at / CYCLE % 2;
        if is_violation {
            self.state[2][component] = ("9.9.9".into(), digest(at, 'f'));
            let files = [self.values(2)];
            self.violation = self.stream.commit("refs/heads/main", "Mend production", time(at), &files);
            self.changes += 1;
            return;
        }
        match at % CYCLE {
            0 => self.deploy(at, 2, component),
            step if step % 4 == 1 && step < 16 => self.deploy(at, 1, step / 4 % 2),
            step if step % 4 == 2 => self.deploy(at, 0, step / 4 % 2),
            _ => {
                let file = at * 7 % 200;
                let files = [(other(file), format!("replicas: {at}\n"))];
                self.stream.commit("refs/heads/main", &format!("Scale service {file}"), time(at), &files);
            }
        }
    }

    fn deploy(&mut self, at: usize, environment: usize, component: usize) {
        let (tag, digest) = match environment {
            2 => match &self.staged[component] {
                Some(staged) => (format!("1.{at}.0"), staged.digest.clone()),
                None => return,
            },
            _ => (format!("{at:040x}"), digest(at, 'a')),
        };
        self.state[environment][component] = (tag.clone(), digest.clone());
        let mut deployed = Deployed {
            at,
            environment: ENVIRONMENTS[environment],
            component: COMPONENTS[component],
            tag,
            digest,
            from: (environment == 2).then(|| self.staged[component].clone().map(Box::new)).flatten(),
            commit: String::new(),
        };
        let files = [self.values(environment)];
        deployed.commit = self.stream.commit("refs/heads/main", &deployed.message(), time(at), &files);
        match environment {
            1 => self.staged[component] = Some(Deployed { from: None, ..deployed.clone() }),
            2 => self.changes += 1,
            _ => {}
        }
        self.deployed.push(deployed);
    }

    /// Writes the values file of an environment.
    fn values(&self, environment: usize) -> (String, String) {
        let mut text = String::from("# What runs here.\nglobal:\n  domain: shop.example\n");
        for (component, (tag, digest)) in COMPONENTS.iter().zip(&self.state[environment]) {
            text.push_str(&format!(
                "{component}:\n  image:\n    tag: \"{tag}\"\n    digest: {digest}\n  replicas: 3\n"
            ));
            for key in 0..20 {
                text.push_str(&format!("  setting{key}: value number {key} of {component} # as agreed\n"));
            }
        }
        (format!("apps/shop/{}/values.yaml", ENVIRONMENTS[environment]), text)
    }
}

fn other(file: usize) -> String {
    format!("apps/team{:02}/service{:02}.yaml", file / 10, file % 10)
}

fn time(at: usize) -> u64 {
    BEGIN + at as u64 * 60
}

fn digest(at: usize, kind: char) -> String {
    format!("sha256:{kind}{:063x}", at * 0x9e37_79b9)
}
