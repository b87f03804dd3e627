//! Judging edits by what is rendered before and after them.

use std::collections::BTreeMap;
use std::sync::Arc;

use embark_values::{Assignment, Document, Path};

use super::compare::{Unsteady, compare_steady};
use super::{Reached, Rendered, Unfit, Wanted};
use crate::commit::Revision;
use crate::digest::Digest;
use crate::image::Image;
use crate::name::EnvironmentName;
use crate::pipeline::{Component, Environment};
use crate::ports::{RenderError, Renderer, Rendering};

/// An edit of a values file that names an image for a component.
pub(crate) struct Edit<'a> {
    pub(crate) environment: &'a Environment,
    pub(crate) component: &'a Component,
    pub(crate) image: &'a Image,
    /// The values file before and after it.
    pub(crate) before: &'a str,
    pub(crate) after: &'a str,
}

/// What came of an edit.
pub(crate) type Judged = Result<Reached, Unfit>;

/// Judges edits on one tip. Each state of a values file is rendered once: in a stack of edits each begins where the one
/// before ends.
pub(crate) struct Judge<'a> {
    renderer: &'a dyn Renderer,
    tip: Revision,
    seen: BTreeMap<(EnvironmentName, Digest), Arc<Rendered>>,
}

/// How many keys are tried to find those of which images come.
const TRIES: usize = 20;

impl<'a> Judge<'a> {
    pub(crate) fn new(renderer: &'a dyn Renderer, tip: Revision) -> Self {
        Self { renderer, tip, seen: BTreeMap::new() }
    }

    /// Judges an edit.
    pub(crate) async fn of(&mut self, edit: &Edit<'_>) -> Result<Judged, RenderError> {
        let before = self.render(edit.environment, edit.before).await?;
        let after = match self.render(edit.environment, edit.after).await {
            Ok(after) => after,
            Err(RenderError::Refused { words, .. }) => return Ok(Err(Unfit::Unrendered { words })),
            Err(error) => return Err(error),
        };
        let wanted = Wanted { image: edit.image, is_pinned: edit.component.values.pins() };
        let judged = compare_steady(&before, &after, wanted, &Unsteady::default());
        Ok(match judged {
            Err(Unfit::Otherwise { .. }) => {
                // Charts make up passwords, and write down when they were rendered.
                let again = self.render_anew(edit.environment, edit.before).await?;
                compare_steady(&before, &after, wanted, &Unsteady::of(&before, &again))
            }
            Err(Unfit::NoImage { .. }) => {
                let keys = edit.component.values.paths().into_iter().cloned().collect();
                Err(Unfit::NoImage { keys, reaching: self.reaching(edit, &before).await? })
            }
            judged => judged,
        })
    }

    async fn render(&mut self, environment: &Environment, values: &str) -> Result<Arc<Rendered>, RenderError> {
        let key = (environment.name.clone(), Digest::sha256(values.as_bytes()));
        if let Some(seen) = self.seen.get(&key) {
            return Ok(seen.clone());
        }
        let rendered = Arc::new(self.render_anew(environment, values).await?);
        self.seen.insert(key, rendered.clone());
        Ok(rendered)
    }

    async fn render_anew(&self, environment: &Environment, values: &str) -> Result<Rendered, RenderError> {
        let rendering = Rendering {
            tip: self.tip.clone(),
            environment: environment.name.clone(),
            file: environment.values_file.clone(),
            values: values.as_bytes().to_vec(),
        };
        self.renderer.render(rendering).await
    }

    /// Finds the keys of the file of which images come, by changing those whose text stands in one.
    async fn reaching(&self, edit: &Edit<'_>, before: &Rendered) -> Result<Vec<Path>, RenderError> {
        let Ok(document) = Document::parse(edit.before) else { return Ok(Vec::new()) };
        let is_in_image = |text: &str| !text.is_empty() && before.images().any(|(_, image)| image.contains(text));
        let mut keys: Vec<(Path, String)> = document
            .scalars()
            .map(|(path, scalar)| (path, scalar.value))
            .filter(|(_, value)| is_in_image(value))
            .collect();
        // The longest first: a `1` stands in many.
        keys.sort_by_key(|(_, value)| std::cmp::Reverse(value.len()));
        keys.truncate(TRIES);
        let mut reaching = Vec::new();
        for (path, value) in keys {
            let assignment = Assignment::new(path.clone(), format!("{value}-embark"));
            let Ok(tried) = document.edit(&[assignment]) else { continue };
            match self.render_anew(edit.environment, &tried.text).await {
                Ok(after) if !before.images().eq(after.images()) => reaching.push(path),
                Ok(_) => {}
                Err(error) if error.is_of_chart() => {}
                Err(error) => return Err(error),
            }
        }
        Ok(reaching)
    }
}
