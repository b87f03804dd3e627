//! Faults from below that a process is started with: a clock that is wrong, a disk that gets full.

use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use super::command::{program, run};
use super::embark::Embark;
use super::page::root;

/// What is preloaded, compiled from `tests/witness/faults.c`.
pub struct Shim(TempDir);

impl Shim {
    /// Compiles it.
    #[track_caller]
    pub fn compile() -> Self {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let shim = Self(folder);
        let mut command = program("cc");
        command.args(["-Wall", "-Werror", "-shared", "-fPIC", "-o"]).arg(shim.path());
        command.arg(root().join("tests/witness/faults.c")).arg("-ldl");
        run(&mut command, b"").succeeded("cc");
        shim
    }

    fn path(&self) -> std::path::PathBuf {
        self.0.path().join("faults.so")
    }

    /// Has the clock go wrong by so many seconds.
    pub fn clock(&self, embark: &Embark, seconds: i64) -> Embark {
        self.preloaded(embark).with("FAULTS_OFFSET", &seconds.to_string())
    }

    /// Has the disk be full after so many writes.
    pub fn disk(&self, embark: &Embark, writes: usize) -> Embark {
        self.preloaded(embark).with("FAULTS_WRITES", &writes.to_string())
    }

    fn preloaded(&self, embark: &Embark) -> Embark {
        embark.clone().with("LD_PRELOAD", &self.path().display().to_string())
    }
}

/// Takes from a command what lets root write where nobody may: permissions count for it, too.
pub(super) fn bound_by_permissions(command: &Command) -> Command {
    let mut bound = Command::new("/bin/sh");
    // Whoever is not root is bound already, and may not give up what it does not have.
    let script = "if [ \"$(/usr/bin/id -u)\" = 0 ]; then\n  exec /usr/bin/setpriv --bounding-set=-all --inh-caps=-all \
                  \"$@\"\nfi\nexec \"$@\"\n";
    bound.args(["-c", script, "sh"]).arg(command.get_program()).args(command.get_args()).env_clear();
    bound.envs(command.get_envs().filter_map(|(key, value)| Some((key, value?))));
    bound.current_dir(command.get_current_dir().unwrap_or_else(|| Path::new(".")));
    bound
}
