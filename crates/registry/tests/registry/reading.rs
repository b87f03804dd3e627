//! What resolving and fetching cost, and what they make of each answer.

use std::time::Duration;

use embark_core::ports::{ImageRegistry as _, ImageRegistryExt as _, RegistryError, TagState};
use embark_core::{Algorithm, Digest, MediaType};
use wiremock::ResponseTemplate;

use crate::support::{Fake, Image, anonymous, by_tag, error, of, tag};

const OCI: &str = "application/vnd.oci.image.manifest.v1+json";

/// Makes a registry that holds an image under `built`.
async fn with_image() -> (Fake, Image) {
    let (fake, image) = (Fake::start().await, Image::single("image"));
    fake.push("acme/x", "built", &image);
    (fake, image)
}

async fn resolved(fake: &Fake) -> Result<Digest, RegistryError> {
    anonymous().resolve(&fake.repository("acme/x"), &by_tag("built")).await
}

async fn fetched(fake: &Fake) -> Result<embark_core::Manifest, RegistryError> {
    anonymous().manifest(&fake.repository("acme/x"), &by_tag("built")).await
}

#[track_caller]
fn assert_malformed<T: std::fmt::Debug>(result: Result<T, RegistryError>, words: &str) {
    match result {
        Err(RegistryError::Malformed { reason, .. }) => assert!(reason.contains(words), "{reason}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn resolving_is_one_head_that_accepts_all_four_media_types_in_one_header() {
    let (fake, image) = with_image().await;
    assert_eq!(resolved(&fake).await.unwrap(), *image.digest());
    let log = fake.take_log();
    assert_eq!(log.len(), 1, "{log:?}");
    assert_eq!(log[0].line, "HEAD manifests/built");
    let accept = log[0].headers("accept");
    assert_eq!(accept.len(), 1, "{accept:?}");
    for media_type in MediaType::ALL {
        assert!(accept[0].split(", ").any(|accepted| accepted == media_type.as_str()), "{accept:?}");
    }
}

#[tokio::test]
async fn a_get_follows_only_where_a_head_does_not_tell_the_digest() {
    let (fake, image) = with_image().await;
    fake.states_no_digest();
    assert_eq!(resolved(&fake).await.unwrap(), *image.digest());
    assert_eq!(fake.take_lines(), ["HEAD manifests/built", "GET manifests/built"]);
}

/// A GET costs where a HEAD does not, and a registry that asks for fewer requests gets no more.
#[tokio::test]
async fn no_get_follows_a_head_that_failed() {
    for status in [400, 403, 404, 406, 418, 429, 500] {
        let (fake, _) = with_image().await;
        fake.fails(move |_| Some(ResponseTemplate::new(status).insert_header("Retry-After", "60")));
        resolved(&fake).await.unwrap_err();
        assert_eq!(fake.take_lines(), ["HEAD manifests/built"], "{status}");
    }
}

#[tokio::test]
async fn a_digest_that_is_none_is_told() {
    let (fake, _) = with_image().await;
    fake.fails(|_| Some(ResponseTemplate::new(200).insert_header("Docker-Content-Digest", "not a digest")));
    assert_malformed(resolved(&fake).await, "not a digest");
}

#[tokio::test]
async fn a_digest_resolves_to_itself_or_not_at_all() {
    let (fake, image) = with_image().await;
    let another = Digest::sha256(b"another");
    let stated = another.to_string();
    fake.fails(move |_| Some(ResponseTemplate::new(200).insert_header("Docker-Content-Digest", stated.as_str())));
    let resolved = anonymous().resolve(&fake.repository("acme/x"), &image.digest().clone().into()).await;
    assert_malformed(resolved, another.as_str());
}

/// Whoever looks whether a tag is free decides by it; so the bytes are fetched, and not only looked for.
#[tokio::test]
async fn a_look_at_a_tag_is_held_against_its_bytes() {
    let (fake, image) = with_image().await;
    let (registry, repository) = (anonymous(), fake.repository("acme/x"));
    assert_eq!(registry.look(&repository, &tag("built")).await.unwrap(), TagState::Taken(image.digest().clone()));
    assert_eq!(fake.take_lines(), ["HEAD manifests/built", "GET manifests/built"]);
    assert!(matches!(registry.look(&repository, &tag("1.0.0")).await.unwrap(), TagState::Free(_)));
    assert_eq!(fake.take_lines(), ["HEAD manifests/1.0.0"], "a tag that is free has no bytes");

    let another = Digest::sha256(b"another");
    let stated = another.to_string();
    fake.fails(move |request| {
        let head = ResponseTemplate::new(200).insert_header("Docker-Content-Digest", stated.as_str());
        (request.method == "HEAD").then_some(head)
    });
    let looked = registry.look(&repository, &tag("built")).await;
    assert_malformed(looked, &format!("it states {another} for built, whose bytes are {}", image.digest()));
    let looked = registry.look(&repository, &tag("1.0.0")).await;
    assert_malformed(looked, &format!("it states {another} for 1.0.0, and then has no 1.0.0"));
}

#[tokio::test]
async fn a_tag_that_is_said_to_be_another_is_fetched_before_that_is_believed() {
    let (fake, image) = with_image().await;
    let (registry, repository, built) = (anonymous(), fake.repository("acme/x"), tag("built"));
    let another = Digest::sha256(b"another");
    let found = registry.resolve_expected(&repository, &built, image.digest()).await.unwrap();
    assert_eq!((found, fake.take_lines()), (image.digest().clone(), vec!["HEAD manifests/built".to_owned()]));
    let found = registry.resolve_expected(&repository, &built, &another).await.unwrap();
    assert_eq!(&found, image.digest(), "it has moved");
    assert_eq!(fake.take_lines(), ["HEAD manifests/built", "GET manifests/built"]);

    let stated = another.to_string();
    fake.fails(move |request| {
        let head = ResponseTemplate::new(200).insert_header("Docker-Content-Digest", stated.as_str());
        (request.method == "HEAD").then_some(head)
    });
    let found = registry.resolve_expected(&repository, &built, image.digest()).await;
    assert_malformed(found, &format!("it states {another} for built, whose bytes are {}", image.digest()));
}

#[tokio::test]
async fn a_digest_of_the_other_algorithm_is_checked_with_it() {
    let (fake, image) = with_image().await;
    let digest = Digest::of(Algorithm::Sha512, image.manifest.bytes());
    fake.push("acme/x", digest.as_str(), &image);
    let registry = anonymous();
    let reference = digest.clone().into();
    assert_eq!(registry.resolve(&fake.repository("acme/x"), &reference).await.unwrap(), digest);
    let manifest = registry.manifest(&fake.repository("acme/x"), &reference).await.unwrap();
    assert_eq!(manifest.digest(), &digest);
}

#[tokio::test]
async fn a_refusal_is_told_with_the_words_of_the_registry() {
    let (fake, _) = with_image().await;
    fake.fails(|_| Some(error(403, "DENIED", "ask the\nowner")));
    let Err(RegistryError::Forbidden { reason, .. }) = fetched(&fake).await else { panic!("not forbidden") };
    assert_eq!(reason, "ask the owner");
    let Err(RegistryError::Forbidden { reason, .. }) = resolved(&fake).await else { panic!("not forbidden") };
    assert_eq!(reason, "403 Forbidden", "a HEAD has no words");
}

#[tokio::test]
async fn a_registry_that_asks_for_fewer_requests_is_told_with_its_time() {
    let (fake, _) = with_image().await;
    for (retry_after, expected) in
        [("77", Some(Duration::from_secs(77))), ("99999999", Some(Duration::from_secs(99_999_999)))]
    {
        fake.fails(move |_| Some(ResponseTemplate::new(429).insert_header("Retry-After", retry_after)));
        let result = resolved(&fake).await;
        let Err(RegistryError::RateLimited { retry_after, .. }) = result else { panic!("{result:?}") };
        assert_eq!(retry_after, expected);
    }
}

#[tokio::test]
async fn a_registry_that_fails_cannot_be_reached() {
    let (fake, _) = with_image().await;
    fake.fails(|_| Some(ResponseTemplate::new(500).set_body_string("a bad day")));
    let Err(RegistryError::Unavailable { source, .. }) = fetched(&fake).await else { panic!("available") };
    assert_eq!(source.to_string(), "it answers 500 Internal Server Error: a bad day");
    assert_eq!(fake.take_lines().len(), 1, "a plain 500 does not pass");
}

#[tokio::test]
async fn an_answer_of_another_kind_is_told_on_one_short_line() {
    let (fake, _) = with_image().await;
    fake.fails(|_| Some(ResponseTemplate::new(418).set_body_string("a\nteapot ".repeat(100))));
    let Err(RegistryError::Malformed { reason, .. }) = fetched(&fake).await else { panic!("well-formed") };
    assert!(reason.starts_with("it answers 418 I'm a teapot: a teapot a teapot"), "{reason}");
    assert!(reason.len() < 250 && !reason.contains('\n'), "{reason}");
}

#[tokio::test]
async fn what_is_no_manifest_is_told() {
    let (fake, _) = with_image().await;
    for (content_type, body, words) in [
        ("text/html", "<html>Please log in</html>", "text/html"),
        (OCI, "<html>Please log in</html>", "none"),
        (OCI, "[2]", "none"),
        (OCI, "{}", "schemaVersion"),
        ("application/vnd.docker.distribution.manifest.v1+prettyjws", "{\"schemaVersion\":1}", "schema 1"),
        (OCI, "{\"schemaVersion\":1}", "schema 1"),
    ] {
        fake.fails(move |_| Some(ResponseTemplate::new(200).set_body_raw(body, content_type)));
        assert_malformed(fetched(&fake).await, words);
    }
}

#[tokio::test]
async fn a_manifest_without_end_is_not_read() {
    let (fake, _) = with_image().await;
    let body = format!("{{\"schemaVersion\":2,\"x\":\"{}\"}}", "x".repeat(4 << 20));
    fake.fails(move |_| Some(ResponseTemplate::new(200).set_body_raw(body.clone(), OCI)));
    assert_malformed(fetched(&fake).await, "larger than 4194304 bytes");
}

#[tokio::test]
async fn bytes_that_lie_are_told_with_both_digests() {
    let (fake, image) = with_image().await;
    let stated = image.digest().to_string();
    fake.fails(move |_| {
        let lie = ResponseTemplate::new(200).insert_header("Docker-Content-Digest", stated.as_str());
        Some(lie.set_body_raw("{\"schemaVersion\":2}", OCI))
    });
    assert_malformed(fetched(&fake).await, image.digest().as_str());
    assert_malformed(fetched(&fake).await, Digest::sha256(b"{\"schemaVersion\":2}").as_str());
}

#[tokio::test]
async fn a_manifest_is_hashed_where_no_digest_is_stated() {
    let (fake, image) = with_image().await;
    fake.states_no_digest();
    assert_eq!(fetched(&fake).await.unwrap(), image.manifest);
}

#[tokio::test]
async fn a_manifest_that_was_fetched_is_kept_by_its_digest_alone() {
    let (fake, image) = with_image().await;
    let (registry, repository) = (anonymous(), fake.repository("acme/x"));
    for _ in 0..2 {
        registry.manifest(&repository, &by_tag("built")).await.unwrap();
        assert_eq!(fake.take_lines(), ["GET manifests/built"], "a tag may move");
    }
    let kept = registry.manifest(&repository, &image.digest().clone().into()).await.unwrap();
    assert_eq!(kept, image.manifest);
    assert_eq!(fake.take_lines(), [""; 0]);
    registry.manifest(&fake.repository("acme/y"), &image.digest().clone().into()).await.unwrap_err();
}

#[tokio::test]
async fn a_fault_of_one_request_is_none_of_another() {
    let (fake, image) = with_image().await;
    fake.fails(of("GET", "manifests/built", || ResponseTemplate::new(404)));
    assert_eq!(resolved(&fake).await.unwrap(), *image.digest());
    assert!(matches!(fetched(&fake).await, Err(RegistryError::NotFound { .. })));
}
