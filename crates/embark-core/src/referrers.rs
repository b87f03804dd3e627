//! What refers to an image comes along to another repository, before the version tag is written there.

use std::collections::BTreeSet;

use crate::digest::Digest;
use crate::image::Repository;
use crate::manifest::Manifest;
use crate::name::ComponentName;
use crate::pipeline::Pipeline;
use crate::ports::{FreeTag, ImageRegistry, RegistryError};
use crate::referrer::Referrer;

/// A signature of an SBOM of an image is the second; deeper ones than these are left behind.
const DEPTH: usize = 4;

/// Writes a version tag. Where the component wishes it, what refers to the image is there first.
pub(crate) async fn tag(
    registry: &dyn ImageRegistry,
    pipeline: &Pipeline,
    component: &ComponentName,
    source: &Repository,
    (manifest, free): (&Manifest, &FreeTag),
) -> Result<(), RegistryError> {
    let wishes = pipeline.component(component).is_some_and(|component| component.copy_referrers);
    if wishes && source != free.repository() {
        copy(registry, source, free.repository(), manifest.digest()).await?;
    }
    registry.tag(source, manifest, free).await
}

/// Copies what refers to `subject`, and what refers to that. What is there already costs no write.
async fn copy(
    registry: &dyn ImageRegistry,
    source: &Repository,
    target: &Repository,
    subject: &Digest,
) -> Result<(), RegistryError> {
    let mut seen = BTreeSet::new();
    let mut subjects = vec![subject.clone()];
    for _ in 0..DEPTH {
        let mut next = Vec::new();
        for subject in subjects {
            let referrers = registry.referrers(source, &subject).await?;
            if referrers.is_empty() {
                continue;
            }
            let there = match registry.referrers(target, &subject).await {
                Err(error) if error.is_absent() => Vec::new(),
                listed => listed?,
            };
            for referrer in referrers.iter().map(Referrer::digest) {
                if !there.iter().any(|known| known.digest() == referrer) {
                    registry.copy_referrer(source, &subject, referrer, target).await?;
                }
                if seen.insert(referrer.clone()) {
                    next.push(referrer.clone());
                }
            }
        }
        subjects = next;
    }
    Ok(())
}
