//! The binary, run as its users run it: a cleared environment, a home of its own, no git on the path.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::command::{Finished, run};
use super::output_schema::assert_documented;
use super::searched;
use super::shim::bound_by_permissions;
use super::watch::watch;

/// How to run the binary.
#[derive(Debug, Clone)]
pub struct Embark {
    binary: PathBuf,
    folder: PathBuf,
    environment: Vec<(String, String)>,
}

impl Embark {
    /// Runs `binary` in `folder` with the home folder `home`.
    pub fn new(binary: &str, folder: &Path, home: &Path) -> Self {
        let environment = [("HOME", home.display().to_string()), ("COLUMNS", "120".into()), ("USER", "tester".into())];
        Self {
            binary: binary.into(),
            folder: folder.into(),
            environment: environment.map(|(key, value)| (key.to_owned(), value)).into(),
        }
    }

    /// Runs it elsewhere.
    #[must_use]
    pub(super) fn moved(&self, folder: &Path, home: &Path) -> Self {
        Self { folder: folder.into(), ..self.clone() }.with("HOME", &home.display().to_string())
    }

    /// Adds a variable of the environment.
    #[must_use]
    pub fn with(mut self, key: &str, value: &str) -> Self {
        self.environment.retain(|(name, _)| name != key);
        self.environment.push((key.into(), value.into()));
        self
    }

    /// Takes a variable away.
    #[must_use]
    pub fn without(mut self, key: &str) -> Self {
        self.environment.retain(|(name, _)| name != key);
        self
    }

    /// Prepares a run whose output nobody searches: for measurements, and for those who search it when it ends.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command
            .args(arguments)
            .current_dir(&self.folder)
            .env_clear()
            // There is nothing there: embark runs no other program.
            .env("PATH", self.folder.join("no-programs"))
            .envs(self.environment.iter().map(|(key, value)| (key, value)));
        command
    }

    /// Runs a script of the shell, in which `"$0" "$@"` is the run.
    #[track_caller]
    pub fn in_shell(&self, script: &str, arguments: &[&str]) -> Finished {
        self.searched(arguments, run(&mut self.shell(script, arguments), b""))
    }

    fn shell(&self, script: &str, arguments: &[&str]) -> Command {
        let run = self.command(arguments);
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", script]).arg(run.get_program()).args(run.get_args()).current_dir(&self.folder).env_clear();
        shell.envs(run.get_envs().filter_map(|(key, value)| Some((key, value?))));
        shell
    }

    /// Runs it at a terminal, on which somebody types `input`. A shell reads the arguments.
    #[track_caller]
    pub fn at_terminal(&self, arguments: &[&str], input: &[u8]) -> Finished {
        let script = "exec /usr/bin/script --quiet --return --command \"'$0' $*\" /dev/null";
        self.searched(arguments, run(self.shell(script, arguments).env("TERM", "xterm-256color"), input))
    }

    /// Runs it as somebody for whom permissions count, with JSON output.
    #[track_caller]
    pub fn bound(&self, arguments: &[&str]) -> Report {
        let arguments = [&["--output", "json"], arguments].concat();
        let finished = run(&mut bound_by_permissions(&self.command(&arguments)), b"");
        Report::read(&arguments, self.searched(&arguments, finished))
    }

    /// Runs it to its end, and returns the peak of its memory, too, as [`watch`] does.
    #[track_caller]
    pub fn watched(&self, arguments: &[&str]) -> (Finished, u64) {
        // Nobody reads while it is watched, and a pipe would be full.
        let written = tempfile::tempdir().expect("there is room for a folder");
        let path = |name: &str| written.path().join(name);
        let file = |name: &str| Stdio::from(std::fs::File::create(path(name)).expect("the folder can be written"));
        let mut command = self.command(arguments);
        let command = command.stdin(Stdio::null()).stdout(file("stdout")).stderr(file("stderr"));
        let (status, peak) = watch(command.spawn().expect("embark can be run"));
        let read = |name: &str| std::fs::read(path(name)).expect("it is there");
        let stderr = String::from_utf8_lossy(&read("stderr")).into_owned();
        let finished = Finished { code: status.code().unwrap_or(-1), stdout: read("stdout"), stderr };
        (self.searched(arguments, finished), peak)
    }

    /// Runs it with text output.
    #[track_caller]
    pub fn text(&self, arguments: &[&str]) -> Finished {
        self.finished(arguments, b"")
    }

    /// Runs it with JSON output, which must be one object of the right schema.
    #[track_caller]
    pub fn json(&self, arguments: &[&str]) -> Report {
        let arguments = [&["--output", "json"], arguments].concat();
        Report::read(&arguments, self.finished(&arguments, b""))
    }

    /// Does the same with `input` as its standard input.
    #[track_caller]
    pub fn json_of(&self, arguments: &[&str], input: &[u8]) -> Report {
        let arguments = [&["--output", "json"], arguments].concat();
        Report::read(&arguments, self.finished(&arguments, input))
    }

    /// Hands on what a run wrote. Nothing that nobody may see may be seen in it, whatever the test is about: whoever
    /// ends a run asks this.
    #[track_caller]
    pub(super) fn searched(&self, arguments: &[&str], finished: Finished) -> Finished {
        searched::assert_unseen(&arguments.join(" "), &self.environment, &finished);
        finished
    }

    #[track_caller]
    fn finished(&self, arguments: &[&str], input: &[u8]) -> Finished {
        let finished = self.searched(arguments, run(&mut self.command(arguments), input));
        let command = arguments.join(" ");
        let is_coloured = command.contains("--color") || self.environment.iter().any(|(name, _)| name == "FORCE_COLOR");
        // What `values get` prints is what stands in the file.
        if !is_coloured && !command.contains("values get") {
            searched::assert_plain(&command, &finished);
        }
        finished
    }
}

/// What a run reported.
#[derive(Debug, Clone)]
pub struct Report {
    /// The arguments.
    pub command: String,
    /// The exit code.
    pub code: i32,
    /// The object on stdout.
    pub json: Value,
    /// The text on stderr.
    pub stderr: String,
}

impl Report {
    /// Reads what a run wrote, which must be one object of the right schema.
    #[track_caller]
    pub fn read(arguments: &[&str], finished: Finished) -> Self {
        let command = arguments.join(" ");
        let (code, stdout, stderr) = (finished.code, finished.text(), finished.stderr);
        let objects: Result<Vec<Value>, _> = serde_json::Deserializer::from_str(&stdout).into_iter().collect();
        let mut objects = objects.unwrap_or_else(|error| panic!("embark {command}: {error} in {stdout:?}\n{stderr}"));
        assert!(
            objects.len() == 1 && objects[0].is_object(),
            "embark {command}: one object on stdout: {stdout:?}\n{stderr}"
        );
        let json = objects.remove(0);
        assert_documented(&format!("embark {command}"), &json);
        Self { command, code, json, stderr }
    }

    /// Fails unless the run ended so.
    #[track_caller]
    pub fn ended(self, code: i32, outcome: &str) -> Self {
        let found = (self.code, self.json["outcome"].as_str().unwrap_or_default());
        assert_eq!(found, (code, outcome), "embark {}\n{:#}\n{}", self.command, self.json, self.stderr);
        self
    }

    /// Fails unless the run ended with this exit code.
    #[track_caller]
    pub fn ended_with(self, code: i32) -> Self {
        assert_eq!(self.code, code, "embark {}\n{:#}\n{}", self.command, self.json, self.stderr);
        self
    }

    /// Returns one of its lists, each item with every one of `keys`.
    #[track_caller]
    pub fn list(&self, name: &str, keys: &[&str]) -> Vec<Value> {
        let items = self.json[name].as_array();
        let items = items.unwrap_or_else(|| panic!("embark {} lists {name}: {:#}", self.command, self.json));
        for item in items {
            let absent: Vec<_> = keys.iter().filter(|key| item.get(**key).is_none()).collect();
            assert!(
                absent.is_empty(),
                "embark {}: every key is present, and not without {absent:?}: {item:#}",
                self.command
            );
        }
        items.clone()
    }

    /// Returns the deployments that it speaks of.
    #[track_caller]
    pub fn deployments(&self) -> Vec<Value> {
        self.list(
            "deployments",
            &["id", "environment", "component", "image", "tag", "digest", "state", "commit", "reason"],
        )
    }

    /// Returns the one deployment of a component.
    #[track_caller]
    pub fn deployment(&self, component: &str) -> Value {
        let of: Vec<Value> =
            self.deployments().into_iter().filter(|deployment| deployment["component"] == component).collect();
        assert_eq!(of.len(), 1, "embark {}: one deployment of {component}: {:#}", self.command, self.json);
        of[0].clone()
    }

    /// Returns the checks of `verify`.
    #[track_caller]
    pub fn checks(&self) -> Vec<Value> {
        let keys = ["component", "environment", "from", "image", "tag", "digest", "recordedDigest", "holds"];
        self.list("checks", &[&keys[..], &["inStep", "evidence", "reason"]].concat())
    }

    /// Returns message and hint of the error, which must have all three parts.
    #[track_caller]
    pub fn error(&self) -> (String, String) {
        let error = &self.json["error"];
        let text = |key: &str| {
            let text = error[key].as_str();
            text.unwrap_or_else(|| panic!("embark {}: its error has a {key}: {:#}", self.command, self.json)).to_owned()
        };
        assert!(error["causes"].is_array(), "embark {}: its error has causes: {:#}", self.command, self.json);
        (text("message"), text("hint"))
    }
}
