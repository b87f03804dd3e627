//! What a test wrote, searched for what nobody may see: every run of the binary, and all that a world is left with.

use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tempfile::TempDir;

use super::argocd::ARGOCD_TOKEN;
use super::command::{Finished, program, run};
use super::emulate::EMULATE_TOKEN;
use super::github::{GITHUB_TOKEN, WEBHOOK_SECRET};
use super::registry::{REGISTRY_PASSWORD, REGISTRY_USER};
use super::world::GIT_TOKEN;

/// What is shorter is no secret of anybody's, and may stand in any text.
const SHORTEST: usize = 12;

/// How variables end whose values are secret.
const SECRET: [&str; 5] = ["TOKEN", "KEY", "SECRET", "PASSWORD", "NOTIFY_URL"];

/// The files and folders of a home in which a test puts what lets embark in.
const GIVEN: [&str; 5] = [".docker", ".config", ".gitconfig", ".ssh", "elsewhere.json"];

/// Every secret of the servers that the harness starts, as it is and as it is sent.
fn of_servers() -> Vec<String> {
    let plain = [GIT_TOKEN, GITHUB_TOKEN, ARGOCD_TOKEN, EMULATE_TOKEN, WEBHOOK_SECRET, REGISTRY_PASSWORD];
    let basics = [
        format!("x-access-token:{GIT_TOKEN}"),
        format!("x-access-token:{GITHUB_TOKEN}"),
        format!("{REGISTRY_USER}:{REGISTRY_PASSWORD}"),
    ];
    let sent = basics.iter().map(|basic| STANDARD.encode(basic));
    // Those that token servers hand out begin so.
    plain
        .map(str::to_owned)
        .into_iter()
        .chain(sent)
        .chain(["bearer-token-".into(), "eyJhbGciOiJSUzI1NiJ9.".into()])
        .collect()
}

/// Every secret that a run was given: of a text of several lines each one.
fn of_environment(environment: &[(String, String)]) -> Vec<String> {
    let secret = environment.iter().filter(|(name, _)| SECRET.iter().any(|end| name.ends_with(end)));
    let lines = secret.flat_map(|(_, value)| value.lines().map(str::trim));
    lines.filter(|line| line.len() >= SHORTEST && !line.starts_with("-----")).map(str::to_owned).collect()
}

/// Fails if a run wrote a secret that it was given, or that a server of the harness knows.
#[track_caller]
pub(super) fn assert_unseen(command: &str, environment: &[(String, String)], finished: &Finished) {
    let secrets = [of_servers(), of_environment(environment)].concat();
    let stdout = String::from_utf8_lossy(&finished.stdout);
    for secret in &secrets {
        for (name, text) in [("stdout", &*stdout), ("stderr", &finished.stderr)] {
            assert!(!text.contains(secret), "embark {command} writes {secret} to its {name}:\n{text}");
        }
    }
}

/// Tells whether a terminal acts on a character, or shows what stands behind it in another order.
fn is_unseen(character: char) -> bool {
    let turns =
        matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    turns || (character.is_control() && !matches!(character, '\n' | '\t'))
}

/// Fails if a run wrote what a terminal, or GitHub's runner, would act on, whoever had it say that.
#[track_caller]
pub(super) fn assert_plain(command: &str, finished: &Finished) {
    let stdout = String::from_utf8_lossy(&finished.stdout);
    for text in [&*stdout, &finished.stderr] {
        assert!(!text.contains(is_unseen), "embark {command} writes what is not seen: {text:?}");
        assert!(!text.contains("##["), "embark {command} writes a command of GitHub's runner: {text}");
        let is_command = |line: &&str| line.trim_start().starts_with("::") && !line.starts_with("::error ");
        assert_eq!(text.lines().find(is_command), None, "embark {command} writes a command of GitHub's runner");
    }
}

/// A folder in which a test works. When it goes, all that was written into it is searched for the servers' secrets.
pub(super) struct Searched(TempDir);

impl Searched {
    pub(super) fn new() -> Self {
        Self(tempfile::tempdir().expect("there is room for a folder"))
    }

    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for Searched {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let secrets = of_servers();
        let home = self.path().join("home");
        for file in files(self.path(), &|path| GIVEN.iter().any(|given| path == home.join(given))) {
            assert_without(&secrets, &file.display().to_string(), &fs::read(&file).unwrap_or_default());
        }
        for repository in repositories(&self.path().join("git")) {
            let cat = |arguments: &[&str], input: &[u8]| {
                let mut git = program("git");
                // A repository that a test has damaged is searched as far as it can be read.
                run(git.current_dir(&repository).arg("cat-file").args(arguments), input).stdout
            };
            let all = cat(&["--batch-check=%(objecttype) %(objectname)", "--batch-all-objects", "--unordered"], b"");
            let all = String::from_utf8_lossy(&all);
            // A tree has names and ids, and there are thousands of them where a history was made up.
            let told = all.lines().filter(|line| !line.starts_with("tree ")).filter_map(|line| line.split(' ').nth(1));
            let names: String = told.flat_map(|name| [name, "\n"]).collect();
            let objects = cat(&["--batch"], names.as_bytes());
            assert_without(&secrets, &repository.display().to_string(), &objects);
        }
    }
}

fn assert_without(secrets: &[String], place: &str, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for secret in secrets {
        assert!(!text.contains(secret.as_str()), "{secret} was written to {place}");
    }
}

/// Lists the files below a folder but for those that are left out.
fn files(folder: &Path, is_left_out: &dyn Fn(&Path) -> bool) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            match entry.file_type() {
                // What git compresses is read by git.
                _ if is_left_out(&path) || path.ends_with("objects") => {}
                Ok(kind) if kind.is_dir() => open.push(path),
                Ok(kind) if kind.is_file() => found.push(path),
                _ => {}
            }
        }
    }
    found
}

/// Lists the repositories in a folder.
fn repositories(folder: &Path) -> Vec<std::path::PathBuf> {
    let all = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    all.filter(|path| path.join("objects").is_dir()).collect()
}
