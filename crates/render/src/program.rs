//! Other programs: Helm and Kustomize.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::Command;
use tokio::time::timeout;

/// How long one may run.
const PATIENCE: Duration = Duration::from_mins(1);
/// How long is waited for the rest of what it writes, once it has ended.
const GRACE: Duration = Duration::from_secs(1);
/// How many MiB one may write. The largest charts in use write a few; each is read several times, value by value.
const MOST: u64 = 8;
/// How much of what one says is kept: the last of it, since it warns first and says then why it fails.
const WORDS: usize = 16 << 10;
/// What a shell, or `env`, ends with where it cannot run [what it is asked
/// for](https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_08_02).
const NOT_RUN: [i32; 2] = [126, 127];

/// Where nobody listens: what should be fetched is not.
const NOWHERE: &str = "http://127.0.0.1:9";

/// What came of a program.
pub(crate) enum Ran {
    /// It succeeded, and wrote this.
    Wrote(String),
    /// It failed, or was ended; why, in its own words where it has some.
    Failed(String),
    /// It is no program that can be run here; why.
    NotRun(String),
}

/// Finds a program on the path.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(name))
        .find(|path| is_program(path))
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    path.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    path.is_file()
}

/// Runs a program with nothing but `home`: no variable of this process, no other program, no network.
pub(crate) async fn run(program: &Path, arguments: &[&OsStr], home: &Path) -> io::Result<Ran> {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(home).env_clear();
    for variable in ["HOME", "TMPDIR", "PATH"] {
        command.env(variable, home);
    }
    for variable in ["HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"] {
        command.env(variable, NOWHERE);
    }
    command.env("LC_ALL", "C").env("KUBECONFIG", home.join("no-cluster"));
    tracing::debug!(?arguments, "{}", program.display());
    // Whoever stops waiting, stops it.
    command.kill_on_drop(true).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    run_within(PATIENCE, command).await
}

async fn run_within(patience: Duration, command: Command) -> io::Result<Ran> {
    match timeout(patience, finish(command)).await {
        Ok(ran) => ran,
        Err(_) => Ok(Ran::Failed(format!("it has not ended after {patience:?}"))),
    }
}

async fn finish(mut command: Command) -> io::Result<Ran> {
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => return Ok(Ran::NotRun(error.to_string())),
    };
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let mut reading = Box::pin(async { tokio::try_join!(first(stdout, MOST << 20), last(stderr)) });
    let read = tokio::select! {
        read = &mut reading => Some(read?),
        _ = child.wait() => timeout(GRACE, reading).await.ok().transpose()?,
    };
    let Some((written, said)) = read else {
        return Ok(Ran::NotRun("it ends, and leaves a process behind that holds its output".into()));
    };
    let Some(written) = written else { return Ok(Ran::Failed(format!("it writes more than {MOST} MiB"))) };
    let status = child.wait().await?;
    if status.success() {
        return Ok(match String::from_utf8(written) {
            Ok(text) => Ran::Wrote(text),
            Err(_) => Ran::Failed("what it writes is no UTF-8 text".into()),
        });
    }
    let words = words(&said);
    Ok(match status.code() {
        Some(code) if NOT_RUN.contains(&code) => Ran::NotRun(if words.is_empty() { status.to_string() } else { words }),
        Some(_) if !words.is_empty() => Ran::Failed(words),
        Some(_) => Ran::Failed(status.to_string()),
        // Nobody but the system ends it: for want of memory, mostly.
        None => {
            Ran::Failed(format!("it was ended by {status}, after: {words}").trim_end_matches(", after: ").to_owned())
        }
    })
}

/// Makes one line of what a program says about a failure: what it calls an error, without the warnings before it.
fn words(said: &[u8]) -> String {
    let said = String::from_utf8_lossy(said);
    let error = said.rfind("\nError: ").map_or(&*said, |at| &said[at..]);
    let words = error.split_whitespace().collect::<Vec<_>>().join(" ");
    words.strip_prefix("Error: ").unwrap_or(&words).to_owned()
}

/// Reads all of a pipe; `None` where that is more than `limit`.
async fn first(pipe: Option<impl AsyncRead + Unpin>, limit: u64) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    if let Some(pipe) = pipe {
        pipe.take(limit + 1).read_to_end(&mut bytes).await?;
    }
    Ok((bytes.len() as u64 <= limit).then_some(bytes))
}

/// Reads a pipe to its end, so that who writes is not ended for it, and returns the last of it.
async fn last(pipe: Option<impl AsyncRead + Unpin>) -> io::Result<Vec<u8>> {
    let mut kept = Vec::new();
    let Some(mut pipe) = pipe else { return Ok(kept) };
    let mut buffer = vec![0; WORDS];
    loop {
        let read = pipe.read(&mut buffer).await?;
        if read == 0 {
            return Ok(kept);
        }
        kept.extend_from_slice(&buffer[..read]);
        kept.drain(..kept.len().saturating_sub(WORDS));
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    async fn sh(script: &str) -> Ran {
        let home = tempfile::tempdir().expect("a folder");
        let arguments = ["-c", script].map(OsStr::new);
        run(Path::new("/bin/sh"), &arguments, home.path()).await.expect("it runs")
    }

    #[tokio::test]
    async fn a_program_is_told_nothing_of_this_process() {
        let Ran::Wrote(text) = sh("set").await else { panic!("it fails") };
        assert!(!text.contains("CARGO_"), "{text}");
        assert!(text.contains("127.0.0.1:9"), "{text}");
        assert!(matches!(sh("ls").await, Ran::NotRun(words) if words.contains("not found")));
    }

    #[tokio::test]
    async fn one_that_fails_is_told_with_its_words() {
        let Ran::Failed(words) = sh("echo 'Error: no\n  chart' >&2; exit 1").await else { panic!("it succeeds") };
        assert_eq!(words, "no chart");
        let Ran::Failed(words) = sh("exit 3").await else { panic!("it succeeds") };
        assert_eq!(words, "exit status: 3");
    }

    /// 4,000 lines, of which each warns: 128 KB, which is more than a pipe holds.
    const WARN: &str =
        "i=0; while [ $i -lt 4000 ]; do echo \"warning: line $i overwrites a table\" >&2; i=$((i+1)); done";

    #[tokio::test]
    async fn one_that_warns_much_is_read_to_the_end() {
        let ran = sh(&format!("{WARN}; echo kind: Pod")).await;
        assert!(matches!(ran, Ran::Wrote(text) if text == "kind: Pod\n"));
        let ran = sh(&format!("{WARN}; echo 'Error: no chart' >&2; exit 1")).await;
        assert!(matches!(ran, Ran::Failed(words) if words == "no chart"));
        let Ran::Failed(words) = sh(&format!("{WARN}; exit 1")).await else { panic!("it succeeds") };
        assert!(words.ends_with("line 3999 overwrites a table") && words.len() <= WORDS, "{words}");
    }

    #[tokio::test]
    async fn a_signal_is_told() {
        let Ran::Failed(words) = sh("echo 'it is large' >&2; kill -9 $$").await else { panic!("it succeeds") };
        assert_eq!(words, "it was ended by signal: 9 (SIGKILL), after: it is large");
        let Ran::Failed(words) = sh("kill -9 $$").await else { panic!("it succeeds") };
        assert_eq!(words, "it was ended by signal: 9 (SIGKILL)");
    }

    #[tokio::test]
    async fn what_cannot_be_run_is_told_apart_from_what_fails() {
        use std::os::unix::fs::PermissionsExt as _;
        let home = tempfile::tempdir().expect("a folder");
        for (script, expected) in [
            ("#!/usr/bin/env bash\nexec helm\n", "bash"),
            ("#!/nowhere/sh\n", "No such file"),
            ("", "Exec format error"),
            ("#!/bin/sh\n/bin/sleep 30 &\n", "leaves a process behind"),
        ] {
            let path = home.path().join("helm");
            std::fs::write(&path, script).expect("it is written");
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("it can be run");
            let ran = run(&path, &[], home.path()).await.expect("it is told");
            let Ran::NotRun(words) = ran else { panic!("{script:?} runs") };
            assert!(words.contains(expected), "{words}");
        }
    }

    #[tokio::test]
    async fn one_that_says_too_much_or_hangs_is_given_up() {
        let script = "while :; do echo 0123456789012345678901234567890123456789; done";
        assert!(matches!(sh(script).await, Ran::Failed(words) if words.starts_with("it writes more than ")));
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "while :; do :; done"]).kill_on_drop(true).stdout(Stdio::piped()).stderr(Stdio::piped());
        let ran = run_within(Duration::from_millis(50), command).await.expect("it runs");
        assert!(matches!(ran, Ran::Failed(words) if words == "it has not ended after 50ms"));
    }
}
