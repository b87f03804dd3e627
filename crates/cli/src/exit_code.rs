//! The exit codes, which are part of the interface.

use std::process::ExitCode;

/// How the program ends: as [`Exit::meaning`] says.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    #[default]
    Success,
    Unexpected,
    Arguments,
    File,
    Refused,
    Broken,
    Conflict,
    Unhealthy,
    Credentials,
    Unreachable,
    Interrupted,
    Terminated,
}

impl Exit {
    /// Several items end in the first of these that any of them had.
    const ORDER: [Self; 12] = [
        Self::Unexpected,
        Self::Terminated,
        Self::Interrupted,
        Self::Arguments,
        Self::File,
        Self::Credentials,
        Self::Unreachable,
        Self::Conflict,
        Self::Broken,
        Self::Unhealthy,
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
            Self::Unhealthy => 13,
            Self::Credentials => 20,
            Self::Unreachable => 21,
            // What shells tell of a program that such a signal ended.
            Self::Interrupted => 130,
            Self::Terminated => 143,
        }
    }

    /// Returns what it tells, for the help and for the documents.
    pub(crate) fn meaning(self) -> &'static str {
        match self {
            Self::Success => "done, or nothing to do",
            Self::Unexpected => "unexpected",
            Self::Arguments => "wrong arguments, and names that the configuration does not have",
            Self::File => "anything wrong in a file that embark reads",
            Self::Refused => "refused: the rule says no",
            Self::Broken => "the invariant is broken",
            Self::Conflict => "lost every race, or another process holds a lock: try again",
            Self::Unhealthy => "not healthy: Argo CD reports degraded, or the time is up",
            Self::Credentials => "credentials missing, not accepted, or not allowed",
            Self::Unreachable => "host, repository or branch not there, or a wrong answer",
            Self::Interrupted => "ended by SIGINT before it was done: run it again",
            Self::Terminated => "ended by SIGTERM before it was done: run it again",
        }
    }

    /// Returns all of them, by their code.
    pub(crate) fn all() -> [Self; 12] {
        let mut all = Self::ORDER;
        all.sort_by_key(|exit| exit.code());
        all
    }

    /// Lists them for the help.
    pub(crate) fn help() -> String {
        let lines = Self::all().map(|exit| format!("  {:<4}{}", exit.code(), exit.meaning()));
        format!("Exit codes:\n{}", lines.join("\n"))
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
