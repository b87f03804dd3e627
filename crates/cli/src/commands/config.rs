//! `config check` and `config schema`.

mod render;

use embark_core::Finding;
use embark_core::ports::RepositoryError;

use crate::env::Env;
use crate::error::{Error, exit_of};
use crate::exit_code::Exit;
use crate::output::{Outcome, Report, json, table};
use crate::run::Run;
use crate::wiring::Wiring;

/// Check the configuration.
#[derive(Debug, clap::Args)]
pub(crate) struct Config {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Check that the file can be read and fits together
    Check {
        /// Ask every system that it names, too
        #[arg(long)]
        online: bool,
        /// Render the values files with Helm or Kustomize, and see whether edits change the images that they should, and
        /// nothing else
        #[arg(long)]
        render: bool,
    },
    /// Print the JSON Schema of the file, for editors
    Schema,
}

impl Config {
    pub(crate) fn name(&self) -> &'static str {
        match self.command {
            Command::Check { .. } => "config check",
            Command::Schema => "config schema",
        }
    }
}

pub(crate) async fn run(args: &Config, run: &Run) -> Result<Report, Error> {
    match args.command {
        Command::Check { online: false, render: false } => check(run).await,
        Command::Check { online, render } => look(run, online, render).await,
        Command::Schema => Ok(schema()),
    }
}

async fn look(run: &Run, is_online: bool, renders: bool) -> Result<Report, Error> {
    let wiring = Wiring::new(run).await?.rendering(renders);
    let mut report = with_secrets(checked(&wiring.config), &wiring.config, run);
    if is_online {
        report = online(report, &wiring, run).await?;
    }
    if renders {
        report = render::add(report, &wiring, run).await?;
    }
    Ok(report)
}

/// Asks every system; what one of them says against it does not keep the others from being asked.
async fn online(offline: Report, wiring: &Wiring, run: &Run) -> Result<Report, Error> {
    let mut findings = embark_core::look_over(&wiring.systems()).await;
    if let Some((github, name)) = wiring.github.as_ref().zip(wiring.config.repository.as_ref()) {
        let result = github.look().await.map(|()| "it lets us in".into()).map_err(embark_core::Error::from);
        findings.push(Finding { what: format!("application repository {name}"), result });
    }
    if let Some(key) = run.env.signing_key(&wiring.config) {
        let what = format!("signing key {}", key.name());
        let checked = tokio::task::spawn_blocking(move || key.check()).await;
        let checked = checked.map_err(|error| Error::Start(error.into()))?;
        let result = checked.map(|()| "it signs".into()).map_err(|error| RepositoryError::Signing(error).into());
        findings.push(Finding { what, result });
    }
    let exit = Exit::of_all(findings.iter().filter_map(|finding| Some(exit_of(finding.result.as_ref().err()?))));
    let systems: Vec<_> = findings.iter().map(|finding| json::System::of(finding, &run.queue())).collect();
    let mut hints = offline.hints;
    for hint in systems.iter().filter_map(json::System::hint) {
        if !hints.contains(&hint) {
            hints.push(hint);
        }
    }
    Ok(Report {
        outcome: if exit == Exit::Success { Outcome::Unchanged } else { Outcome::Failed },
        exit,
        text: format!("{}\n{}", offline.text, table::systems(&findings)),
        json: json::Body { systems: Some(json::Systems(Some(systems))), ..offline.json },
        hints,
        ..Report::default()
    })
}

/// The schema is what is asked for: with `-o json` it stands in the one object, else alone.
fn schema() -> Report {
    let schema = crate::config::schema();
    let text = serde_json::to_string_pretty(&schema).unwrap_or_default() + "\n";
    let json = json::Body { schema: Some(schema), ..json::Body::default() };
    Report { text, json, is_data: true, ..Report::default() }
}

async fn check(run: &Run) -> Result<Report, Error> {
    let config = crate::config::Config::read_alone(run).await?;
    Ok(with_secrets(checked(&config), &config, run))
}

/// Adds what is wrong with the key that signs, and with the webhook.
fn with_secrets(mut report: Report, config: &crate::config::Config, run: &Run) -> Report {
    if let Some(variable) = &config.notify.webhook
        && let Err(error) = crate::notify::address_in(variable, Env::secret(variable))
    {
        report.hints.push(format!("notify.webhook: {error}: nobody is told from here"));
    }
    let key = run.env.signing_key(config);
    if let Some(error) = key.and_then(|key| key.find().err()) {
        report.hints.push(format!("deploymentRepo.signingKey: {error}: nothing can be committed from here"));
    }
    report
}

/// Tells what a configuration that fits together says.
pub(crate) fn checked(config: &crate::config::Config) -> Report {
    let pipeline = &config.pipeline;
    let rows: Vec<_> = pipeline
        .environments()
        .iter()
        .map(|environment| {
            [
                environment.name.as_str().into(),
                environment.values_file.as_str().into(),
                match environment.tag {
                    embark_core::TagKind::Commit => "commit".into(),
                    embark_core::TagKind::Version => "version".into(),
                },
                environment.promotes_from.as_ref().map_or("-", |name| name.as_str()).into(),
            ]
        })
        .collect();
    let components: Vec<_> = pipeline.components().iter().map(|component| component.name.as_str()).collect();
    let mut text = table::table(["ENVIRONMENT", "VALUES FILE", "TAG", "PROMOTES FROM"], &rows);
    text.push_str(&format!("\n{}: {} ({})\n", config.path.display(), config.application, components.join(", ")));
    Report {
        outcome: Outcome::Unchanged,
        exit: Exit::Success,
        json: json::Body {
            systems: Some(json::Systems(None)),
            renders: Some(json::Renders(None)),
            ..json::Body::default()
        },
        text,
        ..Report::default()
    }
}
