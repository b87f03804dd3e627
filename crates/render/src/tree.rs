//! Folders of the deployment repo on disk, for as long as something is rendered of them.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use embark_core::FilePath;
use embark_core::ports::Folder;
use tempfile::TempDir;

/// Folders of the deployment repo at their places in it, and a home for the programs that read them.
#[derive(Debug)]
pub(crate) struct Tree {
    folder: TempDir,
    /// The files that are there, by their paths in the repository.
    files: BTreeMap<FilePath, Vec<u8>>,
    /// Links that lead elsewhere.
    left_out: Vec<FilePath>,
}

impl Tree {
    pub(crate) fn new() -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix("embark-render-").tempdir()?;
        for name in ["repo", "home"] {
            fs::create_dir(folder.path().join(name))?;
        }
        Ok(Self { folder, files: BTreeMap::new(), left_out: Vec::new() })
    }

    /// Returns the folder that is home to programs.
    pub(crate) fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// Returns where a path of the repository is on disk; that of an empty one is the repository.
    pub(crate) fn at(&self, path: &str) -> PathBuf {
        self.folder.path().join("repo").join(path)
    }

    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        std::str::from_utf8(self.files.get(&path.parse().ok()?)?).ok()
    }

    /// Lists the paths of the files that are there.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(FilePath::as_str)
    }

    /// Adds a folder as it was read. A link that leads to something in it becomes that; others are left out.
    pub(crate) fn add(&mut self, folder: Folder) -> io::Result<()> {
        let Folder { mut files, links } = folder;
        let mut copies = Vec::new();
        for (link, target) in links {
            let Some(target) = resolve(parent(link.as_str()), &target).filter(|target| !target.is_empty()) else {
                self.left_out.push(link);
                continue;
            };
            let below = files.iter().filter_map(|(path, bytes)| {
                let rest = path.as_str().strip_prefix(&target)?;
                let is_meant = rest.is_empty() || rest.starts_with('/');
                is_meant.then(|| (format!("{link}{rest}"), bytes.clone()))
            });
            let found: Vec<_> = below.collect();
            if found.is_empty() {
                self.left_out.push(link);
            }
            copies.extend(found);
        }
        files.extend(copies.into_iter().filter_map(|(path, bytes)| Some((path.parse().ok()?, bytes))));
        for (path, bytes) in files {
            self.write(&path, bytes)?;
        }
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

    /// Makes words of a program's readable: paths are those of the repository, and what was left out is told.
    pub(crate) fn readable(&self, words: &str) -> String {
        let repo = self.at("").display().to_string();
        let repo = repo.trim_end_matches('/');
        let words = words.replace(&format!("{repo}/"), "").replace(repo, "the deployment repo");
        match self.left_out.first() {
            Some(link) => format!("{words} ({link}, a symbolic link that leads out of its folder, was left out)"),
            None => words,
        }
    }
}

/// Returns the folder in which a path is.
pub(crate) fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
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

    #[test]
    fn links_are_what_they_lead_to_and_never_lead_out() {
        let files =
            ["chart/a.yaml", "chart/lib/b.yaml", "chart/lib/c/d.yaml"].map(|name| (path(name), b"x\n".to_vec()));
        let links = [
            ("chart/file.yaml", "a.yaml"),
            ("chart/more", "./lib"),
            ("chart/lib/up.yaml", "../a.yaml"),
            ("chart/out.yaml", "../../other.yaml"),
            ("chart/passwd", "/etc/passwd"),
            ("chart/none", "absent"),
        ];
        let links = links.map(|(link, target)| (path(link), target.to_owned()));
        let mut tree = Tree::new().expect("a folder");
        tree.add(Folder { files: files.into(), links: links.into() }).expect("it is written");
        let paths: Vec<&str> = tree.paths().collect();
        assert_eq!(
            paths,
            [
                "chart/a.yaml",
                "chart/file.yaml",
                "chart/lib/b.yaml",
                "chart/lib/c/d.yaml",
                "chart/lib/up.yaml",
                "chart/more/b.yaml",
                "chart/more/c/d.yaml"
            ]
        );
        let left_out: Vec<&str> = tree.left_out.iter().map(FilePath::as_str).collect();
        assert_eq!(left_out, ["chart/none", "chart/out.yaml", "chart/passwd"]);
        for name in &paths {
            assert!(tree.at(name).symlink_metadata().expect("it is there").is_file(), "{name}");
        }
        let words = format!("no {} here", tree.at("chart/x.yaml").display());
        assert!(tree.readable(&words).starts_with("no chart/x.yaml here (chart/none, "), "{}", tree.readable(&words));
    }
}
