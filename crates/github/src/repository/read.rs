//! Files at the tip, and as commits have them.

use std::collections::BTreeMap;

use embark_core::ports::{PastFiles, Snapshot};
use embark_core::{FilePath, Revision};

use super::query::{Files, Place, Told, WithTip, places, revision, tip};
use super::{Branch, Failure, blob};
use crate::error::Error;

/// So many files are asked for at once.
const FILES: usize = 100;

/// How [a pointer](https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md) to a file that is kept elsewhere begins.
const LFS: &[u8] = b"version https://git-lfs.github.com/spec/";

impl Branch {
    /// Reads files at the tip; the request that finds the tip brings them.
    pub(super) async fn read_tip(&self, paths: Vec<FilePath>) -> Result<Snapshot, Failure> {
        let tip = self.ask_tip(&paths[..paths.len().min(FILES)]).await?;
        let places = paths.into_iter().map(|path| (tip.clone(), path)).collect();
        let files = self.read_places(places).await?;
        Ok(Snapshot { tip, files: files.into_iter().map(|((_, path), bytes)| (path, bytes)).collect() })
    }

    /// Asks where the branch is, and for what stands there at some paths.
    pub(super) async fn ask_tip(&self, paths: &[FilePath]) -> Result<Revision, Failure> {
        let query = tip(self.client.repository(), &self.name, paths);
        let told: Told<WithTip> = self.client.lookup(&query.text, &query.variables).await?;
        let found = told.repository.ok_or_else(|| self.client.not_found())?.r#ref.and_then(|found| found.target);
        let absent = || Error::NotFound(format!("branch {}", self.name));
        let target = found.ok_or_else(absent)?;
        let tip = revision(&target.oid)?;
        let history = target.history.ok_or_else(absent)?;
        self.keep_commits(history, &[])?;
        self.keep_files(&tip, paths, target.files);
        self.seen().tip = Some(tip.clone());
        Ok(tip)
    }

    /// Reads files as commits have them.
    pub(super) async fn read_places(&self, places: Vec<(Revision, FilePath)>) -> Result<PastFiles, Failure> {
        if let Some(absent) = self.load(&places, true).await?.into_iter().next() {
            return Err(Error::NotFound(format!("commit {absent}")).into());
        }
        let mut files = PastFiles::new();
        for (commit, path) in places {
            let entry = self.seen().entry(&commit, &path).cloned().flatten();
            let bytes = match entry {
                None => None,
                Some(entry) => {
                    if let Some(what) = entry.mode.no_file() {
                        return Err(Failure::NotAFile { path, what });
                    }
                    Some(self.bytes(&entry.oid).await?)
                }
            };
            if bytes.as_ref().is_some_and(|bytes| bytes.starts_with(LFS)) {
                return Err(Failure::NotAFile { path, what: "a pointer of Git LFS" });
            }
            files.insert((commit, path), bytes);
        }
        Ok(files)
    }

    /// Returns the bytes of a file: what is not text, or long, or was changed on the way has not come with the query.
    pub(super) async fn bytes(&self, oid: &str) -> Result<Vec<u8>, Failure> {
        if let Some(bytes) = self.seen().blobs.get(oid) {
            return Ok(bytes.clone());
        }
        let bytes = blob::get(&self.client, oid).await?;
        self.seen().blobs.insert(oid.to_owned(), bytes.clone());
        Ok(bytes)
    }

    /// Asks what stands at these places, where it is not known, and returns the commits that do not exist.
    ///
    /// What is known of a place without its text is asked for again where the text is `wanted`.
    pub(super) async fn load(&self, all: &[(Revision, FilePath)], wanted: bool) -> Result<Vec<Revision>, Failure> {
        let unknown: Vec<(Revision, FilePath)> = {
            let seen = self.seen();
            let is_unknown = |(commit, path): &&(Revision, FilePath)| match seen.entry(commit, path) {
                None => true,
                Some(None) => false,
                Some(Some(entry)) => wanted && entry.mode.no_file().is_none() && !seen.blobs.contains_key(&entry.oid),
            };
            // A tip that has just been asked for has told what it can.
            let is_told = |(commit, path): &&(Revision, FilePath)| {
                seen.tip.as_ref() == Some(commit) && seen.entry(commit, path).is_some()
            };
            all.iter().filter(|place| is_unknown(place) && !is_told(place)).cloned().collect()
        };
        let mut absent = Vec::new();
        for some in unknown.chunks(FILES) {
            absent.extend(self.ask(some).await?);
        }
        Ok(absent)
    }

    async fn ask(&self, some: &[(Revision, FilePath)]) -> Result<Vec<Revision>, Failure> {
        let mut of_commits: BTreeMap<Revision, Vec<FilePath>> = BTreeMap::new();
        for (commit, path) in some {
            of_commits.entry(commit.clone()).or_default().push(path.clone());
        }
        self.ask_commits(of_commits.into_iter().collect()).await
    }

    /// Asks for files of commits, and returns the commits that do not exist.
    pub(super) async fn ask_commits(
        &self,
        mut of_commits: Vec<(Revision, Vec<FilePath>)>,
    ) -> Result<Vec<Revision>, Failure> {
        // What is no id of git's, at GitHub, is not there.
        let mut absent: Vec<Revision> =
            of_commits.extract_if(.., |(commit, _)| commit.as_str().len() != SHA1).map(|(commit, _)| commit).collect();
        if of_commits.is_empty() {
            return Ok(absent);
        }
        let query = places(self.client.repository(), &of_commits);
        let told: Told<BTreeMap<String, Option<Place>>> = self.client.lookup(&query.text, &query.variables).await?;
        let mut found = told.repository.ok_or_else(|| self.client.not_found())?;
        for (at, (commit, paths)) in of_commits.into_iter().enumerate() {
            match found.remove(&format!("c{at}")).flatten() {
                Some(Place { oid: Some(oid), files }) if oid == commit.as_str() => {
                    self.keep_files(&commit, &paths, files);
                }
                _ => absent.push(commit),
            }
        }
        Ok(absent)
    }

    /// Keeps what stands at paths of a commit. A text is kept if it is what git has, to the byte.
    pub(super) fn keep_files(&self, commit: &Revision, paths: &[FilePath], mut files: Files) {
        let mut seen = self.seen();
        for (at, path) in paths.iter().enumerate() {
            let Some(file) = files.remove(&format!("f{at}")) else { continue };
            let entry = file.map(|file| {
                let (entry, text) = file.into_parts();
                let bytes = text.map(String::into_bytes);
                if let Some(bytes) = bytes.filter(|bytes| blob::id(bytes).as_ref() == Some(&entry.oid)) {
                    seen.blobs.insert(entry.oid.clone(), bytes);
                }
                entry
            });
            seen.entries.insert((commit.clone(), path.clone()), entry);
        }
    }
}

/// How many digits an id has.
const SHA1: usize = 40;
