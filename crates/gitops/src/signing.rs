//! Signatures of commits by an SSH key, as git makes them with
//! [`gpg.format=ssh`](https://git-scm.com/docs/git-config#Documentation/git-config.txt-gpgformat).

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use embark_core::ports::SigningError;
use secrecy::{ExposeSecret as _, SecretString};
use tempfile::TempDir;

use crate::object;
use crate::store::Object;

/// The program of OpenSSH that signs.
const PROGRAM: &str = "ssh-keygen";

/// How long one signature may take. Who holds a key in hardware touches it within this time.
const PATIENCE: Duration = Duration::from_secs(60);

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
    fn name(&self) -> String {
        match &self.0 {
            Source::File(path) => path.display().to_string(),
            Source::Text { name, .. } => name.clone(),
        }
    }

    /// Signs a commit.
    pub(crate) fn sign(&self, commit: &Object) -> Result<Object, SigningError> {
        let file = self.on_disk().map_err(|source| SigningError::Key { key: self.name(), source: source.into() })?;
        // An empty passphrase is given, so that nobody is asked for one.
        let arguments = ["-q", "-Y", "sign", "-n", "git", "-P", ""];
        let signature = self.run(&arguments, &file, &commit.data)?;
        object::signed(commit, &signature).ok_or_else(|| self.refused("it made no signature"))
    }

    fn on_disk(&self) -> io::Result<OnDisk> {
        let text = match &self.0 {
            Source::File(path) => {
                File::open(path)?;
                return Ok(OnDisk { path: path.clone(), folder: None });
            }
            Source::Text { text, .. } => text.expose_secret(),
        };
        let folder = tempfile::Builder::new().prefix("embark-").tempdir()?;
        // It is made for this user alone, and named so that it is found by nobody before.
        let file = tempfile::Builder::new().prefix("key-").tempfile_in(folder.path())?;
        let (mut file, path) = file.keep().map_err(|error| error.error)?;
        // Settings of runners lose the newline at the end, which OpenSSH demands.
        file.write_all(format!("{}\n", text.trim().replace("\r\n", "\n")).as_bytes())?;
        Ok(OnDisk { path, folder: Some(folder) })
    }

    /// Runs the program on a key, and returns what it says.
    fn run(&self, arguments: &[&str], file: &OnDisk, input: &[u8]) -> Result<String, SigningError> {
        let mut command = Command::new(PROGRAM);
        command.args(arguments).arg("-f").arg(&file.path).env_clear().env("SSH_ASKPASS_REQUIRE", "never");
        command.envs(ENVIRONMENT.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let failed = |source: io::Error| SigningError::Program { program: PROGRAM, source: source.into() };
        let child = command.spawn().map_err(failed)?;
        let done = finish(child, input).map_err(failed)?;
        match done {
            Some(Done { is_success: true, stdout, .. }) => Ok(stdout),
            Some(Done { stderr, .. }) => Err(self.refused(&words(&stderr, &file.path, &self.name()))),
            None => Err(self.refused(&format!("{PROGRAM} did not end within {} seconds", PATIENCE.as_secs()))),
        }
    }

    fn refused(&self, words: &str) -> SigningError {
        SigningError::Refused { key: self.name(), words: words.to_owned() }
    }
}

/// A key in a file, and the folder that goes when it is dropped.
struct OnDisk {
    path: PathBuf,
    #[expect(dead_code, reason = "it is removed when it is dropped")]
    folder: Option<TempDir>,
}

struct Done {
    is_success: bool,
    stdout: String,
    stderr: String,
}

/// Waits for the program; `None` if it was ended because it took too long.
fn finish(mut child: Child, input: &[u8]) -> io::Result<Option<Done>> {
    if let Some(mut stdin) = child.stdin.take() {
        // One that has no use for the key has ended already, and says why.
        let _ = stdin.write_all(input);
    }
    let (mut stdout, mut stderr) = (child.stdout.take(), child.stderr.take());
    let (send, receive) = mpsc::channel();
    std::thread::spawn(move || {
        let mut heard = [String::new(), String::new()];
        // What is no text is no signature, and no words for anybody.
        let _ = stdout.as_mut().map(|from| from.read_to_string(&mut heard[0]));
        let _ = stderr.as_mut().map(|from| from.read_to_string(&mut heard[1]));
        let _ = send.send(heard);
    });
    let Ok([stdout, stderr]) = receive.recv_timeout(PATIENCE) else {
        child.kill()?;
        child.wait()?;
        return Ok(None);
    };
    Ok(Some(Done { is_success: child.wait()?.success(), stdout, stderr }))
}

/// Puts the program's words on one line; a file that is gone already has the name of its source.
fn words(text: &str, path: &Path, name: &str) -> String {
    let text = text.replace(&path.display().to_string(), name);
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('@'));
    let words = lines.collect::<Vec<_>>().join(" ");
    if words.is_empty() { format!("{PROGRAM} does not say why") } else { words }
}
