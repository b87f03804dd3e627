//! Manual pages, made from the same texts as the help.

use std::path::PathBuf;

use clap::CommandFactory as _;

use crate::args::Cli;
use crate::error::Error;
use crate::output::{Outcome, Report, json};
use crate::run::Run;

/// Print the manual page, or write those of all commands.
#[derive(Debug, clap::Args)]
pub(crate) struct Man {
    /// Write embark.1, embark-release.1 and so on into this folder, instead of printing the first
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

pub(crate) fn run(args: Man, run: &Run) -> Result<Report, Error> {
    let command = Cli::command().disable_help_subcommand(true);
    let Some(dir) = args.dir else { return Ok(print(command)) };
    let path = dir.display().to_string();
    let text = format!("manual pages: {path}\n");
    let json = json::Body { directory: Some(json::Directory(Some(path.clone()))), ..json::Body::default() };
    if run.global.dry_run {
        return Ok(Report { outcome: Outcome::Planned, text, json, ..Report::default() });
    }
    let failed = |source| Error::Write { path, source };
    std::fs::create_dir_all(&dir).and_then(|()| clap_mangen::generate_to(command, &dir)).map_err(failed)?;
    Ok(Report { outcome: Outcome::Done, text, json, ..Report::default() })
}

fn print(command: clap::Command) -> Report {
    let mut page = Vec::new();
    // A vector takes whatever is written to it.
    let _ = clap_mangen::Man::new(command).render(&mut page);
    let text = String::from_utf8_lossy(&page).into_owned();
    let json = json::Body { page: Some(text.clone()), ..json::Body::default() };
    Report { text, json, is_data: true, ..Report::default() }
}
