//! `release`, and `--deploy`, which it shares with `promote`.

use std::collections::BTreeMap;
use std::str::FromStr;

use embark_core::{
    Commit, ComponentName, EnvironmentName, ImageReference, Item, ItemOutcome, ReleaseRequest, Selection, Systems,
};

use super::patience::Patience;
use super::promote::{self, Promote};
use crate::error::Error;
use crate::notify;
use crate::output::{Report, json, of_items};
use crate::run::Run;
use crate::trigger::{self, Task};
use crate::wiring::Wiring;

/// Give built images their version tag, and create the deployments.
#[derive(Debug, clap::Args)]
pub(crate) struct Release {
    /// The environment [default: the first one; in GitHub Actions the one that what started it is for]
    environment: Option<EnvironmentName>,
    /// The application's commit [default: what GitHub Actions runs for, or HEAD of the working folder]
    #[arg(long, value_name = "SHA")]
    pub(super) commit: Option<Commit>,
    /// Only this component; may be given again [default: all]
    #[arg(long = "component", value_name = "C")]
    pub(super) components: Vec<ComponentName>,
    /// Where a component's built image is, if not under its version tag; may be given again
    #[arg(long = "image", value_name = "C=REF")]
    images: Vec<ComponentImage>,
    /// Create deployments for images that have not changed, too
    #[arg(long)]
    pub(super) all: bool,
    /// Carry the deployments out at once
    #[arg(long)]
    pub(super) deploy: bool,
    #[command(flatten)]
    pub(super) patience: Patience,
}

/// `COMPONENT=REFERENCE`
#[derive(Debug, Clone)]
struct ComponentImage(ComponentName, ImageReference);

impl FromStr for ComponentImage {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, image) = text
            .split_once('=')
            .ok_or("COMPONENT=REFERENCE is needed, as in frontend=ghcr.io/acme/frontend:build-17")?;
        let name = name.parse().map_err(|error: embark_core::TextError| error.to_string())?;
        let image = image.parse().map_err(|error: embark_core::TextError| error.to_string())?;
        Ok(Self(name, image))
    }
}

pub(crate) async fn run(args: Release, run: &Run) -> Result<Report, Error> {
    let wiring = Wiring::new(run).await?.rendering(false);
    let environment = match args.environment {
        Some(environment) => environment,
        None => match trigger::task(&run.env, &wiring.config)? {
            Task::Release(environment, why) => {
                run.ui.note(&format!("No environment is given: it is {environment}, since {why}."));
                environment
            }
            Task::Promote(environment, why) => {
                run.ui.note(&format!("No environment is given: {environment} gets a promotion, since {why}."));
                if let Some(ComponentImage(component, _)) = args.images.first() {
                    let problem = format!("--image names {component}, and what is promoted is what was verified");
                    return Err(Error::Arguments(problem, "leave it out"));
                }
                return promote::to(&wiring, Promote::of(environment, &args), run).await;
            }
            Task::Nothing(why) => {
                let text = format!("Nothing to do: {why}.\n");
                let json = json::Body { deployments: Some(Vec::new()), ..json::Body::default() };
                return Ok(Report { json, text, ..Report::default() });
            }
        },
    };
    let commit = match args.commit {
        Some(commit) => commit,
        None => wiring.commit(&run.ui)?.ok_or(Error::Arguments(
            "no commit is given, and none can be told from here".into(),
            "name the application's commit with: embark release --commit SHA",
        ))?,
    };
    let images = images(args.images, &args.components)?;
    let request = ReleaseRequest {
        environment,
        commit,
        components: args.components,
        images,
        all: args.all,
        dry_run: run.global.dry_run,
    };
    let items = embark_core::release(&wiring.systems(), &request).await;
    let report = carry_out(&wiring, run, "release", items, args.deploy.then_some(args.patience)).await?;
    Ok(Report { outputs: vec![("commit", request.commit.to_string())], ..report })
}

fn images(
    given: Vec<ComponentImage>,
    components: &[ComponentName],
) -> Result<BTreeMap<ComponentName, ImageReference>, Error> {
    let mut images = BTreeMap::new();
    for ComponentImage(name, image) in given {
        if !components.is_empty() && !components.contains(&name) {
            let problem = format!("--image names {name}, which --component leaves out");
            return Err(Error::Arguments(problem, "name it with --component, too"));
        }
        if images.insert(name.clone(), image).is_some() {
            return Err(Error::Arguments(format!("--image names {name} twice"), "name every component once"));
        }
    }
    Ok(images)
}

/// Carries out at once what a run created or found waiting, if that is wished, and with what patience; whom it concerns is told.
pub(super) async fn carry_out(
    wiring: &Wiring,
    run: &Run,
    command: &'static str,
    created: Result<Vec<Item>, embark_core::Error>,
    deploy: Option<Patience>,
) -> Result<Report, Error> {
    let Some(patience) = deploy else {
        return Ok(of_items(&created?, &run.queue()));
    };
    let ended = match created {
        Ok(items) if run.global.dry_run => Ok(items),
        Ok(items) => deployed(&patience.systems(wiring), items).await,
        Err(error) => Err(error),
    };
    notify::tell(wiring, run, command, ended.map_err(Error::from)).await
}

async fn deployed(systems: &Systems<'_>, mut items: Vec<Item>) -> Result<Vec<Item>, embark_core::Error> {
    let waits = |item: &Item| {
        use embark_core::State::{Error, InProgress, Pending, Queued};
        matches!(item.state, Some(Queued | Pending | InProgress | Error))
    };
    let ids: Vec<_> = items.iter().filter(|item| waits(item)).filter_map(|item| item.id).collect();
    if !ids.is_empty() {
        let deployed = embark_core::deploy(systems, &Selection::Ids(ids), false).await?;
        for mut new in deployed {
            match items.iter().position(|item| item.id == new.id && item.target == new.target) {
                Some(at) => {
                    // What is held waits unchanged, and was created all the same.
                    if matches!((&items[at].outcome, &new.outcome), (ItemOutcome::Done, ItemOutcome::Unchanged)) {
                        new.outcome = ItemOutcome::Done;
                    }
                    // What could not be told before stays worth knowing.
                    let before = items[at].reason.take();
                    new.reason = match (before, new.reason) {
                        (Some(before), Some(now)) if before != now => Some(format!("{before}; {now}")),
                        (before, now) => now.or(before),
                    };
                    items[at] = new;
                }
                None => items.push(new),
            }
        }
    }
    Ok(items)
}
