//! What `init` adds.

use std::path::Path;

use serde::Serialize;

/// The proposal of `init`; `null` where there is none.
#[derive(Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Init {
    /// The file that is proposed.
    file: Option<String>,
    /// Its text.
    configuration: Option<String>,
    /// The images that are no components.
    left_out: Vec<LeftOut>,
    /// What has to be seen to by hand, and what was not looked at.
    notes: Vec<String>,
    /// The workflows of `--github`.
    workflows: Vec<Workflow>,
}

/// A workflow for GitHub Actions.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Workflow {
    /// Where it belongs.
    file: String,
    /// Its text.
    text: String,
    /// Whether it is written: what is there already stays. In a dry run, whether it would be.
    written: bool,
}

impl Workflow {
    pub(crate) fn of(file: &Path, text: &str, written: bool) -> Self {
        Self { file: file.display().to_string(), text: text.to_owned(), written }
    }
}

/// An image that is no component, and why.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct LeftOut {
    /// What the component would be called.
    name: String,
    /// The image that the files name.
    image: String,
    /// Why it is none.
    reason: String,
}

impl Init {
    pub(crate) fn of(
        file: &Path,
        configuration: &str,
        left_out: &[crate::init::LeftOut],
        notes: Vec<String>,
        workflows: Vec<Workflow>,
    ) -> Self {
        let left_out = left_out.iter().cloned();
        Self {
            file: Some(file.display().to_string()),
            configuration: Some(configuration.to_owned()),
            left_out: left_out.map(|one| LeftOut { name: one.name, image: one.image, reason: one.reason }).collect(),
            notes,
            workflows,
        }
    }
}
