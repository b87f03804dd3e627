//! `notes`.

use embark_core::{AppVersion, Commit, EnvironmentName, Notes as Done, NotesRequest, ReleaseChange, TagKind};

use super::release_pr::outcome;
use crate::config::{Config, Notes as Of};
use crate::error::{Error, Known, hint_of_refusal};
use crate::exit_code::Exit;
use crate::output::{Outcome, Problem, Report, json, of_items};
use crate::run::Run;
use crate::version_file;
use crate::versioning::changelog;
use crate::wiring::Wiring;

/// Publish the release of a version with its notes and its git tag, once, if its promotion would not be refused.
#[derive(Debug, clap::Args)]
pub(crate) struct Notes {
    /// The environment to which the version is promoted afterwards [default: the one with version tags]
    environment: Option<EnvironmentName>,
    /// The application's version [default: that of version.file in the configuration]
    #[arg(long)]
    version: Option<AppVersion>,
    /// The release's commit, from which the images were built [default: what GitHub Actions runs for, or HEAD of the
    /// working folder]
    #[arg(long, value_name = "SHA")]
    commit: Option<Commit>,
}

pub(crate) async fn run(args: Notes, run: &Run) -> Result<Report, Error> {
    let (wiring, releases) = Wiring::releasing(run).await?;
    let wiring = wiring.rendering(false);
    let config = &wiring.config;
    let environment = args.environment.map_or_else(|| production(config), Ok)?;
    let version = match (args.version, &config.version_file) {
        (Some(version), _) => version,
        (None, Some(file)) => version_file::read(file)?,
        (None, None) => {
            return Err(Error::Arguments(
                "no version is given, and version.file names no file with it".into(),
                "name it with: embark notes --version 1.4.0",
            ));
        }
    };
    let commit = match args.commit {
        Some(commit) => Some(commit),
        None => wiring.commit(&run.ui)?,
    };
    let commit = commit.ok_or(Error::Arguments(
        "no commit is given, and none can be told from here".into(),
        "name the release's commit with: embark notes --commit SHA",
    ))?;
    let tag = config.release.tag(&version).map_err(|reason| config.invalid(reason))?;
    let body = match config.release.notes {
        Of::Generated => String::new(),
        Of::Changelog | Of::Both => changelog::of(wiring.checkout(), &commit, &version, config)?,
    };
    let request = NotesRequest {
        environment,
        version,
        commit,
        title: tag.to_string(),
        tag,
        body,
        generated: config.release.notes != Of::Changelog,
        dry_run: run.global.dry_run,
    };
    let done = embark_core::notes(&wiring.systems(), &releases, &request).await?;
    Ok(report(request, done, run))
}

/// Returns the one environment that gets versions from another.
fn production(config: &Config) -> Result<EnvironmentName, Error> {
    let environments = config.pipeline.environments().iter();
    let mut found = environments.filter(|one| one.tag == TagKind::Version && one.promotes_from.is_some());
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one.name.clone()),
        (None, _) => Err(Error::Arguments(
            "no environment gets versions from another".into(),
            "add one with tag: version and promotesFrom to embark.yaml, or leave the notes to others",
        )),
        (Some(one), Some(other)) => Err(Error::Arguments(
            format!("{} and {} both get versions from another environment", one.name, other.name),
            "name the one to which the version is promoted next with: embark notes production",
        )),
    }
}

fn report(request: NotesRequest, done: Done, run: &Run) -> Report {
    let mut release = json::Release {
        version: Some(request.version.to_string()),
        tag: Some(request.tag.to_string()),
        commit: Some(request.commit.to_string()),
        ..json::Release::default()
    };
    let body = |release| json::Body { release: Some(release), deployments: Some(Vec::new()), ..json::Body::default() };
    let outputs = vec![("commit", request.commit.to_string()), ("version", request.version.to_string())];
    match done {
        Done::Published { change, url } => {
            let what = match change {
                ReleaseChange::Unchanged => "is published already",
                ReleaseChange::Done => "is published",
                ReleaseChange::Planned => "would be published",
            };
            let at = url.as_ref().map(|url| format!(": {url}")).unwrap_or_default();
            let notes = (change != ReleaseChange::Unchanged).then_some(request.body);
            let shown = notes.as_ref().filter(|_| change == ReleaseChange::Planned).filter(|notes| !notes.is_empty());
            let shown = shown.map(|notes| format!("\n{notes}\n")).unwrap_or_default();
            let text = format!("{} of {} {what}{at}\n{shown}", request.tag, request.commit.short());
            (release.url, release.notes) = (url, notes);
            Report { outcome: outcome(change), text, json: body(release), outputs, ..Report::default() }
        }
        Done::NotPromotable(items) => {
            let report = of_items(&items, &run.queue());
            let text = format!(
                "Nothing is published: {} would not get {}.\n\n{}",
                request.environment, request.version, report.text
            );
            release.reason = Some(format!("{} would not get {}", request.environment, request.version));
            let json = json::Body { release: Some(release), ..report.json };
            Report { json, text, outputs, ..report }
        }
        Done::Refused(refusal) => {
            let (message, hint) = (refusal.to_string(), hint_of_refusal(&refusal, Known::queue(&run.queue())));
            (release.reason, release.hint) = (Some(message.clone()), hint.clone());
            Report {
                outcome: Outcome::Refused,
                exit: Exit::Refused,
                text: format!("refused: {message}\n"),
                problems: vec![Problem { title: "refused".into(), text: message, place: None }],
                hints: hint.into_iter().collect(),
                json: body(release),
                outputs,
                ..Report::default()
            }
        }
    }
}
