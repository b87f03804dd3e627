//! `deploy --event`: from an event to the deployment that it names.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use embark_core::{ComponentName, Deployment, EnvironmentName, Error as CoreError, Pipeline, Target};
use embark_github::RepositoryName;
use embark_github::webhook::{DeploymentEvent, Event, EventError, MAX_BODY};

use crate::error::Error;
use crate::run::Run;
use crate::wiring::Wiring;

/// How embark's tasks begin.
const TASK: &str = "embark:";

/// The event of which embark wants to hear.
const DEPLOYMENT: &str = "deployment";

/// Tells why no deployment is carried out for an event.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unheeded {
    #[error("{config} keeps the deployments in the ledger, and events name deployments on GitHub")]
    Ledger { config: String },
    #[error("{from} is not the body of an event")]
    Malformed { from: String, source: EventError },
    #[error("the event is of {found}, and embark.yaml has the deployments of {expected}")]
    ForeignRepository { found: RepositoryName, expected: RepositoryName },
    #[error("the event is of {component:?} in {environment:?}, which the configuration does not have")]
    NotConfigured { environment: String, component: String },
    #[error("{repository} on GitHub has no deployment {number} that embark can read")]
    NotThere { repository: RepositoryName, number: u64 },
}

/// Reads the deployment that an event names; `None` if the event is of no concern, which is said.
///
/// What an event says is a claim. It is compared with the configuration, so that what is not meant costs no request, and
/// then what GitHub says is.
pub(super) async fn select(file: &Path, wiring: &Wiring, run: &Run) -> Result<Option<Deployment>, Error> {
    let (config, queue) = (&wiring.config, wiring.queue());
    let Some((platform, expected)) = queue.zip(config.platform.as_ref()) else {
        return Err(Unheeded::Ledger { config: config.path.display().to_string() }.into());
    };
    let name = run.env.event_name().unwrap_or(DEPLOYMENT);
    let Some(event) = read(file, name, run)? else { return Ok(None) };
    let Some(component) = event.component() else {
        let task = event.task();
        // To GitHub's conditions letters are the same in either case: such a one may have got past them.
        if task.get(..TASK.len()).is_some_and(|start| start.eq_ignore_ascii_case(TASK)) {
            let (environment, component) = (event.environment().to_owned(), task.to_owned());
            return Err(Unheeded::NotConfigured { environment, component }.into());
        }
        run.ui.note(&format!("The event is left alone: its task is {task:?}, and embark's begin with \"embark:\"."));
        return Ok(None);
    };
    if !event.repository().to_string().eq_ignore_ascii_case(&expected.to_string()) {
        let (found, expected) = (event.repository().clone(), expected.clone());
        return Err(Unheeded::ForeignRepository { found, expected }.into());
    }
    is_configured(&config.pipeline, event.environment(), component)?;
    let deployment = platform.named(&event).await.map_err(CoreError::from)?;
    let deployment =
        deployment.ok_or_else(|| Unheeded::NotThere { repository: expected.clone(), number: event.number() })?;
    let target = &deployment.record.target;
    is_configured(&config.pipeline, target.environment.as_str(), target.component.as_str())?;
    Ok(Some(deployment))
}

/// Reads an event; `None` if it is of another kind, which is said.
fn read(file: &Path, name: &str, run: &Run) -> Result<Option<DeploymentEvent>, Error> {
    let is_stdin = file == Path::new("-");
    let from = if is_stdin { "the standard input".to_owned() } else { file.display().to_string() };
    let body = if is_stdin { limited(io::stdin().lock()) } else { File::open(file).and_then(limited) };
    let body = body.map_err(|source| Error::Read { path: from.clone(), source })?;
    match Event::parse(name, &body).map_err(|source| Unheeded::Malformed { from, source })? {
        Event::Deployment(event) => Ok(Some(event)),
        Event::Ignored(ignored) => {
            run.ui.note(&format!("The event is left alone: {ignored}."));
            Ok(None)
        }
    }
}

/// Reads all of it, or just too much.
fn limited(reader: impl Read) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    reader.take(MAX_BODY as u64 + 1).read_to_end(&mut body)?;
    Ok(body)
}

fn is_configured(pipeline: &Pipeline, environment: &str, component: &str) -> Result<(), Unheeded> {
    let parsed = environment.parse::<EnvironmentName>().ok().zip(component.parse::<ComponentName>().ok());
    let found = parsed.and_then(|(environment, component)| pipeline.find(&Target::new(&environment, &component)));
    let unknown = || Unheeded::NotConfigured { environment: environment.into(), component: component.into() };
    found.map(drop).ok_or_else(unknown)
}
