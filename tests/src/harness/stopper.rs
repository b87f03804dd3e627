//! Ends a process before its n-th effect on the disk: `witness/crash.c`, preloaded into it.

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;

use super::command::{Finished, program, run};
use super::embark::Embark;
use super::page::root;

/// What a process ends with that was stopped.
const STOPPED: i32 = 137;

/// The library that is preloaded.
pub struct Stopper {
    folder: TempDir,
}

impl Stopper {
    /// Compiles it. Whoever can build Rust has a compiler and a linker of C.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let stopper = Self { folder };
        let source = root().join("tests/witness/crash.c");
        let mut compiler = program("cc");
        compiler.args(["-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o"]);
        run(compiler.arg(stopper.library()).arg(source), b"").succeeded("cc crash.c");
        stopper
    }

    fn library(&self) -> PathBuf {
        self.folder.path().join("crash.so")
    }

    /// Has a run come to its end, and lists its effects, one a line: `rename /from /to`.
    #[track_caller]
    pub fn effects(&self, embark: &Embark, arguments: &[&str]) -> (Finished, Vec<String>) {
        // Several may be counted at a time.
        let log = tempfile::NamedTempFile::new_in(self.folder.path()).expect("a file can be made");
        let mut command = embark.command(arguments);
        let finished = run(command.env("LD_PRELOAD", self.library()).env("CRASH_LOG", log.path()), b"");
        let finished = embark.searched(arguments, finished);
        let effects = fs::read(log.path()).expect("the log is there");
        (finished, String::from_utf8_lossy(&effects).lines().map(str::to_owned).collect())
    }

    /// Ends a run before its `effect`-th effect, counted from 0. `Err` is one that had not so many.
    #[track_caller]
    pub fn stop(&self, embark: &Embark, arguments: &[&str], effect: usize) -> Result<(), Finished> {
        let mut command = embark.command(arguments);
        let preloaded = command.env("LD_PRELOAD", self.library()).env("CRASH_AT", effect.to_string());
        let finished = embark.searched(arguments, run(preloaded, b""));
        if finished.code == STOPPED { Ok(()) } else { Err(finished) }
    }
}

impl Default for Stopper {
    fn default() -> Self {
        Self::new()
    }
}
