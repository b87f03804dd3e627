//! Has embark audit long histories, and git list what changed in them.
//!
//! `audit_rivals EMBARK [RUNS]` prints a table.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use embark_tests::harness::{GitServer, History};

const SIZES: [usize; 3] = [5_000, 20_000, 50_000];

/// What a run took.
#[derive(Clone, Copy)]
struct Took {
    /// Hundredths of a second of the processor: the wait for it, where others have it, is not counted.
    ticks: u64,
    /// The peak of memory, in KiB.
    peak: u64,
    /// The peak without mapped files, in KiB.
    own: u64,
}

/// Runs a program, which starts no other, to its end.
fn run(mut command: Command, code: i32) -> Took {
    let before = ticks();
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let mut child = child.expect("it can be run");
    let (mut peak, mut own) = (0, 0);
    let status = loop {
        let text = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let kib = |key: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(key));
            line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok()).unwrap_or(0)
        };
        (peak, own) = (kib("VmHWM:").max(peak), kib("RssAnon:").max(own));
        match child.try_wait().expect("a child can be asked") {
            Some(status) => break status,
            None => std::thread::sleep(Duration::from_millis(2)),
        }
    };
    assert_eq!(status.code(), Some(code), "{command:?}");
    Took { ticks: ticks() - before, peak, own }
}

/// Returns how long the processor worked for the children that have ended.
fn ticks() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("it can be read");
    let (_, fields) = stat.rsplit_once(')').expect("it has the program's name");
    fields.split_whitespace().skip(13).take(2).map(|field| field.parse::<u64>().expect("a number")).sum()
}

/// Returns the median of what was worked, and the largest of the peaks.
fn median(mut runs: Vec<Took>) -> Took {
    runs.sort_unstable_by_key(|took| took.ticks);
    let largest = |of: fn(&Took) -> u64| runs.iter().map(of).max().unwrap_or_default();
    Took { ticks: runs[runs.len() / 2].ticks, peak: largest(|took| took.peak), own: largest(|took| took.own) }
}

/// Returns the whole path of a program: it is run in another folder than this one.
fn absolute(binary: &str) -> std::io::Result<String> {
    let failed = |error| std::io::Error::other(format!("{binary} cannot be run: {error}"));
    Ok(std::fs::canonicalize(binary).map_err(failed)?.display().to_string())
}

fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let binary = arguments.next().ok_or_else(|| std::io::Error::other("usage: audit_rivals EMBARK [RUNS]"))?;
    let binary = absolute(&binary)?;
    let runs = arguments.next().and_then(|runs| runs.parse().ok()).unwrap_or(3);
    let mut out = std::io::stdout();
    write!(out, "| commits | changes | `git log --raw`, s | its peak, MiB | audit, s | ratio | its peak, MiB ")?;
    writeln!(out, "| without mapped files | over HTTP, s | its peak, MiB | requests | KiB down |")?;
    writeln!(out, "|{}", " ---: |".repeat(12))?;
    let seconds = |took: Took| Duration::from_millis(10 * took.ticks).as_secs_f64();
    for commits in SIZES {
        let folder = tempfile::tempdir()?;
        let history = History::create(folder.path(), commits);
        // In turn, so that what else the machine does meets both.
        let (mut git, mut embark) = (Vec::new(), Vec::new());
        for _ in 0..runs {
            git.push(run(history.git_log(), 0));
            embark.push(run(history.embark(&binary).command(&["audit"]), 11));
        }
        let (git, audit) = (median(git), median(embark));
        let (took, ratio) = (seconds(audit), seconds(audit) / seconds(git));
        write!(out, "| {commits} | {} | {:.2} | {} ", history.changes, seconds(git), git.peak / 1024)?;
        write!(out, "| {took:.2} | {ratio:.1} | {} | {} ", audit.peak / 1024, audit.own / 1024)?;
        let server = GitServer::start(folder.path(), None);
        history.configure(&server.url("deployment.git"));
        let took = run(history.embark(&binary).command(&["audit"]), 11);
        let traffic = server.take_traffic();
        let (requests, down) = (traffic.requests(), traffic.down() / 1024);
        writeln!(out, "| {:.2} | {} | {requests} | {down} |", seconds(took), took.peak / 1024)?;
        out.flush()?;
    }
    Ok(())
}
