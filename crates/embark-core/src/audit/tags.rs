//! What tags name now, each looked up once.

use std::collections::{BTreeMap, BTreeSet};

use futures::stream::{self, StreamExt as _, TryStreamExt as _};

use crate::digest::Digest;
use crate::error::Error;
use crate::image::{Reference, Repository, Tag};
use crate::systems::Systems;

/// So many tags are looked up at once.
const LOOKS: usize = 16;

/// What a tag names now.
#[derive(Debug, Clone)]
pub(super) enum Look {
    Digest(Digest),
    /// Nothing, or it is in a registry that is not asked: why.
    Gone(String),
}

/// What the tags name now that have been looked up.
#[derive(Debug, Default)]
pub(super) struct Tags(BTreeMap<(Repository, Tag), Look>);

impl Tags {
    /// Returns what a tag names; `None` if it has not been looked up.
    pub(super) fn get(&self, reference: &(Repository, Tag)) -> Option<&Look> {
        self.0.get(reference)
    }

    /// Looks up those that have not been.
    pub(super) async fn look_up(
        &mut self,
        systems: &Systems<'_>,
        references: BTreeSet<(Repository, Tag)>,
    ) -> Result<(), Error> {
        let unknown = references.into_iter().filter(|reference| !self.0.contains_key(reference));
        let (registry, pipeline) = (systems.registry, systems.pipeline);
        let is_configured = |repository: &Repository| {
            let mut images = pipeline.components().iter().flat_map(|one| one.images.values().chain([&one.image]));
            images.any(|image| image == repository)
        };
        let looks = stream::iter(unknown.collect::<Vec<_>>()).map(|(repository, tag)| async move {
            // Whoever edits a values file chooses what registry it names: what that says of a tag is nobody's word.
            if !is_configured(&repository) {
                return Ok(((repository, tag), Look::Gone("whose repository is not configured".into())));
            }
            let look = match registry.resolve(&repository, &Reference::Tag(tag.clone())).await {
                Ok(digest) => Look::Digest(digest),
                Err(error) if error.is_absent() => Look::Gone("which does not exist any more".into()),
                // What it would say is needed: to go on without it would be to accuse, or to let pass.
                Err(error) => return Err(Error::from(error)),
            };
            Ok(((repository, tag), look))
        });
        let found: Vec<_> = looks.buffer_unordered(LOOKS).try_collect().await?;
        self.0.extend(found);
        Ok(())
    }
}
