//! Folders of the deployment repo on disk, for as long as something is rendered of them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use embark_core::FilePath;
use embark_core::ports::Folder;
use tempfile::TempDir;

use crate::links;

/// Folders of the deployment repo at their places in it, and a home for the programs that read them.
#[derive(Debug)]
pub(crate) struct Tree {
    folder: TempDir,
    /// The files that are there, by their paths in the repository.
    files: BTreeMap<FilePath, Vec<u8>>,
    /// What the symbolic links say.
    links: BTreeMap<FilePath, String>,
    /// Those that are on disk.
    laid: BTreeSet<FilePath>,
}

/// A symbolic link, and what it comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) path: FilePath,
    pub(crate) target: String,
    /// The path in the repository at which it ends, or why it cannot be followed.
    pub(crate) end: Result<String, &'static str>,
}

impl Tree {
    pub(crate) fn new() -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix("embark-render-").tempdir()?;
        for name in ["repo", "home"] {
            fs::create_dir(folder.path().join(name))?;
        }
        Ok(Self { folder, files: BTreeMap::new(), links: BTreeMap::new(), laid: BTreeSet::new() })
    }

    /// Returns the folder that is home to programs.
    pub(crate) fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// Returns where a path of the repository is on disk; that of an empty one is the repository.
    pub(crate) fn at(&self, path: &str) -> PathBuf {
        self.folder.path().join("repo").join(path)
    }

    /// Reads a file, through the links that are laid out.
    pub(crate) fn text(&self, path: &str) -> Option<String> {
        fs::read_to_string(self.at(path)).ok()
    }

    /// Lists the names in a folder, through the links that are laid out.
    pub(crate) fn names(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.at(folder)).into_iter().flatten().flatten();
        entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
    }

    /// Lists the paths of the files and links that are there.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.keys().chain(self.links.keys()).map(FilePath::as_str)
    }

    /// Adds a folder as it was read. Its links are on disk once [`Tree::link`] has put them there.
    pub(crate) fn add(&mut self, folder: Folder) -> io::Result<()> {
        for (path, bytes) in folder.files {
            self.write(&path, bytes)?;
        }
        self.links.extend(folder.links);
        Ok(())
    }

    /// Writes a file.
    pub(crate) fn write(&mut self, path: &FilePath, bytes: Vec<u8>) -> io::Result<()> {
        if self.files.get(path) == Some(&bytes) {
            return Ok(());
        }
        let place = self.at(path.as_str());
        if let Some(folder) = place.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(place, &bytes)?;
        self.files.insert(path.clone(), bytes);
        Ok(())
    }

    /// Tells whether a file, or a folder with something in it, is there.
    pub(crate) fn has(&self, path: &str) -> bool {
        let below = format!("{path}/");
        self.paths().any(|other| other == path || other.starts_with(&below))
    }

    /// Returns the first link that leads out of what is there.
    pub(crate) fn dangling(&self) -> Option<Link> {
        self.links.iter().find_map(|(path, target)| {
            let end = links::end(path.as_str(), &self.links);
            let is_around = end.as_ref().is_ok_and(|end| is_in(path.as_str(), end));
            let end = if is_around { Err(links::AROUND) } else { end };
            let is_whole = end.as_ref().is_ok_and(|end| self.has(end));
            (!is_whole).then(|| Link { path: path.clone(), target: target.clone(), end })
        })
    }

    /// Puts the links on disk, which must all lead to what is there: programs see them as in a clone, and an edit of a file
    /// is one of all that leads to it.
    pub(crate) fn link(&mut self) -> io::Result<()> {
        for (path, target) in &self.links {
            if !self.laid.contains(path) {
                let place = self.at(path.as_str());
                if let Some(folder) = place.parent() {
                    fs::create_dir_all(folder)?;
                }
                symlink(target, &place)?;
                self.laid.insert(path.clone());
            }
        }
        Ok(())
    }

    /// Makes words of a program's readable: paths are those of the repository.
    pub(crate) fn readable(&self, words: &str) -> String {
        let repo = self.at("").display().to_string();
        let repo = repo.trim_end_matches('/');
        words.replace(&format!("{repo}/"), "").replace(repo, "the deployment repo")
    }
}

#[cfg(unix)]
fn symlink(target: &str, place: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, place)
}

#[cfg(not(unix))]
fn symlink(_: &str, _: &Path) -> io::Result<()> {
    Err(io::Error::other("symbolic links cannot be made on this system"))
}

/// Returns the folder in which a path is.
pub(crate) fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Tells whether a path is a folder, or in it.
pub(crate) fn is_in(path: &str, folder: &str) -> bool {
    folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Resolves a path from a folder of the repository; `None` where it leads out of it.
pub(crate) fn resolve(folder: &str, relative: &str) -> Option<String> {
    if Path::new(relative).is_absolute() {
        return None;
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in relative.split('/') {
        match part {
            "" | "." => {}
            ".." => _ = parts.pop()?,
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> FilePath {
        text.parse().expect("a path")
    }

    /// Lays out files whose text is their name, and links.
    fn tree(files: &[&str], links: &[(&str, &str)]) -> Tree {
        let mut tree = Tree::new().expect("a folder");
        let files = files.iter().map(|name| (path(name), name.as_bytes().to_vec())).collect();
        let links = links.iter().map(|(link, target)| (path(link), (*target).to_owned())).collect();
        tree.add(Folder { files, links, ..Folder::default() }).expect("it is written");
        tree
    }

    #[test]
    fn a_path_leads_no_further_than_the_repository() {
        for (folder, relative, expected) in [
            ("apps/web", "../../charts/common", Some("charts/common")),
            ("apps/web", "./../api/", Some("apps/api")),
            ("apps", "..", Some("")),
            ("apps", "../..", None),
            ("apps", "/etc", None),
        ] {
            assert_eq!(resolve(folder, relative).as_deref(), expected, "{folder} {relative}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn an_edit_reaches_all_that_leads_to_the_file() {
        let links = [("chart/one.yaml", "more/b.yaml"), ("chart/more", "lib"), ("chart/two.yaml", "one.yaml")];
        let mut tree = tree(&["chart/a.yaml", "chart/lib/b.yaml"], &links);
        assert_eq!(tree.dangling(), None);
        for _ in 0..2 {
            tree.link().expect("they are laid out");
        }
        tree.write(&path("chart/lib/b.yaml"), b"edited".to_vec()).expect("it is written");
        for name in ["chart/lib/b.yaml", "chart/more/b.yaml", "chart/one.yaml", "chart/two.yaml"] {
            assert_eq!(tree.text(name).as_deref(), Some("edited"), "{name}");
        }
        assert_eq!(tree.names("chart/more"), ["b.yaml"]);
    }

    #[test]
    fn links_that_lead_to_nothing_that_is_there_are_told() {
        let of = |target: &str| tree(&["chart/lib/a.yaml"], &[("chart/lib/x", target)]).dangling().map(|link| link.end);
        assert_eq!(of("a.yaml"), None);
        assert_eq!(of("../../shared"), Some(Ok("shared".into())));
        assert_eq!(of("../../../shared"), Some(Err(links::OUT)));
        assert_eq!(of("/etc/passwd"), Some(Err(links::OUT)));
        assert_eq!(of("x"), Some(Err(links::ITSELF)));
        for folder in [".", "..", "../.."] {
            assert_eq!(of(folder), Some(Err(links::AROUND)), "{folder}");
        }
    }

    #[test]
    fn words_name_paths_of_the_repository() {
        let tree = tree(&[], &[]);
        assert_eq!(tree.readable(&format!("no {} here", tree.at("chart/x.yaml").display())), "no chart/x.yaml here");
    }
}
