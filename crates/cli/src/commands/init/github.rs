//! `init --github`: for whom the two workflows are, and where they are written.

use std::path::{Path, PathBuf};

use embark_github::RepositoryName;
use embark_gitops::About;

use super::Init;
use crate::address::OnGitHub;
use crate::config::Config;
use crate::env::Env;
use crate::error::Error;
use crate::init::{InitError, Team, UNCHOSEN};
use crate::output::json;
use crate::versioning;

/// Where GitHub looks for workflows.
const WORKFLOWS: &str = ".github/workflows";
const RELEASE: &str = "embark-release.yaml";
const DEPLOYMENT: &str = "embark-deployment.yaml";

/// The checkouts of both repositories.
pub(super) struct Checkouts {
    /// That of the application, in which the configuration is.
    application: About,
    /// That of the deployment repo, if there is one.
    deployment: Option<PathBuf>,
}

/// A workflow, and where it belongs.
pub(super) struct Workflow {
    pub(super) file: PathBuf,
    pub(super) text: String,
    /// Whether there is something already, which stays.
    pub(super) is_there: bool,
}

/// The names of both repositories on GitHub.
#[derive(Debug, Clone)]
pub(super) struct Names {
    pub(super) application: RepositoryName,
    pub(super) deployment: RepositoryName,
}

impl Checkouts {
    /// Finds the checkouts: the application's around the configuration, and what the arguments name. Where they name
    /// nothing and a configuration is to be proposed, the working folder is the deployment repo.
    pub(super) fn find(args: &Init, folder: &Path, is_there: bool) -> Result<Self, Error> {
        let discover = |folder: &Path| About::discover(folder).map_err(embark_core::Error::from);
        let none = || InitError::NoApplication(std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned()));
        let application = discover(folder)?.filter(|about| !about.is_bare).ok_or_else(none)?;
        let named = args.repository.as_deref().or((!is_there).then_some("."));
        let given = named.map(Path::new).filter(|path| path.is_dir());
        let deployment = given.map(discover).transpose()?.flatten().filter(|about| !about.is_bare);
        let deployment = deployment.map(|about| about.folder);
        if deployment.as_ref().is_some_and(|deployment| real(deployment) == real(&application.folder)) {
            return Err(none().into());
        }
        Ok(Self { application, deployment })
    }

    /// Tells the names by a configuration, and what that does not say by addresses: `url` is the deployment repo's.
    pub(super) fn names(&self, config: Option<&Config>, url: &str, env: &Env) -> Result<Names, InitError> {
        let here = self.application.origin.as_deref().and_then(|origin| name_of(origin, env));
        let (application, deployment) = match config {
            Some(config) => (config.repository.clone(), config.platform.clone()),
            None => (None, None),
        };
        let missing = |(what, example)| InitError::NotOnGitHub { what, example };
        let deployment = deployment.or_else(|| name_of(url, env)).ok_or_else(|| missing(DEPLOYMENT_REPO))?;
        if here.as_ref() == Some(&deployment) {
            return Err(InitError::NoApplication(self.application.folder.clone()));
        }
        let application = application.or(here).ok_or_else(|| missing(APPLICATION))?;
        Ok(Names { application, deployment })
    }

    /// Makes the workflows, and tells what is still to be done by hand.
    pub(super) fn workflows(
        &self,
        config: &Config,
        names: Names,
        action: Option<&str>,
    ) -> (Vec<Workflow>, Vec<String>) {
        let root = real(&self.application.folder);
        let folder = real(&config.folder);
        let team = Team {
            config,
            application: names.application,
            deployment: names.deployment,
            branch: self.branch(),
            folder: folder.strip_prefix(&root).map(|folder| folder.display().to_string()).unwrap_or_default(),
            action: action.unwrap_or(UNCHOSEN).to_owned(),
            install: config
                .version_file
                .as_deref()
                .and_then(|file| versioning::install(&self.application.folder, file)),
        };
        let release = self.application.folder.join(WORKFLOWS).join(RELEASE);
        let deployment = match &self.deployment {
            Some(checkout) => checkout.join(WORKFLOWS).join(DEPLOYMENT),
            None => folder.join(DEPLOYMENT),
        };
        let deployment = short(deployment);
        let mut notes = Vec::new();
        if self.deployment.is_none() {
            notes.push(format!("move {} to {WORKFLOWS}/{DEPLOYMENT} of {}", deployment.display(), team.deployment));
        }
        if action.is_none() {
            notes.push(format!("put the commit of embark that you use in place of {UNCHOSEN}, or give --action"));
        }
        let workflow = |file: PathBuf, text: String| {
            let is_there = file.symlink_metadata().is_ok();
            Workflow { file: short(file), text, is_there }
        };
        (vec![workflow(release, team.release()), workflow(deployment, team.deployment())], notes)
    }

    /// Returns the branch that is released: the origin's own, else the one that is checked out.
    fn branch(&self) -> String {
        let About { default_branch, branch, .. } = &self.application;
        default_branch.clone().or_else(|| branch.clone()).unwrap_or_else(|| "main".into())
    }
}

impl Workflow {
    /// Writes it, if nothing is there.
    pub(super) fn save(&self) -> Result<(), Error> {
        if self.is_there {
            return Ok(());
        }
        if let Some(folder) = self.file.parent() {
            let failed = |source| Error::Write { path: folder.display().to_string(), source };
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        super::save(&self.file, &self.text, false)
    }

    /// Tells what becomes of it.
    pub(super) fn told(&self) -> String {
        let file = self.file.display();
        if self.is_there { format!("{file} is there already, and stays as it is") } else { format!("{file} is new") }
    }

    pub(super) fn json(&self) -> json::Workflow {
        json::Workflow::of(&self.file, &self.text, !self.is_there)
    }
}

const APPLICATION: (&str, &str) =
    ("the application's repository", "application: { name: shop, repository: acme/shop }");
const DEPLOYMENT_REPO: (&str, &str) =
    ("the deployment repo", "deployments: { github: { repository: acme/shop-deployment } }");

/// Reads the name of a repository out of its address, if that is on GitHub.
fn name_of(address: &str, env: &Env) -> Option<RepositoryName> {
    let found = OnGitHub::parse(address).filter(|found| found.host == env.github_host());
    found.map(|found| found.repository)
}

fn real(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    std::fs::canonicalize(&absolute).unwrap_or(absolute)
}

/// Leaves the working folder out of a path below it.
fn short(path: PathBuf) -> PathBuf {
    let here = std::env::current_dir().ok();
    let below = here.and_then(|here| path.strip_prefix(here).ok().map(Path::to_owned));
    below.unwrap_or(path)
}
