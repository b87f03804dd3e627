//! The applications of Argo CD that environments name.

use embark_argocd::{Application, Name};
use embark_core::EnvironmentName;

use super::file::{Environment, Success};

/// An application of Argo CD.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "ArgoCd")]
pub(super) struct File {
    /// The address of the server, e.g. `https://argocd.example.com`: `https`, or this machine. It may have a path.
    pub(super) server: String,
    /// The name of the application, e.g. `shop-staging`.
    pub(super) application: String,
    /// Its namespace. The default is the server's own.
    pub(super) namespace: Option<String>,
    /// Its project. Where it is named, an application that is not there is told from one that may not be seen.
    pub(super) project: Option<String>,
    /// Whether Argo CD is asked, once for each wait, to look at the deployment repo at once. The default is `false`: it looks
    /// at its own time, or when a webhook of the git host tells it to.
    #[serde(default)]
    pub(super) refresh: bool,
}

/// Reads the application of each environment that names one.
///
/// # Errors
/// Says what is wrong, and of which environment.
pub(super) fn applications(environments: &[Environment]) -> Result<Vec<(EnvironmentName, Application)>, String> {
    let mut found = Vec::new();
    for environment in environments {
        let name = &environment.name;
        match &environment.argocd {
            Some(argocd) => {
                let application =
                    application(argocd).map_err(|reason| format!("environment {name}: argocd.{reason}"))?;
                found.push((name.clone(), application));
            }
            None if environment.success == Success::Healthy => {
                return Err(format!(
                    "environment {name}: success: healthy needs argocd, which says where its health is seen"
                ));
            }
            None => {}
        }
    }
    Ok(found)
}

fn application(argocd: &File) -> Result<Application, String> {
    let server = argocd.server.parse().map_err(|error| format!("server: {error}"))?;
    let name = |key: &str, text: &str| text.parse::<Name>().map_err(|error| format!("{key}: {error}"));
    let optional = |key: &str, text: Option<&String>| text.map(|text| name(key, text)).transpose();
    Ok(Application::new(server, name("application", &argocd.application)?)
        .in_namespace(optional("namespace", argocd.namespace.as_ref())?)
        .of_project(optional("project", argocd.project.as_ref())?)
        .refreshed(argocd.refresh))
}
