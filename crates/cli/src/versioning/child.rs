//! The repository's own program, run in a folder: what it is told, how long it may take, and what it said.

mod environment;
mod said;

use std::io::{self, Read as _};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant};

use secrecy::SecretString;

/// How long it may take. It asks servers where a plugin does.
pub(super) const PATIENCE: Duration = Duration::from_mins(5);

/// How long to wait for the last words of a program that has ended: what it has started may keep the pipe open.
const LAST_WORDS: Duration = Duration::from_secs(1);
const PAUSE: Duration = Duration::from_millis(20);
/// How much of what it says is kept, in bytes.
const KEPT: usize = 64 << 10;

/// Tells why the repository's own program did not do it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProgramError {
    #[error("there is no program {0}")]
    Absent(String),
    #[error("it cannot be run")]
    Start(#[source] io::Error),
    #[error("it did not end within {} seconds", .0.as_secs())]
    Late(Duration),
    #[error("{how}{}", quoted(.said))]
    Failed { how: String, said: Vec<String> },
}

/// Writes what was said below, a line each.
fn quoted(said: &[String]) -> String {
    if said.is_empty() { String::new() } else { format!(":\n    {}", said.join("\n    ")) }
}

/// A program that is to be run.
#[derive(Debug)]
pub(super) struct Child<'a> {
    /// The program and its arguments. No shell reads them.
    pub(super) command: &'a [&'a str],
    /// Where it runs.
    pub(super) folder: &'a Path,
    /// The variable with the address of a webhook, which is not its business.
    pub(super) webhook: Option<&'a str>,
    /// What it gets as `GITHUB_TOKEN`.
    pub(super) token: Option<&'a SecretString>,
    /// How long it may take.
    pub(super) patience: Duration,
}

impl Child<'_> {
    /// Runs it to its end. What a person at the terminal interrupts ends with embark: it is of one process group.
    pub(super) fn run(&self) -> Result<(), ProgramError> {
        self.run_with(&[])
    }

    fn run_with(&self, variables: &[(&str, &str)]) -> Result<(), ProgramError> {
        let (program, arguments) = self.command.split_first().unwrap_or((&"", &[]));
        let (reader, writer) = io::pipe().map_err(ProgramError::Start)?;
        let mut command = Command::new(program);
        command.args(arguments).current_dir(self.folder).stdin(Stdio::null());
        // One pipe for both keeps the order of what it says.
        command.stdout(writer.try_clone().map_err(ProgramError::Start)?).stderr(writer);
        environment::prepare(&mut command, self.webhook, self.token);
        command.envs(variables.iter().copied());
        let mut child = command.spawn().map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => ProgramError::Absent((*program).to_owned()),
            _ => ProgramError::Start(error),
        })?;
        // It holds the other end of the pipe.
        drop(command);
        let (words, ended) = listen(reader);
        let deadline = Instant::now() + self.patience;
        let status = loop {
            match child.try_wait().map_err(ProgramError::Start)? {
                Some(status) => break status,
                None if Instant::now() < deadline => std::thread::sleep(PAUSE),
                None => {
                    // One that has ended just now is as good as killed.
                    let _ = child.kill();
                    let _ = child.wait();
                    return Err(ProgramError::Late(self.patience));
                }
            }
        };
        if status.success() {
            return Ok(());
        }
        let _ = ended.recv_timeout(LAST_WORDS);
        let words = std::mem::take(&mut *words.lock().unwrap_or_else(PoisonError::into_inner));
        Err(ProgramError::Failed { how: how(status), said: said::said(&words, self.folder, self.token) })
    }
}

fn how(status: ExitStatus) -> String {
    status.code().map_or_else(|| "it was killed".into(), |code| format!("it ended with exit code {code}"))
}

type Words = Arc<Mutex<Vec<u8>>>;

/// Keeps the last of what comes, and tells when nothing more does.
fn listen(mut reader: io::PipeReader) -> (Words, mpsc::Receiver<()>) {
    let (words, (tell, told)) = (Words::default(), mpsc::channel());
    let kept = Arc::clone(&words);
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(read @ 1..) = reader.read(&mut buffer) {
            let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
            kept.extend_from_slice(&buffer[..read]);
            let too_many = kept.len().saturating_sub(KEPT);
            kept.drain(..too_many);
        }
        // Nobody may wait any more.
        let _ = tell.send(());
    });
    (words, told)
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::versioning::manager::Manager;

    /// A folder of programs that note how they were called.
    fn programs(script: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["npx", "pnpm", "yarn"] {
            let path = folder.path().join(name);
            std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("it is written");
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("it is set");
        }
        folder
    }

    fn run(manager: Manager, script: &str, patience: Duration) -> (Result<(), ProgramError>, String) {
        let (programs, folder) = (programs(script), tempfile::tempdir().expect("a folder"));
        let token = SecretString::from("changesets-token");
        let child =
            Child { command: manager.command(), folder: folder.path(), webhook: None, token: Some(&token), patience };
        let path = format!("{}:/usr/bin:/bin", programs.path().display());
        let done = child.run_with(&[("PATH", &path)]);
        (done, std::fs::read_to_string(folder.path().join("called")).unwrap_or_default())
    }

    #[test]
    fn each_package_manager_runs_what_is_installed() {
        let script = r#"printf '%s|' "${0##*/}" "$@" "$GITHUB_TOKEN" >called"#;
        let calls = [Manager::Npm, Manager::Pnpm, Manager::Yarn].map(|manager| {
            let (done, called) = run(manager, script, PATIENCE);
            done.expect("it runs");
            called
        });
        assert_eq!(
            calls,
            [
                "npx|--no-install|changeset|version|changesets-token|",
                "pnpm|exec|changeset|version|changesets-token|",
                "yarn|run|changeset|version|changesets-token|",
            ]
        );
    }

    #[test]
    fn what_it_said_last_is_told_without_colours_and_secrets() {
        let script = r#"i=0; while [ $i -lt 3000 ]; do echo "line $i of many that nobody needs"; i=$((i+1)); done
            printf '\033[31mred %s\033[0m\n\n    at stack (file.js:1:2)\n' "$GITHUB_TOKEN" >&2; echo "$PWD/a.json is wrong"; exit 7"#;
        let (done, _) = run(Manager::Npm, script, PATIENCE);
        let told = done.expect_err("it fails").to_string();
        let lines: Vec<&str> = told.lines().collect();
        assert_eq!(lines[0], "it ended with exit code 7:");
        assert_eq!(
            lines[lines.len() - 3..],
            ["    line 2999 of many that nobody needs", "    red ***", "    a.json is wrong"]
        );
        assert_eq!(lines.len(), 13, "{told}");
    }

    #[test]
    fn one_that_hangs_is_given_up_and_what_it_started_keeps_nobody_waiting() {
        let (done, _) = run(Manager::Npm, "exec sleep 60", Duration::from_millis(100));
        assert!(matches!(done, Err(ProgramError::Late(_))), "{done:?}");
        let started = Instant::now();
        let (done, _) = run(Manager::Npm, "sleep 60 & exit 0", PATIENCE);
        done.expect("it has ended");
        assert!(started.elapsed() < Duration::from_secs(30));
    }

    #[test]
    fn one_that_is_missing_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let child = Child { command: &["npx"], folder: folder.path(), webhook: None, token: None, patience: PATIENCE };
        let error = child.run_with(&[("PATH", "/nowhere")]).expect_err("it is not there");
        assert_eq!(error.to_string(), "there is no program npx");
    }
}
