//! Other programs, run with a cleared environment.

use std::io::Write as _;
use std::process::{Command, Stdio};

/// A program that has ended.
#[derive(Debug, Clone)]
pub struct Finished {
    /// Its exit code.
    pub code: i32,
    /// What it wrote to stdout.
    pub stdout: Vec<u8>,
    /// What it wrote to stderr.
    pub stderr: String,
}

impl Finished {
    /// Returns stdout as text.
    pub fn text(&self) -> String {
        String::from_utf8(self.stdout.clone()).expect("stdout is UTF-8")
    }

    /// Fails unless the program succeeded.
    #[track_caller]
    pub fn succeeded(self, what: &str) -> Self {
        assert_eq!(self.code, 0, "{what} failed: {}{}", String::from_utf8_lossy(&self.stdout), self.stderr);
        self
    }
}

/// Prepares a program: no environment but `PATH`, no ambient configuration of git.
pub fn program(name: &str) -> Command {
    let mut command = Command::new(name);
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("LC_ALL", "C")
        .env("TZ", "UTC")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null");
    command
}

/// Runs a program to its end with `input` as its stdin.
///
/// A program that is not installed fails the test that needs it.
pub fn run(command: &mut Command, input: &[u8]) -> Finished {
    let name = command.get_program().to_string_lossy().into_owned();
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("cannot run {name}, which ./tests/run installs: {error}"));
    let mut stdin = child.stdin.take().expect("stdin is piped");
    let output = std::thread::scope(|scope| {
        // A program may end without reading all of it.
        scope.spawn(move || stdin.write_all(input).is_ok());
        child.wait_with_output().expect("a child can be waited for")
    });
    Finished {
        code: output.status.code().unwrap_or(-1),
        stdout: output.stdout,
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}
