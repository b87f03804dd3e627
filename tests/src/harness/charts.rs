//! Deployment repos with charts, and the programs that render them.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::embark::Embark;
use super::git::{Edit, Git};
use super::linters::tool;
use super::page::root;

/// Returns the path on which Helm and Kustomize are, and nothing else that embark runs.
///
/// # Panics
/// If they are not there.
#[track_caller]
pub fn renderers() -> String {
    let folder = tool("bin");
    for name in ["helm", "kustomize"] {
        assert!(folder.join(name).is_file(), "{name} is not there: ./tests/run --set-up installs it");
    }
    folder.display().to_string()
}

/// A deployment repo of files that are kept in this repository, and the configuration beside them.
pub struct Charts {
    /// The deployment repo.
    pub git: Git,
    /// The binary, which finds Helm and Kustomize.
    pub embark: Embark,
    folder: TempDir,
}

impl Charts {
    /// Makes a deployment repo of what is in a folder, but for `embark.yaml`, which is the configuration.
    pub fn new(binary: &str, fixture: &str) -> Self {
        let source = root().join(fixture);
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let git = Git::init_bare(&folder.path().join("deployment.git"));
        let mut files = Vec::new();
        read(&source, "", &mut files);
        let edits: Vec<_> = files.iter().map(|(path, text)| Edit { path, text }).collect();
        git.commit("refs/heads/main", "Begin", &edits);
        let embark = Embark::new(binary, folder.path(), folder.path()).with("PATH", &renderers());
        let charts = Self { git, embark, folder };
        if let Ok(text) = fs::read_to_string(source.join("embark.yaml")) {
            charts.configure(&text);
        }
        charts
    }

    /// Returns the folder in which the binary runs.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Writes the configuration.
    pub fn configure(&self, text: &str) {
        fs::write(self.folder.path().join("embark.yaml"), text).expect("the folder can be written");
    }

    /// Replaces the one place of the configuration that reads `old`.
    #[track_caller]
    pub fn reconfigure(&self, old: &str, new: &str) {
        let text = fs::read_to_string(self.folder.path().join("embark.yaml")).expect("it is there");
        assert_eq!(text.matches(old).count(), 1, "{old:?} stands once in:\n{text}");
        self.configure(&text.replace(old, new));
    }

    /// Commits a file.
    pub fn commit(&self, path: &str, text: &str) {
        self.git.commit("refs/heads/main", &format!("Edit {path}"), &[Edit { path, text }]);
    }
}

fn read(folder: &Path, prefix: &str, files: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).expect("the folder can be read").flatten() {
        let name = entry.file_name().into_string().expect("a name is text");
        let (place, path) = (entry.path(), format!("{prefix}{name}"));
        if place.is_dir() {
            read(&place, &format!("{path}/"), files);
        } else if path != "embark.yaml" {
            files.push((path, fs::read_to_string(place).expect("a file is text")));
        }
    }
}
