//! `init`: reads a deployment repo, asks where that says too little, and writes the proposal.

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use embark_core::{ComponentName, EnvironmentName, FilePath, Repository, TextError};

use crate::ask::{Ask, Nobody, Somebody};
use crate::config::{Config, InRepository};
use crate::error::Error;
use crate::init::{Flags, InitError, KEYS, LeftOut, Surroundings, ValuesFlag, propose, write};
use crate::output::table::one_line;
use crate::output::{Outcome, Report, json};
use crate::run::Run;
use crate::temporary::temporary;
use crate::version_file;

mod command;
mod github;
mod place;
mod source;

use github::{Checkouts, Workflow};
use source::Source;

/// Propose an embark.yaml for a deployment repo that is there already, and write it.
#[derive(Debug, clap::Args)]
pub(crate) struct Init {
    /// The deployment repo: a checkout, a folder in one, a bare repository, or an http(s) address [default: the
    /// working folder]
    #[arg(value_name = "FOLDER|URL")]
    repository: Option<String>,
    /// The name of the application [default: that of its folder, its chart, or the repository]
    #[arg(long, value_name = "NAME")]
    application: Option<String>,
    /// An environment and its values file; given again for each, in their order [default: by the names of files]
    #[arg(long = "environment", value_name = "NAME=FILE")]
    environments: Vec<Pair<EnvironmentName, FilePath>>,
    /// A component that is meant, and where its images are; given again for each [default: what the files say]
    #[arg(long = "component", value_name = "NAME=REPOSITORY")]
    components: Vec<Pair<ComponentName, Repository>>,
    /// Where the values files name a component's image; KEY is tag, digest, repository, or image for all in one scalar
    #[arg(long, value_name = "NAME.KEY=PATH")]
    values: Vec<ValuesFlag>,
    /// Where embark finds the deployment repo [default: the checkout's origin, or the path of the repository]
    #[arg(long)]
    url: Option<String>,
    /// The branch that Argo CD watches [default: the one that is checked out, or main]
    #[arg(long)]
    branch: Option<String>,
    /// The file with the application's version [default: one that is beside the new file]
    #[arg(long, value_name = "FILE")]
    version_file: Option<String>,
    /// Replace a file that is there
    #[arg(long)]
    force: bool,
    /// Take every proposal, and ask nothing
    #[arg(long)]
    yes: bool,
    /// Write the workflows for GitHub Actions, too: into the checkout around embark.yaml, which is the application's,
    /// and into that of the deployment repo if FOLDER is one. What is there stays, embark.yaml as well
    #[arg(long)]
    github: bool,
    /// The action that the workflows use, at a commit [default: embark-deploy/embark, at one that you put in]
    #[arg(long, value_name = "REPOSITORY@COMMIT", requires = "github", value_parser = action)]
    action: Option<String>,
}

/// Reads the name of an action. A tag can be moved, so it is a commit.
fn action(text: &str) -> Result<String, String> {
    let commit = text.split_once('@').filter(|(name, _)| name.parse::<embark_github::RepositoryName>().is_ok());
    let commit = commit.and_then(|(_, commit)| commit.parse::<embark_core::Commit>().ok());
    commit.map(|_| text.to_owned()).ok_or_else(|| "a repository, @ and a whole commit are needed".into())
}

/// `NAME=VALUE`, split at the first `=`.
#[derive(Debug, Clone)]
struct Pair<N, V>(N, V);

impl<N: FromStr<Err = TextError>, V: FromStr<Err = TextError>> FromStr for Pair<N, V> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, value) = text.split_once('=').ok_or("a name, = and a value are needed")?;
        let name = name.parse().map_err(|error: TextError| error.to_string())?;
        let value = value.parse().map_err(|error: TextError| error.to_string())?;
        Ok(Self(name, value))
    }
}

impl FromStr for ValuesFlag {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let split = || text.split_once('=').and_then(|(name, path)| Some((name.split_once('.')?, path)));
        let ((component, key), path) = split().ok_or("NAME.KEY=PATH is needed, as in web.tag=web.image.tag")?;
        let known = KEYS.into_iter().find(|known| *known == key);
        let key = known.ok_or_else(|| format!("{key:?} is none of {}", KEYS.join(", ")))?;
        let component = component.parse().map_err(|error: TextError| error.to_string())?;
        let path = path.parse().map_err(|error: embark_values::PathError| error.to_string())?;
        Ok(Self { component, key, path })
    }
}

/// The versions that are looked for beside the new file, the first one that has one counts.
const VERSION_FILES: [&str; 5] = ["package.json", "Cargo.toml", "pyproject.toml", "Chart.yaml", "VERSION"];

pub(crate) async fn run(args: Init, run: &Run) -> Result<Report, Error> {
    if let Some(config) = run.global.config.as_deref().map(InRepository::parse).transpose()?.flatten() {
        let problem = format!("a file is written, and {} is in a repository", config.name());
        return Err(Error::Arguments(problem, "name a file with --config FILE"));
    }
    let file = run.global.config.clone().unwrap_or_else(|| PathBuf::from("embark.yaml"));
    let is_there = !args.force && file.symlink_metadata().is_ok();
    if is_there && !args.github {
        return Err(InitError::Exists(file.display().to_string()).into());
    }
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let checkouts = args.github.then(|| Checkouts::find(&args, folder, is_there)).transpose()?;
    if let Some(checkouts) = checkouts.as_ref().filter(|_| is_there) {
        let config = Config::load(Some(&file))?;
        return workflows_alone(checkouts, &config, &args, run);
    }
    let source = Source::read(&args, &run.env).await?;
    let url = match &args.url {
        Some(url) => place::without_credentials(url),
        None => source.url(folder),
    };
    let names = checkouts.as_ref().map(|checkouts| checkouts.names(None, &url, &run.env)).transpose()?;
    let around = Surroundings {
        name: source.name.clone(),
        url,
        github: names.as_ref().map(|names| (names.application.to_string(), names.deployment.to_string())),
        branch: args.branch.clone().or_else(|| source.branch.clone()).unwrap_or_else(|| "main".into()),
        version_file: version_of(&args, folder)?,
        command: command::of(&args, run.global.config.as_deref()),
    };
    let is_asked = !args.yes && std::io::stdin().is_terminal();
    let mut somebody = Somebody { answers: std::io::stdin().lock(), questions: std::io::stderr() };
    let ask: &mut dyn Ask = if is_asked { &mut somebody } else { &mut Nobody };
    let proposal = propose(&source.files, &args.flags(), around, ask)?;
    let text = write(&proposal);
    let config = Config::parse(&file, &text).map_err(InitError::Unfit)?;
    let (workflows, to_do) = match checkouts.zip(names) {
        Some((checkouts, names)) => checkouts.workflows(&config, names, args.action.as_deref()),
        None => Default::default(),
    };
    if !run.global.dry_run {
        save(&file, &text, args.force)?;
        workflows.iter().try_for_each(Workflow::save)?;
    }
    let mut report = super::config::checked(&config);
    let mut notes = [&source.notes[..], &proposal.notes[..], &to_do[..]].concat();
    notes.extend(source.checked_out(&config.git.url, args.url.is_some()));
    report.hints.extend(notes.iter().cloned());
    if !run.global.dry_run {
        report.hints.push("see whether every system agrees with it: embark config check --online".into());
    }
    let written = Written { file: &file, text, workflows: &workflows };
    Ok(told(report, run, written, &proposal.left_out, notes))
}

/// What is written, or would be.
struct Written<'a> {
    file: &'a Path,
    text: String,
    workflows: &'a [Workflow],
}

/// Writes the workflows for a configuration that is there, and stays as it is.
fn workflows_alone(checkouts: &Checkouts, config: &Config, args: &Init, run: &Run) -> Result<Report, Error> {
    let names = checkouts.names(Some(config), &config.git.url, &run.env)?;
    let (workflows, notes) = checkouts.workflows(config, names, args.action.as_deref());
    if !run.global.dry_run {
        workflows.iter().try_for_each(Workflow::save)?;
    }
    let mut report = super::config::checked(config);
    report.hints.extend(notes.iter().cloned());
    let path = &config.path;
    let text =
        std::fs::read_to_string(path).map_err(|source| Error::Read { path: path.display().to_string(), source })?;
    let is_any_new = workflows.iter().any(|workflow| !workflow.is_there);
    let report = told(report, run, Written { file: path, text, workflows: &workflows }, &[], notes);
    Ok(if is_any_new { report } else { Report { outcome: Outcome::Unchanged, ..report } })
}

/// Adds the proposal to what `config check` says. A dry run shows the texts themselves, which are data.
fn told(mut report: Report, run: &Run, written: Written<'_>, left_out: &[LeftOut], notes: Vec<String>) -> Report {
    let Written { file, text, workflows } = written;
    let line = |one: &LeftOut| one_line(&format!("left out: {} ({}): {}", one.name, one.image, one.reason)) + "\n";
    let lines = left_out.iter().map(line).chain(workflows.iter().map(|workflow| workflow.told() + "\n"));
    let lines: String = lines.collect();
    let of_workflows = workflows.iter().map(Workflow::json).collect();
    let init = json::Init::of(file, &text, left_out, notes, of_workflows);
    report.json = json::Body { init: Some(init), ..json::Body::default() };
    if run.global.dry_run {
        run.ui.note(&lines);
        let new = workflows.iter().filter(|workflow| !workflow.is_there).map(|workflow| &workflow.text);
        let text = std::iter::once(&text).chain(new).map(String::as_str).collect::<Vec<_>>().join("---\n");
        return Report { outcome: Outcome::Planned, text, is_data: true, ..report };
    }
    let text = format!("{}{}{lines}", report.text, if lines.is_empty() { "" } else { "\n" });
    Report { outcome: Outcome::Done, text, ..report }
}

fn version_of(args: &Init, folder: &Path) -> Result<Option<String>, Error> {
    if let Some(file) = &args.version_file {
        version_file::read(&folder.join(file))?;
        return Ok(Some(file.clone()));
    }
    let has_one = |name: &&str| version_file::read(&folder.join(name)).is_ok();
    Ok(VERSION_FILES.into_iter().find(has_one).map(ToOwned::to_owned))
}

/// Writes the file as a whole, or not at all; one that is there, or comes meanwhile, stays unless it may be replaced.
fn save(file: &Path, text: &str, replace: bool) -> Result<(), Error> {
    let path = file.display().to_string();
    // What a link names is replaced, and not the link.
    let file = if replace { std::fs::canonicalize(file).unwrap_or_else(|_| file.to_owned()) } else { file.to_owned() };
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let failed = |source| Error::Write { path: path.clone(), source };
    let mut temporary = temporary(folder).map_err(failed)?;
    temporary.write_all(text.as_bytes()).and_then(|()| temporary.as_file().sync_all()).map_err(failed)?;
    let saved = if replace { temporary.persist(&file) } else { temporary.persist_noclobber(&file) };
    match saved {
        Ok(_) => Ok(()),
        Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => Err(InitError::Exists(path).into()),
        Err(error) => Err(failed(error.error)),
    }
}

impl Init {
    fn flags(&self) -> Flags {
        let pairs = |pair: &Pair<EnvironmentName, FilePath>| (pair.0.clone(), pair.1.clone());
        Flags {
            application: self.application.clone(),
            environments: self.environments.iter().map(pairs).collect(),
            components: self.components.iter().map(|pair| (pair.0.clone(), pair.1.clone())).collect(),
            values: self.values.clone(),
        }
    }
}
