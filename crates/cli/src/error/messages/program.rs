//! What goes wrong with the repository's own program.

use std::time::Duration;

use embark_gitops::WorkingCopyError;

use super::{Case, Variants as _, compare, complete};
use crate::error::Error;
use crate::versioning::ProgramError;

#[test]
fn program() {
    compare("program", &cases());
}

pub(super) fn cases() -> Vec<Case> {
    let io = |code| std::io::Error::from_raw_os_error(code);
    let said = ["Error: Found changeset red-cats-jump for package frontstage which is not in the workspace"];
    let all = vec![
        ProgramError::Absent("npx".into()),
        ProgramError::Start(io(13)),
        ProgramError::Late(Duration::from_mins(5)),
        ProgramError::Failed { how: "it ended with exit code 1".into(), said: said.map(ToOwned::to_owned).into() },
        ProgramError::Failed { how: "it was killed".into(), said: Vec::new() },
    ];
    complete(&all);
    let copies = vec![
        WorkingCopyError::NoGit,
        WorkingCopyError::Git {
            command: "checkout".into(),
            said: "fatal: unable to read tree 4be1d0f3a27c9158e6d2b07f41c3a95d8e60b712".into(),
        },
        WorkingCopyError::File(io(28)),
        WorkingCopyError::Path("caf\u{fffd}.txt".into()),
    ];
    let of = |source: ProgramError| {
        let name = source.variant();
        let command = "npx --no-install changeset version".into();
        Case::error(name, Error::Program { command, source, is_unlocked: false })
    };
    let copies = copies.into_iter().map(|error| Case::error("WorkingCopy", error));
    all.into_iter().map(of).chain(copies).collect()
}
