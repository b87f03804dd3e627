//! The two workflows for GitHub Actions, as they are written for a team.

mod registries;
mod template;

use embark_core::{Environment, TagKind};
use embark_github::RepositoryName;
use embark_values::quoted_if_needed;

use self::template::render;
use crate::config::Config;
use crate::env::ARGOCD_TOKEN;

/// Actions of others, by the commits that were looked at.
const CHECKOUT: &str = "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1";
const SETUP_NODE: &str = "actions/setup-node@820762786026740c76f36085b0efc47a31fe5020 # v7.0.0";
const CREATE_TOKEN: &str = "actions/create-github-app-token@1b10c78c7865c340bc4f6099eb2f838309f1e8c3 # v3.1.1";
const DOCKER_LOGIN: &str = "docker/login-action@4907a6ddec9925e35a0a9e82d7399ccc52663121 # v4.1.0";

/// embark's action at a commit that nobody has chosen yet: GitHub finds none of that name.
pub(crate) const UNCHOSEN: &str = "embark-deploy/embark@0000000000000000000000000000000000000000";

/// What the workflows are written for.
#[derive(Debug)]
pub(crate) struct Team<'a> {
    pub(crate) config: &'a Config,
    /// The application's repository.
    pub(crate) application: RepositoryName,
    /// The deployment repo.
    pub(crate) deployment: RepositoryName,
    /// The application's branch that is released.
    pub(crate) branch: String,
    /// The folder of the configuration in the application's repository; empty for its root.
    pub(crate) folder: String,
    /// embark's action: its repository, `@` and a commit.
    pub(crate) action: String,
    /// What installs the application's own program for changesets, where it has one.
    pub(crate) install: Option<&'static str>,
}

/// What starts the job of an environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trigger {
    /// A merge.
    Push,
    /// The clock.
    Schedule,
    /// The merge of a release PR.
    Release,
}

impl Team<'_> {
    /// Writes the workflow of the application's repository.
    pub(crate) fn release(&self) -> String {
        let named = |trigger: Trigger| {
            let environments = self.environments().iter().enumerate();
            let names = environments.filter(|(at, environment)| triggered(*at, environment) == trigger);
            names.map(|(_, environment)| environment.name.as_str()).collect::<Vec<_>>().join(", ")
        };
        let jobs: Vec<String> =
            self.environments().iter().enumerate().flat_map(|(at, environment)| self.jobs(at, environment)).collect();
        let texts = [
            ("application", self.application.to_string()),
            ("branch", format!("[{}]", quoted_if_needed(&self.branch))),
            ("first", named(Trigger::Push)),
            ("scheduled", named(Trigger::Schedule)),
            ("promoted", named(Trigger::Release)),
            ("jobs", [self.propose(), jobs].concat().join("\n")),
        ];
        let flags =
            [("schedule", !named(Trigger::Schedule).is_empty()), ("promotions", !named(Trigger::Release).is_empty())];
        render(include_str!("workflows/release.yaml"), &texts, &flags)
    }

    /// Writes the job that opens the release PR, where there can be one.
    fn propose(&self) -> Vec<String> {
        if !self.proposes() {
            return Vec::new();
        }
        let packages = if self.uses_ghcr() { "packages: read  # the digests of the images" } else { "" };
        let texts = [
            ("login", self.logins()),
            ("packages", packages.to_owned()),
            ("setup_node", SETUP_NODE.to_owned()),
            ("install", self.install.unwrap_or_default().to_owned()),
        ];
        let flags = [("program", self.install.is_some())];
        vec![render(include_str!("workflows/propose_job.yaml"), &[&texts[..], &self.shared()].concat(), &flags)]
    }

    /// Tells whether release PRs are embark's: it has to know the version's file and where they are, and an environment
    /// from which versions are promoted has to get what they propose.
    fn proposes(&self) -> bool {
        let environments = self.environments();
        let is_asked = environments.iter().enumerate().any(|(at, environment)| self.is_proposed(at, environment));
        let is_there = self.config.version_file.is_some() && self.config.repository.is_some();
        is_there && is_asked && self.config.release.base.as_str() == self.branch
    }

    /// Tells whether an environment gets what a release PR proposes.
    fn is_proposed(&self, at: usize, environment: &Environment) -> bool {
        let is_source = |other: &Environment| {
            other.tag == TagKind::Version && other.promotes_from.as_ref() == Some(&environment.name)
        };
        let is_released = environment.promotes_from.is_none() && triggered(at, environment) == Trigger::Schedule;
        is_released && self.environments().iter().any(is_source)
    }

    /// Writes the jobs that bring something to an environment.
    fn jobs(&self, at: usize, environment: &Environment) -> Vec<String> {
        let name = environment.name.as_str();
        let verb = if environment.promotes_from.is_some() { "promote" } else { "release" };
        let deploy = if self.is_queued() { "" } else { " --deploy" };
        let is_proposed = self.proposes() && self.is_proposed(at, environment);
        let commit = if is_proposed { " --commit ${{ needs.propose.outputs.commit }}" } else { "" };
        let command = format!("{verb} {name}{commit}{deploy}");
        // A quote is doubled in an expression.
        let release_branch = self.config.release.branch.as_str().replace('\'', "''");
        let (is_release, name_yours) = if self.proposes() {
            (format!("github.head_ref == '{release_branch}'"), "")
        } else {
            ("startsWith(github.head_ref, 'release/')".to_owned(), ": name yours here")
        };
        let job = |job: String, title: String, condition: &str, command: String| {
            let trigger = triggered(at, environment);
            let writes = !command.ends_with("--dry-run");
            let packages = match (self.uses_ghcr(), writes) {
                (false, _) => "",
                (true, true) => "packages: write  # the version tags of the images",
                (true, false) => "packages: read  # the digests of the images",
            };
            let texts = [
                ("job", job),
                ("title", title),
                ("condition", condition.to_owned()),
                ("title_of_command", command.replace(commit, "")),
                ("command", command.clone()),
                ("is_release", is_release.clone()),
                ("name_yours", name_yours.to_owned()),
                ("environment", name.to_owned()),
                ("login", self.logins()),
                ("packages", packages.to_owned()),
                ("webhook", self.webhook()),
                ("argocd", if command.ends_with(" --deploy") { self.argocd(Some(environment)) } else { String::new() }),
            ];
            let flags = [
                ("push", trigger == Trigger::Push),
                ("pull_request", trigger == Trigger::Release),
                ("proposed", is_proposed),
                ("notes", writes && trigger == Trigger::Release && self.proposes()),
                ("writes", writes),
            ];
            render(include_str!("workflows/release_job.yaml"), &[&texts[..], &self.shared()].concat(), &flags)
        };
        let title = match verb {
            "promote" => format!("Promote to {name}"),
            _ => format!("Release to {name}"),
        };
        match triggered(at, environment) {
            Trigger::Push => vec![job(format!("{verb}-{name}"), title, "github.event_name == 'push'", command)],
            Trigger::Schedule if is_proposed => {
                vec![job(format!("{verb}-{name}"), title, "needs.propose.outputs.commit", command)]
            }
            Trigger::Schedule => vec![job(format!("{verb}-{name}"), title, "github.event_name == 'schedule'", command)],
            Trigger::Release => vec![
                job(
                    format!("check-{name}"),
                    format!("Check the promotion to {name}"),
                    "github.event.action != 'closed'",
                    format!("{verb} {name} --dry-run"),
                ),
                job(format!("{verb}-{name}"), title, "github.event.pull_request.merged", command),
            ],
        }
    }

    /// Writes the workflow of the deployment repo.
    pub(crate) fn deployment(&self) -> String {
        let needs = |permission: &str, is_needed: bool| if is_needed { permission.to_owned() } else { String::new() };
        let names: Vec<_> = self.environments().iter().map(|one| quoted_if_needed(one.name.as_str())).collect();
        // Names are letters, digits and hyphens: they need no escapes.
        let json: Vec<_> = self.environments().iter().map(|one| format!("\"{}\"", one.name)).collect();
        let branch = self.config.git.branch.to_string();
        let branch = branch.strip_prefix("refs/heads/").unwrap_or(&branch);
        let texts = [
            ("deployment", self.deployment.to_string()),
            ("branch", format!("[{}]", quoted_if_needed(branch))),
            ("environments", format!("[{}]", names.join(", "))),
            ("environments_json", format!("[{}]", json.join(","))),
            ("prepare", self.prepare()),
            ("packages", needs("packages: read  # the digests of the images", self.uses_ghcr())),
            ("deployments_write", needs("deployments: write  # their statuses", self.is_queued())),
            ("deployments_read", needs("deployments: read  # what ran", self.is_queued())),
            ("application_env", self.application_env()),
        ];
        let texts = [&texts[..], &self.shared()].concat();
        render(include_str!("workflows/deployment.yaml"), &texts, &[("github", self.is_queued())])
    }

    fn prepare(&self) -> String {
        let texts = [
            ("create_token", CREATE_TOKEN.to_owned()),
            ("owner", quoted_if_needed(self.application.owner())),
            ("name", quoted_if_needed(self.application.name())),
            ("application", self.application.to_string()),
            ("login", self.logins()),
        ];
        render(include_str!("workflows/prepare.yaml"), &[&texts[..], &self.shared()].concat(), &[])
    }

    /// Writes the variables with which the deployment repo's jobs reach what is not in their repository.
    fn application_env(&self) -> String {
        let has_checks = self.environments().iter().any(|environment| !environment.requires.checks.is_empty());
        let asks = has_checks || self.config.notify.pull_request;
        let application = if asks { include_str!("workflows/application_env.yaml") } else { "" };
        let lines = format!("{application}{}{}", self.webhook(), self.argocd(None));
        if lines.is_empty() { lines } else { format!("env:\n{}", indented(&lines)) }
    }

    /// Writes the variable with the webhook's address.
    fn webhook(&self) -> String {
        self.config.notify.webhook.as_deref().map(secret).unwrap_or_default()
    }

    /// Writes the variable with the token for Argo CD, where that brings `environment`, or any.
    fn argocd(&self, environment: Option<&Environment>) -> String {
        let mut brought = self.config.argocd.iter().map(|(name, _)| name);
        let is_asked = brought.any(|name| environment.is_none_or(|environment| environment.name == *name));
        if is_asked { secret(ARGOCD_TOKEN) } else { String::new() }
    }

    fn logins(&self) -> String {
        registries::hosts(&self.config.pipeline).iter().map(|host| registries::login(host, DOCKER_LOGIN)).collect()
    }

    fn uses_ghcr(&self) -> bool {
        registries::hosts(&self.config.pipeline).iter().any(|host| host == registries::GHCR)
    }

    /// Tells whether the deployments are GitHub's, so that an event tells of each.
    fn is_queued(&self) -> bool {
        self.config.platform.is_some()
    }

    fn environments(&self) -> &[Environment] {
        self.config.pipeline.environments()
    }

    fn shared(&self) -> Vec<(&'static str, String)> {
        let comment = if self.action == UNCHOSEN { " # put the commit that you use here" } else { "" };
        let folder = match self.folder.as_str() {
            "" => String::new(),
            folder => format!("working-directory: {}", quoted_if_needed(folder)),
        };
        vec![("action", format!("{}{comment}", self.action)), ("checkout", CHECKOUT.to_owned()), ("folder", folder)]
    }
}

/// Writes a variable that has its value from the secret of its name.
fn secret(name: &str) -> String {
    format!("{name}: ${{{{ secrets.{name} }}}}\n")
}

fn indented(lines: &str) -> String {
    lines.lines().fold(String::new(), |all, line| all + "  " + line + "\n")
}

/// Tells what brings something to an environment: the first one gets what is merged, and those that get versions get
/// them with a release.
fn triggered(at: usize, environment: &Environment) -> Trigger {
    match (at, environment.tag, &environment.promotes_from) {
        (_, TagKind::Version, Some(_)) => Trigger::Release,
        (0, ..) => Trigger::Push,
        _ => Trigger::Schedule,
    }
}
