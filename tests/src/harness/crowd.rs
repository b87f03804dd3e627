//! Any number of components and environments, whose deployment repo is served. All components have one image.

use std::fmt::Write as _;
use std::fs;

use tempfile::TempDir;

use super::embark::Embark;
use super::git::{Edit, Git};
use super::git_server::GitServer;
use super::images::Image;
use super::layout::Layout;

/// The commit that all are built from, and so their tag.
const COMMIT: &str = "4f1d2c3b4a5968778695a4b3c2d1e0f00112233a";
const BRANCH: &str = "refs/heads/main";

/// The components' systems.
pub struct Crowd {
    /// The deployment repo.
    pub git: Git,
    /// Its server.
    pub server: GitServer,
    /// The binary, run in the application's folder.
    pub embark: Embark,
    base: String,
    _folder: TempDir,
}

/// A commit of the branch, and what it changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Landed {
    /// The deployment that its trailer names.
    pub deployment: String,
    /// The file, and the line that it took away and the one that it put there.
    pub changes: Vec<(String, String, String)>,
}

impl Crowd {
    /// Makes a repo with a file for each environment that names a tag of each component `c0`, `c1` …
    pub fn new(binary: &str, components: usize, environments: &[String]) -> Self {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let at = |name: &str| folder.path().join(name);
        for name in ["home", "app"] {
            fs::create_dir(at(name)).expect("the folder can be made");
        }
        let lines = |line: &dyn Fn(usize) -> String| (0..components).map(line).collect::<String>();
        let values = lines(&|number| format!("c{number}: {{ tag: none }}\n"));
        let paths: Vec<String> = environments.iter().map(|name| format!("apps/{name}.yaml")).collect();
        let edits: Vec<Edit<'_>> = paths.iter().map(|path| Edit { path, text: &values }).collect();
        let git = Git::init_bare(&at("git/deployment.git"));
        let base = git.commit(BRANCH, "Begin", &edits);
        Layout::new(&at("image")).put(COMMIT, &Image::single("crowd"));
        let server = GitServer::start(&at("git"), None);
        let mut text = "application: crowd\ncomponents:\n".to_owned();
        text +=
            &lines(&|number| format!("  c{number}: {{ image: 'oci:../image', values: {{ tag: c{number}.tag }} }}\n"));
        text += "environments:\n";
        for (name, path) in environments.iter().zip(&paths) {
            let _ = writeln!(text, "  - {{ name: {name}, valuesFile: {path}, tag: commit }}");
        }
        let _ = writeln!(text, "deploymentRepo: {{ url: '{}', branch: main }}", server.url("deployment.git"));
        fs::write(at("app/embark.yaml"), text).expect("the folder can be written");
        let embark = Embark::new(binary, &at("app"), &at("home"));
        Self { git, server, embark, base, _folder: folder }
    }

    /// Has deployments wait in an environment, of the components named or of all; returns their ids.
    #[track_caller]
    pub fn release(&self, environment: &str, components: &[String]) -> Vec<String> {
        let mut arguments = vec!["release", environment, "--commit", COMMIT];
        arguments.extend(components.iter().flat_map(|component| ["--component", component]));
        let report = self.embark.json(&arguments).ended(0, "done");
        let ids = report.deployments().into_iter();
        ids.map(|deployment| deployment["id"].as_str().expect("an id is a text").to_owned()).collect()
    }

    /// Reads what has landed, oldest first. One process of git reads all.
    pub fn landed(&self) -> Vec<Landed> {
        let format = "--format=%x00%(trailers:key=Embark-Deployment,valueonly)";
        let range = format!("{}..{BRANCH}", self.base);
        let log = self.git.run(&["log", "--reverse", "--first-parent", "--unified=0", "--patch", format, &range]);
        log.split('\0').skip(1).map(parse).collect()
    }

    /// Counts the successes in each entry of the ledger, by the entry's id.
    pub fn successes(&self) -> Vec<(String, usize)> {
        let text = self.git.run(&["grep", "--count", "-E", "\"state\": *\"success\"", "refs/embark/ledger", "--"]);
        let entry = |line: &str| {
            let (path, count) = line.rsplit_once(':').expect("a path and a count");
            let id = path.rsplit('/').next().unwrap_or_default().trim_end_matches(".json");
            (id.to_owned(), count.parse().expect("a count"))
        };
        text.lines().map(entry).collect()
    }
}

fn parse(text: &str) -> Landed {
    let (deployment, patch) = text.split_once('\n').unwrap_or((text, ""));
    let mut changes = Vec::new();
    let (mut file, mut before) = (String::new(), String::new());
    for line in patch.lines() {
        if let Some(path) = line.strip_prefix("+++ b/") {
            path.clone_into(&mut file);
        } else if line.starts_with("---") {
        } else if let Some(line) = line.strip_prefix('-') {
            line.clone_into(&mut before);
        } else if let Some(line) = line.strip_prefix('+') {
            changes.push((file.clone(), std::mem::take(&mut before), line.to_owned()));
        }
    }
    Landed { deployment: deployment.to_owned(), changes }
}
