//! Why no changeset is written.

use crate::exit_code::Exit;

/// Tells why no changeset is written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ChangeError {
    #[error("{} {} not given, and nobody answers{}", join(flags), if flags.len() == 1 { "is" } else { "are" }, told(known))]
    Unanswered {
        flags: Vec<&'static str>,
        /// The packages, where one of them has to be chosen.
        known: Vec<String>,
    },
    #[error("there is no package {package:?}: {}", there_are(known))]
    UnknownPackage { package: String, known: Vec<String> },
    #[error("the package {package:?} gets no versions: {why}")]
    Unversioned { package: String, why: &'static str },
    #[error("the package {0:?} is named twice")]
    Twice(String),
    #[error("there is no package that gets versions{}", reasons(unversioned))]
    NoPackage { unversioned: Vec<(String, &'static str)> },
    #[error("the summary is empty")]
    NoSummary,
}

impl ChangeError {
    /// Returns the exit code.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::NoPackage { .. } => Exit::File,
            Self::Unanswered { .. }
            | Self::UnknownPackage { .. }
            | Self::Unversioned { .. }
            | Self::Twice(_)
            | Self::NoSummary => Exit::Arguments,
        }
    }

    /// Returns what a person can do about it.
    pub(crate) fn hint(&self) -> String {
        match self {
            Self::Unanswered { known, .. } => {
                let package = known.first().map(|_| "--package NAME ").unwrap_or_default();
                format!("run it at a terminal, which asks, or name all, as in: embark change {package}--bump minor --summary TEXT")
            }
            Self::UnknownPackage { .. } => "name one of them with --package".into(),
            Self::Twice(_) => "name each package once".into(),
            Self::Unversioned { .. } | Self::NoPackage { .. } => {
                "mend that in .changeset/config.json, which has private packages versioned with \"privatePackages\": \
                 { \"version\": true, \"tag\": true }, or in its package.json"
                    .into()
            }
            Self::NoSummary => {
                "say what has changed, as it is to stand in the changelog, as in: embark change --bump minor --summary TEXT"
                    .into()
            }
        }
    }
}

fn join(words: &[&str]) -> String {
    match words {
        [all @ .., last] if !all.is_empty() => format!("{} and {last}", all.join(", ")),
        _ => words.concat(),
    }
}

fn there_are(known: &[String]) -> String {
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    if known.len() == 1 { format!("there is {}", join(&known)) } else { format!("there are {}", join(&known)) }
}

fn told(known: &[String]) -> String {
    if known.is_empty() { String::new() } else { format!("; {}", there_are(known)) }
}

fn reasons(unversioned: &[(String, &str)]) -> String {
    let reasons: Vec<String> = unversioned.iter().map(|(name, why)| format!("{name}: {why}")).collect();
    if reasons.is_empty() { String::new() } else { format!(": {}", reasons.join("; ")) }
}
