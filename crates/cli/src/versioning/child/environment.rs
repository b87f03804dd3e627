//! What the repository's own program is told by its environment.

use std::process::Command;

use embark_gitops::is_withheld;
use secrecy::{ExposeSecret as _, SecretString};

/// What of git's own is no matter of one repository.
const OF_GIT: [&str; 3] = ["GIT_CONFIG_GLOBAL", "GIT_CONFIG_NOSYSTEM", "GIT_CONFIG_SYSTEM"];

/// Takes away what is not for it: secrets, and what would point its git to another repository. It says things plainly.
pub(super) fn prepare(command: &mut Command, webhook: Option<&str>, token: Option<&SecretString>) {
    for (variable, _) in std::env::vars_os() {
        let name = variable.to_string_lossy();
        if is_kept_from_it(&name) || webhook == Some(&*name) {
            command.env_remove(&variable);
        }
    }
    command.env("NO_COLOR", "1").env("NPM_CONFIG_UPDATE_NOTIFIER", "false");
    if let Some(token) = token {
        command.env("GITHUB_TOKEN", token.expose_secret());
    }
}

fn is_kept_from_it(name: &str) -> bool {
    let is_of_git = name.starts_with("GIT_") && !OF_GIT.contains(&name);
    is_withheld(name) || is_of_git || name == "FORCE_COLOR"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_and_what_points_elsewhere_are_kept_from_it() {
        for name in [
            "EMBARK_GITHUB_TOKEN",
            "EMBARK_CHANGESETS_GITHUB_TOKEN",
            "GITHUB_TOKEN",
            "GH_TOKEN",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
            "ACTIONS_RUNTIME_TOKEN",
            "GIT_DIR",
            "GIT_CONFIG_PARAMETERS",
            "GITHUB_OUTPUT",
            "GITHUB_ENV",
        ] {
            assert!(is_kept_from_it(name), "{name}");
        }
        for name in ["PATH", "HOME", "GITHUB_REPOSITORY", "GITHUB_ACTIONS", "NODE_OPTIONS", "GIT_CONFIG_GLOBAL"] {
            assert!(!is_kept_from_it(name), "{name}");
        }
    }
}
