//! Other programs: git, ssh, and what these run.

use std::io::{self, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Command};
use std::sync::mpsc;
use std::time::Duration;

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

/// What came of it.
pub(crate) struct Done {
    pub(crate) is_success: bool,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Waits for the program; `None` if it was ended because it took too long.
pub(crate) fn finish(mut child: Child, input: Vec<u8>, patience: Duration) -> io::Result<Option<Done>> {
    let (stdin, mut stdout, mut stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let (send, receive) = mpsc::channel();
    // What it says is short: it does not wait for a reader while it is written to.
    std::thread::spawn(move || {
        // One that has no use for the key has ended already, and says why.
        let _ = stdin.map(|mut to| to.write_all(&input));
        let mut heard = [String::new(), String::new()];
        // What is no text is no signature, and no words for anybody.
        let _ = stdout.as_mut().map(|from| from.read_to_string(&mut heard[0]));
        let _ = stderr.as_mut().map(|from| from.read_to_string(&mut heard[1]));
        let _ = send.send(heard);
    });
    let Ok([stdout, stderr]) = receive.recv_timeout(patience) else {
        child.kill()?;
        child.wait()?;
        return Ok(None);
    };
    Ok(Some(Done { is_success: child.wait()?.success(), stdout, stderr }))
}
