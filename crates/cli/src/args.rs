//! What stands on the command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

use crate::commands::{
    audit, change, completions, config, demo, deploy, hold, init, man, notes, promote, release, release_pr, rollback,
    status, values, verify, wait,
};
use crate::exit_code::Exit;
use crate::stopping::Ending;

/// Carries container images from a merged commit to production, and makes sure that production runs exactly what was
/// verified on staging.
#[derive(Debug, Parser)]
#[command(name = "embark", bin_name = "embark", version, max_term_width = 100, after_help = Exit::help())]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options of every command.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// The configuration: a file, or one in a git repository, as URL//PATH or URL//PATH?ref=BRANCH [default:
    /// embark.yaml in the working folder or above]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// How results are written to the standard output
    #[arg(short, long, global = true, value_enum, default_value_t = Format::Text)]
    pub(crate) output: Format,
    /// Show what would be done, and write nothing
    #[arg(long, global = true)]
    pub(crate) dry_run: bool,
    /// Tell more: -v what is done, -vv every request
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Tell nothing but results and errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Whether to colour what people read
    #[arg(long, global = true, value_enum, default_value_t = Colour::Auto)]
    pub(crate) color: Colour,
}

/// How results are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// A short table
    Text,
    /// One JSON object
    Json,
}

/// Whether to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Colour {
    /// If it is a terminal
    Auto,
    /// In any case
    Always,
    /// In no case
    Never,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Walk a small application through the whole process, in a folder, without any server
    Demo(demo::Demo),
    /// Propose an embark.yaml for a deployment repo that is there already, and write it
    Init(init::Init),
    /// Give built images their version tag, and create the deployments
    Release(release::Release),
    /// Carry deployments out: commit to the values files, report the statuses
    Deploy(deploy::Deploy),
    /// Give what an environment has verified the next one's version tag, and create the deployments
    Promote(promote::Promote),
    /// Write a changeset: what has changed, in words, and by how much the version grows
    Change(change::Change),
    /// Propose the next release: the next version and its changelog, in a pull request
    ReleasePr(release_pr::ReleasePr),
    /// Publish the release of a version with its notes, before it is promoted
    Notes(notes::Notes),
    /// Check that every environment runs what the environment before it has verified
    Verify(verify::Verify),
    /// Check the whole history of the deployment repo: was each image that came to production verified before?
    Audit(audit::Audit),
    /// Show what each environment has
    Status(status::Status),
    /// Wait until Argo CD runs, in good health, what was deployed
    Wait(wait::Wait),
    /// Go back to what ran before, and hold it
    Rollback(rollback::Rollback),
    /// Leave a component, or a whole environment, alone
    Hold(hold::Hold),
    /// Lift a hold
    Resume(hold::Resume),
    /// Read and write scalars of values files, without changing anything else
    Values(values::Values),
    /// Check the configuration, or print its schema
    Config(config::Config),
    /// Print a completion script for a shell
    Completions(completions::Completions),
    /// Print the manual page, or write those of all commands
    Man(man::Man),
}

impl Command {
    /// Returns the name that JSON output has for it.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Demo(_) => "demo",
            Self::Init(_) => "init",
            Self::Release(_) => "release",
            Self::Deploy(_) => "deploy",
            Self::Promote(_) => "promote",
            Self::Change(_) => "change",
            Self::ReleasePr(_) => "release-pr",
            Self::Notes(_) => "notes",
            Self::Verify(_) => "verify",
            Self::Audit(_) => "audit",
            Self::Status(_) => "status",
            Self::Wait(_) => "wait",
            Self::Rollback(_) => "rollback",
            Self::Hold(_) => "hold",
            Self::Resume(_) => "resume",
            Self::Values(values) => values.name(),
            Self::Config(config) => config.name(),
            Self::Completions(_) => "completions",
            Self::Man(_) => "man",
        }
    }
    /// Returns how it ends when a signal asks it to; `None` where it ends as any program does: it waits for a person, or
    /// asks no system.
    pub(crate) fn ending(&self) -> Option<Ending> {
        match self {
            Self::Release(_)
            | Self::Deploy(_)
            | Self::Promote(_)
            | Self::ReleasePr(_)
            | Self::Notes(_)
            | Self::Rollback(_)
            | Self::Hold(_)
            | Self::Resume(_) => Some(Ending::InTime),
            Self::Verify(_) | Self::Audit(_) | Self::Status(_) | Self::Wait(_) => Some(Ending::AtOnce),
            Self::Demo(_)
            | Self::Init(_)
            | Self::Change(_)
            | Self::Values(_)
            | Self::Config(_)
            | Self::Completions(_)
            | Self::Man(_) => None,
        }
    }
}
