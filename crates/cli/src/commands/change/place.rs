//! Where a changeset is written: a file of its own, whose name nobody has.

use std::fs;
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use embark_changesets::{Packages, id};

use tempfile::PersistError;

use crate::error::Error;
use crate::temporary::temporary;
use crate::versioning::FOLDER;

/// How many names are tried. There are 262,144: so many are only ever taken where a folder answers wrongly.
const TRIES: usize = 1000;

/// The folder of the changesets.
pub(super) struct Place<'p> {
    top: &'p Path,
    folder: PathBuf,
    packages: &'p Packages<'p>,
}

impl<'p> Place<'p> {
    /// Takes the one at the top of a checkout.
    pub(super) fn new(top: &'p Path, packages: &'p Packages<'p>) -> Self {
        Self { top, folder: top.join(FOLDER), packages }
    }

    /// Returns the top of the checkout.
    pub(super) fn top(&self) -> &'p Path {
        self.top
    }

    /// Tells whether it is there.
    pub(super) fn is_there(&self) -> bool {
        self.folder.symlink_metadata().is_ok()
    }

    /// Returns the path of a changeset that is not there, and was used by no prerelease.
    pub(super) fn free(&self) -> Result<PathBuf, Error> {
        if self.folder.is_symlink() {
            let folder = self.folder.display();
            let problem = format!("{folder} is a symbolic link, and may lead out of the repository");
            return Err(Error::Checkout(problem, format!("make {FOLDER} a folder of the repository")));
        }
        if self.is_there() && !self.folder.is_dir() {
            return Err(self.failed(ErrorKind::NotADirectory.into()));
        }
        for _ in 0..TRIES {
            let random = getrandom::u32().map_err(|error| self.failed(io::Error::other(error.to_string())))?;
            let name = format!("{}.md", id(random));
            let is_used = self.packages.is_used(name.trim_end_matches(".md"));
            let taken = [self.folder.join(&name), self.folder.join("pre").join(&name)];
            if !is_used && taken.iter().all(|path| path.symlink_metadata().is_err()) {
                return Ok(self.folder.join(name));
            }
        }
        Err(self.failed(ErrorKind::AlreadyExists.into()))
    }

    /// Writes a changeset, whole or not at all, and returns its path. A folder that is not there is made.
    pub(super) fn write(&self, text: &str) -> Result<PathBuf, Error> {
        let is_made = !self.is_there();
        // One that leads nowhere would be made where it leads.
        self.free()?;
        fs::create_dir_all(&self.folder).map_err(|error| self.failed(error))?;
        self.write_in(text).inspect_err(|_| {
            if is_made {
                // It is empty, or somebody else's by now, and then it stays.
                let _ = fs::remove_dir(&self.folder);
            }
        })
    }

    fn write_in(&self, text: &str) -> Result<PathBuf, Error> {
        let mut file = temporary(&self.folder).map_err(|error| self.failed(error))?;
        file.write_all(text.as_bytes()).and_then(|()| file.as_file().sync_all()).map_err(|error| self.failed(error))?;
        loop {
            let path = self.free()?;
            file = match file.persist_noclobber(&path) {
                // Another run has taken the name in between.
                Err(taken) if taken.error.kind() == ErrorKind::AlreadyExists => taken.file,
                Err(PersistError { error: source, .. }) => {
                    return Err(Error::Write { path: path.display().to_string(), source });
                }
                Ok(_) => return Ok(path),
            };
        }
    }

    fn failed(&self, source: io::Error) -> Error {
        Error::Write { path: self.folder.display().to_string(), source }
    }
}
