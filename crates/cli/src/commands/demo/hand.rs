//! A person who commits to the deployment repo past embark.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use embark_core::FilePath;
use embark_core::ports::{Change, DeploymentRepository as _};
use embark_gitops::{Author, GitRepository, Options};

use super::BoxError;
use crate::clock::SystemClock;

/// A person who may push to the deployment branch.
pub(super) struct Hand(GitRepository);

impl Hand {
    pub(super) fn new(repository: &Path) -> Result<Self, BoxError> {
        let author = Author { name: "Somebody".into(), email: "somebody@example.com".into() };
        let options = Options { branch: "main".parse()?, ledger: None, author };
        Ok(Self(GitRepository::local(repository, options, Arc::new(SystemClock))))
    }

    /// Reads a file at the tip of the branch.
    pub(super) async fn read(&self, file: &FilePath) -> Result<String, BoxError> {
        let mut snapshot = self.0.read(vec![file.clone()]).await?;
        let bytes = snapshot.files.remove(file).flatten().ok_or_else(|| format!("there is no {file}"))?;
        Ok(String::from_utf8(bytes)?)
    }

    /// Commits a file's whole new text.
    pub(super) async fn commit(&self, file: &FilePath, text: &str, message: &str) -> Result<(), BoxError> {
        let tip = self.0.read(vec![file.clone()]).await?.tip;
        let files = BTreeMap::from([(file.clone(), text.as_bytes().to_vec())]);
        let change = Change { files, message: format!("{message}\n"), deployment: None };
        self.0.commit(tip, vec![change]).await?;
        Ok(())
    }
}
