//! The sources, as tests about them read them.

use std::fs;
use std::path::{Path, PathBuf};

use embark_tests::harness::root;

/// A file in Rust.
pub(crate) struct Source {
    /// Its path from the top of the repository.
    pub(crate) path: String,
    pub(crate) text: String,
}

impl Source {
    /// Returns what is built for use: what stands before its tests.
    pub(crate) fn for_use(&self) -> &str {
        let tests = ["#[cfg(test)]\nmod tests", "#[cfg(all(test, unix))]\nmod tests"];
        let end = tests.iter().filter_map(|begin| self.text.find(begin)).min();
        &self.text[..end.unwrap_or(self.text.len())]
    }
}

/// Reads every file in Rust below these folders.
pub(crate) fn below(folders: &[&str]) -> Vec<Source> {
    let mut open: Vec<PathBuf> = folders.iter().map(|folder| root().join(folder)).collect();
    let mut found = Vec::new();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(
                fs::read_dir(&path).expect("it can be read").map(|entry| entry.expect("it can be read").path()),
            );
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.strip_prefix(root()).expect("it is in the repository").display().to_string();
            found.push(Source { path: name, text: fs::read_to_string(&path).expect("it can be read") });
        }
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    found
}

/// Tells whether a file belongs to a crate: the file above it says so, and that one belongs to the crate as well.
pub(crate) fn is_built(path: &str) -> bool {
    let path = Path::new(path);
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    if matches!(&*stem, "main" | "lib") || path.parent().is_some_and(|parent| parent.ends_with("bin")) {
        return true;
    }
    let Some(folder) = path.parent() else { return false };
    let above = [folder.join("main.rs"), folder.join("lib.rs"), folder.with_extension("rs")];
    let declared = format!("mod {stem};");
    let declares = |file: &PathBuf| fs::read_to_string(root().join(file)).is_ok_and(|text| text.contains(&declared));
    above.iter().find(|file| declares(file)).is_some_and(|file| is_built(&file.display().to_string()))
        // A file of integration tests may stand alone.
        || folder.ends_with("tests")
}
