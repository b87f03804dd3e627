//! From the configuration and the environment to the systems of the use cases.

mod wanted;

use std::path::PathBuf;
use std::sync::Arc;

use embark_core::ports::{ApplicationRepository, DeploymentPlatform, FirstKnown};
use embark_core::{Commit, Systems};
use embark_github::{Deployments, GitHub, PullRequests};
use embark_gitops::{Checkout, GitRepository, Options};
use embark_registry::{Credentials, Registries};

use crate::address::Address;
use crate::clock::SystemClock;
use crate::config::Config;
use crate::env::Env;
use crate::error::{Error, Queue};
use crate::http;
use crate::run::Run;
use crate::ui::Ui;

/// The systems of one run.
pub(crate) struct Wiring {
    pub(crate) config: Config,
    registries: Registries,
    repository: GitRepository,
    /// The queue, where it is not the ledger.
    platform: Option<Deployments>,
    checkout: Option<Checkout>,
    /// The application's repository on GitHub, where the configuration names one.
    pub(crate) github: Option<GitHub>,
    application: FirstKnown,
    /// Those of the application, where they are told of its deployments.
    pub(crate) pull_requests: Option<PullRequests>,
    clock: Arc<SystemClock>,
    env: Env,
}

impl Wiring {
    /// Reads the configuration and prepares its systems; nothing is asked of them yet.
    pub(crate) async fn new(run: &Run) -> Result<Self, Error> {
        let client = http::client(run.env.certificates.as_deref())?;
        let config = Config::read(run, || Ok(client.clone())).await?;
        run.keeps_in(Queue::of(&config));
        Self::over(client, config, &run.env)
    }

    /// Prepares the systems of a configuration.
    pub(crate) fn of(config: Config, env: &Env) -> Result<Self, Error> {
        Self::over(http::client(env.certificates.as_deref())?, config, env)
    }

    fn over(client: reqwest::Client, config: Config, env: &Env) -> Result<Self, Error> {
        if let Some(asked) = config.not_yet.first() {
            return Err(config.cannot(*asked).into());
        }
        let clock = Arc::new(SystemClock);
        let credentials = Credentials::files(env.logins.clone());
        let invalid = |reason: String| config.invalid(format!("deploymentRepo.url: {reason}"));
        let address = Address::parse(&config.git.url, &config.folder).map_err(invalid)?;
        let wanted = wanted::wanted(&config, address.on_github(env).as_ref());
        let at_github = env.github_credentials(&client, wanted)?;
        let github = config.repository.clone().map(|name| env.github(client.clone(), name, &at_github)).transpose()?;
        let told = config.repository.clone().filter(|_| config.notify.pull_request);
        let pull_requests = told.map(|name| env.pull_requests(client.clone(), name, &at_github)).transpose()?;
        let branch = config.git.branch.to_string();
        let branch = branch.strip_prefix("refs/heads/").unwrap_or(&branch);
        let platform = config.platform.clone();
        let platform = platform.map(|name| env.deployments(client.clone(), name, branch, &at_github)).transpose()?;
        let registries = Registries::new(client.clone(), credentials, &config.folder);
        let options = Options {
            branch: config.git.branch.clone(),
            ledger: platform.is_none().then(|| config.git.ledger.clone()),
            author: config.git.author.clone(),
        };
        let repository = address.open(env, &at_github, client, options, clock.clone()).map_err(invalid)?;
        let repository = match config.git.committer.clone() {
            Some(committer) => repository.committed_by(committer),
            None => repository,
        };
        let repository = match env.signing_key(&config) {
            Some(key) => repository.signed_with(key),
            None => repository,
        };
        let here = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("."));
        let checkout = Checkout::discover(&here);
        let application = first_known(checkout.clone(), github.clone());
        Ok(Self {
            config,
            registries,
            repository,
            platform,
            checkout,
            github,
            application,
            pull_requests,
            clock,
            env: env.clone(),
        })
    }

    /// Returns the deployments on GitHub, where they are the queue.
    pub(crate) fn queue(&self) -> Option<&Deployments> {
        self.platform.as_ref()
    }

    /// Returns what the use cases run on.
    pub(crate) fn systems(&self) -> Systems<'_> {
        Systems {
            pipeline: &self.config.pipeline,
            registry: &self.registries,
            repository: &self.repository,
            platform: self.platform.as_ref().map_or(&self.repository as &dyn DeploymentPlatform, |platform| platform),
            application: Some(&self.application),
            clock: &*self.clock,
            actor: self.env.actor.clone(),
        }
    }

    /// Returns the application's commit that is at hand: the pull request's head, `GITHUB_SHA`, or `HEAD`, which is told.
    pub(crate) fn commit(&self, ui: &Ui) -> Result<Option<Commit>, Error> {
        if let Some(commit) = self.env.commit()? {
            return Ok(Some(commit));
        }
        let Some(checkout) = &self.checkout else { return Ok(None) };
        let head = checkout.head().map_err(embark_core::Error::from)?;
        if let Some(commit) = &head {
            ui.note(&format!("No commit is given: it is {commit}, the HEAD of {}.", checkout.folder().display()));
        }
        Ok(head)
    }
}

/// The checkout is asked first: it costs no request.
fn first_known(checkout: Option<Checkout>, github: Option<GitHub>) -> FirstKnown {
    let checkout = checkout.map(|checkout| Box::new(checkout) as Box<dyn ApplicationRepository>);
    let github = github.map(|github| Box::new(github) as Box<dyn ApplicationRepository>);
    FirstKnown::new(checkout.into_iter().chain(github).collect())
}
