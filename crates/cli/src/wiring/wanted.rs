//! What a run does at GitHub: no more is asked for than the configuration needs.

use embark_github::{Permission, RepositoryName};

use crate::config::Config;

/// Lists what is wanted on which repository; `deployment_repo` is the one on GitHub, if git is let in there by what
/// GitHub's API takes.
///
/// Only where `is_releasing` the application's repository is written to.
pub(super) fn wanted(
    config: &Config,
    deployment_repo: Option<&RepositoryName>,
    is_releasing: bool,
) -> Vec<(RepositoryName, Permission)> {
    let has_checks = config.pipeline.environments().iter().any(|environment| !environment.requires.checks.is_empty());
    let of_application: &[Permission] = if has_checks {
        &[Permission::Contents, Permission::Checks, Permission::Statuses]
    } else {
        &[Permission::Contents]
    };
    let of_pull_requests: &[Permission] = match (is_releasing, config.notify.pull_request) {
        (true, _) => &[Permission::PullRequests, Permission::WriteContents],
        (false, true) => &[Permission::PullRequests],
        (false, false) => &[],
    };
    let of_platform = [Permission::Deployments, Permission::Actions];
    let all = [
        (config.repository.as_ref(), of_application),
        (config.repository.as_ref(), of_pull_requests),
        (config.platform.as_ref(), &of_platform),
        (deployment_repo, &[Permission::WriteContents]),
    ];
    let each = |(name, permissions): (Option<&RepositoryName>, &[Permission])| {
        let named = |name: &RepositoryName| permissions.iter().map(|one| (name.clone(), *one)).collect::<Vec<_>>();
        name.map(named).unwrap_or_default()
    };
    all.into_iter().flat_map(each).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn of(application: &str, requires: &str, deployments: &str, repo: Option<&str>, is_releasing: bool) -> String {
        let text = format!(
            "application: {application}\ncomponents: {{ web: {{ image: example.com/web, values: {{ tag: a.b }} }} }}\n\
             environments:\n  - {{ name: dev, valuesFile: dev.yaml, tag: commit }}\n\
             \x20 - {{ name: prod, valuesFile: prod.yaml, tag: version, promotesFrom: dev{requires} }}\n\
             deploymentRepo: {{ url: https://github.com/acme/deployment.git }}\n{deployments}"
        );
        let config = Config::parse(Path::new("embark.yaml"), &text).expect("it fits together");
        let repo = repo.map(|name| name.parse().expect("a name"));
        let wanted = wanted(&config, repo.as_ref(), is_releasing);
        wanted.into_iter().fold(String::new(), |all, (name, permission)| all + &format!("{name} {permission:?}\n"))
    }

    fn all(application: &str, requires: &str, deployments: &str, repo: Option<&str>) -> String {
        of(application, requires, deployments, repo, false)
    }

    #[test]
    fn a_release_writes_to_the_application_and_nothing_else_does() {
        let application = "{ name: shop, repository: acme/shop }";
        assert_eq!(
            of(application, "", "notify: { pullRequest: true }\n", None, true),
            "acme/shop Contents\nacme/shop PullRequests\nacme/shop WriteContents\n"
        );
    }

    #[test]
    fn what_is_wanted_is_what_the_configuration_needs() {
        let queue = "deployments: { github: { repository: acme/queue } }\n";
        let application = "{ name: shop, repository: acme/shop }";
        assert_eq!(all("shop", "", "", None), "");
        assert_eq!(all("shop", "", "", Some("acme/deployment")), "acme/deployment WriteContents\n");
        assert_eq!(all(application, "", "", None), "acme/shop Contents\n");
        let notify = "notify: { pullRequest: true }\n";
        assert_eq!(all(application, "", notify, None), "acme/shop Contents\nacme/shop PullRequests\n");
        assert_eq!(
            all(application, ", requires: { checks: [e2e] }", queue, Some("acme/deployment")),
            "acme/shop Contents\nacme/shop Checks\nacme/shop Statuses\nacme/queue Deployments\nacme/queue Actions\n\
             acme/deployment WriteContents\n"
        );
    }
}
