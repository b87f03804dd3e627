//! Manifests that have been fetched, by their digest: they cannot change.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use embark_core::{Digest, Manifest, Repository};

/// More than one run of a command looks at.
const LIMIT: usize = 64;
/// Larger ones are rare, and are fetched again.
const SIZE_LIMIT: usize = 256 << 10;

/// The newest manifests of each repository that was read.
#[derive(Default)]
pub(crate) struct Kept(Mutex<VecDeque<(Repository, Manifest)>>);

impl Kept {
    pub(crate) fn get(&self, repository: &Repository, digest: &Digest) -> Option<Manifest> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept.iter().find(|(of, manifest)| of == repository && manifest.digest() == digest);
        found.map(|(_, manifest)| manifest.clone())
    }

    pub(crate) fn keep(&self, repository: &Repository, manifest: &Manifest) {
        if manifest.bytes().len() > SIZE_LIMIT || self.get(repository, manifest.digest()).is_some() {
            return;
        }
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() == LIMIT {
            kept.pop_front();
        }
        kept.push_back((repository.clone(), manifest.clone()));
    }
}

#[cfg(test)]
mod tests {
    use embark_core::MediaType;

    use super::*;

    #[test]
    fn the_newest_are_kept() {
        let kept = Kept::default();
        let repository: Repository = "gcr.io/acme/x".parse().unwrap();
        let manifest = |number: usize| Manifest::new(MediaType::OciManifest, number.to_string().into_bytes());
        for number in 0..=LIMIT {
            kept.keep(&repository, &manifest(number));
            kept.keep(&repository, &manifest(number));
        }
        assert_eq!(kept.get(&repository, manifest(0).digest()), None);
        for number in 1..=LIMIT {
            assert_eq!(kept.get(&repository, manifest(number).digest()), Some(manifest(number)));
        }
        let large = Manifest::new(MediaType::OciManifest, vec![b' '; SIZE_LIMIT + 1]);
        kept.keep(&repository, &large);
        assert_eq!(kept.get(&repository, large.digest()), None);
    }
}
