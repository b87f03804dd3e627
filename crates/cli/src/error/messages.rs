//! Every message that reaches a person, as a terminal shows it: the snapshots are there to be read.

mod arguments;
mod configuration;
mod delivery;
mod hints;
mod ports;
mod program;
mod refusals;
mod releases;
mod rendering;
mod runs;
mod sample;
mod templates;
mod texts;
mod values;
mod variants;
mod webhook;

use clap::Parser as _;
use embark_core::Refusal;

use super::{Error, Queue, causes};
use crate::args::Cli;
use crate::env::Env;
use crate::exit_code::Exit;
use crate::ui::Ui;
use variants::Variants;

/// One message, under the name of what it stands for.
struct Case {
    name: String,
    exit: Exit,
    text: String,
    hint: Option<String>,
}

impl Case {
    /// Shows a refusal as the commands do.
    fn refused(name: &str, refusal: &Refusal) -> Self {
        let report = crate::output::refused(refusal, &Queue::default());
        let hint = super::hint_of_refusal(refusal, super::Known::queue(&Queue::default()));
        Self { name: name.into(), exit: report.exit, text: report.text, hint }
    }

    /// Shows an error as the commands do.
    fn error(name: &str, error: impl Into<Error>) -> Self {
        let error = error.into();
        let global = Cli::try_parse_from(["embark", "status", "--color", "never"]).expect("it is right").global;
        let hint = error.hint(&Queue::default());
        let text = Ui::new(&global, &Env::default()).error_text(&error.to_string(), &causes(&error), &hint);
        Self { name: name.into(), exit: error.exit(), text, hint: Some(hint) }
    }
}

impl std::fmt::Display for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "## {}, exit {}\n{}", self.name, self.exit.code(), self.text)?;
        match &self.hint {
            Some(hint) if !self.text.contains("\nhint: ") => write!(f, "\nhint: {hint}\n"),
            _ => Ok(()),
        }
    }
}

/// Makes all that cost nothing.
fn all() -> Vec<Case> {
    let cases = [arguments::cases(), configuration::cases(), ports::cases(), refusals::cases(), values::cases()];
    let cases = cases.into_iter().chain([
        webhook::cases(),
        releases::cases(),
        program::cases(),
        delivery::cases(),
        rendering::cases(),
    ]);
    cases.flatten().collect()
}

/// Compares with the snapshot of this name.
fn compare(name: &str, cases: &[Case]) {
    compare_text(name, &cases.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"));
}

fn compare_text(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.set_snapshot_path("messages");
    settings.bind(|| insta::assert_snapshot!(name, text));
}

/// Demands that no variant is left out.
fn complete<'a, T: Variants + 'a>(all: impl IntoIterator<Item = &'a T>) {
    let seen: Vec<&str> = all.into_iter().map(Variants::variant).collect();
    for variant in T::ALL {
        assert!(seen.contains(variant), "no message of {variant} is in a snapshot");
    }
}
