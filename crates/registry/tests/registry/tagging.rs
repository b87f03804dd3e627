//! What tagging writes, and what it makes of each answer.

use embark_core::ports::{ImageRegistry as _, RegistryError};
use embark_core::{Digest, MediaType};
use wiremock::{Request, ResponseTemplate};

use crate::support::{Fake, Image, anonymous, error, free, of, retag, scripted, tag};

async fn with_image(image: &Image) -> Fake {
    let fake = Fake::start().await;
    fake.push("acme/x", "built", image);
    fake
}

/// A registry whose tags do not move, and that says so with `status`.
fn immutable(status: u16) -> impl FnMut(&Request) -> Option<ResponseTemplate> + Send + 'static {
    of("PUT", "manifests/1.0.0", move || error(status, "TAG_INVALID", "the tag is immutable"))
}

#[tokio::test]
async fn a_retag_puts_the_very_bytes_and_reads_the_tag_again() {
    let image = Image::multi("image");
    let fake = with_image(&image).await;
    let (registry, repository) = (anonymous(), fake.repository("acme/x"));
    let free = free(&registry, &repository, "1.0.0").await;
    fake.take_log();
    registry.tag(&repository, &image.manifest, &free).await.unwrap();
    let log = fake.take_log();
    let lines: Vec<&str> = log.iter().map(|logged| logged.line.as_str()).collect();
    assert_eq!(lines, ["PUT manifests/1.0.0", "HEAD manifests/1.0.0"]);
    assert_eq!(log[0].body, image.manifest.bytes());
    assert_eq!(log[0].headers("content-type"), [MediaType::OciIndex.as_str()]);
}

#[tokio::test]
async fn a_registry_that_states_no_digest_is_read_again() {
    let image = Image::single("image");
    let fake = with_image(&image).await;
    fake.states_no_digest();
    retag(&anonymous(), &fake.repository("acme/x"), &image.manifest, "1.0.0").await.unwrap();
    let last = &fake.take_lines()[1..];
    assert_eq!(last, ["PUT manifests/1.0.0", "HEAD manifests/1.0.0", "GET manifests/1.0.0"]);
}

#[tokio::test]
async fn a_tag_that_is_another_when_it_is_read_again_is_told() {
    let (image, other) = (Image::single("image"), Image::single("other"));
    let fake = with_image(&image).await;
    let found = other.digest().to_string();
    let mut heads = 0;
    fake.fails(move |request| {
        heads += usize::from(request.method == "HEAD");
        let race = request.method == "HEAD" && heads > 1;
        race.then(|| ResponseTemplate::new(200).insert_header("Docker-Content-Digest", found.as_str()))
    });
    let result = retag(&anonymous(), &fake.repository("acme/x"), &image.manifest, "1.0.0").await;
    let Err(RegistryError::WroteOther { wrote, found, .. }) = result else { panic!("{result:?}") };
    assert_eq!((&wrote, &found), (image.digest(), other.digest()));
}

/// It is no lost answer: the registry took the write, and says nonsense of it.
#[tokio::test]
async fn a_write_of_which_no_digest_is_stated_but_nonsense_is_told() {
    let image = Image::single("image");
    let fake = with_image(&image).await;
    let (registry, repository) = (anonymous(), fake.repository("acme/x"));
    let free = free(&registry, &repository, "1.0.0").await;
    fake.push("acme/x", "1.0.0", &image);
    fake.fails(of("PUT", "manifests/1.0.0", || {
        ResponseTemplate::new(201).insert_header("Docker-Content-Digest", "sha256:short")
    }));
    let result = registry.tag(&repository, &image.manifest, &free).await;
    assert!(matches!(&result, Err(RegistryError::Malformed { reason, .. }) if reason.contains("sha256:short")));
}

#[tokio::test]
async fn a_tag_that_is_gone_when_it_is_read_again_is_told() {
    let image = Image::single("image");
    let fake = with_image(&image).await;
    fake.fails(of("PUT", "manifests/1.0.0", || ResponseTemplate::new(201)));
    let result = retag(&anonymous(), &fake.repository("acme/x"), &image.manifest, "1.0.0").await;
    assert!(matches!(result, Err(RegistryError::Malformed { .. })), "{result:?}");
}

/// Registries refuse with many statuses to write an immutable tag again, even with the same digest.
#[tokio::test]
async fn after_a_refusal_the_tag_tells_what_came_of_it() {
    let (image, other) = (Image::single("image"), Image::single("other"));
    for status in [400, 403, 409, 412] {
        for taken_by in [&image, &other] {
            let fake = with_image(&image).await;
            let (registry, repository) = (anonymous(), fake.repository("acme/x"));
            let free = free(&registry, &repository, "1.0.0").await;
            fake.push("acme/x", "1.0.0", taken_by);
            fake.fails(immutable(status));
            match registry.tag(&repository, &image.manifest, &free).await {
                Ok(()) => assert_eq!(taken_by.digest(), image.digest(), "{status}"),
                Err(RegistryError::TagTaken { existing, wanted, tag: name, .. }) => {
                    assert_eq!((&existing, &wanted, name), (other.digest(), image.digest(), tag("1.0.0")), "{status}");
                }
                other => panic!("{other:?}"),
            }
        }
    }
}

#[tokio::test]
async fn a_refusal_for_another_reason_keeps_its_words() {
    let image = Image::single("image");
    for status in [400, 403, 404, 409] {
        let fake = with_image(&image).await;
        fake.fails(immutable(status));
        let result = retag(&anonymous(), &fake.repository("acme/x"), &image.manifest, "1.0.0").await;
        match (status, result) {
            (403, Err(RegistryError::Forbidden { reason, .. })) => assert_eq!(reason, "the tag is immutable"),
            (400 | 409, Err(RegistryError::Forbidden { reason, .. }))
            | (404, Err(RegistryError::Malformed { reason, .. })) => {
                assert!(reason.ends_with(": the tag is immutable"), "{reason}");
            }
            (_, other) => panic!("{other:?}"),
        }
        let lines = fake.take_lines();
        assert_eq!(lines, ["HEAD manifests/1.0.0", "PUT manifests/1.0.0", "HEAD manifests/1.0.0"]);
    }
}

/// Nothing tells whether the first one has arrived but the tag itself.
#[tokio::test]
async fn a_write_that_is_not_answered_is_sent_again_if_the_tag_is_still_free() {
    let image = Image::single("image");
    let (absent, created) = ("404 Not Found\r\nContent-Length: 0", "201 Created\r\nContent-Length: 0");
    let found = [(image.digest().to_string(), 2), (Image::single("other").digest().to_string(), 1)];
    for (found, written) in found {
        let there = format!("200 OK\r\nDocker-Content-Digest: {found}\r\nContent-Length: 0");
        let mut answers = vec![Some(absent.to_owned()), None];
        if written == 2 {
            answers.extend([Some(absent.to_owned()), Some(created.to_owned())]);
        }
        answers.push(Some(there));
        let (address, lines) = scripted(answers).await;
        let repository = format!("{address}/acme/x").parse().unwrap();
        let result = retag(&anonymous(), &repository, &image.manifest, "1.0.0").await;
        let lines: Vec<String> = lines.lock().unwrap().clone();
        let puts = lines.iter().filter(|line| line.starts_with("PUT")).count();
        assert_eq!((puts, result.is_ok()), (written, written == 2), "{lines:?} {result:?}");
        assert!(result.is_ok() || matches!(result, Err(RegistryError::TagTaken { .. })), "{result:?}");
    }
}

#[tokio::test]
async fn a_write_that_is_answered_is_never_sent_twice() {
    let image = Image::single("image");
    for status in [429, 500, 502, 503, 504] {
        let fake = with_image(&image).await;
        fake.fails(of("PUT", "manifests/1.0.0", move || {
            ResponseTemplate::new(status).insert_header("Retry-After", "0")
        }));
        retag(&anonymous(), &fake.repository("acme/x"), &image.manifest, "1.0.0").await.unwrap_err();
        let puts = fake.take_lines().iter().filter(|line| line.starts_with("PUT")).count();
        assert_eq!(puts, 1, "{status}");
    }
}

#[tokio::test]
async fn a_write_whose_answer_is_lost_is_found_done() {
    let image = Image::single("image");
    let fake = with_image(&image).await;
    let (registry, repository) = (anonymous(), fake.repository("acme/x"));
    let free = free(&registry, &repository, "1.0.0").await;
    fake.push("acme/x", "1.0.0", &image);
    fake.fails(of("PUT", "manifests/1.0.0", || ResponseTemplate::new(502)));
    registry.tag(&repository, &image.manifest, &free).await.unwrap();
}

#[tokio::test]
async fn a_manifest_of_the_other_algorithm_is_compared_with_what_the_registry_states() {
    let image = Image::single("image");
    let fake = with_image(&image).await;
    let bytes = image.manifest.bytes().to_vec();
    let manifest =
        embark_core::Manifest::with_algorithm(image.manifest.media_type(), bytes, embark_core::Algorithm::Sha512);
    retag(&anonymous(), &fake.repository("acme/x"), &manifest, "1.0.0").await.unwrap();
    let (_, stored) = fake.get("acme/x", "1.0.0").unwrap();
    assert_eq!(Digest::sha256(&stored), *image.digest());
}
