//! Charts, rendered by [`helm template`](https://helm.sh/docs/helm/helm_template/).

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};

use embark_core::FilePath;
use embark_core::ports::RenderError;

use crate::charts::Run;
use crate::dependency::{self, Dependency};
use crate::place::within;
use crate::tree::{Tree, resolve};

pub(crate) const PROGRAM: &str = "helm";

/// Lays out a chart with all that it is rendered of.
pub(crate) async fn lay(run: &Run<'_>, chart: &str) -> Result<Tree, RenderError> {
    let mut tree = run.tree()?;
    let mut needs = Vec::new();
    let mut open = vec![chart.to_owned()];
    let mut seen = BTreeSet::new();
    while let Some(folder) = open.pop() {
        if !seen.insert(folder.clone()) {
            continue;
        }
        let found = run.read_folder(&folder).await?;
        let found = found.ok_or_else(|| RenderError::Missing { what: format!("folder {folder} with a chart") })?;
        tree.add(found).map_err(|error| run.io(error))?;
        run.link(&mut tree).await?;
        for needed in missing(&tree, &folder) {
            let elsewhere = || RenderError::Dependency {
                chart: folder.clone(),
                name: needed.name.clone(),
                repository: needed.repository.clone(),
            };
            let place = needed.folder().and_then(|relative| resolve(&folder, relative)).ok_or_else(elsewhere)?;
            needs.push((folder.clone(), place.clone()));
            open.push(place);
        }
    }
    pack(run, &tree, needs).await?;
    let tip = &run.rendering.tip;
    let common = &run.charts.settings.values;
    let read = run.charts.repository.read_at(common.iter().map(|path| (tip.clone(), path.clone())).collect()).await?;
    for ((_, path), bytes) in read {
        let bytes = bytes.ok_or_else(|| RenderError::Missing { what: format!("{path}, which render.values names") })?;
        tree.write(&path, bytes).map_err(|error| run.io(error))?;
    }
    Ok(tree)
}

/// Lists what a chart needs and does not have in its `charts/`. What has no place of its own is left to Helm.
fn missing(tree: &Tree, chart: &str) -> Vec<Dependency> {
    let charts = within(chart, "charts");
    let files = tree.names(&charts);
    let name = |folder: &String| dependency::name(&tree.text(&format!("{charts}/{folder}/Chart.yaml"))?);
    let folders: Vec<String> = files.iter().filter_map(name).collect();
    let texts = ["Chart.yaml", "requirements.yaml"].map(|name| tree.text(&within(chart, name)));
    let all = texts.iter().flatten().flat_map(|text| dependency::read(text));
    all.filter(|one| !one.repository.is_empty() && !one.is_among(&folders, &files)).collect()
}

/// Packs charts into those that need them, as `helm dependency build` does with what is in a folder; what one of them
/// needs itself comes first.
async fn pack(run: &Run<'_>, tree: &Tree, mut needs: Vec<(String, String)>) -> Result<(), RenderError> {
    while !needs.is_empty() {
        let is_ready = |(_, needed): &(String, String)| !needs.iter().any(|(chart, _)| chart == needed);
        let Some(at) = needs.iter().position(is_ready) else {
            let words = format!("{} needs itself", needs[0].0);
            return Err(run.refused(PROGRAM, words));
        };
        let (chart, needed) = needs.swap_remove(at);
        let charts = tree.at(&chart).join("charts");
        let needed = tree.at(&needed);
        let arguments = [OsStr::new("package"), needed.as_os_str(), OsStr::new("--destination"), charts.as_os_str()];
        run.run(PROGRAM, tree, &arguments).await?;
    }
    Ok(())
}

/// Renders a chart that is laid out, with the values files in their order.
pub(crate) async fn render(run: &Run<'_>, tree: &Tree, chart: &str) -> Result<String, RenderError> {
    let settings = &run.charts.settings;
    let option = |name: &str, value: &OsStr| [OsString::from(name), value.to_owned()];
    let mut arguments: Vec<OsString> = ["template", settings.release.as_str()].map(OsString::from).into();
    arguments.push(tree.at(chart).into_os_string());
    // As Argo CD does.
    arguments.push("--include-crds".into());
    if let Some(namespace) = &settings.namespace {
        arguments.extend(option("--namespace", OsStr::new(namespace.as_str())));
    }
    let files = settings.values.iter().chain([&run.rendering.file]);
    for file in files.map(FilePath::as_str) {
        arguments.extend(option("--values", &listed(tree.at(file).into_os_string())));
    }
    let arguments: Vec<&OsStr> = arguments.iter().map(OsString::as_os_str).collect();
    run.run(PROGRAM, tree, &arguments).await
}

/// Writes a path as the only one of [a list](https://pkg.go.dev/github.com/spf13/pflag#StringSlice), which Helm takes for an
/// option and separates at its commas.
fn listed(path: OsString) -> OsString {
    match path.to_str() {
        Some(text) if text.contains([',', '"']) => format!("\"{}\"", text.replace('"', "\"\"")).into(),
        _ => path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_with_a_comma_is_one_path() {
        for (path, expected) in [("a/b.yaml", "a/b.yaml"), ("a,b.yaml", "\"a,b.yaml\""), ("a\".yaml", "\"a\"\".yaml\"")]
        {
            assert_eq!(listed(path.into()), expected);
        }
    }
}
