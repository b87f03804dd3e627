//! The system's `ssh`: keys, agents, jump hosts and known hosts are its own.

use std::io::{self, Read};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant};

use gix_transport::client::git::ConnectMode;
use gix_transport::client::git::blocking_io::Connection;
use gix_transport::{Protocol, Service};

use super::SshUrl;
use super::http::{MAX_ANSWER, one_line};
use crate::program::program;
use crate::store::StoreError;

/// Asks for nothing that only a person could answer, and notices within a minute that the other side is gone.
const OPTIONS: [&str; 10] = [
    "-o",
    "BatchMode=yes",
    "-o",
    "ConnectTimeout=15",
    "-o",
    "ServerAliveInterval=15",
    "-o",
    "ServerAliveCountMax=3",
    "-o",
    "SendEnv=GIT_PROTOCOL",
];

/// How much of what `ssh` and the server say is kept, in bytes: the beginning, where the cause stands.
const MAX_WORDS: usize = 4096;

/// How long a process that failed may take to say why.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long one connection may be waited for, taken together: a server that is there and says nothing, or a byte now and
/// then, would never end.
const LIFE: Duration = Duration::from_mins(15);

/// How much one connection may bring, in bytes.
const MOST: usize = 4 * MAX_ANSWER;

/// How to reach a repository over ssh.
#[derive(Debug, Clone)]
pub(super) struct Ssh {
    url: SshUrl,
    /// In place of `ssh`, for the shell, as in `GIT_SSH_COMMAND`.
    command: Option<String>,
    life: Duration,
}

/// What git reads from and writes to.
pub(super) type Pipes = Connection<Output, ChildStdin>;

impl Ssh {
    pub(super) fn new(url: SshUrl, command: Option<String>) -> Self {
        Self { url, command, life: LIFE }
    }

    pub(super) fn url(&self) -> &SshUrl {
        &self.url
    }

    /// Returns what git's own programs are told to run.
    pub(super) fn command_line(&self) -> String {
        format!("{} {}", self.command.as_deref().unwrap_or("ssh"), OPTIONS[..8].join(" "))
    }

    /// Starts a service of the server.
    pub(super) fn open(&self, service: Service) -> Result<(Pipes, Arc<Said>), StoreError> {
        let mut command = self.command();
        command.args(OPTIONS);
        if let Some(port) = self.url.port() {
            command.args(["-p", &port.to_string()]);
        }
        command.arg(self.url.destination()).arg(format!("{} {}", service.as_str(), self.url.quoted_path()));
        // A server shows this version of its protocol if it lets the variable in.
        command.env("GIT_PROTOCOL", "version=2");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        tracing::debug!(url = self.url.as_str(), service = service.as_str(), "ssh");
        let mut child = command.spawn().map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => StoreError::Unavailable("there is no program ssh".into()),
            _ => StoreError::Other { operation: "run ssh for", source: error.into() },
        })?;
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(stdin), Some(stdout), Some(stderr)) = pipes else {
            return Err(StoreError::Malformed("ssh has no pipes".into()));
        };
        let said = Said::listen(stderr);
        let output = Output::new(stdout, child, self.life);
        let host = None::<(&str, _)>;
        let pipes = Connection::new(output, stdin, Protocol::V2, self.url.as_str(), host, ConnectMode::Process, false);
        Ok((pipes, said))
    }

    fn command(&self) -> Command {
        match &self.command {
            // As git does it: the user's own command line, with the arguments behind it.
            Some(command) => {
                let mut shell = program("sh");
                shell.args(["-c", &format!("{command} \"$@\""), "ssh"]);
                shell
            }
            None => program("ssh"),
        }
    }
}

/// What the other side sends; the process ends with it.
pub(super) struct Output {
    stdout: io::Take<ChildStdout>,
    child: Arc<Mutex<Child>>,
    waited: Arc<Mutex<Waited>>,
    /// It goes when this does, of which the thread that would end the process at last is told.
    _held: mpsc::Sender<()>,
}

/// How long somebody has waited for what the other side sends.
#[derive(Default)]
struct Waited {
    before: Duration,
    since: Option<Instant>,
}

impl Waited {
    fn sum(&self) -> Duration {
        self.before + self.since.map(|since| since.elapsed()).unwrap_or_default()
    }
}

impl Output {
    fn new(stdout: ChildStdout, child: Child, life: Duration) -> Self {
        let (held, gone) = mpsc::channel();
        let (child, waited) = (Arc::new(Mutex::new(child)), Arc::<Mutex<Waited>>::default());
        let (watched, waits) = (child.clone(), waited.clone());
        std::thread::spawn(move || {
            while gone.recv_timeout(life / 16) == Err(mpsc::RecvTimeoutError::Timeout) {
                if waits.lock().unwrap_or_else(PoisonError::into_inner).sum() > life {
                    let _ = watched.lock().unwrap_or_else(PoisonError::into_inner).kill();
                    return;
                }
            }
        });
        Self { stdout: stdout.take(MOST as u64), child, waited, _held: held }
    }
}

impl Read for Output {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let waited = self.waited.clone();
        let waited = || waited.lock().unwrap_or_else(PoisonError::into_inner);
        waited().since = Some(Instant::now());
        let read = self.stdout.read(buffer);
        let sum = waited().sum();
        *waited() = Waited { before: sum, since: None };
        read
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        // Its input is closed. One that shares its connection with others of this user's should end by itself.
        for _ in 0..20 {
            if !matches!(child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let _ = child.kill();
        let _ = child.wait();
    }
}

/// What a process says on its standard error.
#[derive(Debug, Default)]
pub(super) struct Said {
    /// The text, and whether that was all.
    text: Mutex<(String, bool)>,
    ended: Condvar,
}

impl Said {
    /// Is of a process that said nothing, and has ended.
    #[cfg(feature = "test-support")]
    pub(super) fn nothing() -> Arc<Self> {
        Arc::new(Self { text: Mutex::new((String::new(), true)), ended: Condvar::new() })
    }

    fn listen(stderr: ChildStderr) -> Arc<Self> {
        let said = Arc::new(Self::default());
        let heard = said.clone();
        std::thread::spawn(move || {
            let mut stderr = stderr;
            let mut bytes = [0; 1024];
            while let Ok(length @ 1..) = stderr.read(&mut bytes) {
                let mut text = heard.text.lock().unwrap_or_else(PoisonError::into_inner);
                // The rest is read, so that nobody waits for a reader, and dropped.
                if text.0.len() < MAX_WORDS {
                    text.0.push_str(&String::from_utf8_lossy(&bytes[..length]));
                }
            }
            heard.text.lock().unwrap_or_else(PoisonError::into_inner).1 = true;
            heard.ended.notify_all();
        });
        said
    }

    /// Returns what went wrong: what was said, else what gix says.
    pub(super) fn failure(&self, said: &str) -> StoreError {
        let text = self.text.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.ended.wait_timeout_while(text, PATIENCE, |(_, ended)| !*ended);
        let words = waited.unwrap_or_else(PoisonError::into_inner).0.0.clone();
        judge(&words).unwrap_or_else(|| StoreError::Malformed(one_line(said)))
    }
}

/// Sorts what `ssh`, and the server's git, say when they fail. Their exit codes do not tell.
pub(crate) fn judge(words: &str) -> Option<StoreError> {
    let has = |parts: &[&str]| parts.iter().any(|part| words.contains(part));
    let line = one_line(words);
    if let Some((_, object)) = line.split_once("not our ref ") {
        Some(StoreError::NotFound(format!("object {}", object.split(' ').next().unwrap_or_default())))
    } else if line.is_empty() {
        None
    } else if has(&["Permission denied", "Host key verification failed", "Too many authentication failures"]) {
        Some(StoreError::Unauthorized(line))
    } else if has(&["does not appear to be a git repository", "epository not found", "not a git repository"]) {
        Some(StoreError::NotFound("git repository, or none that may be seen,".into()))
    } else if has(&["resolve hostname", "connect to host", "Connection closed", "Connection reset", "timed out"]) {
        Some(StoreError::Unavailable(line.into()))
    } else {
        Some(StoreError::Malformed(line))
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_is_there_and_says_nothing_is_given_up() {
        let url: SshUrl = "ssh://git@example.com/a.git".parse().expect("an address");
        // What is put behind the command is a comment.
        let ssh = Ssh { life: Duration::from_millis(200), ..Ssh::new(url, Some("exec sleep 60 #".into())) };
        let begun = Instant::now();
        let (pipes, _) = ssh.open(Service::UploadPack).expect("it is started");
        let (mut output, _input) = pipes.into_inner();
        assert_eq!(output.read(&mut [0; 16]).expect("it is at its end"), 0);
        assert!(begun.elapsed() < Duration::from_secs(30));
    }
}
