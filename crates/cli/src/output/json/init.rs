//! What `init` adds.

use std::path::Path;

use serde::Serialize;

/// The proposal of `init`; `null` where there is none.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Init {
    file: Option<String>,
    configuration: Option<String>,
    left_out: Vec<LeftOut>,
}

/// An image that is no component, and why.
#[derive(Serialize)]
struct LeftOut {
    name: String,
    image: String,
    reason: String,
}

impl Init {
    pub(crate) fn of(file: &Path, configuration: &str, left_out: &[crate::init::LeftOut]) -> Self {
        let left_out = left_out.iter().cloned();
        Self {
            file: Some(file.display().to_string()),
            configuration: Some(configuration.to_owned()),
            left_out: left_out.map(|one| LeftOut { name: one.name, image: one.image, reason: one.reason }).collect(),
        }
    }
}
