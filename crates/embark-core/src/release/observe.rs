//! What a release looks at.

use futures::future::try_join_all;

use super::ReleaseRequest;
use crate::commit::Revision;
use crate::deployment::Deployment;
use crate::error::Error;
use crate::git_record::GitRecord;
use crate::image::{ImageReference, Reference, Repository, Tag};
use crate::lane::{History, Lane};
use crate::manifest::Manifest;
use crate::name::Target;
use crate::pipeline::{Component, Environment};
use crate::ports::{ImageRegistryExt as _, RegistryError, TagState};
use crate::systems::Systems;
use crate::values_file::{self, NamedImage};

pub(super) struct Observed {
    pub(super) tip: Revision,
    pub(super) components: Vec<Seen>,
    /// The environment's values file.
    pub(super) values: String,
}

/// What was seen of one component.
pub(super) struct Seen {
    pub(super) target: Target,
    /// The repository whose images the environment runs.
    pub(super) repository: Repository,
    /// Where the built image is.
    pub(super) source: ImageReference,
    /// The built image, `None` if it is missing. Its bytes are hashed: what a registry says of them is no evidence.
    pub(super) manifest: Option<Manifest>,
    pub(super) tag: Tag,
    pub(super) tag_state: TagState,
    /// The lanes of all environments, for what they recorded under this tag.
    pub(super) lanes: Vec<Lane>,
    pub(super) lane: Lane,
    pub(super) history: History,
    /// What the values file names.
    pub(super) named: NamedImage,
    /// Whether git bears out that the newest ran, where it did with the built image.
    pub(super) is_borne_out: bool,
}

impl Seen {
    /// Returns the newest deployment, if it ran with the very image that was built.
    fn unchanged(&self) -> Option<&Deployment> {
        let built = self.manifest.as_ref()?.digest();
        let newest = self.lane.newest(&self.history)?;
        Some(newest).filter(|newest| newest.ran() && newest.is_live() && &newest.record.image.digest == built)
    }
}

pub(super) async fn observe(
    systems: &Systems<'_>,
    request: &ReleaseRequest,
    environment: &Environment,
    components: &[&Component],
) -> Result<Observed, Error> {
    let file = &environment.values_file;
    let snapshot = systems.repository.read(vec![file.clone()]).await?;
    let document = values_file::parse(file, snapshot.file(file))?;
    let targets = components.iter().flat_map(|component| {
        systems.pipeline.environments().iter().map(|other| Target::new(&other.name, &component.name))
    });
    let lanes = systems.lanes(targets.collect()).await?;
    let seen = components.iter().map(|component| async {
        let target = Target::new(&environment.name, &component.name);
        let tag: Tag = request.commit.as_str().parse()?;
        let repository = component.repository(&environment.name);
        let source = request.images.get(&component.name).cloned().unwrap_or_else(|| ImageReference {
            repository: component.image.clone(),
            reference: Reference::Tag(tag.clone()),
        });
        let manifest = match systems.registry.manifest(&source.repository, &source.reference).await {
            Ok(manifest) => Some(manifest),
            Err(RegistryError::NotFound { .. }) => None,
            // That the repository itself is not there is a mistake in the configuration, and no missing build.
            Err(error) => return Err(error.into()),
        };
        let tag_state = match &manifest {
            Some(built) if &source.repository == repository && source.reference == tag.clone().into() => {
                TagState::Taken(built.digest().clone())
            }
            _ => systems.registry.look(repository, &tag).await?,
        };
        let lane = lanes.get(&target).cloned().unwrap_or_default();
        let mut history = History::default();
        history.ask(systems.application, lane.questions(Some(&request.commit))).await?;
        let named = values_file::named(file, &document, component)?;
        let of_component = lanes.iter().filter(|(other, _)| other.component == component.name);
        let lanes = of_component.map(|(_, lane)| lane.clone()).collect();
        let repository = repository.clone();
        let is_borne_out = true;
        Ok::<_, Error>(Seen {
            target,
            repository,
            source,
            manifest,
            tag,
            tag_state,
            lanes,
            lane,
            history,
            named,
            is_borne_out,
        })
    });
    let mut components = try_join_all(seen).await?;
    // Only what would be left as it is need be asked for.
    let git = GitRecord::read(systems, components.iter().filter_map(Seen::unchanged)).await?;
    for seen in &mut components {
        seen.is_borne_out = seen.unchanged().is_none_or(|newest| git.agrees(newest).is_ok());
    }
    let values = values_file::text(file, snapshot.file(file))?.to_owned();
    Ok(Observed { tip: snapshot.tip, components, values })
}
