//! Which chart, or which overlay, reads a values file.

use embark_core::ports::{DeploymentRepository, RenderError, RepositoryError};
use embark_core::{EnvironmentName, FilePath, Revision};
use embark_values::{Document, Path};

use crate::settings::Settings;
use crate::tree::parent;

/// What reads a values file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// The chart in this folder; an empty one is the repository.
    Chart(String),
    /// The overlay in this folder.
    Overlay(String),
    /// Nothing: it is a manifest.
    Manifest,
}

/// What a [kustomization](https://kubectl.docs.kubernetes.io/references/kustomize/glossary/#kustomization) is called.
pub(crate) const KUSTOMIZATIONS: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// What a [chart](https://helm.sh/docs/topics/charts/#the-chart-file-structure) has in its folder.
const CHART: &str = "Chart.yaml";

/// What says that a folder is one to render, a chart before an overlay.
const ANY: [&str; 4] = [CHART, KUSTOMIZATIONS[0], KUSTOMIZATIONS[1], KUSTOMIZATIONS[2]];

/// Returns the path of a file in a folder.
pub(crate) fn within(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

/// Finds what reads a values file, whose bytes are `values`.
pub(crate) async fn find(
    repository: &dyn DeploymentRepository,
    settings: &Settings,
    tip: &Revision,
    environment: &EnvironmentName,
    (file, values): (&FilePath, &[u8]),
) -> Result<Place, RenderError> {
    let name = file.as_str().rsplit('/').next().unwrap_or_default();
    if KUSTOMIZATIONS.contains(&name) {
        return Ok(Place::Overlay(parent(file.as_str()).to_owned()));
    }
    if let Some(chart) = settings.chart(environment) {
        let folder = chart.path().map_or("", FilePath::as_str).to_owned();
        let found = first_with(repository, tip, &[folder], &ANY).await?;
        return found.ok_or_else(|| RenderError::Missing { what: format!("Chart.yaml in {chart}") });
    }
    if is_manifest(values) {
        return match first_with(repository, tip, &above(file.as_str()), &ANY).await? {
            Some(Place::Chart(folder)) => Err(RenderError::Unnamed { file: file.clone(), folder: or_dot(folder) }),
            found => Ok(found.unwrap_or(Place::Manifest)),
        };
    }
    let candidates = candidates(file.as_str(), &settings.application);
    let found = first_with(repository, tip, &candidates, &[CHART]).await?;
    found.ok_or_else(|| RenderError::NoChart { file: file.clone() })
}

/// Lists the folder of a file, and those above it.
fn above(file: &str) -> Vec<String> {
    let mut folders = vec![parent(file).to_owned()];
    while let Some(folder) = folders.last().filter(|folder| !folder.is_empty()) {
        folders.push(parent(folder).to_owned());
    }
    folders
}

/// Names a folder as `embark.yaml` does.
fn or_dot(folder: String) -> String {
    if folder.is_empty() { ".".into() } else { folder }
}

/// Lists the folders in which a chart is looked for, the nearest first.
fn candidates(file: &str, application: &str) -> Vec<String> {
    let beside = ["chart".to_owned(), "helm".to_owned(), format!("charts/{application}")];
    let with_those_beside =
        |folder: String| std::iter::once(folder.clone()).chain(beside.clone().map(|name| within(&folder, &name)));
    above(file).into_iter().flat_map(with_those_beside).collect()
}

/// Returns what is in the first of some folders that has a file of one of these names.
async fn first_with(
    repository: &dyn DeploymentRepository,
    tip: &Revision,
    folders: &[String],
    names: &[&str],
) -> Result<Option<Place>, RepositoryError> {
    let mut all = Vec::new();
    for folder in folders {
        for name in names {
            if let Ok(path) = within(folder, name).parse::<FilePath>() {
                all.push((folder, *name, (tip.clone(), path)));
            }
        }
    }
    let found = repository.read_at(all.iter().map(|(.., place)| place.clone()).collect()).await?;
    let first = all.into_iter().find(|(.., place)| found.get(place).is_some_and(Option::is_some));
    Ok(first.map(|(folder, name, _)| match name {
        CHART => Place::Chart(folder.clone()),
        _ => Place::Overlay(folder.clone()),
    }))
}

/// Tells whether a file says itself what it is in a cluster.
fn is_manifest(values: &[u8]) -> bool {
    let Some(document) = std::str::from_utf8(values).ok().and_then(|text| Document::parse(text).ok()) else {
        return false;
    };
    let has = |path: &Path| document.get(path).is_ok_and(|scalar| !scalar.value.is_empty());
    has(&Path::key("apiVersion")) && has(&Path::key("kind")) && has(&Path::key("metadata").join("name"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn charts_are_looked_for_from_the_values_file_upwards() {
        assert_eq!(
            candidates("apps/shop/dev.yaml", "shop"),
            [
                "apps/shop",
                "apps/shop/chart",
                "apps/shop/helm",
                "apps/shop/charts/shop",
                "apps",
                "apps/chart",
                "apps/helm",
                "apps/charts/shop",
                "",
                "chart",
                "helm",
                "charts/shop"
            ]
        );
        assert_eq!(candidates("dev.yaml", "../out").last().map(String::as_str), Some("charts/../out"));
        assert!("charts/../out/Chart.yaml".parse::<FilePath>().is_err(), "it is never asked for");
    }

    #[test]
    fn a_manifest_is_none_of_values() {
        assert!(is_manifest(b"apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: web }\n"));
        for values in [&b"kind: web\nimage: { tag: a }\n"[..], b"", b"\xff", b"apiVersion: v1\nkind: A\n"] {
            assert!(!is_manifest(values));
        }
    }
}
