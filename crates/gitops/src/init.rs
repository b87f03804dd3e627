//! New deployment repos on disk.

use std::collections::BTreeMap;
use std::path::Path;

use embark_core::ports::RepositoryError;
use embark_core::{FilePath, Timestamp};

use crate::error::of_repository;
use crate::local::Local;
use crate::object;
use crate::ref_name::RefName;
use crate::repository::Author;
use crate::store::{RefUpdate, Store as _, StoreError};
use crate::tree::Staged;

/// Makes a bare repository whose branch has one commit of these files.
///
/// # Errors
/// [`RepositoryError`] if the folder cannot be written, or holds something.
pub fn init(
    path: &Path,
    branch: &RefName,
    files: &BTreeMap<FilePath, Vec<u8>>,
    author: &Author,
    now: Timestamp,
) -> Result<(), RepositoryError> {
    let name = path.display().to_string();
    write(path, branch, files, author, now).map_err(|error| of_repository(&name, None, error))
}

fn write(
    path: &Path,
    branch: &RefName,
    files: &BTreeMap<FilePath, Vec<u8>>,
    author: &Author,
    now: Timestamp,
) -> Result<(), StoreError> {
    let other = |source| StoreError::Other { operation: "make", source };
    gix::init_bare(path).map_err(|error| other(error.into()))?;
    std::fs::write(path.join("HEAD"), format!("ref: {branch}\n")).map_err(|error| other(error.into()))?;
    let mut local = Local::new(path);
    let mut staged = Staged::new(&local);
    let files = files.iter().map(|(path, bytes)| (path.to_string(), bytes.clone())).collect();
    let tree = staged.write(None, files)?;
    let who = author.at(now);
    let commit = staged.put(object::new_commit(tree, None, &who, &who, "Begin"));
    let objects = staged.into_objects();
    local.push(&objects, &[RefUpdate { name: branch.to_string(), old: None, new: commit }])
}
