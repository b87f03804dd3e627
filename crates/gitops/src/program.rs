//! Other programs: git, ssh, and what these run.

use std::io::{self, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Command, ExitStatus};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// The files by which a step of GitHub Actions speaks to those that follow, with what these are trusted with.
const OF_THE_RUNNER: [&str; 5] = ["GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_STATE", "GITHUB_STEP_SUMMARY"];

/// Tells whether no other program is told of a variable, as they run programs of others: what is embark's own, a job's
/// tokens, and what speaks to the steps that follow.
pub fn is_withheld(variable: &str) -> bool {
    let is_token = matches!(variable, "GITHUB_TOKEN" | "GH_TOKEN")
        || (variable.starts_with("ACTIONS_") && variable.contains("TOKEN"));
    variable.starts_with("EMBARK_") || is_token || OF_THE_RUNNER.contains(&variable)
}

/// What would point git to another repository than the one that is meant.
const PLACES: [&str; 9] = [
    "GIT_DIR",
    "GIT_COMMON_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_NAMESPACE",
    "GIT_CONFIG",
    "GIT_CONFIG_PARAMETERS",
];

/// Prepares a program. It speaks English, asks no person, and gets no secrets.
pub(crate) fn program(name: &str) -> Command {
    let mut command = Command::new(name);
    for (variable, _) in std::env::vars_os().filter(|(variable, _)| is_withheld(&variable.to_string_lossy())) {
        command.env_remove(variable);
    }
    command.env("LC_ALL", "C");
    command
}

/// Prepares git to be run in `folder`. A repository around the working folder, with whatever it configures, is none of
/// its business.
pub(crate) fn git(folder: &Path) -> Command {
    let mut command = program("git");
    for variable in PLACES {
        command.env_remove(variable);
    }
    let above = folder.parent().unwrap_or(folder);
    command.current_dir(folder).env("GIT_CEILING_DIRECTORIES", above);
    for (variable, value) in [
        ("GIT_TERMINAL_PROMPT", "0"),
        ("GIT_ASKPASS", ""),
        ("SSH_ASKPASS", ""),
        ("GCM_INTERACTIVE", "never"),
        // git itself waits for ever.
        ("GIT_HTTP_LOW_SPEED_LIMIT", "1"),
        ("GIT_HTTP_LOW_SPEED_TIME", "60"),
    ] {
        command.env(variable, value);
    }
    command
}

/// How much of what a program writes is read, in bytes: to its standard output, and to its standard error.
const MOST: [u64; 2] = [16 << 20, 1 << 20];

/// What came of it.
pub(crate) struct Done {
    pub(crate) is_success: bool,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Waits for the program; `None` if it was ended because it took too long.
pub(crate) fn finish(mut child: Child, input: Vec<u8>, patience: Duration) -> io::Result<Option<Done>> {
    let until = Instant::now() + patience;
    let stdin = child.stdin.take();
    // One that has no use for the key has ended already, and says why.
    std::thread::spawn(move || stdin.map(|mut to| to.write_all(&input)));
    let said =
        [child.stdout.take().map(|from| listen(from, MOST[0])), child.stderr.take().map(|from| listen(from, MOST[1]))];
    let heard = said.map(|said| said.map_or_else(|| Some(String::new()), |said| said.recv_timeout(left(until)).ok()));
    let (Some(status), [Some(stdout), Some(stderr)]) = (ended(&mut child, until)?, heard) else {
        // One that has ended just now is as good as killed.
        let _ = child.kill();
        child.wait()?;
        return Ok(None);
    };
    Ok(Some(Done { is_success: status.success(), stdout, stderr }))
}

fn left(until: Instant) -> Duration {
    until.saturating_duration_since(Instant::now())
}

/// Waits for the end of a program that has closed what it writes to, or has written too much to be read.
fn ended(child: &mut Child, until: Instant) -> io::Result<Option<ExitStatus>> {
    loop {
        match child.try_wait()? {
            None if Instant::now() < until => std::thread::sleep(Duration::from_millis(2)),
            status => return Ok(status),
        }
    }
}

/// Reads what a program writes until it closes it, or has written more than `most` bytes: then nobody reads on.
fn listen(from: impl io::Read + Send + 'static, most: u64) -> mpsc::Receiver<String> {
    let (send, receive) = mpsc::channel();
    std::thread::spawn(move || {
        let mut heard = Vec::new();
        let _ = from.take(most).read_to_end(&mut heard);
        let _ = send.send(String::from_utf8_lossy(&heard).into_owned());
    });
    receive
}

#[cfg(all(test, unix))]
mod tests {
    use std::process::Stdio;

    use super::*;

    fn run(script: &str, patience: Duration) -> Option<Done> {
        let mut command = program("sh");
        command.args(["-c", script]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        finish(command.spawn().expect("it runs"), b"input".to_vec(), patience).expect("it is waited for")
    }

    #[test]
    fn a_program_is_told_and_heard_on_all_its_pipes() {
        let long = Duration::from_mins(1);
        let done = run("cat; i=0; while [ $i -lt 20000 ]; do echo 0123456789 >&2; i=$((i+1)); done; echo b", long);
        let done = done.expect("it ends");
        assert_eq!((done.is_success, done.stdout.as_str(), done.stderr.len()), (true, "inputb\n", 220_000));
    }

    #[test]
    fn one_that_hangs_or_writes_without_end_is_ended() {
        assert!(run("exec sleep 60", Duration::from_millis(100)).is_none());
        let begun = Instant::now();
        // It ends by itself, as nobody reads any more.
        let done = run("exec yes", Duration::from_mins(1)).expect("it ends");
        assert!(!done.is_success && done.stdout.len() as u64 == MOST[0], "{}", done.stdout.len());
        assert!(begun.elapsed() < Duration::from_secs(30));
    }
}
