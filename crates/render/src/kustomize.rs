//! Overlays, rendered by [`kustomize build`](https://kubectl.docs.kubernetes.io/references/kustomize/cmd/build/).

use std::ffi::OsStr;

use embark_core::ports::RenderError;
use embark_values::Document;

use crate::charts::Run;
use crate::place::KUSTOMIZATIONS;
use crate::tree::{Tree, parent, resolve};

pub(crate) const PROGRAM: &str = "kustomize";

/// Lays out an overlay with the folders outside of it that it names, and those that these name.
pub(crate) async fn lay(run: &Run<'_>, overlay: &str) -> Result<Tree, RenderError> {
    let mut tree = run.tree()?;
    let mut read: Vec<String> = Vec::new();
    let mut open = vec![overlay.to_owned()];
    while let Some(folder) = open.pop() {
        if read.iter().any(|other| is_in(&folder, other)) {
            continue;
        }
        // What is no folder, Kustomize tells.
        if let Some(found) = run.read_folder(&folder).await? {
            tree.add(found).map_err(|error| run.io(error))?;
            open.extend(named(&tree, &folder));
        }
        read.push(folder);
    }
    Ok(tree)
}

/// Tells whether a folder is another one, or in it.
fn is_in(folder: &str, other: &str) -> bool {
    other.is_empty() || folder.strip_prefix(other).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Lists what the kustomizations in a folder name outside of theirs. Which key names it is all the same.
fn named(tree: &Tree, folder: &str) -> Vec<String> {
    let mut all = Vec::new();
    for path in tree.paths() {
        let name = path.rsplit('/').next().unwrap_or_default();
        let Some(text) = tree.text(path).filter(|_| KUSTOMIZATIONS.contains(&name) && is_in(parent(path), folder))
        else {
            continue;
        };
        let Ok(document) = Document::parse(text) else { continue };
        let outside = document.scalars().map(|(_, scalar)| scalar.value);
        let outside = outside.filter(|value| value == ".." || value.starts_with("../"));
        all.extend(outside.filter_map(|value| resolve(parent(path), &value)));
    }
    all
}

/// Renders an overlay that is laid out.
pub(crate) async fn render(run: &Run<'_>, tree: &Tree, overlay: &str) -> Result<String, RenderError> {
    let folder = tree.at(overlay);
    run.run(PROGRAM, tree, &[OsStr::new("build"), folder.as_os_str()]).await
}
