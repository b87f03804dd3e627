//! Every message that reaches a person, as a terminal shows it: the snapshots are there to be read.

mod refusals;
mod sample;
mod variants;

use embark_core::Refusal;

use crate::exit_code::Exit;
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
        let report = crate::output::refused(refusal);
        let hint = super::hint_of_refusal(refusal);
        Self { name: name.into(), exit: report.exit, text: report.text, hint }
    }
}

impl std::fmt::Display for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "## {}, exit {}\n{}", self.name, self.exit.code(), self.text)?;
        match &self.hint {
            Some(hint) => write!(f, "\nhint: {hint}\n"),
            None => Ok(()),
        }
    }
}

/// Compares with the snapshot of this name.
fn compare(name: &str, cases: &[Case]) {
    let text = cases.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
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
