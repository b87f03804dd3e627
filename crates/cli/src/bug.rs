//! What is told of a panic: nothing in embark panics on purpose, so it is a bug, of embark's or of what it is built of.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::panic::PanicHookInfo;

use embark_gitops::is_withheld;

use crate::foreign::seen;
use crate::ui::Ui;

/// What is shorter is no secret, and may stand in any text.
const SHORTEST: usize = 8;

/// Has a panic of any thread told in embark's own way.
pub(crate) fn listen() {
    std::panic::set_hook(Box::new(|panic| Ui::warn(&told(panic))));
}

fn told(panic: &PanicHookInfo<'_>) -> String {
    let place = panic.location().map(|at| format!(" at {at}")).unwrap_or_default();
    let what = panic.payload_as_str().unwrap_or("it does not say why");
    let trace = Backtrace::capture();
    let trace = if trace.status() == BacktraceStatus::Captured { format!("\n{trace}") } else { String::new() };
    let text = format!(
        "error: embark has a bug, and cannot go on{place}: {what}{trace}\n\nhint: what was written before is kept, and the \
         next run goes on from there; report this at {}/issues",
        env!("CARGO_PKG_REPOSITORY")
    );
    masked(&seen(&text), &secrets())
}

/// Lists what a message of somebody else's code could quote, and nobody may see: what no other program is told.
fn secrets() -> Vec<String> {
    let all = std::env::vars_os().filter(|(name, _)| is_withheld(&name.to_string_lossy()));
    all.map(|(_, value)| value.to_string_lossy().trim().to_owned()).collect()
}

fn masked(text: &str, secrets: &[String]) -> String {
    let long = secrets.iter().filter(|secret| secret.len() >= SHORTEST);
    long.fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), "***"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_secret_is_told_whatever_a_message_quotes() {
        let secrets = ["a-long-token".to_owned(), "1".to_owned()];
        let text = masked("called `unwrap()` on Err(\"Bearer a-long-token\") at 1.rs:1", &secrets);
        assert_eq!(text, "called `unwrap()` on Err(\"Bearer ***\") at 1.rs:1");
    }
}
