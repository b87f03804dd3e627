//! From the configuration and the environment to the systems of the use cases.

mod deployment_repo;
mod wanted;

use std::path::PathBuf;
use std::sync::Arc;

use embark_argocd::ArgoCd;
use embark_core::ports::{ApplicationRepository, FirstKnown, Renderer};
use embark_core::{Commit, Systems};
use embark_github::{Deployments, GitHub, PullRequests, Releases};
use embark_gitops::Checkout;
use embark_registry::{Credentials, Registries};
use embark_render::Charts;

use self::deployment_repo::DeploymentRepo;
use crate::address::Address;
use crate::clock::SystemClock;
use crate::config::Config;
use crate::env::Env;
use crate::error::{Error, Queue};
use crate::http;
use crate::run::Run;
use crate::stopping::RunClock;
use crate::ui::Ui;

/// The systems of one run.
pub(crate) struct Wiring {
    pub(crate) config: Config,
    registries: Registries,
    repo: DeploymentRepo,
    checkout: Option<Checkout>,
    /// The application's repository on GitHub, where the configuration names one.
    pub(crate) github: Option<GitHub>,
    application: FirstKnown,
    argocd: ArgoCd,
    /// Those of the application, where they are told of its deployments.
    pub(crate) pull_requests: Option<PullRequests>,
    /// The branches, pull requests and releases of the application, where the command writes them.
    releases: Option<Releases>,
    /// What renders the values files, where the command is to do so.
    charts: Option<Charts>,
    clock: RunClock,
    env: Env,
}

impl Wiring {
    /// Reads the configuration and prepares its systems; nothing is asked of them yet.
    pub(crate) async fn new(run: &Run) -> Result<Self, Error> {
        Self::read(run, false).await
    }

    /// Does the same for a command that proposes or publishes releases, and returns what that takes.
    pub(crate) async fn releasing(run: &Run) -> Result<(Self, Releases), Error> {
        let mut wiring = Self::read(run, true).await?;
        let releases = wiring.releases.take();
        let releases = releases.ok_or_else(|| {
            wiring.config.invalid("application.repository does not say where releases are proposed".into())
        })?;
        Ok((wiring, releases))
    }

    async fn read(run: &Run, is_releasing: bool) -> Result<Self, Error> {
        let client = http::client(run.env.certificates.as_deref())?;
        let config = Config::read(run, || Ok(client.clone())).await?;
        run.keeps_in(Queue::of(&config));
        let wiring = Self::over(client, config, &run.env, is_releasing)?;
        Ok(Self { clock: RunClock(run.stopping.clone()), ..wiring })
    }

    /// Prepares the systems of a configuration.
    pub(crate) fn of(config: Config, env: &Env) -> Result<Self, Error> {
        Self::over(http::client(env.certificates.as_deref())?, config, env, false)
    }

    fn over(client: reqwest::Client, config: Config, env: &Env, is_releasing: bool) -> Result<Self, Error> {
        let clock = Arc::new(SystemClock);
        let credentials = Credentials::files(env.logins.clone());
        let invalid = |reason: String| config.invalid(format!("deploymentRepo.url: {reason}"));
        let address = Address::parse(&config.git.url, &config.folder).map_err(invalid)?;
        let over_api = config.git.over_api.as_ref().map(|over_api| over_api.repository.clone());
        let is_written_with_it = is_releasing && !env.has_release_token();
        let on_github = over_api.or_else(|| address.on_github(env));
        let wanted = wanted::wanted(&config, on_github.as_ref(), is_written_with_it);
        let at_github = env.github_credentials(&client, wanted)?;
        let github = config.repository.clone().map(|name| env.github(client.clone(), name, &at_github)).transpose()?;
        let told = config.repository.clone().filter(|_| config.notify.pull_request);
        let pull_requests = told.map(|name| env.pull_requests(client.clone(), name, &at_github)).transpose()?;
        let released = config.repository.clone().filter(|_| is_releasing);
        let releases = released.map(|name| env.releases(client.clone(), name, &at_github)).transpose()?;
        let uploads = http::client_for_uploads(env.certificates.as_deref())?;
        let registries = Registries::with_uploads(client.clone(), uploads, credentials, &config.folder);
        let argocd = env.argocd(http::client_without_redirects(env.certificates.as_deref())?, &config);
        let repo = DeploymentRepo::of(&config, env, &at_github, address, client, &clock)?;
        let here = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("."));
        let checkout = Checkout::discover(&here);
        let application = first_known(checkout.clone(), github.clone());
        Ok(Self {
            config,
            registries,
            repo,
            checkout,
            github,
            application,
            argocd,
            pull_requests,
            releases,
            charts: None,
            clock: RunClock::default(),
            env: env.clone(),
        })
    }

    /// Returns the deployments on GitHub, where they are the queue.
    pub(crate) fn queue(&self) -> Option<&Deployments> {
        self.repo.queue.as_ref()
    }

    /// Judges deployments by what is rendered, if that is asked for here or in the configuration.
    #[must_use]
    pub(crate) fn rendering(mut self, is_asked: bool) -> Self {
        if is_asked || self.config.always_renders {
            self.charts = Some(self.charts());
        }
        self
    }

    /// Returns what renders the values files.
    pub(crate) fn charts(&self) -> Charts {
        Charts::new(self.repo.branch.clone(), self.config.render.clone())
    }

    /// Returns what the use cases run on.
    pub(crate) fn systems(&self) -> Systems<'_> {
        Systems {
            pipeline: &self.config.pipeline,
            registry: &self.registries,
            repository: &*self.repo.branch,
            platform: &*self.repo.platform,
            application: Some(&self.application),
            delivery: Some(&self.argocd),
            patience: Systems::PATIENCE,
            batch: Systems::BATCH,
            renderer: self.charts.as_ref().map(|charts| charts as &dyn Renderer),
            clock: &self.clock,
            actor: self.env.actor.clone(),
        }
    }

    /// Returns the checkout around the working folder.
    pub(crate) fn checkout(&self) -> Option<&Checkout> {
        self.checkout.as_ref()
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
