//! What started a run of GitHub Actions, and which environment that is for.

use embark_core::{BranchName, Environment, EnvironmentName, TagKind};
use serde::Deserialize;

use crate::config::Config;
use crate::env::Env;
use crate::error::Error;

/// What a run is for, and why.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Task {
    /// A release to this environment.
    Release(EnvironmentName, String),
    /// A promotion to this environment.
    Promote(EnvironmentName, String),
    /// Nothing.
    Nothing(String),
}

/// What is read of an event of a pull request.
#[derive(Debug, Default, Deserialize)]
struct Event {
    #[serde(default)]
    action: String,
    pull_request: Option<PullRequest>,
}

#[derive(Debug, Deserialize)]
struct PullRequest {
    #[serde(default)]
    merged: bool,
    head: Side,
    base: Side,
}

#[derive(Debug, Deserialize)]
struct Side {
    r#ref: String,
    repo: Option<Repository>,
}

#[derive(Debug, Deserialize)]
struct Repository {
    full_name: String,
}

const NAME_ONE: &str = "name the environment, as in: embark release staging";

/// Tells what a run is for that names no environment: in GitHub Actions by what started it, elsewhere the first one.
///
/// The variables are those of
/// [GitHub Actions](https://docs.github.com/en/actions/reference/workflows-and-actions/variables).
pub(crate) fn task(env: &Env, config: &Config) -> Result<Task, Error> {
    let environments = config.pipeline.environments();
    let first = || environments[0].name.clone();
    if !env.github_actions {
        return Ok(Task::Release(first(), "it is the first one".into()));
    }
    let unclear = |problem: String| Err(Error::Arguments(problem, NAME_ONE));
    match env.event_name().unwrap_or_default() {
        "push" => {
            let base = format!("refs/heads/{}", config.release.base);
            match env.github_ref.as_deref() {
                Some(pushed) if pushed == base => {
                    Ok(Task::Release(first(), format!("something was pushed to {}", config.release.base)))
                }
                pushed => unclear(format!(
                    "{} was pushed, and release.base is {}",
                    pushed.unwrap_or("something"),
                    config.release.base
                )),
            }
        }
        "schedule" => match one(environments.iter().filter_map(source_of_versions)) {
            Ok(name) => {
                Ok(Task::Release(name.clone(), "the clock started it, and versions are promoted from there".into()))
            }
            Err(problem) => unclear(format!("the clock started it, and {problem}")),
        },
        name if name.starts_with("pull_request") => match merged(env, &config.release.branch, &config.release.base)? {
            Ok(why) => {
                match one(environments.iter().filter(|one| source_of_versions(one).is_some()).map(|one| &one.name)) {
                    Ok(name) => Ok(Task::Promote(name.clone(), why)),
                    Err(problem) => unclear(format!("{why}, and {problem}")),
                }
            }
            Err(why) => Ok(Task::Nothing(why)),
        },
        name => unclear(format!("the event {name:?} of GitHub Actions says nothing of an environment")),
    }
}

/// Returns from where an environment gets versions.
fn source_of_versions(environment: &Environment) -> Option<&EnvironmentName> {
    environment.promotes_from.as_ref().filter(|_| environment.tag == TagKind::Version)
}

/// Returns the one name that there is.
fn one<'a>(names: impl Iterator<Item = &'a EnvironmentName>) -> Result<&'a EnvironmentName, String> {
    let mut names: Vec<_> = names.collect();
    names.sort();
    names.dedup();
    match names.as_slice() {
        [name] => Ok(name),
        [] => Err("no environment gets versions from another".into()),
        [first, second, ..] => Err(format!("both {first} and {second} may be meant")),
    }
}

/// Tells why a run is for a release PR that was merged, or why it is not.
fn merged(env: &Env, branch: &BranchName, base: &BranchName) -> Result<Result<String, String>, Error> {
    let event: Event = env.event()?;
    let no = |why: &str| Ok(Err(format!("the pull request {why}")));
    let Some(pull_request) = event.pull_request else { return no("is not told by the event") };
    let PullRequest { merged, head, base: into } = pull_request;
    let of = |side: &Side| side.repo.as_ref().map(|repository| repository.full_name.clone());
    // A fork has branches of any name.
    if head.r#ref != branch.as_str() || of(&head) != of(&into) || of(&head).is_none() {
        return no(&format!("is not that of {branch}"));
    }
    if into.r#ref != base.as_str() {
        return no(&format!("is not into {base}"));
    }
    if event.action != "closed" || !merged {
        return no("is not merged");
    }
    Ok(Ok(format!("the release PR of {branch} was merged")))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    const ENVIRONMENTS: &str = "  - { name: dev, valuesFile: dev.yaml, tag: commit }
  - { name: staging, valuesFile: staging.yaml, tag: commit }
  - { name: production, valuesFile: prod.yaml, tag: version, promotesFrom: staging }
";

    fn config(more: &str) -> Config {
        let text = format!(
            "application: shop\ncomponents: {{ web: {{ image: example.com/web, values: {{ tag: a.b }} }} }}\n\
             environments:\n{ENVIRONMENTS}{more}deploymentRepo: {{ url: deployment.git }}\n"
        );
        Config::parse(Path::new("embark.yaml"), &text).expect("it fits together")
    }

    fn told(event: &str, reference: &str, body: &str, more: &str) -> String {
        let file = tempfile::NamedTempFile::new().expect("there is room");
        std::fs::write(file.path(), body).expect("it is written");
        let env = Env::of_actions(event, reference, file.path());
        match task(&env, &config(more)) {
            Ok(Task::Release(name, why)) => format!("release {name}: {why}"),
            Ok(Task::Promote(name, why)) => format!("promote {name}: {why}"),
            Ok(Task::Nothing(why)) => format!("nothing: {why}"),
            Err(error) => format!("{}: {error}", error.exit().code()),
        }
    }

    fn pull_request(action: &str, merged: bool, head: &str, of: &str, base: &str) -> String {
        format!(
            r#"{{ "action": "{action}", "pull_request": {{ "merged": {merged},
            "head": {{ "ref": "{head}", "repo": {{ "full_name": "{of}" }} }},
            "base": {{ "ref": "{base}", "repo": {{ "full_name": "acme/shop" }} }} }} }}"#
        )
    }

    #[test]
    fn each_trigger_has_its_environment_and_says_why() {
        assert_eq!(
            task(&Env::default(), &config("")).expect("it is told"),
            Task::Release("dev".parse().expect("a name"), "it is the first one".into())
        );
        assert_eq!(told("push", "refs/heads/main", "", ""), "release dev: something was pushed to main");
        assert_eq!(told("push", "refs/tags/main", "", ""), "2: refs/tags/main was pushed, and release.base is main");
        assert_eq!(
            told("schedule", "refs/heads/main", "", ""),
            "release staging: the clock started it, and versions are promoted from there"
        );
        let merged = pull_request("closed", true, "embark/release", "acme/shop", "main");
        assert_eq!(
            told("pull_request", "", &merged, ""),
            "promote production: the release PR of embark/release was merged"
        );
        assert_eq!(
            told("workflow_dispatch", "refs/heads/main", "", ""),
            "2: the event \"workflow_dispatch\" of GitHub Actions says nothing of an environment"
        );
    }

    #[test]
    fn a_pull_request_that_is_no_release_is_for_nothing() {
        let of = |body: String| told("pull_request", "", &body, "");
        assert_eq!(
            of(pull_request("closed", false, "embark/release", "acme/shop", "main")),
            "nothing: the pull request is not merged"
        );
        assert_eq!(
            of(pull_request("opened", false, "embark/release", "acme/shop", "main")),
            "nothing: the pull request is not merged"
        );
        assert_eq!(
            of(pull_request("closed", true, "embark/release", "eve/shop", "main")),
            "nothing: the pull request is not that of embark/release"
        );
        assert_eq!(
            of(pull_request("closed", true, "feature", "acme/shop", "main")),
            "nothing: the pull request is not that of embark/release"
        );
        assert_eq!(
            of(pull_request("closed", true, "embark/release", "acme/shop", "next")),
            "nothing: the pull request is not into main"
        );
        assert_eq!(of("{}".into()), "nothing: the pull request is not told by the event");
        assert!(of("no JSON".into()).starts_with("3: "));
    }

    #[test]
    fn where_several_may_be_meant_one_has_to_be_named() {
        let other = "  - { name: live, valuesFile: live.yaml, tag: version, promotesFrom: dev }\n";
        assert_eq!(
            told("schedule", "refs/heads/main", "", other),
            "2: the clock started it, and both dev and staging may be meant"
        );
        let merged = pull_request("closed", true, "embark/release", "acme/shop", "main");
        assert_eq!(
            told("pull_request", "", &merged, other),
            "2: the release PR of embark/release was merged, and both live and production may be meant"
        );
    }
}
