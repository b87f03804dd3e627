//! The files of a checkout as they are, committed or not.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use embark_changesets::{Tree, VersionFile};

use super::FOLDER;
use crate::error::Error;

/// Folders in which tools put packages of others, and what they build.
const LEFT_OUT: [&str; 2] = ["node_modules", "target"];

/// Reads the files from which the packages of the application can be told, and the changesets that wait.
pub(crate) fn tree(top: &Path, application: &str, version_file: &str) -> Result<Tree, Error> {
    let mut tree = Tree::new(application, version_file);
    add(&mut tree, top, version_file)?;
    // Elsewhere nothing has packages in folders of their own.
    let is_deep = VersionFile::of(version_file) == VersionFile::Cargo || top.join("package.json").is_file();
    let mut folders = vec![String::new()];
    while let Some(folder) = folders.pop() {
        let path = top.join(&folder);
        let unreadable = |source| Error::Read { path: path.display().to_string(), source };
        for entry in fs::read_dir(&path).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            let inner = format!("{folder}{name}");
            let kind = entry.file_type().map_err(unreadable)?;
            if kind.is_file() && Tree::needs(version_file, &inner) {
                add(&mut tree, top, &inner)?;
            }
            let is_ours =
                inner.split('/').next() == Some(FOLDER) || (is_deep && may_have_packages(&entry.path(), &name));
            if kind.is_dir() && is_ours {
                folders.push(inner + "/");
            }
        }
    }
    Ok(tree)
}

/// Tells whether the application may have packages in a folder: none that is hidden, and no other repository.
fn may_have_packages(path: &Path, name: &str) -> bool {
    !name.starts_with('.') && !LEFT_OUT.contains(&name) && path.join(".git").symlink_metadata().is_err()
}

fn add(tree: &mut Tree, top: &Path, file: &str) -> Result<(), Error> {
    let path = top.join(file);
    let name = || path.display().to_string();
    let bytes = match fs::read(&path) {
        // What is missing is told by what needs it.
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        bytes => bytes.map_err(|source| Error::Read { path: name(), source })?,
    };
    let text = String::from_utf8(bytes);
    let text = text.map_err(|_| Error::Parse { path: name(), source: "it is not text in UTF-8".into() })?;
    tree.add(file, text);
    Ok(())
}
