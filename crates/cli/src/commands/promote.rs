//! `promote`.

use embark_core::{AppVersion, Commit, ComponentName, EnvironmentName, PromoteRequest, Waiver};

use super::patience::Patience;
use super::release::{Release, carry_out};
use crate::error::Error;
use crate::output::Report;
use crate::run::Run;
use crate::version_file;
use crate::wiring::Wiring;

/// Give what an environment has verified the next one's version tag, and create the deployments.
#[derive(Debug, clap::Args)]
pub(crate) struct Promote {
    /// The environment to which
    environment: EnvironmentName,
    /// The application's version [default: that of version.file in the configuration]
    #[arg(long)]
    version: Option<AppVersion>,
    /// The release's commit [default: what GitHub Actions runs for, or HEAD of the working folder]
    #[arg(long, value_name = "SHA")]
    commit: Option<Commit>,
    /// Only this component; may be given again [default: all]
    #[arg(long = "component", value_name = "C")]
    components: Vec<ComponentName>,
    /// Create deployments for images that have not changed, too
    #[arg(long)]
    all: bool,
    /// Waive these requirements for a hotfix; it is recorded
    #[arg(long, value_name = "LIST", value_enum, value_delimiter = ',', requires = "reason")]
    waive: Vec<Rule>,
    /// Why they are waived
    #[arg(long, value_name = "TEXT", requires = "waive", value_parser = super::reason)]
    reason: Option<String>,
    /// Carry the deployments out at once
    #[arg(long)]
    deploy: bool,
    #[command(flatten)]
    patience: Patience,
    /// Refuse what would not change the rendered images and nothing else: it needs Helm, or Kustomize
    #[arg(long)]
    render: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Rule {
    /// That the image has run for long enough
    Soak,
    /// That the checks have passed
    Checks,
}

impl Rule {
    fn name(self) -> &'static str {
        match self {
            Self::Soak => Waiver::SOAK,
            Self::Checks => Waiver::CHECKS,
        }
    }
}

impl Promote {
    /// Takes what a release without an environment was asked for.
    pub(super) fn of(environment: EnvironmentName, release: &Release) -> Self {
        Self {
            environment,
            version: None,
            commit: release.commit.clone(),
            components: release.components.clone(),
            all: release.all,
            waive: Vec::new(),
            reason: None,
            deploy: release.deploy,
            patience: release.patience,
            render: false,
        }
    }
}

pub(crate) async fn run(args: Promote, run: &Run) -> Result<Report, Error> {
    let wiring = Wiring::new(run).await?.rendering(args.render);
    to(&wiring, args, run).await
}

/// Does it over systems that are prepared.
pub(super) async fn to(wiring: &Wiring, args: Promote, run: &Run) -> Result<Report, Error> {
    let version = match (args.version, &wiring.config.version_file) {
        (Some(version), _) => Some(version),
        (None, Some(file)) if needs_version(wiring, &args.environment) => Some(version_file::read(file)?),
        (None, _) => None,
    };
    let commit = match args.commit {
        Some(commit) => Some(commit),
        None => wiring.commit(&run.ui)?,
    };
    if commit.is_none() {
        run.ui
            .note("No commit is given, and none can be told from here: what the source environment runs is promoted.");
    }
    let request = PromoteRequest {
        environment: args.environment,
        version,
        commit,
        components: args.components,
        all: args.all,
        waived: args
            .reason
            .map(|reason| Waiver { rules: args.waive.iter().map(|rule| rule.name().to_owned()).collect(), reason }),
        dry_run: run.global.dry_run,
    };
    let items = embark_core::promote(&wiring.systems(), &request).await;
    let report = carry_out(wiring, run, "promote", items, args.deploy.then_some(args.patience)).await?;
    let commit = request.commit.map(|commit| ("commit", commit.to_string()));
    let version = request.version.map(|version| ("version", version.to_string()));
    Ok(Report { outputs: commit.into_iter().chain(version).collect(), ..report })
}

fn needs_version(wiring: &Wiring, name: &EnvironmentName) -> bool {
    let environment = wiring.config.pipeline.environment(name);
    environment.is_some_and(|environment| environment.tag == embark_core::TagKind::Version)
}
