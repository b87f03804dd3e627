//! The action, run as GitHub runs it: the steps of `action.yml` in their order, each with its variables and files.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use super::command::{Finished, program, run};
use super::page::root;
use super::searched::assert_unseen;

/// The action with what its user gives it.
pub struct Action {
    /// `action.yml`.
    description: Value,
    /// The folder in which the job runs.
    workspace: PathBuf,
    /// What lasts as long as the job.
    temporary: TempDir,
    inputs: BTreeMap<String, String>,
    environment: BTreeMap<String, String>,
}

/// What came of the steps.
#[derive(Debug)]
pub struct Ran {
    /// The exit code of the last step that was run.
    pub code: i32,
    /// What the steps wrote for people.
    pub said: String,
    /// The outputs of the action.
    pub outputs: BTreeMap<String, String>,
    /// The summary of the job.
    pub summary: String,
}

impl Action {
    /// Uses the action in a job that runs in `workspace`.
    pub fn new(workspace: &Path) -> Self {
        let text = fs::read_to_string(root().join("action.yml")).expect("the action has a description");
        let description: Value = serde_saphyr::from_str(&text).expect("it is YAML");
        assert_eq!(description["runs"]["using"], "composite");
        let temporary = tempfile::tempdir().expect("there is room for a folder");
        let action = Self {
            description,
            workspace: workspace.into(),
            temporary,
            inputs: BTreeMap::new(),
            environment: BTreeMap::new(),
        };
        let machine = if cfg!(target_arch = "aarch64") { "ARM64" } else { "X64" };
        action.env("RUNNER_OS", "Linux").env("RUNNER_ARCH", machine).env("GITHUB_ACTIONS", "true")
    }

    /// Gives an input, which must be one of the action's.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        assert!(self.description["inputs"].get(name).is_some(), "{name} is an input");
        self.inputs.insert(name.into(), value.into());
        self
    }

    /// Sets a variable of the job.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.insert(name.into(), value.into());
        self
    }

    /// Returns what GitHub calls `RUNNER_TEMP`.
    pub fn temporary(&self) -> &Path {
        self.temporary.path()
    }

    /// Runs the steps up to the first one that fails.
    pub fn run(&self) -> Ran {
        let files = tempfile::tempdir().expect("there is room for a folder");
        let summary = files.path().join("summary");
        let mut steps: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
        let (mut code, mut said) = (0, String::new());
        for step in self.description["runs"]["steps"].as_array().expect("the action has steps") {
            let id = text(&step["id"]);
            let outputs = files.path().join(&id);
            fs::write(&outputs, "").expect("the file can be written");
            let finished = self.step(step, &steps, &outputs, &summary, files.path());
            said.push_str(&finished.text());
            said.push_str(&finished.stderr);
            code = finished.code;
            steps.insert(id, read_outputs(&fs::read_to_string(&outputs).expect("the outputs are text")));
            if code != 0 {
                break;
            }
        }
        let outputs = self.description["outputs"].as_object().expect("the action has outputs");
        let outputs =
            outputs.iter().map(|(name, output)| (name.clone(), self.evaluate(&text(&output["value"]), &steps)));
        let summary = fs::read_to_string(summary).unwrap_or_default();
        Ran { code, said, outputs: outputs.collect(), summary }
    }

    fn step(
        &self,
        step: &Value,
        steps: &BTreeMap<String, BTreeMap<String, String>>,
        outputs: &Path,
        summary: &Path,
        files: &Path,
    ) -> Finished {
        assert_eq!(step["shell"], "bash", "a step names its shell");
        let known = ["name", "id", "shell", "env", "run", "working-directory"];
        let keys = step.as_object().expect("a step is a map").keys();
        assert_eq!(keys.filter(|key| !known.contains(&key.as_str())).count(), 0, "{step:#} is understood");
        let run_text = text(&step["run"]);
        assert!(!run_text.contains("${{"), "what somebody gives becomes no part of a script: {run_text}");
        let script = files.join("script.sh");
        fs::write(&script, run_text).expect("the script can be written");
        let folder =
            step.get("working-directory").map_or_else(String::new, |folder| self.evaluate(&text(folder), steps));
        // The shell as GitHub calls it.
        let mut bash = program("bash");
        bash.args(["--noprofile", "--norc", "-e", "-o", "pipefail"]).arg(&script);
        bash.current_dir(self.workspace.join(folder)).envs(&self.environment);
        bash.env("RUNNER_TEMP", self.temporary()).env("GITHUB_OUTPUT", outputs).env("GITHUB_STEP_SUMMARY", summary);
        for (name, value) in step["env"].as_object().into_iter().flatten() {
            bash.env(name, self.evaluate(&text(value), steps));
        }
        let finished = run(&mut bash, b"");
        let given = bash.get_envs().filter_map(|(name, value)| Some((name.to_str()?.into(), value?.to_str()?.into())));
        assert_unseen(&format!("of the action's step {}", step["name"]), &given.collect::<Vec<_>>(), &finished);
        finished
    }

    /// Puts in what the expressions of a text stand for.
    fn evaluate(&self, given: &str, steps: &BTreeMap<String, BTreeMap<String, String>>) -> String {
        let mut parts = given.split("${{");
        let mut result = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (expression, rest) = part.split_once("}}").expect("an expression ends");
            result.push_str(&self.value(expression.trim(), steps));
            result.push_str(rest);
        }
        result
    }

    fn value(&self, expression: &str, steps: &BTreeMap<String, BTreeMap<String, String>>) -> String {
        match expression.split('.').collect::<Vec<_>>()[..] {
            ["github", "action_path"] => root().display().to_string(),
            ["github", "token"] => "the-token-of-the-job".into(),
            ["inputs", name] => {
                let input = &self.description["inputs"][name];
                assert!(input.is_object(), "{name} is an input");
                let default = || {
                    assert_ne!(input["required"], true, "{name} must be given");
                    self.evaluate(&text(&input["default"]), steps)
                };
                self.inputs.get(name).cloned().unwrap_or_else(default)
            }
            ["steps", id, "outputs", name] => {
                let of_step = steps.get(id).and_then(|outputs| outputs.get(name));
                of_step.cloned().unwrap_or_default()
            }
            _ => panic!("{expression} is understood"),
        }
    }
}

#[track_caller]
fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is text")).to_owned()
}

/// Reads what a step wrote for the steps after it, a line for each.
fn read_outputs(text: &str) -> BTreeMap<String, String> {
    let pair = |line: &str| {
        let (name, value) = line.split_once('=').unwrap_or_else(|| panic!("{line:?} is an output"));
        (name.to_owned(), value.to_owned())
    };
    text.lines().map(pair).collect()
}
