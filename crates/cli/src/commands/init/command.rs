//! The command as it was given, so that an error can show it with the answer behind it.

use std::path::Path;

use super::Init;
use super::place::without_credentials;
use crate::quote::shell;

/// Writes the command without `--component`, which an example names anew.
pub(super) fn of(args: &Init, config: Option<&Path>) -> String {
    let mut words: Vec<String> = vec!["embark".into()];
    let config = config.map(|config| config.display().to_string());
    words.extend(config.iter().flat_map(|config| ["--config".into(), shell(config)]));
    words.push("init".into());
    words.extend(args.repository.as_deref().map(|repository| shell(&without_credentials(repository))));
    let url = args.url.as_deref().map(without_credentials);
    let mut option = |name: &str, value: &str| words.extend([format!("--{name}"), shell(value)]);
    for (name, value) in [
        ("application", &args.application),
        ("url", &url),
        ("branch", &args.branch),
        ("version-file", &args.version_file),
    ] {
        if let Some(value) = value {
            option(name, value);
        }
    }
    for pair in &args.environments {
        option("environment", &format!("{}={}", pair.0, pair.1));
    }
    for flag in &args.values {
        option("values", &format!("{}.{}={}", flag.component, flag.key, flag.path));
    }
    if let Some(action) = &args.action {
        words.extend(["--action".into(), shell(action)]);
    }
    for (is_given, name) in [(args.force, "--force"), (args.yes, "--yes"), (args.github, "--github")] {
        words.extend(is_given.then(|| name.to_owned()));
    }
    words.join(" ")
}
