//! Judging edits by what is rendered before and after them.

use std::collections::BTreeMap;
use std::sync::Arc;

use embark_values::{Assignment, Document, Path};

use super::compare::{alone, compare_steady};
use super::nobody::Nobodys;
use super::unsteady::Unsteady;
use super::{Reached, Rendered, Unfit, Wanted};
use crate::commit::Revision;
use crate::digest::Digest;
use crate::image::Image;
use crate::name::EnvironmentName;
use crate::pipeline::{Component, Environment, Pipeline};
use crate::ports::{RenderError, Renderer, Rendering};
use crate::values_file;

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
    pipeline: &'a Pipeline,
    tip: Revision,
    seen: BTreeMap<(EnvironmentName, Digest), Arc<Rendered>>,
}

/// How many keys are tried to find those of which images come.
const TRIES: usize = 20;

impl<'a> Judge<'a> {
    pub(crate) fn new(renderer: &'a dyn Renderer, pipeline: &'a Pipeline, tip: Revision) -> Self {
        Self { renderer, pipeline, tip, seen: BTreeMap::new() }
    }

    /// Judges an edit.
    pub(crate) async fn of(&mut self, edit: &Edit<'_>) -> Result<Judged, RenderError> {
        let before = match self.render(edit.environment, edit.before).await {
            Ok(before) => before,
            Err(error) if is_of_values(&error) => return self.without_before(edit, error).await,
            Err(error) => return Err(error),
        };
        let after = match self.render(edit.environment, edit.after).await {
            Ok(after) => after,
            Err(RenderError::Refused { words, .. }) => return Ok(Err(Unfit::Unrendered { words })),
            Err(error) => return Err(error),
        };
        self.between(edit, (edit.before, &before), &after).await
    }

    /// Judges an edit by the state before it, with its text, and the one after.
    async fn between(
        &self,
        edit: &Edit<'_>,
        (text, before): (&str, &Rendered),
        after: &Rendered,
    ) -> Result<Judged, RenderError> {
        let wanted = edit.wanted();
        let mut judged = compare_steady(before, after, wanted, &Unsteady::default());
        if let Err(Unfit::Otherwise { .. }) = judged {
            // Charts make up passwords, and write down when they were rendered.
            let again = self.render_anew(edit.environment, text).await?;
            judged = compare_steady(before, after, wanted, &Unsteady::of(before, &again));
        }
        if let Err(Unfit::NoImage { .. }) = judged {
            let keys = edit.component.values.paths().into_iter().cloned().collect();
            judged = Err(Unfit::NoImage { keys, reaching: self.reaching(edit, before).await? });
        }
        Ok(judged)
    }

    /// Judges an edit before which nothing is rendered, as charts have it that need an image: before the first deployment
    /// there is none. Made-up images take the place of those that the file names, before the edit and after it.
    async fn without_before(&mut self, edit: &Edit<'_>, error: RenderError) -> Result<Judged, RenderError> {
        let after = match self.render(edit.environment, edit.after).await {
            Ok(after) => Some(after),
            Err(error) if is_of_values(&error) => None,
            Err(error) => return Err(error),
        };
        let made_up = match self.made_up(edit) {
            Some((before, after)) => {
                let both = (self.render(edit.environment, &before).await, self.render(edit.environment, &after).await);
                both.0.ok().zip(both.1.ok()).map(|both| (before, both))
            }
            None => None,
        };
        let (judged, is_compared) = match (made_up, &after) {
            (Some((text, (before, filled))), _) => (self.between(edit, (&text, &before), &filled).await?, true),
            (None, Some(after)) => (alone(after, edit.wanted()), false),
            (None, None) => return Err(error),
        };
        // What is compared is not what there will be: the image must be in that, too.
        let is_there = after.as_ref().filter(|_| is_compared).map(|after| alone(after, edit.wanted())).transpose();
        let mut reached = match (judged, is_there) {
            (Err(unfit), _) | (_, Err(unfit)) => return Ok(Err(unfit.with_keys(edit.component))),
            (Ok(reached), Ok(_)) => reached,
        };
        for change in &mut reached.images {
            change.before = None;
        }
        let file = &edit.environment.values_file;
        reached.notes.push(match after {
            _ if !is_compared => format!("nothing is rendered of {file} as it is, so that nothing could be compared"),
            Some(_) => format!("nothing is rendered of {file} as it is: it was compared with images that do not exist"),
            None => format!(
                "nothing is rendered of {file} yet, for want of other images: it was compared with images that do not exist"
            ),
        });
        Ok(Ok(reached))
    }

    /// Returns the values file before and after an edit, with made-up images for all that the file names.
    fn made_up(&self, edit: &Edit<'_>) -> Option<(String, String)> {
        let Edit { environment, component, image, .. } = edit;
        let file = &environment.values_file;
        let mut before = edit.before.to_owned();
        for component in self.pipeline.components() {
            let former = Nobodys::Former.image(self.pipeline, environment, component).ok()?;
            before = values_file::name(file, &before, component, &former).ok()?;
        }
        let after = values_file::name(file, &before, component, image).ok()?;
        Some((before, after))
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

impl<'a> Edit<'a> {
    fn wanted(&self) -> Wanted<'a> {
        Wanted { image: self.image, is_pinned: self.component.values.pins() }
    }
}

impl Unfit {
    /// Names the keys of which no image comes.
    fn with_keys(self, component: &Component) -> Self {
        match self {
            Self::NoImage { keys, reaching } if keys.is_empty() => {
                Self::NoImage { keys: component.values.paths().into_iter().cloned().collect(), reaching }
            }
            unfit => unfit,
        }
    }
}

/// Tells whether other values could be rendered.
fn is_of_values(error: &RenderError) -> bool {
    matches!(error, RenderError::Refused { .. } | RenderError::Unreadable { .. })
}
