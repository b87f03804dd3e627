//! Completions of shells.

use clap::CommandFactory as _;

use crate::args::Cli;
use crate::output::{Report, json};

/// Print a completion script for a shell.
#[derive(Debug, clap::Args)]
pub(crate) struct Completions {
    /// The shell
    shell: clap_complete::Shell,
}

pub(crate) fn run(args: &Completions) -> Report {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "embark", &mut script);
    let text = String::from_utf8_lossy(&script).into_owned();
    let json = json::Body { script: Some(text.clone()), ..json::Body::default() };
    Report { text, json, is_data: true, ..Report::default() }
}
