//! From the file to a pipeline and the places of its systems.

use std::path::{Path, PathBuf};

use embark_argocd::Application;
use embark_core::ports::RepositoryError;
use embark_core::{Component, Environment, EnvironmentName, Pipeline, PipelineError, Requirements, ValuesKeys};
use embark_github::RepositoryName;
use embark_gitops::{Author, RefName};
use embark_render::Settings;

use super::file::{self, File};
use super::release::Release;
use super::{argocd, over_api};
use crate::address::{Address, OnGitHub};
use crate::output::Place;

/// The name of the configuration file.
const NAME: &str = "embark.yaml";

/// What `embark.yaml` says.
#[derive(Debug)]
pub(crate) struct Config {
    /// Where it was read.
    pub(crate) path: PathBuf,
    /// The folder from which relative paths start.
    pub(crate) folder: PathBuf,
    /// The name of the application.
    pub(crate) application: String,
    /// The application's repository on GitHub.
    pub(crate) repository: Option<RepositoryName>,
    /// The repository whose deployments on GitHub are the queue; `None` where that is the ledger.
    pub(crate) platform: Option<RepositoryName>,
    /// The components and environments.
    pub(crate) pipeline: Pipeline,
    /// The file with the application's version.
    pub(crate) version_file: Option<PathBuf>,
    /// The deployment repo.
    pub(crate) git: GitWrite,
    /// Who is told of what was deployed.
    pub(crate) notify: Notify,
    /// How a release is proposed and published.
    pub(crate) release: Release,
    /// The applications of Argo CD, by their environments.
    pub(crate) argocd: Vec<(EnvironmentName, Application)>,
    /// What renders the values files, as far as it is not found.
    pub(crate) render: Settings,
    /// Whether deployments are always judged by what is rendered.
    pub(crate) always_renders: bool,
}

/// Who is told of what was deployed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Notify {
    /// Whether the pull request that brought a commit is told.
    pub(crate) pull_request: bool,
    /// The variable with the address of the webhook, if there is one.
    pub(crate) webhook: Option<String>,
}

/// The deployment repo, and how to write to it.
#[derive(Debug, Clone)]
pub(crate) struct GitWrite {
    /// A URL, or the path of a folder.
    pub(crate) url: String,
    /// The branch.
    pub(crate) branch: RefName,
    /// Who is named as the author of commits.
    pub(crate) author: Author,
    /// Who is named as their committer; `None` where that is the author.
    pub(crate) committer: Option<Author>,
    /// The file with the key that signs the commits: relative to the folder, or in `~`.
    pub(crate) signing_key: Option<String>,
    /// The ref of the ledger.
    pub(crate) ledger: RefName,
    /// Where it is on GitHub, if it is written over the API.
    pub(crate) over_api: Option<OnGitHub>,
}

/// Tells why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    #[error("there is no {NAME} in {} or above", .0.display())]
    Absent(PathBuf),
    #[error("cannot read {}", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("cannot read {name}")]
    Repository { name: String, source: RepositoryError },
    #[error("there is no such file: {0}")]
    NotThere(String),
    #[error("{}, {message}", path.display())]
    Malformed { path: PathBuf, at: Option<(u64, u64)>, message: String, suggestion: Option<String> },
    #[error("{} does not fit together", path.display())]
    Pipeline { path: PathBuf, source: PipelineError },
    #[error("{}: {reason}", path.display())]
    Invalid { path: PathBuf, reason: String },
}

impl ConfigError {
    /// Returns where it is, if that is in a file.
    pub(crate) fn place(&self) -> Option<Place> {
        let (path, at) = match self {
            Self::Absent(_) | Self::Read { .. } | Self::Repository { .. } | Self::NotThere(_) => return None,
            Self::Malformed { path, at, .. } => (path, *at),
            Self::Pipeline { path, .. } | Self::Invalid { path, .. } => (path, None),
        };
        Some(Place { path: path.display().to_string(), at })
    }
}

impl Config {
    /// Reads the file that is named, or the one in the working folder or above.
    pub(crate) fn load(named: Option<&Path>) -> Result<Self, ConfigError> {
        let path = match named {
            Some(path) => path.to_owned(),
            None => find()?,
        };
        let text = std::fs::read_to_string(&path).map_err(|source| ConfigError::Read { path: path.clone(), source })?;
        Self::parse(&path, &text)
    }

    /// Tells that something in the file cannot be.
    pub(crate) fn invalid(&self, reason: String) -> ConfigError {
        ConfigError::Invalid { path: self.path.clone(), reason }
    }

    pub(crate) fn parse(path: &Path, text: &str) -> Result<Self, ConfigError> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Self::parse_from(path, folder, text)
    }

    /// Reads a text whose relative paths start at `folder`.
    pub(super) fn parse_from(path: &Path, folder: &Path, text: &str) -> Result<Self, ConfigError> {
        let (path, folder) = (path.to_owned(), folder.to_owned());
        let file: File = serde_saphyr::from_str(text).map_err(|error| malformed(&path, &error))?;
        let invalid = |reason: String| ConfigError::Invalid { path: path.clone(), reason };
        if file.application.name.trim().is_empty() {
            return Err(invalid("the application has no name".into()));
        }
        if file.deployments.github.is_some() && file.deployments.ledger.is_some() {
            return Err(invalid("deployments: they are kept on github or in the ledger, not in both".into()));
        }
        if file.application.repository.is_none() {
            let with_checks = file.environments.iter().find(|environment| !environment.requires.checks.is_empty());
            if let Some(environment) = with_checks {
                return Err(invalid(format!(
                    "environment {} requires checks, and application.repository does not say where they run",
                    environment.name
                )));
            }
        }
        if file.notify.pull_request && file.application.repository.is_none() {
            return Err(invalid(
                "notify.pullRequest: application.repository does not say where pull requests are".into(),
            ));
        }
        let webhook = file.notify.webhook.map(|webhook| webhook.url_from);
        // What stands there is not repeated: it may be the address itself.
        if webhook.as_deref().is_some_and(|name| !is_variable(name)) {
            return Err(invalid("notify.webhook.urlFrom names no variable, as in EMBARK_NOTIFY_URL".into()));
        }
        let name = |key: &str, name: Option<String>| {
            let name = name.map(|name| name.parse::<RepositoryName>()).transpose();
            name.map_err(|error| invalid(format!("{key}: {error}")))
        };
        let repository = name("application.repository", file.application.repository)?;
        let over_api = over_api::repository(&file.deployment_repo, &file.deployments)
            .map_err(|reason| invalid(format!("deploymentRepo.write: api: {reason}")))?;
        let platform = name("deployments.github.repository", file.deployments.github.map(|github| github.repository))?;
        let mut components = Vec::new();
        for (name, component) in file.components.0 {
            components.push(make_component(name, component).map_err(invalid)?);
        }
        let argocd = argocd::applications(&file.environments).map_err(invalid)?;
        let charts = file.environments.iter().filter_map(|one| Some((one.name.clone(), one.chart.clone()?)));
        let always_renders = file.render.always;
        let render = file.render.check(&file.application.name, charts.collect::<Vec<_>>()).map_err(invalid)?;
        let environments = file.environments.into_iter().map(environment).collect();
        let pipeline = Pipeline::new(components, environments, file.version.format)
            .map_err(|source| ConfigError::Pipeline { path: path.clone(), source })?
            .with_commit_subject(file.deployment_repo.message);
        let ref_name =
            |key: &str, name: &str| name.parse::<RefName>().map_err(|error| invalid(format!("{key}: {error}")));
        let branch = ref_name("deploymentRepo.branch", &file.deployment_repo.branch)?;
        let ledger = match file.deployments.ledger.and_then(|ledger| ledger.r#ref) {
            Some(name) => ref_name("deployments.ledger.ref", &name)?,
            None => RefName::ledger(),
        };
        if ledger == branch {
            return Err(invalid(format!("deployments.ledger.ref: {ledger} is the deployment branch")));
        }
        Address::parse(&file.deployment_repo.url, &folder)
            .map_err(|reason| invalid(format!("deploymentRepo.url: {reason}")))?;
        let author = |author: file::Author| Author { name: author.name, email: author.email };
        let embark = || Author { name: "embark".into(), email: "embark@localhost".into() };
        let git = GitWrite {
            url: file.deployment_repo.url,
            branch,
            author: file.deployment_repo.author.map_or_else(embark, author),
            committer: file.deployment_repo.committer.map(author),
            signing_key: file.deployment_repo.signing_key,
            ledger,
            over_api,
        };
        let release = file.release.check().map_err(invalid)?;
        let version_file = file.version.file.map(|file| folder.join(file));
        Ok(Self {
            application: file.application.name,
            repository,
            platform,
            pipeline,
            version_file,
            git,
            release,
            render,
            always_renders,
            notify: Notify { pull_request: file.notify.pull_request, webhook },
            argocd,
            folder,
            path,
        })
    }
}

/// Tells whether a text is the [name of a variable](https://pubs.opengroup.org/onlinepubs/9799919799/basedefs/V1_chap08.html).
fn is_variable(name: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    !name.is_empty() && name.bytes().all(is_part) && !name.starts_with(|first: char| first.is_ascii_digit())
}

fn find() -> Result<PathBuf, ConfigError> {
    let here = std::env::current_dir().map_err(|source| ConfigError::Read { path: ".".into(), source })?;
    let found = here.ancestors().map(|folder| folder.join(NAME)).find(|path| path.is_file());
    found.ok_or(ConfigError::Absent(here))
}

fn make_component(name: embark_core::ComponentName, component: file::Component) -> Result<Component, String> {
    let values = match component.values {
        file::Values { image: Some(image), repository: None, tag: None, digest: None, pin } => {
            ValuesKeys::Whole { image, pin }
        }
        file::Values { image: None, tag: Some(tag), repository, digest, pin: false } => {
            ValuesKeys::Apart { repository, tag, digest }
        }
        _ => {
            return Err(format!(
                "component {name} must name under values either tag (beside it repository and digest) or image (beside it pin)"
            ));
        }
    };
    Ok(Component {
        name,
        image: component.image,
        images: component.images.0.into_iter().collect(),
        values,
        create_missing: component.create_missing,
        copy_referrers: component.copy_referrers,
    })
}

fn environment(environment: file::Environment) -> Environment {
    Environment {
        name: environment.name,
        values_file: environment.values_file,
        tag: environment.tag,
        promotes_from: environment.promotes_from,
        requires: Requirements { soak: environment.requires.soak, checks: environment.requires.checks },
        success: environment.success.into(),
    }
}

/// Tells line and column, and for an unknown key the one that was probably meant.
fn malformed(path: &Path, error: &serde_saphyr::Error) -> ConfigError {
    let suggestion = match error.without_snippet() {
        serde_saphyr::Error::SerdeUnknownField { field, expected, .. } => expected
            .iter()
            .map(|key| (strsim::jaro_winkler(field, key), *key))
            .filter(|(similarity, _)| *similarity > 0.75)
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .map(|(_, key)| key.to_owned()),
        _ => None,
    };
    // Behind the first line the library repeats itself below a piece of the file.
    let text = error.to_string();
    let line = text.lines().next().unwrap_or_default();
    let line = line.strip_prefix("error: ").unwrap_or(line);
    // What a programmer could do about it is of no use here.
    let ends = [", set DuplicateKeyPolicy", "; use "];
    let message = ends.iter().fold(line, |line, end| line.split(end).next().unwrap_or(line));
    let message = message.replace("unknown field", "unknown key").replace("unknown variant", "unknown value");
    let at = error.location().map(|location| (location.line(), location.column()));
    ConfigError::Malformed { path: path.to_owned(), at, message, suggestion }
}
