//! A run that is sent a signal.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use super::command::{Finished, program, run};
use super::embark::Embark;

/// A run that goes on.
pub struct Running {
    child: Child,
    embark: Embark,
    arguments: Vec<String>,
}

impl Running {
    /// Starts a run; it may be sent signals.
    pub fn start(embark: &Embark, arguments: &[&str]) -> Self {
        let mut command = embark.command(arguments);
        let command = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().expect("it can be run");
        Self { child, embark: embark.clone(), arguments: arguments.iter().map(|&argument| argument.into()).collect() }
    }

    /// Sends it a signal, e.g. `TERM`.
    pub fn signal(&self, name: &str) {
        // Only a shell is sure to be there.
        run(program("sh").args(["-c", &format!("kill -{name} {}", self.child.id())]), b"");
    }

    /// Tells whether it has ended.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("a child can be asked").is_some()
    }

    /// Waits for its end, and returns how long that took. Its code is 1,000 and more where a signal has killed it.
    #[track_caller]
    pub fn end(self) -> (Finished, Duration) {
        use std::os::unix::process::ExitStatusExt as _;

        let begun = Instant::now();
        let output = self.child.wait_with_output().expect("a child can be waited for");
        let killed = || 1_000 + output.status.signal().unwrap_or_default();
        let code = output.status.code().unwrap_or_else(killed);
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        let took = begun.elapsed();
        let arguments: Vec<&str> = self.arguments.iter().map(String::as_str).collect();
        (self.embark.searched(&arguments, Finished { code, stdout: output.stdout, stderr }), took)
    }
}

/// Waits until something is so.
#[track_caller]
pub fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_mins(1), "in a minute: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
