//! A tag of a repository has one digest for ever.

use crate::digest::Digest;
use crate::image::Image;
use crate::lane::Lane;
use crate::ports::TagState;
use crate::refusal::Refusal;

/// Refuses an image whose tag has another digest, by what the registry says or by a record.
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
        Some(existing) => Err(taken(image, existing)),
        None => Ok(()),
    }
}

/// Refuses each later one of two components of one repository that would give one tag to two images.
pub(crate) fn refuse_clashes<'a, S: 'a>(
    verdicts: impl IntoIterator<Item = &'a mut Result<S, Refusal>>,
    image: impl Fn(&S) -> &Image,
) {
    let mut images: Vec<Image> = Vec::new();
    for verdict in verdicts {
        let Ok(step) = verdict else { continue };
        let image = image(step).clone();
        let same_tag = |other: &&Image| other.repository == image.repository && other.tag == image.tag;
        match images.iter().filter(same_tag).find(|other| other.digest != image.digest) {
            Some(other) => *verdict = Err(taken(&image, &other.digest)),
            None => images.push(image),
        }
    }
}

fn taken(image: &Image, existing: &Digest) -> Refusal {
    Refusal::TagTaken {
        repository: image.repository.clone(),
        tag: image.tag.clone(),
        existing: existing.clone(),
        wanted: image.digest.clone(),
    }
}
