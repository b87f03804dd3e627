//! Why a repository is refused.

use embark_changesets::Error;

/// A class of reasons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reason {
    /// A changeset has no front matter, or one that is no map.
    FrontMatter,
    /// A bump that is none.
    Bump,
    /// A package that is not there.
    Package,
    /// A version that cannot be read.
    Version,
    /// A configuration that says what it must not.
    Config,
    /// A file that is no JSON.
    Json,
}

/// All of them.
pub(super) const ALL: [Reason; 6] =
    [Reason::FrontMatter, Reason::Bump, Reason::Package, Reason::Version, Reason::Config, Reason::Json];

/// What the real one says, and the reason.
const SAID: [(&str, Reason); 10] = [
    ("could not parse changeset - invalid version type", Reason::Bump),
    ("could not parse changeset - invalid release type", Reason::Bump),
    ("could not parse changeset", Reason::FrontMatter),
    ("which is not in the workspace", Reason::Package),
    ("preVersion is not a number", Reason::Version),
    ("Cannot read properties of null (reading 'prerelease')", Reason::Version),
    ("Found issues in your config", Reason::Config),
    ("Cannot find package", Reason::Config),
    ("Cannot find module", Reason::Config),
    ("SyntaxError", Reason::Json),
];

/// The files that say what is to be done.
const CONFIGS: [&str; 2] = [".changeset/config.json", ".changeset/pre.json"];

impl Reason {
    /// Tells why the real one refused, by what it said.
    pub(super) fn of_said(said: &str) -> Option<Self> {
        SAID.into_iter().find(|(words, _)| said.contains(words)).map(|(_, reason)| reason)
    }

    /// Tells why embark refused.
    pub(super) fn of(error: &Error) -> Option<Self> {
        Some(match error {
            Error::UnknownPackage { .. } => Self::Package,
            Error::NoVersion { .. } => Self::Version,
            Error::OwnProgram { .. } => Self::Config,
            Error::Malformed { what, .. } if what.starts_with("it is no JSON: ") => Self::Json,
            Error::Malformed { what, .. } if what.contains("is none of") => Self::Bump,
            Error::Malformed { file, .. } if CONFIGS.contains(&file.as_str()) => Self::Config,
            Error::Malformed { .. } => Self::FrontMatter,
            _ => return None,
        })
    }
}
