//! Other programs: Helm and Kustomize.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::Command;

/// How long one may run.
const PATIENCE: Duration = Duration::from_mins(1);
/// How much one may write.
const MOST: u64 = 64 << 20;
/// How much of what one says is kept.
const WORDS: u64 = 16 << 10;

/// Where nobody listens: what should be fetched is not.
const NOWHERE: &str = "http://127.0.0.1:9";

/// What came of a program.
pub(crate) enum Ran {
    /// It succeeded, and wrote this.
    Wrote(String),
    /// It failed, or was ended; why, in its own words where it has some.
    Failed(String),
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
    match tokio::time::timeout(patience, finish(command)).await {
        Ok(ran) => ran,
        Err(_) => Ok(Ran::Failed(format!("it has not ended after {patience:?}"))),
    }
}

async fn finish(mut command: Command) -> io::Result<Ran> {
    let mut child = command.spawn()?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let (written, said) = tokio::join!(read(stdout, MOST), read(stderr, WORDS));
    let (written, said) = (written?, said?);
    if written.len() as u64 > MOST {
        return Ok(Ran::Failed(format!("it writes more than {MOST} bytes")));
    }
    let status = child.wait().await?;
    if !status.success() {
        let words = String::from_utf8_lossy(&said);
        let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
        let words = words.strip_prefix("Error: ").unwrap_or(&words).to_owned();
        return Ok(Ran::Failed(if words.is_empty() { status.to_string() } else { words }));
    }
    Ok(match String::from_utf8(written) {
        Ok(text) => Ran::Wrote(text),
        Err(_) => Ran::Failed("what it writes is no UTF-8 text".into()),
    })
}

/// Reads a little more than `limit`, so that more can be told from as much.
async fn read(pipe: Option<impl AsyncRead + Unpin>, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(pipe) = pipe {
        pipe.take(limit + 1).read_to_end(&mut bytes).await?;
    }
    Ok(bytes)
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
        assert!(matches!(sh("ls").await, Ran::Failed(words) if words.contains("not found")));
    }

    #[tokio::test]
    async fn one_that_fails_is_told_with_its_words() {
        let Ran::Failed(words) = sh("echo 'Error: no\n  chart' >&2; exit 1").await else { panic!("it succeeds") };
        assert_eq!(words, "no chart");
        let Ran::Failed(words) = sh("exit 3").await else { panic!("it succeeds") };
        assert_eq!(words, "exit status: 3");
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
