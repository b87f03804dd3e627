//! Overlays, rendered by [`kustomize build`](https://kubectl.docs.kubernetes.io/references/kustomize/cmd/build/).

use std::ffi::OsStr;

use embark_core::ports::RenderError;
use embark_values::Document;

use crate::charts::Run;
use crate::place::KUSTOMIZATIONS;
use crate::tree::{Tree, is_in, parent, resolve};

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
            let linked = run.link(&mut tree).await?;
            for folder in linked.iter().chain([&folder]) {
                open.extend(named(&tree, folder));
            }
            read.extend(linked);
        }
        read.push(folder);
    }
    Ok(tree)
}

/// Lists what the kustomizations in a folder name outside of theirs. Which key names it is all the same.
fn named(tree: &Tree, folder: &str) -> Vec<String> {
    let mut all = Vec::new();
    for path in tree.paths() {
        let name = path.rsplit('/').next().unwrap_or_default();
        if !KUSTOMIZATIONS.contains(&name) || !is_in(parent(path), folder) {
            continue;
        }
        let Some(text) = tree.text(path) else { continue };
        let Ok(document) = Document::parse(&text) else { continue };
        let paths = document.scalars().map(|(_, scalar)| scalar.value);
        let paths = paths.filter(|value| value.split('/').any(|part| part == ".."));
        all.extend(paths.filter_map(|value| resolve(parent(path), &value)));
    }
    all
}

/// Renders an overlay that is laid out.
pub(crate) async fn render(run: &Run<'_>, tree: &Tree, overlay: &str) -> Result<String, RenderError> {
    let folder = tree.at(overlay);
    run.run(PROGRAM, tree, &[OsStr::new("build"), folder.as_os_str()]).await
}

#[cfg(test)]
mod tests {
    use embark_core::ports::Folder;

    use super::*;

    #[test]
    fn what_lies_outside_is_named_however_its_path_is_written() {
        let text = "resources: [./../base, sub/../../more, deployment.yaml, https://example.com/a/../b]\ncomponents:\n- \
                    ../../out\n- ../own/./part\npatches: [{ patch: \"- op: remove\" }]\n";
        let mut tree = Tree::new().expect("a folder");
        let files = [("apps/own/kustomization.yaml".parse().expect("a path"), text.as_bytes().to_vec())].into();
        tree.add(Folder { files, ..Folder::default() }).expect("it is written");
        let outside: Vec<String> =
            named(&tree, "apps/own").into_iter().filter(|path| !is_in(path, "apps/own")).collect();
        assert_eq!(outside, ["apps/base", "apps/more", "out"]);
        assert!(named(&tree, "apps/other").is_empty());
    }
}
