//! The exit codes, which are part of the interface.

use std::process::ExitCode;

/// How the program ends.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done, or nothing to do.
    #[default]
    Success,
    /// Unexpected.
    Unexpected,
    /// Wrong arguments, and names that the configuration does not have.
    Arguments,
    /// Anything wrong in a file that embark reads.
    File,
    /// The rule says no.
    Refused,
    /// The invariant is broken.
    Broken,
    /// Lost every race; try again.
    Conflict,
    /// Credentials missing, not accepted, or not allowed.
    Credentials,
    /// Host, repository or branch not there, or a wrong answer.
    Unreachable,
}

impl Exit {
    /// Several items end in the first of these that any of them had.
    const ORDER: [Self; 9] = [
        Self::Unexpected,
        Self::Arguments,
        Self::File,
        Self::Credentials,
        Self::Unreachable,
        Self::Conflict,
        Self::Broken,
        Self::Refused,
        Self::Success,
    ];

    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Unexpected => 1,
            Self::Arguments => 2,
            Self::File => 3,
            Self::Refused => 10,
            Self::Broken => 11,
            Self::Conflict => 12,
            Self::Credentials => 20,
            Self::Unreachable => 21,
        }
    }

    pub(crate) fn of_all(exits: impl IntoIterator<Item = Self>) -> Self {
        let exits: Vec<Self> = exits.into_iter().collect();
        Self::ORDER.into_iter().find(|exit| exits.contains(exit)).unwrap_or(Self::Success)
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
