//! The files of a deployment repo: of a folder, of a bare repository, or of one on a server.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use embark_core::FilePath;
use embark_core::ports::{DeploymentRepository as _, RepositoryError};
use embark_github::Permission;
use embark_gitops::{About, Author, GitRepository, Options, SshUrl};

use super::{Init, place};
use crate::address::Address;
use crate::clock::SystemClock;
use crate::env::Env;
use crate::error::Error;
use crate::http;
use crate::init::files::{is_own_folder, is_wanted};
use crate::init::{Files, InitError};

/// A values file is small.
const LARGEST: u64 = 1 << 20;
/// So many files are looked through, and no more.
const MOST: usize = 5_000;
/// So many files of a repository are in memory before those that are too large are dropped.
const AT_ONCE: usize = 250;

/// What was read.
pub(super) struct Source {
    /// How people call the repository.
    pub(super) name: String,
    pub(super) files: Files,
    /// The branch that was read, or is checked out.
    pub(super) branch: Option<String>,
    /// What was not looked at.
    pub(super) notes: Vec<String>,
    at: At,
}

/// Where the repository is.
enum At {
    Server(String),
    /// A repository on disk, or none around a plain folder.
    Disk(Option<About>),
}

impl Source {
    pub(super) async fn read(args: &Init, env: &Env) -> Result<Self, Error> {
        let given = args.repository.as_deref().unwrap_or(".");
        if given.starts_with("http://") || given.starts_with("https://") || SshUrl::is_meant(given) {
            return Self::of_server(given, args, env).await;
        }
        let folder = Path::new(given);
        if !folder.is_dir() {
            let source = std::fs::read_dir(folder).err().unwrap_or_else(|| std::io::ErrorKind::NotADirectory.into());
            return Err(Error::Read { path: place::without_credentials(given), source });
        }
        match About::discover(folder).map_err(failed)? {
            Some(about) if about.is_bare => Self::of_bare(about, args).await,
            Some(about) => Self::of_folder(folder, Some(about)),
            None if args.url.is_some() => Self::of_folder(folder, None),
            None => Err(InitError::NoRepository(given.to_owned()).into()),
        }
    }

    async fn of_server(url: &str, args: &Init, env: &Env) -> Result<Self, Error> {
        let hint = "name it as in: embark init https://github.com/acme/shop-deployment.git";
        let wrong = |reason: String| {
            Error::Arguments(format!("{} cannot be read: {reason}", place::without_credentials(url)), hint)
        };
        let address = Address::parse(url, Path::new("")).map_err(&wrong)?;
        let branch = args.branch.clone().unwrap_or_else(|| "main".into());
        let client = http::client(env.certificates.as_deref())?;
        let wanted = address.on_github(env).map(|name| (name, Permission::Contents));
        let github = env.github_credentials(&client, wanted.into_iter().collect())?;
        let repository = address.open(env, &github, client, options(&branch)?, Arc::new(SystemClock)).map_err(wrong)?;
        let (files, notes) = tip(&repository).await?;
        let url = place::without_credentials(url);
        Ok(Self { name: url.clone(), files, branch: Some(branch), notes, at: At::Server(url) })
    }

    async fn of_bare(about: About, args: &Init) -> Result<Self, Error> {
        let branch = args.branch.clone().or_else(|| about.branch.clone()).unwrap_or_else(|| "main".into());
        let repository = GitRepository::local(&about.folder, options(&branch)?, Arc::new(SystemClock));
        let (files, notes) = tip(&repository).await?;
        let name = about.folder.display().to_string();
        Ok(Self { name, files, branch: Some(branch), notes, at: At::Disk(Some(about)) })
    }

    fn of_folder(folder: &Path, about: Option<About>) -> Result<Self, Error> {
        let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
        let folder = std::fs::canonicalize(&folder).unwrap_or(folder);
        let root = about.as_ref().map_or_else(|| folder.clone(), |about| about.folder.clone());
        let root = std::fs::canonicalize(&root).unwrap_or(root);
        let mut walk = Walk { root: &root, found: Vec::new(), looked_at: 0, notes: Vec::new() };
        walk.folder(&folder).map_err(|(path, source)| Error::Read { path: path.display().to_string(), source })?;
        let Walk { found, notes, .. } = walk;
        let branch = about.as_ref().and_then(|about| about.branch.clone());
        let name = root.display().to_string();
        Ok(Self { name, files: Files::new(found), branch, notes, at: At::Disk(about) })
    }

    /// Returns the address for a configuration in `folder`: the origin, where embark can use it, else the path.
    pub(super) fn url(&self, folder: &Path) -> String {
        match &self.at {
            At::Server(url) => url.clone(),
            At::Disk(None) => String::new(),
            At::Disk(Some(about)) => match origin(about) {
                Some(Origin::Address(url)) => url,
                Some(Origin::Folder(path)) => place::relative(folder, &path),
                None => place::relative(folder, &about.folder),
            },
        }
    }

    /// Tells that embark cannot write to the branch, where the address is that of a folder with that branch in it.
    pub(super) fn checked_out(&self, url: &str, is_given: bool) -> Option<String> {
        let At::Disk(Some(about)) = &self.at else { return None };
        if about.is_bare || is_given || origin(about).is_some() {
            return None;
        }
        let branch = about.branch.as_ref()?;
        Some(format!(
            "{branch} is checked out in {url}, and embark does not write to a branch that is: name the repository that \
             it is pushed to with --url"
        ))
    }
}

enum Origin {
    Address(String),
    Folder(PathBuf),
}

/// Returns where a checkout is pushed to. A bare repository is meant itself.
fn origin(about: &About) -> Option<Origin> {
    let origin = about.origin.as_deref().filter(|_| !about.is_bare)?;
    let path = about.folder.join(origin.strip_prefix("file://").unwrap_or(origin));
    if path.is_dir() { Some(Origin::Folder(path)) } else { place::usable(origin).map(Origin::Address) }
}

fn options(branch: &str) -> Result<Options, Error> {
    let author = Author { name: "embark".into(), email: "embark@localhost".into() };
    let branch = branch.parse().map_err(|error: embark_gitops::RefNameError| {
        Error::Arguments(error.to_string(), "name the branch that Argo CD watches, as in: --branch main")
    })?;
    Ok(Options { branch, ledger: None, author })
}

/// There is no configuration yet in which the branch could be mended.
fn failed(error: RepositoryError) -> Error {
    match error {
        RepositoryError::NotFound { .. } => InitError::Repository(error).into(),
        other => embark_core::Error::from(other).into(),
    }
}

/// Reads what is wanted at the tip of the branch.
async fn tip(repository: &GitRepository) -> Result<(Files, Vec<String>), Error> {
    let mut paths: Vec<FilePath> = repository.files().await.map_err(failed)?;
    paths.retain(|path| is_wanted(path.as_str()));
    let mut notes = Vec::new();
    if paths.len() > MOST {
        notes.push(too_many());
        paths.truncate(MOST);
    }
    let mut files = Vec::new();
    for some in paths.chunks(AT_ONCE) {
        let snapshot = repository.read(some.to_vec()).await.map_err(failed)?;
        for (path, bytes) in snapshot.files {
            let bytes = bytes.unwrap_or_default();
            if bytes.len() as u64 > LARGEST {
                notes.push(too_large(path.as_str()));
            } else if let Ok(text) = String::from_utf8(bytes) {
                files.push((path.to_string(), text));
            }
        }
    }
    Ok((Files::new(files), notes))
}

/// A walk through a folder.
struct Walk<'a> {
    root: &'a Path,
    found: Vec<(String, String)>,
    looked_at: usize,
    notes: Vec<String>,
}

impl Walk<'_> {
    fn folder(&mut self, folder: &Path) -> Result<(), (PathBuf, std::io::Error)> {
        let failed = |error| (folder.to_owned(), error);
        let mut entries = std::fs::read_dir(folder).map_err(failed)?.collect::<Result<Vec<_>, _>>().map_err(failed)?;
        entries.sort_by_key(std::fs::DirEntry::file_name);
        for entry in entries {
            if self.looked_at > MOST {
                break;
            }
            let (path, name) = (entry.path(), entry.file_name());
            let (Some(name), Ok(kind)) = (name.to_str(), entry.file_type()) else { continue };
            // What a link names is looked at where it is.
            if kind.is_dir() && is_own_folder(name) {
                self.folder(&path)?;
            } else if kind.is_file() {
                self.file(&path);
            }
        }
        Ok(())
    }

    fn file(&mut self, path: &Path) {
        let Some(name) = path.strip_prefix(self.root).ok().and_then(Path::to_str) else { return };
        self.looked_at += 1;
        if self.looked_at > MOST {
            self.notes.push(too_many());
            return;
        }
        if !is_wanted(name) {
            return;
        }
        if path.metadata().is_ok_and(|metadata| metadata.len() > LARGEST) {
            self.notes.push(too_large(name));
        } else if let Ok(text) = std::fs::read_to_string(path) {
            self.found.push((name.to_owned(), text));
        }
    }
}

fn too_many() -> String {
    format!("there are more than {MOST} files, and the others were not looked at: name a folder with fewer")
}

fn too_large(path: &str) -> String {
    format!("{path} is larger than 1 MiB, and was not looked at")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_walk_ends_at_the_limit_of_files() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("a")).unwrap();
        for number in 0..MOST + 5 {
            std::fs::write(folder.path().join(format!("a/{number}.txt")), "").unwrap();
        }
        std::fs::write(folder.path().join("staging.yaml"), "web: {}").unwrap();
        let mut walk = Walk { root: folder.path(), found: Vec::new(), looked_at: 0, notes: Vec::new() };
        walk.folder(folder.path()).unwrap();
        assert_eq!((walk.looked_at, walk.found, walk.notes), (MOST + 1, vec![], vec![too_many()]));
    }
}
