//! Where the story is played: commands are run as they are typed, and what came of them is looked at.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use clap::Parser as _;
use embark_core::ports::Rendering;
use embark_core::{Check, ComponentStatus, EnvironmentStatus, Verdict};

use super::BoxError;
use super::story::Story;
use crate::args::{Cli, Command};
use crate::commands::{config, promote, release, status, verify};
use crate::config::Config;
use crate::env::Env;
use crate::error::Error;
use crate::output::{Outcome, Report};
use crate::run::Run;
use crate::wiring::Wiring;

/// The folder, and the story that is told about it.
pub(super) struct Stage<'a> {
    pub(super) folder: &'a Path,
    pub(super) story: Story,
    actor: Option<String>,
    is_quiet: bool,
}

impl<'a> Stage<'a> {
    pub(super) fn new(folder: &'a Path, run: &Run) -> Self {
        Self { folder, story: Story::default(), actor: run.env.actor.clone(), is_quiet: run.global.quiet }
    }

    pub(super) fn into_story(self) -> Story {
        self.story
    }

    fn configuration(&self) -> PathBuf {
        self.folder.join("embark.yaml")
    }

    /// The environment of a person at a terminal: nothing of a CI in which the demo itself may run.
    fn env(&self) -> Env {
        let mut env = Env::default();
        env.actor.clone_from(&self.actor);
        env
    }

    /// Runs a command as if it was typed in the folder, tells it, and insists on its outcome.
    pub(super) async fn embark(&mut self, arguments: &[&str], expected: Outcome) -> Result<Report, BoxError> {
        self.story.command(arguments);
        let report = self.run(arguments).await?;
        self.story.output(&report);
        if report.outcome == expected {
            return Ok(report);
        }
        let (found, expected) = (report.outcome.as_str(), expected.as_str());
        Err(format!("embark {} is {found}, and should be {expected}", arguments.join(" ")).into())
    }

    async fn run(&self, arguments: &[&str]) -> Result<Report, BoxError> {
        let Cli { mut global, command } = Cli::try_parse_from([&["embark"], arguments].concat())?;
        global.config = Some(self.configuration());
        global.quiet = self.is_quiet;
        let env = self.env();
        let run = Run::new(global, env);
        Ok(match command {
            Command::Config(args) => config::run(&args, &run).await?,
            Command::Release(args) => Box::pin(release::run(args, &run)).await?,
            Command::Promote(args) => Box::pin(promote::run(args, &run)).await?,
            Command::Status(args) => status::run(args, &run).await?,
            Command::Verify(args) => verify::run(args, &run).await?,
            other => return Err(format!("{} is no part of the demo", other.name()).into()),
        })
    }

    /// Looks at what is there now, apart from what any command has said.
    pub(super) async fn look(&self) -> Result<Look, Error> {
        let wiring = Wiring::of(Config::load(Some(&self.configuration()))?, &self.env())?;
        let systems = wiring.systems();
        let environments = embark_core::status(&systems, None).await?;
        let checks = embark_core::verify(&systems, None).await?;
        Ok(Look { environments, checks })
    }

    /// Has Helm render each environment as the deployment repo has it now.
    pub(super) async fn manifests(&self) -> Result<Vec<Manifests>, BoxError> {
        let wiring = Wiring::of(Config::load(Some(&self.configuration()))?, &self.env())?;
        let (systems, charts) = (wiring.systems(), wiring.charts());
        let environments = wiring.config.pipeline.environments();
        let files = environments.iter().map(|environment| environment.values_file.clone());
        let snapshot = systems.repository.read(files.collect()).await?;
        let mut all = Vec::new();
        for environment in environments {
            let (name, file) = (environment.name.clone(), environment.values_file.clone());
            let values = snapshot.file(&file).unwrap_or_default().to_vec();
            let rendering = Rendering { tip: snapshot.tip.clone(), environment: name, file, values };
            all.push(Manifests {
                environment: environment.name.to_string(),
                file: environment.values_file.to_string(),
                text: charts.manifests(rendering).await?,
            });
        }
        Ok(all)
    }

    /// Reads every byte that is in the folder.
    pub(super) fn bytes(&self) -> Result<BTreeMap<PathBuf, Vec<u8>>, Error> {
        let mut files = BTreeMap::new();
        let mut folders = vec![self.folder.to_owned()];
        while let Some(folder) = folders.pop() {
            let failed = |source| Error::Read { path: folder.display().to_string(), source };
            for entry in fs::read_dir(&folder).map_err(failed)? {
                let path = entry.map_err(failed)?.path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let failed = |source| Error::Read { path: path.display().to_string(), source };
                    let bytes = fs::read(&path).map_err(failed)?;
                    files.insert(path, bytes);
                }
            }
        }
        Ok(files)
    }
}

/// What Helm makes of an environment.
pub(super) struct Manifests {
    pub(super) environment: String,
    /// The values file.
    pub(super) file: String,
    /// As Helm writes it.
    pub(super) text: String,
}

/// What the environments have, and whether the invariant holds.
pub(super) struct Look {
    environments: Vec<EnvironmentStatus>,
    checks: Vec<Check>,
}

impl Look {
    /// Returns what an environment has of a component.
    pub(super) fn at(&self, environment: &str, component: &str) -> Result<&ComponentStatus, BoxError> {
        let environment = self.environments.iter().find(|other| other.name.as_str() == environment);
        let components = environment.map(|environment| environment.components.as_slice()).unwrap_or_default();
        let found = components.iter().find(|other| other.name.as_str() == component);
        found.ok_or_else(|| format!("there is no {component}").into())
    }

    /// Tells whether the invariant holds for every component.
    pub(super) fn holds(&self) -> bool {
        !self.checks.is_empty() && self.checks.iter().all(|check| check.verdict == Verdict::Holds)
    }

    /// Tells whether every component is in step everywhere, and nothing waits.
    pub(super) fn is_in_step(&self) -> bool {
        let mut components = self.environments.iter().flat_map(|environment| &environment.components);
        components.all(|component| component.in_step == Some(true) && component.pending.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::demo::files;

    #[tokio::test]
    async fn a_command_that_ends_otherwise_than_the_story_has_it_fails() {
        let folder = tempfile::tempdir().unwrap();
        files::write_application(folder.path()).unwrap();
        let Cli { global, .. } = Cli::try_parse_from(["embark", "demo"]).unwrap();
        let env = Env::default();
        let run = Run::new(global, env);
        let mut stage = Stage::new(folder.path(), &run);
        assert!(stage.embark(&["config", "check"], Outcome::Unchanged).await.is_ok());
        let error = stage.embark(&["config", "check"], Outcome::Done).await.err().unwrap();
        assert_eq!(error.to_string(), "embark config check is unchanged, and should be done");
        assert!(stage.embark(&["values", "get", "dev.yaml", "a"], Outcome::Unchanged).await.is_err());
        assert!(stage.into_story().take().contains("   $ embark config check\n   ENVIRONMENT "));
    }
}
