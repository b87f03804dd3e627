//! What a person can do where nothing is rendered.

use embark_core::Unfit;
use embark_core::ports::{RenderError, RepositoryError};

use super::ports;
use crate::quote::shell;

pub(super) fn hint(error: &RenderError) -> String {
    match error {
        RenderError::NoProgram { program, .. } => format!(
            "install {program}, from {}, or run the command without --render",
            match *program {
                "kustomize" => "https://kubectl.docs.kubernetes.io/installation/kustomize",
                _ => "https://helm.sh/docs/intro/install",
            }
        ),
        RenderError::NotRun { program, .. } => format!(
            "put {program} itself on the PATH, and no script that starts it: it is given no PATH, and none of the environment"
        ),
        RenderError::NoChart { .. } => {
            "name the folder of the chart in embark.yaml, as in render: { chart: charts/shop }".into()
        }
        RenderError::Unnamed { folder, .. } => format!(
            "name what renders it, with chart: {} of the environment, in embark.yaml",
            shell(folder)
        ),
        RenderError::NotRead { .. } => {
            "commit it to the deployment repo as a regular file, or as a link to one: a cluster may get what is not seen here"
                .into()
        }
        RenderError::Missing { .. } => "mend render, or the chart of the environment, in embark.yaml".into(),
        RenderError::Dependency { chart, .. } => format!(
            "nothing is fetched here; commit {chart}/charts once it is filled with: helm dependency build {}",
            shell(chart)
        ),
        RenderError::Refused { program: "kustomize", .. } => {
            "mend the overlay: helmCharts, plugins, and what is outside of the deployment repo, are not supported; in a clone \
             of that, see it with: kustomize build FOLDER"
                .into()
        }
        RenderError::Refused { file, .. } => format!(
            "mend the chart or {file}; in a clone of the deployment repo, see it with: helm template FOLDER --values {}",
            shell(file.as_str())
        ),
        RenderError::Unreadable { .. } => {
            "mend the template that writes it: each document must be one resource, and merge nothing in".into()
        }
        RenderError::Repository(RepositoryError::NotAFile { .. }) => {
            "mend chart, or render, in embark.yaml: nothing that they name may be a link, or below one".into()
        }
        RenderError::Repository(error) => ports::repository_hint(error),
        RenderError::Other { .. } => "see where there is room with: df -h".into(),
    }
}

/// Says what to do about an edit that does not do what it is for.
pub(in crate::error) fn unfit_hint(reason: &Unfit) -> &'static str {
    match reason {
        Unfit::NoImage { .. } | Unfit::NoDigest { .. } => {
            "mend values of the component in embark.yaml, or the template that should read it; look again with: embark \
             config check --render"
        }
        Unfit::Twice { .. } => {
            "mend the chart, so that it renders that resource once; look again with: embark config check --render"
        }
        Unfit::OtherImage { .. } | Unfit::Otherwise { .. } => {
            "mend the chart, so that the key names this image and does nothing else; look again with: embark config check \
             --render"
        }
        Unfit::Unrendered { .. } => {
            "mend the chart, so that it takes what embark writes; look again with: embark config check --render"
        }
    }
}
