//! The contract of [`ImageRegistry`].
//!
//! Each case gets a repository that holds `manifest` under the tag `built`, and nothing else.

use crate::digest::Digest;
use crate::image::{Reference, Repository, Tag};
use crate::manifest::Manifest;
use crate::ports::{ImageRegistry, ImageRegistryExt as _, RegistryError, TagState};

fn tag(text: &str) -> Tag {
    text.parse().expect("a tag")
}

/// A tag resolves to the digest of the bytes that it names, and so does that digest.
pub async fn resolves_to_the_digest_of_the_bytes(
    registry: &dyn ImageRegistry,
    repository: &Repository,
    manifest: &Manifest,
) {
    let by_tag = registry.resolve(repository, &tag("built").into()).await.expect("resolved");
    assert_eq!(&by_tag, manifest.digest());
    let by_digest = registry.resolve(repository, &by_tag.clone().into()).await.expect("resolved");
    assert_eq!(by_digest, by_tag);
}

/// The bytes and the media type come back as they are.
pub async fn fetches_the_very_bytes(registry: &dyn ImageRegistry, repository: &Repository, manifest: &Manifest) {
    for reference in [Reference::Tag(tag("built")), Reference::Digest(manifest.digest().clone())] {
        let fetched = registry.manifest(repository, &reference).await.expect("fetched");
        assert_eq!(fetched.bytes(), manifest.bytes());
        assert_eq!(fetched.media_type(), manifest.media_type());
    }
}

/// What does not exist is told as such, by `resolve` and by `manifest`.
pub async fn tells_what_does_not_exist(registry: &dyn ImageRegistry, repository: &Repository, _manifest: &Manifest) {
    for reference in [Reference::Tag(tag("absent")), Reference::Digest(Digest::sha256(b"absent"))] {
        let resolved = registry.resolve(repository, &reference).await;
        assert!(matches!(resolved, Err(RegistryError::NotFound { .. })), "{resolved:?}");
        let fetched = registry.manifest(repository, &reference).await;
        assert!(matches!(fetched, Err(RegistryError::NotFound { .. })), "{fetched:?}");
    }
}

/// A free tag gets the very bytes.
pub async fn tags_the_very_bytes(registry: &dyn ImageRegistry, repository: &Repository, manifest: &Manifest) {
    let TagState::Free(free) = registry.look(repository, &tag("1.0.0")).await.expect("looked") else {
        panic!("1.0.0 is taken");
    };
    registry.tag(repository, manifest, &free).await.expect("tagged");
    let tagged = registry.manifest(repository, &tag("1.0.0").into()).await.expect("fetched");
    assert_eq!(tagged.bytes(), manifest.bytes());
    assert_eq!(tagged.media_type(), manifest.media_type());
    assert_eq!(
        registry.look(repository, &tag("1.0.0")).await.expect("looked"),
        TagState::Taken(manifest.digest().clone())
    );
}

/// Tagging a second time with the same digest is a success, and the first tag stays.
pub async fn tags_again_what_is_tagged(registry: &dyn ImageRegistry, repository: &Repository, manifest: &Manifest) {
    let TagState::Free(free) = registry.look(repository, &tag("1.0.1")).await.expect("looked") else {
        panic!("1.0.1 is taken");
    };
    registry.tag(repository, manifest, &free).await.expect("tagged");
    registry.tag(repository, manifest, &free).await.expect("tagged again");
    let built = registry.resolve(repository, &tag("built").into()).await.expect("resolved");
    assert_eq!(&built, manifest.digest());
}
