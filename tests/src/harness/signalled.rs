//! A run that is sent a signal.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use super::command::{Finished, program, run};

/// A run that goes on.
pub struct Running(Child);

impl Running {
    /// Starts a program; it may be sent signals.
    pub fn start(mut command: std::process::Command) -> Self {
        let command = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Self(command.spawn().expect("it can be run"))
    }

    /// Sends it a signal, e.g. `TERM`.
    pub fn signal(&self, name: &str) {
        // Only a shell is sure to be there.
        run(program("sh").args(["-c", &format!("kill -{name} {}", self.0.id())]), b"");
    }

    /// Tells whether it has ended.
    pub fn has_ended(&mut self) -> bool {
        self.0.try_wait().expect("a child can be asked").is_some()
    }

    /// Waits for its end, and returns how long that took. Its code is 1,000 and more where a signal has killed it.
    pub fn end(self) -> (Finished, Duration) {
        use std::os::unix::process::ExitStatusExt as _;

        let begun = Instant::now();
        let output = self.0.wait_with_output().expect("a child can be waited for");
        let killed = || 1_000 + output.status.signal().unwrap_or_default();
        let code = output.status.code().unwrap_or_else(killed);
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        (Finished { code, stdout: output.stdout, stderr }, begun.elapsed())
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
