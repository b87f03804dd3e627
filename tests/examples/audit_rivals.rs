//! Has embark audit long histories, and git list what changed in them.
//!
//! `audit_rivals EMBARK [RUNS]` prints a table.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use embark_tests::harness::{GitServer, History, watch};

const SIZES: [usize; 3] = [5_000, 20_000, 50_000];

/// Runs a program to its end; returns how long it took, and the peak of its memory in KiB.
fn run(mut command: Command, code: i32) -> (Duration, u64) {
    let started = Instant::now();
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let (status, peak) = watch(child.expect("it can be run"));
    assert_eq!(status.code(), Some(code), "{command:?}");
    (started.elapsed(), peak)
}

fn median(mut runs: Vec<(Duration, u64)>) -> (f64, u64) {
    runs.sort_unstable();
    let (took, _) = runs[runs.len() / 2];
    (took.as_secs_f64(), runs.iter().map(|(_, peak)| *peak).max().unwrap_or_default() / 1024)
}

fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let binary = arguments.next().ok_or_else(|| std::io::Error::other("usage: audit_rivals EMBARK [RUNS]"))?;
    let runs = arguments.next().and_then(|runs| runs.parse().ok()).unwrap_or(3);
    let mut out = std::io::stdout();
    write!(out, "| commits | changes | `git log --raw`, s | its peak, MiB | audit, s | ratio | its peak, MiB ")?;
    writeln!(out, "| over HTTP, s | its peak, MiB | requests | KiB down |")?;
    writeln!(out, "|{}", " ---: |".repeat(11))?;
    for commits in SIZES {
        let folder = tempfile::tempdir()?;
        let history = History::create(folder.path(), commits);
        // In turn, so that what else the machine does meets both.
        let (mut git, mut embark) = (Vec::new(), Vec::new());
        for _ in 0..runs {
            git.push(run(history.git_log(), 0));
            embark.push(run(history.embark(&binary).command(&["audit"]), 11));
        }
        let ((git, git_peak), (took, peak)) = (median(git), median(embark));
        let changes = history.changes;
        write!(out, "| {commits} | {changes} | {git:.2} | {git_peak} ")?;
        write!(out, "| {took:.2} | {:.1} | {peak} ", took / git)?;
        let server = GitServer::start(folder.path(), None);
        history.configure(&server.url("deployment.git"));
        let (took, peak) = median(vec![run(history.embark(&binary).command(&["audit"]), 11)]);
        let traffic = server.take_traffic();
        writeln!(out, "| {took:.2} | {peak} | {} | {} |", traffic.requests(), traffic.down() / 1024)?;
        out.flush()?;
    }
    Ok(())
}
