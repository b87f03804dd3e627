//! What a person can do about the repository's own program.

use embark_gitops::WorkingCopyError;

use crate::versioning::ProgramError;

/// Returns what can be done where it did not do what it was run for.
pub(super) fn hint(error: &ProgramError, is_unlocked: bool) -> String {
    match error {
        ProgramError::Absent(_) | ProgramError::Start(_) => {
            "install Node.js with the package manager of the repository, in GitHub Actions with actions/setup-node"
                .into()
        }
        ProgramError::Late(_) => "run it in a checkout, and see what it waits for".into(),
        ProgramError::Failed { .. } if is_unlocked => {
            "make and commit package-lock.json with: npm install; without it the program finds no packages of a workspace"
                .into()
        }
        ProgramError::Failed { .. } => "mend what it names, then run the same command again".into(),
    }
}

/// Returns what can be done where there is nothing to run it on.
pub(super) fn copy_hint(error: &WorkingCopyError) -> String {
    match error {
        WorkingCopyError::NoGit => "install git, 2.29 or newer".into(),
        WorkingCopyError::Path(path) => format!("give {path} a name that is text"),
        WorkingCopyError::Git { .. } | WorkingCopyError::Repository { .. } => {
            "clone the whole repository, without a filter, and run it there".into()
        }
        _ => "see whether there is room left where TMPDIR is".into(),
    }
}
