use crate::error::Error;
use crate::exit_code::Exit;
use crate::output::{Outcome, Report, json, table};
use crate::run::Run;

/// Check the configuration.
#[derive(Debug, clap::Args)]
pub(crate) struct Config {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Check that the file can be read and fits together
    Check,
    /// Print the JSON Schema of the file, for editors
    Schema,
}

impl Config {
    pub(crate) fn name(&self) -> &'static str {
        match self.command {
            Command::Check => "config check",
            Command::Schema => "config schema",
        }
    }
}

pub(crate) fn run(args: &Config, run: &Run) -> Result<Report, Error> {
    match args.command {
        Command::Check => check(run),
        Command::Schema => Ok(schema()),
    }
}

/// The schema is what is asked for: with `-o json` it stands in the one object, else alone.
fn schema() -> Report {
    let schema = crate::config::schema();
    let text = serde_json::to_string_pretty(&schema).unwrap_or_default() + "\n";
    Report { text, json: json::Body { schema: Some(schema), ..json::Body::default() }, ..Report::default() }
}

fn check(run: &Run) -> Result<Report, Error> {
    let config = crate::config::Config::load(run.global.config.as_deref())?;
    let pipeline = &config.pipeline;
    let rows: Vec<_> = pipeline
        .environments()
        .iter()
        .map(|environment| {
            [
                environment.name.to_string(),
                environment.values_file.to_string(),
                match environment.tag {
                    embark_core::TagKind::Commit => "commit".into(),
                    embark_core::TagKind::Version => "version".into(),
                },
                environment.promotes_from.as_ref().map_or_else(|| "-".into(), ToString::to_string),
            ]
        })
        .collect();
    let components: Vec<_> = pipeline.components().iter().map(|component| component.name.as_str()).collect();
    let mut text = table::table(["ENVIRONMENT", "VALUES FILE", "TAG", "PROMOTES FROM"], &rows);
    text.push_str(&format!("\n{}: {} ({})\n", config.path.display(), config.application, components.join(", ")));
    Ok(Report {
        outcome: Outcome::Unchanged,
        exit: Exit::Success,
        json: json::Body::default(),
        text,
        hints: config
            .not_yet
            .iter()
            .map(|asked| format!("{} does not work yet: {}", asked.what, asked.instead))
            .collect(),
        ..Report::default()
    })
}
