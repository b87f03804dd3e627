//! The files with which the demo begins.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use embark_core::ports::Clock as _;
use embark_core::{Commit, FilePath};
use embark_gitops::Author;

use super::BoxError;
use crate::clock::SystemClock;
use crate::error::Error;

/// The files of the deployment repo.
const DEPLOYMENT: [(&str, &str); 8] = [
    ("chart/Chart.yaml", include_str!("files/chart/Chart.yaml")),
    ("chart/templates/_helpers.tpl", include_str!("files/chart/templates/_helpers.tpl")),
    ("chart/templates/backend.yaml", include_str!("files/chart/templates/backend.yaml")),
    ("chart/templates/frontend.yaml", include_str!("files/chart/templates/frontend.yaml")),
    ("chart/values.yaml", include_str!("files/chart/values.yaml")),
    ("dev.yaml", include_str!("files/dev.yaml")),
    ("prod.yaml", include_str!("files/prod.yaml")),
    ("staging.yaml", include_str!("files/staging.yaml")),
];

const CONFIGURATION: &str = include_str!("files/embark.yaml");
const README: &str = include_str!("files/README.md");

/// Makes the deployment repo.
pub(super) fn write_deployment_repo(path: &Path) -> Result<(), BoxError> {
    let mut files = BTreeMap::new();
    for (path, text) in DEPLOYMENT {
        files.insert(path.parse::<FilePath>()?, text.as_bytes().to_vec());
    }
    let author = Author { name: "A person".into(), email: "person@example.com".into() };
    Ok(embark_gitops::init(path, &"main".parse()?, &files, &author, SystemClock.now())?)
}

/// Writes what stands in the application's repository.
pub(super) fn write_application(folder: &Path) -> Result<(), Error> {
    write(&folder.join("embark.yaml"), CONFIGURATION)
}

/// Writes the application's version, as its release pull request does.
pub(super) fn write_version(folder: &Path, version: &str) -> Result<(), Error> {
    let text = format!("{{\n  \"name\": \"shop\",\n  \"version\": \"{version}\",\n  \"private\": true\n}}\n");
    write(&folder.join("package.json"), &text)
}

/// Writes what can be done next: with the first commit, and with the two that are built and not released.
pub(super) fn write_readme(folder: &Path, first: &Commit, next: &Commit, last: &Commit) -> Result<(), Error> {
    let commits = [("{older}", first), ("{commit}", next), ("{later}", last)];
    let text = commits.iter().fold(README.to_owned(), |text, (name, commit)| text.replace(name, commit.as_str()));
    write(&folder.join("README.md"), &text)
}

fn write(path: &Path, text: &str) -> Result<(), Error> {
    fs::write(path, text).map_err(|source| Error::Write { path: path.display().to_string(), source })
}
