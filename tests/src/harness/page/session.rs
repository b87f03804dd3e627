//! A shell whose folder and exported variables live on from one command to the next.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::block::{Step, unlines};
use super::redact::coarse;
use crate::harness::command::{program, run};
use crate::harness::searched::assert_unseen;

/// The home that pages show.
const HOME: &str = "/home/ada";
/// The person whose commits a page makes.
const GIT_CONFIG: &str = "[user]\n\tname = Ada\n\temail = ada@example.com\n[init]\n\tdefaultBranch = main\n\
                          [advice]\n\tdetachedHead = false\n[credential]\n\thelper = store\n";

/// A person at a terminal, with the binary and the system's programs on the path, a home of its own, and no network.
pub(super) struct Session {
    root: TempDir,
    folder: PathBuf,
    /// What the page writes, and what it stands for.
    mapped: Vec<(String, String)>,
    /// What was printed, by command.
    printed: HashMap<String, String>,
}

impl Session {
    pub(super) fn new(binary: &str, mapped: &[(String, String)]) -> Self {
        let root = tempfile::tempdir().expect("there is room for a folder");
        let (home, bin) = (root.path().join("home"), root.path().join("bin"));
        for folder in [&home, &bin] {
            std::fs::create_dir(folder).expect("the folder can be made");
        }
        std::os::unix::fs::symlink(binary, bin.join("embark")).expect("a link can be made");
        std::fs::write(root.path().join("exports"), "").expect("the folder can be written");
        std::fs::write(home.join(".gitconfig"), GIT_CONFIG).expect("the folder can be written");
        let mapped = [mapped, &[(HOME.to_owned(), home.display().to_string())]].concat();
        Self { folder: home, root, mapped, printed: HashMap::new() }
    }

    /// Returns the home folder, in which a page begins.
    pub(super) fn home(&self) -> PathBuf {
        self.root.path().join("home")
    }

    /// Runs a script, which must succeed.
    pub(super) fn script(&mut self, script: &str) -> Result<(), String> {
        let (code, output) = self.shell(&format!("set -e\n{script}"));
        self.printed.insert(script.trim().into(), output.clone());
        if code == 0 { Ok(()) } else { Err(format!("it ends with {code}\n\n{script}\n{output}")) }
    }

    /// Runs a command of a transcript, and returns it with what it prints. An exit code that is not 0 is printed, too.
    pub(super) fn step(&mut self, step: Step) -> Step {
        let command = step.shell();
        let (code, mut output) = self.shell(&command);
        if code != 0 {
            output = format!("{}\n\n(exit code {code})", output.trim_end());
        }
        let printed = output.trim_matches('\n').to_owned();
        let shown = Step { output: printed.lines().map(|line| line.trim_end().to_owned()).collect(), ..step };
        self.printed.insert(command, output);
        shown
    }

    /// Writes a file, or returns its text if it is there.
    pub(super) fn file(&self, path: &str, text: &str) -> Result<String, String> {
        let path = self.folder.join(path);
        if !path.exists() {
            std::fs::write(&path, text).map_err(|error| format!("{} cannot be written: {error}", path.display()))?;
        }
        let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(self.written(&text))
    }

    /// Returns the lines of what a command prints that stand at the place of `part`. The command is run, unless it was.
    pub(super) fn part_of(&mut self, command: &str, part: &str) -> Result<String, String> {
        if !self.printed.contains_key(command) {
            self.script(command)?;
        }
        let output: Vec<&str> = self.printed[command].lines().collect();
        let part: Vec<&str> = part.lines().collect();
        let is_like = |found: &[&str], part: &[&str]| {
            let coarse = |lines: &[&str]| coarse(&unlines(&lines.iter().map(|line| line.trim()).collect::<Vec<_>>()));
            coarse(found) == coarse(part)
        };
        let found = output
            .windows(part.len())
            .find(|lines| is_like(lines, &part))
            // Where the rest has changed, the first line still says which lines are meant.
            .or_else(|| output.windows(part.len()).find(|lines| is_like(&lines[..1], &part[..1])))
            .ok_or_else(|| format!("`{command}` prints no {:?}, but\n\n{}", part[0], output.join("\n")))?;
        let indent = |line: &&str| line.len() - line.trim_start().len();
        let common = found.iter().filter(|line| !line.trim().is_empty()).map(indent).min().unwrap_or(0);
        Ok(unlines(&found.iter().map(|line| line.get(common..).unwrap_or_default()).collect::<Vec<_>>()))
    }

    fn shell(&mut self, script: &str) -> (i32, String) {
        let at = |name: &str| self.root.path().join(name).display().to_string();
        let (exports, folder) = (at("exports"), at("folder"));
        let script = format!(
            "exec 2>&1\n. '{exports}'\ntrap 'code=$?; pwd >'\"'{folder}'\"'; export -p >'\"'{exports}'\"'; exit $code' EXIT\n{}",
            self.real(script)
        );
        let mut command = program("sh");
        let path = std::env::var("PATH").unwrap_or_default();
        let home = self.home();
        command.args(["-c", &script]).current_dir(&self.folder).env("PATH", format!("{}:{path}", at("bin")));
        command.env("HOME", &home).env("GIT_CONFIG_GLOBAL", home.join(".gitconfig"));
        command.envs([("USER", "ada"), ("COLUMNS", "120"), ("GIT_PAGER", "cat"), ("GIT_TERMINAL_PROMPT", "0")]);
        // Every way out leads to a closed port.
        for variable in ["http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
            command.env(variable, "http://127.0.0.1:1");
        }
        command.envs([("NO_PROXY", "127.0.0.1"), ("no_proxy", "127.0.0.1")]);
        let finished = run(&mut command, b"");
        assert_unseen(&format!("of a page's script {script}"), &[], &finished);
        self.folder = std::fs::read_to_string(&folder).map_or_else(|_| home, |text| Path::new(text.trim_end()).into());
        (finished.code, self.written(&finished.text()) + &finished.stderr)
    }

    fn real(&self, text: &str) -> String {
        self.mapped.iter().fold(text.to_owned(), |text, (written, real)| text.replace(written, real))
    }

    fn written(&self, text: &str) -> String {
        self.mapped.iter().fold(text.to_owned(), |text, (written, real)| text.replace(real, written))
    }
}
