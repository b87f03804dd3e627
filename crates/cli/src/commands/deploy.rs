//! `deploy`.

mod event;

use std::path::PathBuf;

use embark_core::{DeploymentId, EnvironmentName, Selection};

use super::patience::Patience;
use crate::error::Error;
use crate::notify;
use crate::output::{Report, of_items};
use crate::run::Run;
use crate::wiring::Wiring;

pub(crate) use event::Unheeded;

/// Carry deployments out: commit to the values files, report the statuses.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("which").required(true))]
pub(crate) struct Deploy {
    /// The deployments
    #[arg(value_name = "ID", group = "which")]
    ids: Vec<DeploymentId>,
    /// The one that this event names: the file with the body of a `deployment` webhook, as `GITHUB_EVENT_PATH` has it, or
    /// `-` for the standard input
    #[arg(long, value_name = "FILE|-", group = "which")]
    event: Option<PathBuf>,
    /// All that wait, in this environment or in every one
    #[expect(clippy::option_option, reason = "the option is given or not, and so is its value")]
    #[arg(long, value_name = "E", num_args = 0..=1, group = "which")]
    pending: Option<Option<EnvironmentName>>,
    #[command(flatten)]
    patience: Patience,
    /// Refuse what would not change the rendered images and nothing else: it needs Helm, or Kustomize
    #[arg(long)]
    render: bool,
}

pub(crate) async fn run(args: Deploy, run: &Run) -> Result<Report, Error> {
    let wiring = Wiring::new(run).await?.rendering(args.render);
    let selection = match (args.event, args.pending) {
        (Some(file), _) => match event::select(&file, &wiring, run).await? {
            Some(deployment) => Selection::Found(vec![deployment]),
            None => return Ok(of_items(&[], &run.queue())),
        },
        (None, Some(environment)) => Selection::Pending(environment),
        (None, None) => Selection::Ids(args.ids),
    };
    let ended = embark_core::deploy(&args.patience.systems(&wiring), &selection, run.global.dry_run).await;
    notify::tell(&wiring, run, "deploy", ended.map_err(Error::from)).await
}
