//! Signatures of commits by an SSH key, as git makes them with
//! [`gpg.format=ssh`](https://git-scm.com/docs/git-config#Documentation/git-config.txt-gpgformat).

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use embark_core::Timestamp;
use embark_core::ports::SigningError;
use gix_hash::ObjectId;
use secrecy::{ExposeSecret as _, SecretString};
use tempfile::TempDir;

use crate::object;
use crate::program::{Done, finish};
use crate::repository::Author;
use crate::store::{Object, StoreError};

/// The program of OpenSSH that signs.
const PROGRAM: &str = "ssh-keygen";

/// How long one signature may take. Who holds a key in hardware touches it within this time.
const PATIENCE: Duration = Duration::from_mins(1);

/// What the program is told of the environment: where the agent and the hardware are, and no secrets of ours.
const ENVIRONMENT: [&str; 7] = ["PATH", "HOME", "TMPDIR", "SSH_AUTH_SOCK", "SSH_SK_PROVIDER", "SSH_SK_HELPER", "LANG"];

/// An SSH key that signs commits.
#[derive(Debug, Clone)]
pub struct SigningKey(Source);

#[derive(Debug, Clone)]
enum Source {
    File(PathBuf),
    Text { name: String, text: SecretString },
}

impl SigningKey {
    /// Takes the private key in a file, or the public one of a key that an agent holds.
    pub fn file(path: PathBuf) -> Self {
        Self(Source::File(path))
    }

    /// Takes the text of a private key without a passphrase, which errors call `name`.
    ///
    /// For each signature it is written to a file that only this user may read, and that is removed afterwards.
    pub fn text(name: &str, text: SecretString) -> Self {
        Self(Source::Text { name: name.into(), text })
    }

    /// Returns how people name it.
    pub fn name(&self) -> String {
        match &self.0 {
            Source::File(path) => path.display().to_string(),
            Source::Text { name, .. } => name.clone(),
        }
    }

    /// Looks for the file.
    ///
    /// # Errors
    /// [`SigningError::Key`] if it is not there, or cannot be read.
    pub fn find(&self) -> Result<(), SigningError> {
        match &self.0 {
            Source::File(path) => File::open(path).map(drop).map_err(|error| self.unusable(error)),
            Source::Text { .. } => Ok(()),
        }
    }

    /// Signs something, which is thrown away. It blocks.
    ///
    /// # Errors
    /// [`SigningError`] if no commit can be signed.
    pub fn check(&self) -> Result<(), SigningError> {
        self.armor(b"embark").map(drop)
    }

    /// Signs a commit.
    fn sign(&self, commit: &Object) -> Result<Object, SigningError> {
        let signature = self.armor(&commit.data)?;
        object::signed(commit, &signature).ok_or_else(|| self.refused("it made no signature"))
    }

    /// Makes the signature of some bytes, in the form of text.
    fn armor(&self, bytes: &[u8]) -> Result<String, SigningError> {
        self.find()?;
        let file = self.on_disk().map_err(|error| self.unusable(error))?;
        if let Source::Text { text, .. } = &self.0
            && !text.expose_secret().contains("BEGIN OPENSSH PRIVATE KEY")
        {
            // Only OpenSSH's own format has the public key beside the private one; of others the program wants a file.
            let public = self.run(&["-q", "-y"], &file, b"")?;
            let mut path = file.path.clone().into_os_string();
            path.push(".pub");
            std::fs::write(path, public).map_err(|error| self.unusable(error))?;
        }
        self.run(&["-q", "-Y", "sign", "-n", "git"], &file, bytes)
    }

    fn on_disk(&self) -> io::Result<OnDisk> {
        let text = match &self.0 {
            Source::File(path) => return Ok(OnDisk { path: path.clone(), folder: None }),
            Source::Text { text, .. } => text.expose_secret(),
        };
        let folder = tempfile::Builder::new().prefix("embark-").tempdir()?;
        // It is made for this user alone.
        let file = tempfile::Builder::new().prefix("key-").tempfile_in(folder.path())?;
        let (mut file, path) = file.keep().map_err(|error| error.error)?;
        // Settings of runners lose the newline at the end, which OpenSSH demands.
        file.write_all(format!("{}\n", text.trim().replace("\r\n", "\n")).as_bytes())?;
        Ok(OnDisk { path, folder: Some(folder) })
    }

    /// Runs the program on a key, and returns what it says.
    fn run(&self, arguments: &[&str], file: &OnDisk, input: &[u8]) -> Result<String, SigningError> {
        let mut command = Command::new(PROGRAM);
        // An empty passphrase is given, so that nobody is asked for one.
        command.args(arguments).args(["-P", "", "-f"]).arg(&file.path);
        command.env_clear().env("SSH_ASKPASS_REQUIRE", "never");
        command.envs(ENVIRONMENT.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let failed = |source: io::Error| SigningError::Program { program: PROGRAM, source: source.into() };
        let child = command.spawn().map_err(failed)?;
        let done = finish(child, input.to_vec(), PATIENCE).map_err(failed)?;
        match done {
            Some(Done { is_success: true, stdout, .. }) => Ok(stdout),
            Some(Done { stderr, .. }) => Err(self.refused(&words(&stderr, &file.path, &self.name()))),
            None => Err(self.refused(&format!("{PROGRAM} did not end within {} seconds", PATIENCE.as_secs()))),
        }
    }

    fn unusable(&self, source: io::Error) -> SigningError {
        SigningError::Key { key: self.name(), source: source.into() }
    }

    fn refused(&self, words: &str) -> SigningError {
        SigningError::Refused { key: self.name(), words: words.to_owned() }
    }
}

/// Who makes commits, and the key that signs them.
#[derive(Debug, Clone)]
pub(crate) struct Committer {
    pub(crate) author: Author,
    /// Who commits; the author, if it is nobody else.
    pub(crate) by: Option<Author>,
    pub(crate) key: Option<SigningKey>,
}

impl Committer {
    /// Makes a commit.
    pub(crate) fn commit(
        &self,
        tree: ObjectId,
        parent: Option<ObjectId>,
        now: Timestamp,
        message: &str,
    ) -> Result<Object, StoreError> {
        let committer = self.by.as_ref().unwrap_or(&self.author);
        let commit = object::new_commit(tree, parent, &self.author.at(now), &committer.at(now), message);
        match &self.key {
            Some(key) => Ok(key.sign(&commit)?),
            None => Ok(commit),
        }
    }
}

/// A key in a file, and the folder that goes when it is dropped.
struct OnDisk {
    path: PathBuf,
    #[expect(dead_code, reason = "it is removed when it is dropped")]
    folder: Option<TempDir>,
}

/// Puts the program's words on one line; a file that is gone already has the name of its source.
fn words(text: &str, path: &Path, name: &str) -> String {
    let text = text.replace(&path.display().to_string(), name);
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('@'));
    let words = lines.collect::<Vec<_>>().join(" ");
    if words.is_empty() { format!("{PROGRAM} does not say why") } else { words }
}
