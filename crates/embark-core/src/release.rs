//! *release*: give built images their version tag, and create the deployments.

use std::collections::BTreeMap;

use futures::future::{join_all, try_join_all};

use crate::commit::{Commit, Revision};
use crate::deployment::{Deployment, NewStatus, State};
use crate::git_record::GitRecord;
use crate::image::{Image, ImageReference, Reference, Repository, Tag};
use crate::lane::{History, Lane};
use crate::manifest::Manifest;
use crate::name::{ComponentName, EnvironmentName, Target};
use crate::new_deployment::Run;
use crate::pipeline::{Component, Environment};
use crate::ports::{Ancestry, FreeTag, ImageRegistryExt as _, RegistryError, TagState};
use crate::record::Kind;
use crate::refusal::Refusal;
use crate::systems::{Error, Item, ItemOutcome, Systems};
use crate::values_file::{self, NamedImage};

/// What to release.
#[derive(Debug, Clone)]
pub struct ReleaseRequest {
    /// The environment: one that promotes from no other.
    pub environment: EnvironmentName,
    /// The application's commit, which becomes the version tag.
    pub commit: Commit,
    /// The components; all of them if none is named.
    pub components: Vec<ComponentName>,
    /// Built images that are not under their version tag yet.
    pub images: BTreeMap<ComponentName, ImageReference>,
    /// Whether to create deployments for images that have not changed, too.
    pub all: bool,
    /// Whether to stop after the decision.
    pub dry_run: bool,
}

/// Releases images to an environment. Nothing is written if one component is refused.
///
/// # Errors
/// [`Error`] if a system failed; what a rule refuses is an [`Item`].
pub async fn release(systems: &Systems<'_>, request: &ReleaseRequest) -> Result<Vec<Item>, Error> {
    let environment = systems.environment(&request.environment)?;
    let components = systems.components(&request.components)?;
    if let Some(name) = request.images.keys().find(|name| systems.pipeline.component(name).is_none()) {
        return Err(Error::UnknownComponent(name.clone()));
    }
    if let Some(from) = &environment.promotes_from {
        let refusal = Refusal::NoWayAround { environment: environment.name.clone(), from: from.clone() };
        let refuse =
            |component: &&Component| Item::refused(&Target::new(&environment.name, &component.name), refusal.clone());
        return Ok(components.iter().map(refuse).collect());
    }
    let observed = observe(systems, request, environment, &components).await?;
    let mut plans: Vec<Plan> = observed.components.into_iter().map(|seen| decide(request, seen)).collect();
    let images: Vec<Option<Image>> =
        plans.iter().map(|plan| plan.verdict.as_ref().ok().map(|step| step.image.clone())).collect();
    for (plan, clash) in plans.iter_mut().zip(clashes(&images)) {
        if let Some(refusal) = clash {
            plan.verdict = Err(refusal);
        }
    }
    if let Some(refused) = plans.iter().find(|plan| plan.is_refused()) {
        let sibling = refused.target.component.clone();
        return Ok(plans.into_iter().map(|plan| plan.into_refused_item(&sibling)).collect());
    }
    if request.dry_run {
        return Ok(plans.into_iter().map(Plan::into_planned_item).collect());
    }
    apply(systems, request, environment, &observed.tip, plans).await
}

struct Observed {
    tip: Revision,
    components: Vec<Seen>,
}

/// What was seen of one component.
struct Seen {
    target: Target,
    /// The repository whose images the environment runs.
    repository: Repository,
    /// Where the built image is.
    source: ImageReference,
    /// The built image, `None` if it is missing. Its bytes are hashed: what a registry says of them is no evidence.
    manifest: Option<Manifest>,
    tag: Tag,
    tag_state: TagState,
    /// The lanes of all environments, for what they recorded under this tag.
    lanes: Vec<Lane>,
    lane: Lane,
    history: History,
    /// What the values file names.
    named: NamedImage,
    /// Whether git bears out that the newest ran, where it did with the built image.
    is_borne_out: bool,
}

impl Seen {
    /// Returns the newest deployment, if it ran with the very image that was built.
    fn unchanged(&self) -> Option<&Deployment> {
        let built = self.manifest.as_ref()?.digest();
        let newest = self.lane.newest(&self.history)?;
        Some(newest).filter(|newest| newest.ran() && newest.is_live() && &newest.record.image.digest == built)
    }
}

async fn observe(
    systems: &Systems<'_>,
    request: &ReleaseRequest,
    environment: &Environment,
    components: &[&Component],
) -> Result<Observed, Error> {
    let file = &environment.values_file;
    let snapshot = systems.repository.read(vec![file.clone()]).await?;
    let document = values_file::parse(file, snapshot.files.get(file).and_then(Option::as_deref))?;
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
    Ok(Observed { tip: snapshot.tip, components })
}

/// What is to be done for one component.
struct Plan {
    target: Target,
    repository: Repository,
    source: ImageReference,
    verdict: Result<Step, Refusal>,
    tag: Tag,
}

struct Step {
    image: Image,
    manifest: Manifest,
    /// The version tag, if it is still to be written.
    free: Option<FreeTag>,
    deployment: Wish,
}

enum Wish {
    /// Create one, and say what could not be told.
    Create(Option<String>),
    /// This one is it.
    Is(Box<Deployment>, String),
    /// The environment has a newer one.
    Superseded(Box<Deployment>),
}

fn decide(request: &ReleaseRequest, seen: Seen) -> Plan {
    let verdict = step(request, &seen);
    Plan { target: seen.target, repository: seen.repository, source: seen.source, verdict, tag: seen.tag }
}

fn step(request: &ReleaseRequest, seen: &Seen) -> Result<Step, Refusal> {
    let manifest = seen.manifest.as_ref().ok_or_else(|| Refusal::ImageMissing(seen.source.clone()))?;
    let digest = manifest.digest().clone();
    let image = Image { repository: seen.repository.clone(), tag: seen.tag.clone(), digest };
    refuse_another_digest(&image, &seen.tag_state, &seen.lanes)?;
    let free = match &seen.tag_state {
        TagState::Free(free) => Some(free.clone()),
        TagState::Taken(_) => None,
    };
    let deployment = wish(request, seen, &image);
    Ok(Step { image, manifest: manifest.clone(), free, deployment })
}

/// A (repository, tag) has one digest for ever: by what the registry says, and by every record.
pub(crate) fn refuse_another_digest(image: &Image, state: &TagState, lanes: &[Lane]) -> Result<(), Refusal> {
    let recorded = lanes
        .iter()
        .flat_map(Lane::deployments)
        .filter(|deployment| deployment.ran() || deployment.is_pending())
        .map(|deployment| &deployment.record.image)
        .filter(|recorded| recorded.repository == image.repository && recorded.tag == image.tag)
        .map(|recorded| &recorded.digest);
    let in_registry = match state {
        TagState::Taken(digest) => Some(digest),
        TagState::Free(_) => None,
    };
    match recorded.chain(in_registry).find(|digest| **digest != image.digest) {
        Some(existing) => Err(Refusal::TagTaken {
            repository: image.repository.clone(),
            tag: image.tag.clone(),
            existing: existing.clone(),
            wanted: image.digest.clone(),
        }),
        None => Ok(()),
    }
}

/// Two components of one repository cannot give one tag to two images; returns the refusal of each later one.
pub(crate) fn clashes(images: &[Option<Image>]) -> Vec<Option<Refusal>> {
    let clash = |at: usize| {
        let image = images[at].as_ref()?;
        let same_tag = |other: &&Image| other.repository == image.repository && other.tag == image.tag;
        let other = images[..at].iter().flatten().filter(same_tag).find(|other| other.digest != image.digest)?;
        Some(Refusal::TagTaken {
            repository: image.repository.clone(),
            tag: image.tag.clone(),
            existing: other.digest.clone(),
            wanted: image.digest.clone(),
        })
    };
    (0..images.len()).map(clash).collect()
}

fn wish(request: &ReleaseRequest, seen: &Seen, image: &Image) -> Wish {
    let Some(newest) = seen.lane.newest(&seen.history).filter(|newest| newest.is_live()) else {
        return Wish::Create(None);
    };
    let is_older = newest.record.commit.as_ref().is_some_and(|commit| {
        commit != &request.commit && seen.history.is_ancestor(&request.commit, commit) == Ancestry::Yes
    });
    if is_older && newest.record.kind == Kind::Release {
        return Wish::Superseded(Box::new(newest.clone()));
    }
    // What ran and is no longer in the file was edited away by hand, and what git no longer bears out was rewritten: a
    // new deployment mends both.
    let stands = newest.is_pending() || seen.named.is(&newest.record.image) && seen.is_borne_out;
    let same_image = newest.record.image == *image;
    let same_digest = newest.record.image.digest == image.digest;
    let unchanged = || match &seen.tag_state {
        TagState::Free(free) => format!("the image has not changed; {} is a new tag of it", free.tag()),
        TagState::Taken(_) => "the image has not changed".to_owned(),
    };
    match (stands, same_image, same_digest) {
        (true, true, _) => Wish::Is(Box::new(newest.clone()), "it has this deployment already".into()),
        (true, false, true) if !request.all => Wish::Is(Box::new(newest.clone()), unchanged()),
        _ => Wish::Create(seen.history.by_number_alone(newest, &request.commit)),
    }
}

impl Plan {
    fn is_refused(&self) -> bool {
        self.verdict.is_err()
    }

    /// Makes the item of a run that is refused, because of this component or of `sibling`.
    fn into_refused_item(self, sibling: &ComponentName) -> Item {
        match self.verdict {
            Err(refusal) => {
                let item = Item::refused(&self.target, refusal);
                Item { repository: Some(self.repository), tag: Some(self.tag), ..item }
            }
            Ok(step) => Item::refused(&self.target, Refusal::Sibling(sibling.clone())).image(&step.image),
        }
    }

    fn into_planned_item(self) -> Item {
        let sibling = self.target.component.clone();
        match self.verdict {
            Ok(Step { image, deployment: Wish::Create(unknown), .. }) => {
                Item { reason: unknown, ..Item::new(&self.target, ItemOutcome::Planned).image(&image) }
            }
            Ok(Step { image, free: Some(_), deployment: wish, .. }) => {
                wish.into_item(&self.target, &image, ItemOutcome::Planned)
            }
            Ok(Step { image, free: None, deployment: wish, .. }) => {
                wish.into_item(&self.target, &image, ItemOutcome::Unchanged)
            }
            Err(_) => self.into_refused_item(&sibling),
        }
    }
}

impl Wish {
    /// Makes the item of a component for which no deployment is created.
    fn into_item(self, target: &Target, image: &Image, outcome: ItemOutcome) -> Item {
        match self {
            Self::Create(unknown) => Item { reason: unknown, ..Item::new(target, outcome).image(image) },
            Self::Is(deployment, reason) => Item::of(&deployment, outcome).because(reason),
            Self::Superseded(newer) => Item::new(target, outcome)
                .image(image)
                .in_state(State::Inactive)
                .because(format!("{} has {} of a newer commit", target.environment, newer.record.image.tag)),
        }
    }
}

async fn apply(
    systems: &Systems<'_>,
    request: &ReleaseRequest,
    environment: &Environment,
    tip: &Revision,
    plans: Vec<Plan>,
) -> Result<Vec<Item>, Error> {
    let steps = plans.into_iter().filter_map(|plan| Some((plan.target, plan.source, plan.verdict.ok()?)));
    let steps: Vec<(Target, ImageReference, Step)> = steps.collect();
    let tags =
        steps.iter().filter_map(|(_, source, step)| Some((&source.repository, &step.manifest, step.free.as_ref()?)));
    let written = tags.map(|(source, manifest, free)| systems.registry.tag(source, manifest, free));
    join_all(written).await.into_iter().collect::<Result<Vec<()>, _>>()?;
    let run = Run::new(systems, tip);
    let created = steps.iter().filter(|(_, _, step)| matches!(step.deployment, Wish::Create(_)));
    let new: Vec<_> = created.map(|(target, _, step)| run.release(target, &step.image, &request.commit)).collect();
    let created = if new.is_empty() { Vec::new() } else { systems.platform.create(new).await? };
    let mut created = look_again(systems, created).await?;
    Ok(steps
        .into_iter()
        .map(|(target, _, step)| match step.deployment {
            Wish::Create(unknown) => match created.iter().position(|item| item.target == target) {
                Some(at) => {
                    let item = created.swap_remove(at);
                    Item { reason: item.reason.or(unknown), ..item }
                }
                None => Wish::Create(unknown).into_item(&target, &step.image, ItemOutcome::Done),
            },
            wish => {
                let outcome = if step.free.is_some() { ItemOutcome::Done } else { ItemOutcome::Unchanged };
                wish.into_item(&Target::new(&environment.name, &target.component), &step.image, outcome)
            }
        })
        .collect())
}

/// Closes what was created, if a newer deployment is there by now: of two that look first and create then, one would
/// else end below the other.
pub(crate) async fn look_again(systems: &Systems<'_>, created: Vec<Deployment>) -> Result<Vec<Item>, Error> {
    if created.is_empty() {
        return Ok(Vec::new());
    }
    let targets = created.iter().map(|deployment| deployment.record.target.clone()).collect();
    let lanes = systems.lanes(targets).await?;
    let mut items = Vec::new();
    let mut closed = Vec::new();
    for deployment in created {
        let lane = lanes.get(&deployment.record.target).cloned().unwrap_or_default();
        let mut history = History::default();
        history.ask(systems.application, lane.questions(None)).await?;
        let newer = lane.newest(&history).filter(|newest| newest.record.id != deployment.record.id);
        let item = Item::of(&deployment, ItemOutcome::Done);
        items.push(match newer {
            Some(newer) if deployment.is_pending() => {
                let reason = format!("superseded by {} of {}", newer.record.id, newer.record.image.tag);
                closed.push((deployment.key(), NewStatus::new(State::Inactive, &reason)));
                Item { outcome: ItemOutcome::Unchanged, ..item }.in_state(State::Inactive).because(reason)
            }
            _ => item,
        });
    }
    if !closed.is_empty() {
        systems.platform.append(closed).await?;
    }
    Ok(items)
}
