//! The contract of [`ImageRegistry`].
//!
//! Unless it says otherwise, a case gets a repository that holds `manifest` under the tag `built`, another one under
//! `other`, and nothing else.

use crate::digest::Digest;
use crate::image::{Reference, Repository, Tag};
use crate::manifest::Manifest;
use crate::ports::{FreeTag, ImageRegistry, ImageRegistryExt as _, RegistryError, TagState};
use crate::referrer::Referrer;

fn tag(text: &str) -> Tag {
    text.parse().expect("a tag")
}

async fn free(registry: &dyn ImageRegistry, repository: &Repository, name: &str) -> FreeTag {
    match registry.look(repository, &tag(name)).await.expect("looked") {
        TagState::Free(free) => free,
        TagState::Taken(digest) => panic!("{name} is {digest}"),
    }
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

/// A repository that does not exist is told as such, and its tags are free.
pub async fn tells_a_repository_that_does_not_exist(registry: &dyn ImageRegistry, absent: &Repository) {
    for reference in [Reference::Tag(tag("built")), Reference::Digest(Digest::sha256(b"absent"))] {
        let resolved = registry.resolve(absent, &reference).await;
        assert!(resolved.as_ref().is_err_and(RegistryError::is_absent), "{resolved:?}");
        let fetched = registry.manifest(absent, &reference).await;
        assert!(fetched.as_ref().is_err_and(RegistryError::is_absent), "{fetched:?}");
    }
    let tags = registry.tags(absent).await;
    assert!(tags.as_ref().is_err_and(RegistryError::is_absent), "{tags:?}");
    free(registry, absent, "1.0.0").await;
}

/// The tags are listed, each once; one that is written is among them.
pub async fn lists_the_tags(registry: &dyn ImageRegistry, repository: &Repository, manifest: &Manifest) {
    assert_eq!(registry.tags(repository).await.expect("listed"), [tag("built"), tag("other")]);
    let free = free(registry, repository, "1.0.0").await;
    registry.tag(repository, manifest, &free).await.expect("tagged");
    assert_eq!(registry.tags(repository).await.expect("listed"), [tag("1.0.0"), tag("built"), tag("other")]);
}

/// Nothing refers to an image that was just pushed, nor to what is not there.
pub async fn nothing_refers_to_a_new_image(registry: &dyn ImageRegistry, repository: &Repository, manifest: &Manifest) {
    for digest in [manifest.digest().clone(), Digest::sha256(b"absent")] {
        assert_eq!(registry.referrers(repository, &digest).await.expect("listed"), []);
    }
}

/// What refers to an image is listed. `referrer` refers to `manifest`, and nothing else does.
pub async fn lists_what_refers_to_an_image(
    registry: &dyn ImageRegistry,
    repository: &Repository,
    manifest: &Manifest,
    referrer: &Digest,
) {
    let listed = registry.referrers(repository, manifest.digest()).await.expect("listed");
    assert_eq!(listed.iter().map(Referrer::digest).collect::<Vec<_>>(), [referrer]);
    assert_eq!(listed[0].media_type(), "application/vnd.oci.image.manifest.v1+json");
    assert_eq!(registry.referrers(repository, referrer).await.expect("listed"), []);
}

/// Referrers are listed with the kinds that they are of, so that a caller can pick those of a kind. Each of `kinds` is
/// the only referrer of `manifest` of its kind, and there are others.
pub async fn tells_referrers_apart_by_kind(
    registry: &dyn ImageRegistry,
    repository: &Repository,
    manifest: &Manifest,
    kinds: &[(Digest, String)],
) {
    let listed = registry.referrers(repository, manifest.digest()).await.expect("listed");
    assert!(listed.len() > 1 && !kinds.is_empty(), "there is something to tell apart: {listed:?}");
    let of_kind = |kind: &str| -> Vec<&Digest> {
        listed.iter().filter(|referrer| referrer.artifact_type() == Some(kind)).map(Referrer::digest).collect()
    };
    for (digest, kind) in kinds {
        assert_eq!(of_kind(kind), [digest], "{kind} in {listed:?}");
    }
    assert!(of_kind("application/vnd.acme.of-which-there-is-none").is_empty(), "{listed:?}");
}

/// A free tag gets the very bytes.
pub async fn tags_the_very_bytes(registry: &dyn ImageRegistry, repository: &Repository, manifest: &Manifest) {
    let free = free(registry, repository, "1.0.0").await;
    registry.tag(repository, manifest, &free).await.expect("tagged");
    let tagged = registry.manifest(repository, &tag("1.0.0").into()).await.expect("fetched");
    assert_eq!(tagged.bytes(), manifest.bytes());
    assert_eq!(tagged.media_type(), manifest.media_type());
    let state = registry.look(repository, &tag("1.0.0")).await.expect("looked");
    assert_eq!(state, TagState::Taken(manifest.digest().clone()));
}

/// Tagging a second time with the same digest is a success, and the other tags stay.
pub async fn tags_again_what_is_tagged(registry: &dyn ImageRegistry, repository: &Repository, manifest: &Manifest) {
    let other = registry.resolve(repository, &tag("other").into()).await.expect("resolved");
    let free = free(registry, repository, "1.0.1").await;
    registry.tag(repository, manifest, &free).await.expect("tagged");
    registry.tag(repository, manifest, &free).await.expect("tagged again");
    let built = registry.resolve(repository, &tag("built").into()).await.expect("resolved");
    assert_eq!(&built, manifest.digest());
    assert_eq!(registry.resolve(repository, &tag("other").into()).await.expect("resolved"), other);
    assert_ne!(built, other);
}

/// A tag that another digest has taken since it was seen free is left alone. Not every registry can tell.
pub async fn leaves_alone_what_was_taken(registry: &dyn ImageRegistry, repository: &Repository, manifest: &Manifest) {
    let other = registry.manifest(repository, &tag("other").into()).await.expect("fetched");
    let free = free(registry, repository, "2.0.0").await;
    registry.tag(repository, &other, &free).await.expect("tagged");
    let refused = registry.tag(repository, manifest, &free).await;
    let Err(RegistryError::TagTaken { existing, wanted, .. }) = refused else { panic!("{refused:?}") };
    assert_eq!((&existing, &wanted), (other.digest(), manifest.digest()));
    assert_eq!(&registry.resolve(repository, &tag("2.0.0").into()).await.expect("resolved"), other.digest());
}

/// Tagging in another repository copies what the manifest refers to: the children of an index are there too.
///
/// `target` is another repository, which is empty or not there: the first tag makes it.
pub async fn copies_to_another_repository(
    registry: &dyn ImageRegistry,
    source: &Repository,
    target: &Repository,
    manifest: &Manifest,
) {
    let free = free(registry, target, "1.0.0").await;
    registry.tag(source, manifest, &free).await.expect("copied");
    let copy = registry.manifest(target, &tag("1.0.0").into()).await.expect("fetched");
    assert_eq!(copy.bytes(), manifest.bytes());
    assert_eq!(copy.media_type(), manifest.media_type());
    for child in children(manifest) {
        let reference = Reference::Digest(child);
        let original = registry.manifest(source, &reference).await.expect("fetched");
        let copied = registry.manifest(target, &reference).await.expect("fetched");
        assert_eq!(copied.bytes(), original.bytes());
        assert_eq!(copied.media_type(), original.media_type());
    }
    registry.tag(source, manifest, &free).await.expect("copied again");
}

/// What refers to an image is copied, listed there, and copied again. `referrer` refers to `manifest`.
///
/// `target` is another repository, which is empty or not there.
pub async fn copies_what_refers_to_an_image(
    registry: &dyn ImageRegistry,
    source: &Repository,
    target: &Repository,
    manifest: &Manifest,
    referrer: &Digest,
) {
    for _ in 0..2 {
        registry.copy_referrer(source, manifest.digest(), referrer, target).await.expect("copied");
        lists_what_refers_to_an_image(registry, target, manifest, referrer).await;
    }
    let reference = Reference::Digest(referrer.clone());
    let original = registry.manifest(source, &reference).await.expect("fetched");
    let copied = registry.manifest(target, &reference).await.expect("fetched");
    assert_eq!((copied.bytes(), copied.media_type()), (original.bytes(), original.media_type()));
}

/// What does not refer to an image is not copied as if it did.
pub async fn copies_nothing_that_refers_to_something_else(
    registry: &dyn ImageRegistry,
    repository: &Repository,
    target: &Repository,
    manifest: &Manifest,
) {
    let other = Digest::sha256(b"other");
    let refused = registry.copy_referrer(repository, &other, manifest.digest(), target).await;
    assert!(matches!(refused, Err(RegistryError::Malformed { .. })), "{refused:?}");
    let copied = registry.manifest(target, &manifest.digest().clone().into()).await;
    assert!(copied.as_ref().is_err_and(RegistryError::is_absent), "{copied:?}");
}

/// Returns the digests that an index lists; none for a manifest.
fn children(manifest: &Manifest) -> Vec<Digest> {
    if !manifest.media_type().is_index() {
        return Vec::new();
    }
    let index: serde_json::Value = serde_json::from_slice(manifest.bytes()).expect("an index is JSON");
    let listed = index["manifests"].as_array().expect("an index lists manifests").iter();
    listed.map(|child| child["digest"].as_str().and_then(|text| text.parse().ok()).expect("a digest")).collect()
}

/// Bytes that are not what their digest says are no manifest. What `reference` names is so.
pub async fn tells_bytes_that_lie(registry: &dyn ImageRegistry, repository: &Repository, reference: &Reference) {
    let fetched = registry.manifest(repository, reference).await;
    assert!(matches!(fetched, Err(RegistryError::Malformed { .. })), "{fetched:?}");
}

/// A write that was answered with another digest is told as such. The registry answers the next write so.
pub async fn tells_that_it_wrote_another(
    registry: &dyn ImageRegistry,
    repository: &Repository,
    manifest: &Manifest,
    free: &FreeTag,
) {
    let written = registry.tag(repository, manifest, free).await;
    let Err(RegistryError::WroteOther { wrote, found, .. }) = written else { panic!("{written:?}") };
    assert_eq!(&wrote, manifest.digest());
    assert_ne!(found, wrote);
}

/// A registry that cannot be reached is told as such, never as one without the tag. The one given cannot.
pub async fn tells_that_it_cannot_be_reached(registry: &dyn ImageRegistry, repository: &Repository) {
    let resolved = registry.resolve(repository, &tag("built").into()).await;
    assert!(matches!(resolved, Err(RegistryError::Unavailable { .. })), "{resolved:?}");
    let fetched = registry.manifest(repository, &tag("built").into()).await;
    assert!(matches!(fetched, Err(RegistryError::Unavailable { .. })), "{fetched:?}");
    let looked = registry.look(repository, &tag("built")).await;
    assert!(matches!(looked, Err(RegistryError::Unavailable { .. })), "{looked:?}");
    let tags = registry.tags(repository).await;
    assert!(matches!(tags, Err(RegistryError::Unavailable { .. })), "{tags:?}");
    let referrers = registry.referrers(repository, &Digest::sha256(b"absent")).await;
    assert!(matches!(referrers, Err(RegistryError::Unavailable { .. })), "{referrers:?}");
}

/// Missing credentials are told as such. The registry given demands some that it is not given.
pub async fn tells_that_credentials_are_missing(registry: &dyn ImageRegistry, repository: &Repository) {
    let resolved = registry.resolve(repository, &tag("built").into()).await;
    assert!(matches!(resolved, Err(RegistryError::Unauthorized { .. })), "{resolved:?}");
    let fetched = registry.manifest(repository, &tag("built").into()).await;
    assert!(matches!(fetched, Err(RegistryError::Unauthorized { .. })), "{fetched:?}");
}
