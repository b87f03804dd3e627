//! The folder of the demo: one to keep, or one that goes away with it.

use std::fs;
use std::io::{Error as IoError, ErrorKind};
use std::path::{Path, PathBuf};

use embark_core::ports::Clock as _;

use crate::clock::SystemClock;
use crate::error::Error;

/// A folder that was empty. A temporary one is removed when this goes out of scope.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    is_temporary: bool,
}

impl Folder {
    /// Makes the folder `path`, or takes it if it is empty.
    pub(super) fn keep(path: &Path) -> Result<Self, Error> {
        let name = path.display().to_string();
        match fs::read_dir(path).map(|mut entries| entries.next()) {
            Ok(None) => {}
            Ok(Some(Ok(_))) => return Err(Error::Arguments(format!("{name} is not empty"), ANOTHER)),
            Err(error) if error.kind() == ErrorKind::NotADirectory => {
                return Err(Error::Arguments(format!("{name} is no folder"), ANOTHER));
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {
                fs::create_dir_all(path).map_err(|source| Error::Write { path: name, source })?;
            }
            Err(source) | Ok(Some(Err(source))) => return Err(Error::Read { path: name, source }),
        }
        Ok(Self { path: path.to_owned(), is_temporary: false })
    }

    /// Makes a folder that nobody else can read.
    pub(super) fn temporary() -> Result<Self, Error> {
        let path = std::env::temp_dir().join(format!("embark-demo-{}", SystemClock.new_id()));
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&path).map_err(|source| Error::Write { path: path.display().to_string(), source })?;
        Ok(Self { path, is_temporary: true })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Removes the folder if it is a temporary one.
    pub(super) fn close(mut self) -> Result<(), Error> {
        self.remove().map_err(|source| Error::Write { path: self.path.display().to_string(), source })
    }

    fn remove(&mut self) -> Result<(), IoError> {
        if std::mem::take(&mut self.is_temporary) { fs::remove_dir_all(&self.path) } else { Ok(()) }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // The way here is an error already; that one is told.
        let _ = self.remove();
    }
}

const ANOTHER: &str = "name a folder that does not exist yet, as in: embark demo --keep shop";
