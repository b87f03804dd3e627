//! The rendered Deployment of each environment, where Helm is there to render it.

use std::collections::BTreeSet;

use embark_core::ports::RenderError;
use embark_values::Document;

use super::BoxError;
use super::stage::{Look, Manifests, Stage};
use super::walk::insist;
use crate::error::chain;

const STEP: &str = "What does Argo CD apply? What Helm makes of the chart and a values file. Helm has just done that here for \
                    each environment. These are the lines of each Deployment that say what runs, as Helm writes them. The \
                    frontend is pinned by its digest, the backend goes by its tag.";

const NO_HELM: &str = "Helm is not on the PATH. Where it is, one more step shows the Deployment of each environment as it is \
                       rendered: https://helm.sh/docs/intro/install";

/// Shows what Helm makes of each environment. Nothing else of the story needs Helm, so that without it the story ends all
/// the same.
pub(super) async fn tell(stage: &mut Stage<'_>) -> Result<(), BoxError> {
    let manifests = match stage.manifests().await {
        Ok(manifests) => manifests,
        Err(error) => match error.downcast_ref::<RenderError>() {
            Some(RenderError::NoProgram { .. }) => {
                stage.story.part(NO_HELM);
                return Ok(());
            }
            Some(error) => {
                stage.story.part(&format!("The Deployments cannot be shown as Helm renders them: {}", chain(error)));
                return Ok(());
            }
            None => return Err(error),
        },
    };
    let look = stage.look().await?;
    stage.story.step(STEP);
    for one in &manifests {
        names_what_runs(one, &look)?;
        stage.story.say(&format!("{}, by `helm template shop chart --values {}`:", one.environment, one.file));
        stage.story.show_whole(&deployments(&one.text)?);
    }
    Ok(())
}

/// Makes sure that the manifests name the images that the environment has.
fn names_what_runs(manifests: &Manifests, look: &Look) -> Result<(), BoxError> {
    for component in ["frontend", "backend"] {
        let status = look.at(&manifests.environment, component)?;
        let (Some(tag), Some(digest)) = (&status.tag, &status.digest) else {
            return Err(format!("{} has no {component}", manifests.environment).into());
        };
        let image = format!("registry.example.com/shop/{component}:{tag}");
        let image = if component == "frontend" { format!("{image}@{digest}") } else { image };
        insist(manifests.text.contains(&format!("image: \"{image}\"\n")), || {
            format!("what is rendered of {} does not run {image}", manifests.environment)
        })?;
    }
    Ok(())
}

/// Returns the Deployments of a stream of manifests, without the lines that do not tell what runs.
fn deployments(stream: &str) -> Result<String, BoxError> {
    let mut all = Vec::new();
    for text in stream.split("\n---\n") {
        let document = Document::parse(text)?;
        let scalars: Vec<_> = document.scalars().map(|(path, scalar)| (path.to_string(), scalar)).collect();
        if !scalars.iter().any(|(path, scalar)| path == "kind" && scalar.value == "Deployment") {
            continue;
        }
        let wanted = scalars.iter().filter(|(path, _)| tells_what_runs(path)).map(|(_, scalar)| scalar.line - 1);
        all.push(excerpt(text, wanted));
    }
    Ok(all.join("---\n"))
}

/// Tells whether the scalar at a path of a Deployment says what runs.
fn tells_what_runs(path: &str) -> bool {
    let of_container = path.strip_prefix("spec.template.spec.containers[").and_then(|rest| rest.split_once(']'));
    match of_container {
        Some((_, key)) => matches!(key, ".name" | ".image"),
        None => matches!(path, "kind" | "metadata.name" | "spec.replicas"),
    }
}

/// Takes lines out of a text, with those below which they stand.
fn excerpt(text: &str, wanted: impl Iterator<Item = usize>) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let indent = |at: usize| lines.get(at).map_or(0, |line| line.len() - line.trim_start().len());
    let mut kept = BTreeSet::new();
    for at in wanted {
        let mut inner = indent(at);
        kept.insert(at);
        for above in (0..at).rev() {
            let line = lines.get(above).map_or("", |line| line.trim_start());
            let is_above = !line.is_empty() && !line.starts_with('#') && indent(above) < inner;
            if is_above {
                inner = indent(above);
                kept.insert(above);
            }
        }
    }
    kept.into_iter().filter_map(|at| Some(format!("{}\n", lines.get(at)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_runs_is_shown_as_it_is_written_and_nothing_else() {
        let service = "---\n# Source: shop/templates/service.yaml\nkind: Service\nmetadata: { name: shop }\n";
        let web = "---\n# Source: shop/templates/web.yaml\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  labels: { a: b }\n  \
                   name: web\nspec:\n  replicas: 3\n  selector:\n    matchLabels: { app: web }\n  template:\n    metadata:\n      \
                   labels: { app: web }\n    spec:\n      # by hand\n\n      containers:\n        - env:\n            - name: A\n              \
                   value: b\n          name: web\n          image: \"web:1@sha256:0\"\n        - { name: proxy, image: envoy:2 }\n";
        let shown = deployments(&[service, web, web].concat()).unwrap();
        let one = "kind: Deployment\nmetadata:\n  name: web\nspec:\n  replicas: 3\n  template:\n    spec:\n      containers:\n        \
                   - env:\n          name: web\n          image: \"web:1@sha256:0\"\n        - { name: proxy, image: envoy:2 }\n";
        assert_eq!(shown, format!("{one}---\n{one}"));
    }
}
