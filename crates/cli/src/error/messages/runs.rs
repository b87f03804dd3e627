//! What real commands say of systems that are not there or not right.

use std::fs;
use std::path::PathBuf;

use clap::Parser as _;

use super::{Case, compare};
use crate::args::Cli;
use crate::env::Env;
use crate::error::Error;
use crate::output::Report;
use crate::run::Run;

#[test]
fn runs() {
    let cases = cases();
    for case in &cases {
        super::hints::works(case);
    }
    compare("runs", &cases);
}

fn cases() -> Vec<Case> {
    let folder = tempfile::tempdir().expect("a folder");
    let shop = folder.path().join("shop");
    run(&["demo", "--keep", &shop.display().to_string(), "--quiet"]).expect("the demo runs");
    let world = World(shop);
    BROKEN.into_iter().map(|(right, wrong, line)| world.run(right, wrong, line)).collect()
}

const STATUS: &str = "status";
const RELEASE: &str = "release dev --commit 4be1d0f3a27c9158e6d2b07f41c3a95d8e60b712";

/// What of the configuration is replaced by what, and the command that is run then.
const BROKEN: [(&str, &str, &str); 19] = [
    ("url: deployment.git", "url: elsewhere.git", STATUS),
    ("url: deployment.git", "url: images", STATUS),
    ("url: deployment.git", "url: file://deployment.git", STATUS),
    ("url: deployment.git", "url: ftp://git.example.com/deployment.git", STATUS),
    ("url: deployment.git", "url: https://ada:secret@git.example.com/deployment.git", STATUS),
    ("url: deployment.git", "url: http://127.0.0.1:1/deployment.git", STATUS),
    ("branch: main", "branch: trunk", STATUS),
    ("valuesFile: staging.yaml", "valuesFile: stage.yaml", STATUS),
    ("valuesFile: staging.yaml", "valuesFile: chart", STATUS),
    ("tag: frontend.image.tag", "tag: frontend.img.tag", STATUS),
    ("image: oci:images/frontend", "image: oci:elsewhere", RELEASE),
    ("image: oci:images/frontend", "image: oci:deployment.git", RELEASE),
    ("image: oci:images/frontend", "image: 127.0.0.1:1/acme/frontend", RELEASE),
    ("", "", RELEASE),
    ("", "", "release qa --commit 4be1d0f3a27c9158e6d2b07f41c3a95d8e60b712"),
    ("", "", "release production --commit 4be1d0f3a27c9158e6d2b07f41c3a95d8e60b712"),
    ("", "", "promote staging --version 1.4.0"),
    ("version: { file: package.json }", "", "promote production"),
    ("", "", "deploy 01K9X2V7Q4T8R5W3Y6Z1A0B2C3"),
];

/// The folder that the demo leaves.
struct World(PathBuf);

impl World {
    /// Runs a command with a configuration in which something is replaced.
    fn run(&self, right: &str, wrong: &str, line: &str) -> Case {
        let text = fs::read_to_string(self.0.join("embark.yaml")).expect("the demo leaves one");
        assert!(text.contains(right), "{right}");
        let config = self.0.join("other.yaml");
        fs::write(&config, text.replacen(right, wrong, 1)).expect("it can be written");
        let config = config.display().to_string();
        let arguments: Vec<&str> = line.split(' ').chain(["--quiet", "--config", &config]).collect();
        let name = if wrong.is_empty() { format!("embark {line}") } else { format!("embark {line}, where {wrong}") };
        let case = match run(&arguments) {
            Ok(report) => told(name, &report),
            Err(error) => Case::error(&name, error),
        };
        // What differs from run to run.
        let folder = self.0.display().to_string();
        let redact = |text: &str| at_once(&text.replace(&folder, "/home/ada/shop"));
        Case { text: redact(&case.text), hint: case.hint.as_deref().map(redact), ..case }
    }
}

/// Replaces the seconds of `no answer after 0.1 s`.
fn at_once(text: &str) -> String {
    match text.split_once("no answer after ") {
        Some((before, rest)) => {
            let rest = rest.split_once(" s").map_or(rest, |(_, rest)| rest);
            format!("{before}no answer after 0.1 s{rest}")
        }
        None => text.to_owned(),
    }
}

/// Shows a table with what is below it.
fn told(name: String, report: &Report) -> Case {
    assert!(report.hints.len() < 2, "{:?}", report.hints);
    let text = crate::ui::plain(&report.text);
    Case { name, exit: report.exit, text, hint: report.hints.first().cloned() }
}

fn run(arguments: &[&str]) -> Result<Report, Error> {
    let cli = Cli::try_parse_from(["embark"].iter().chain(arguments)).expect("it can be typed");
    let run = Run::new(cli.global, Env::default());
    crate::dispatch(cli.command, &run)
}
