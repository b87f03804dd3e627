//! What processes hold in memory.

use std::process::{Child, ExitStatus};
use std::time::Duration;

/// Waits for the end of a process; returns the peak of the resident memory of the largest one of it and its
/// descendants, in KiB.
///
/// The peak of a process never falls, so the last look tells it. There is none once the process has ended.
pub fn watch(mut child: Child) -> (ExitStatus, u64) {
    let mut peak = 0;
    loop {
        peak = peak.max(largest(child.id()));
        if let Some(status) = child.try_wait().expect("a child can be asked") {
            return (status, peak);
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn largest(process: u32) -> u64 {
    let read = |path: String| std::fs::read_to_string(path).unwrap_or_default();
    let status = read(format!("/proc/{process}/status"));
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let own = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok()).unwrap_or(0);
    let children = read(format!("/proc/{process}/task/{process}/children"));
    let children = children.split_whitespace().filter_map(|child| child.parse().ok());
    children.map(largest).fold(own, u64::max)
}
