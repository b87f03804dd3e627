//! Why there is no plan.

/// Tells why there is no plan. Each names the file, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file of the changesets is not what it should be.
    #[error("{file}, line {line}: {what}; {mend}")]
    Malformed {
        /// The file.
        file: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        what: String,
        /// How to mend it.
        mend: &'static str,
    },
    /// A changeset names a package that is not there.
    #[error("{file}, line {line}: there is no package `{package}`; name {known}")]
    UnknownPackage {
        /// The changeset.
        file: String,
        /// The line, from 1.
        line: usize,
        /// What it names.
        package: String,
        /// What it may name.
        known: String,
    },
    /// A file that is needed is not there.
    #[error("{file} is not there; name the file of the version with version.file in embark.yaml")]
    Missing {
        /// The file.
        file: String,
    },
    /// A version file has no version, or none that can be read and written.
    #[error("{file}, line {line}: {what}; {mend}")]
    NoVersion {
        /// The file.
        file: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        what: String,
        /// How to mend it.
        mend: &'static str,
    },
    /// It takes the repository's own program.
    #[error(
        "{file}: {what} takes the repository's own program; install it with: npm install --save-dev @changesets/cli"
    )]
    OwnProgram {
        /// The file.
        file: String,
        /// What is not done here.
        what: String,
    },
}

impl Error {
    /// Returns the file that is wrong.
    pub fn file(&self) -> &str {
        match self {
            Self::Malformed { file, .. }
            | Self::UnknownPackage { file, .. }
            | Self::Missing { file }
            | Self::NoVersion { file, .. }
            | Self::OwnProgram { file, .. } => file,
        }
    }
}
