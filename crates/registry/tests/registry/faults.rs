//! What goes wrong between two requests, or in the middle of one.

use std::path::Path;
use std::time::Duration;

use embark_core::ports::{ImageRegistry as _, RegistryError};
use embark_core::{Digest, Manifest, MediaType};
use embark_registry::{Credentials, Layout, Registries};
use wiremock::ResponseTemplate;

use crate::support::{
    Door, Fake, Image, anonymous, answering, by_tag, error, free, logged_in, of, retag, tag, user_and_password,
};

async fn with_image(image: &Image) -> Fake {
    let fake = Fake::start().await;
    fake.push("acme/x", "built", image);
    fake
}

#[tokio::test]
async fn a_date_that_is_far_away_is_told_and_one_that_has_passed_is_no_pause() {
    let fake = with_image(&Image::single("image")).await;
    for (date, requests, least) in [
        ("Tue, 31 Dec 2999 23:59:59 GMT", 1, Duration::from_hours(24)),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 3, Duration::ZERO),
    ] {
        fake.fails(move |_| Some(ResponseTemplate::new(429).insert_header("Retry-After", date)));
        let result = anonymous().resolve(&fake.repository("acme/x"), &by_tag("built")).await;
        let Err(RegistryError::RateLimited { retry_after: Some(pause), .. }) = result else { panic!("{result:?}") };
        assert!(pause >= least, "{pause:?}");
        assert_eq!(fake.take_lines().len(), requests, "{date}");
    }
}

#[tokio::test]
async fn a_manifest_that_is_cut_off_is_none() {
    let image = Image::single("image");
    let bytes = image.manifest.bytes();
    // What came is whole JSON: only the length tells that more was to come.
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n",
        image.manifest.media_type(),
        bytes.len() + 1
    );
    let address = answering([head.as_bytes(), bytes].concat()).await;
    let result = anonymous().manifest(&format!("{address}/acme/x").parse().unwrap(), &by_tag("built")).await;
    assert!(matches!(result, Err(RegistryError::Unavailable { .. })), "{result:?}");
}

#[tokio::test]
async fn a_blob_that_is_cut_off_is_not_kept_and_nothing_is_tagged() {
    let image = Image::single("image");
    let here = with_image(&image).await;
    let address = answering(b"HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\nlayer of".to_vec()).await;
    here.fails(move |request| {
        let is_blob = request.method == "GET" && request.url.path().contains("/blobs/");
        let place = format!("http://{address}/blob");
        is_blob.then(|| ResponseTemplate::new(307).insert_header("Location", place.as_str()))
    });
    let (folder, there) = (tempfile::tempdir().unwrap(), Fake::start().await);
    Layout::create(folder.path()).unwrap();
    let registry = anonymous();
    for target in [format!("oci:{}", folder.path().display()).parse().unwrap(), there.repository("prod/x")] {
        let free = free(&registry, &target, "1.0.0").await;
        let result = registry.tag(&here.repository("acme/x"), &image.manifest, &free).await;
        let Err(RegistryError::Unavailable { repository, .. }) = result else { panic!("{result:?}") };
        assert_eq!(repository, here.repository("acme/x"), "it is the source that broke off");
        assert!(registry.resolve(&target, &by_tag("1.0.0")).await.unwrap_err().is_absent());
    }
    let kept = folder.path().join("blobs/sha256").join(Digest::sha256(&image.blobs[0]).hex());
    assert!(!kept.exists());
}

#[tokio::test]
async fn an_answer_that_does_not_come_is_told() {
    let fake = with_image(&Image::single("image")).await;
    fake.fails(|_| Some(ResponseTemplate::new(200).set_delay(Duration::from_mins(1))));
    let client = reqwest::Client::builder().timeout(Duration::from_millis(200)).build().unwrap();
    let registry = Registries::new(client, Credentials::anonymous(), Path::new("."));
    let result = registry.resolve(&fake.repository("acme/x"), &by_tag("built")).await;
    let Err(RegistryError::Unavailable { source, .. }) = result else { panic!("{result:?}") };
    assert!(source.to_string().starts_with("no answer after 0."), "{source}");
}

#[tokio::test]
async fn a_tag_that_moves_after_it_was_fetched_does_not_change_what_is_written() {
    let (image, other) = (Image::multi("image"), Image::multi("other"));
    let fake = with_image(&image).await;
    let (registry, source, target) = (anonymous(), fake.repository("acme/x"), fake.repository("prod/x"));
    let fetched = registry.manifest(&source, &by_tag("built")).await.unwrap();
    fake.push("acme/x", "built", &other);
    let free = free(&registry, &target, "1.0.0").await;
    registry.tag(&source, &fetched, &free).await.unwrap();
    fake.assert_holds("prod/x", &tag("1.0.0"), &image);
}

#[tokio::test]
async fn a_put_has_the_content_type_of_the_get() {
    for media_type in MediaType::ALL {
        // Neither says its own media type.
        let list = if media_type.is_index() { "manifests" } else { "layers" };
        let bytes = format!("{{\"schemaVersion\":\t2, \"{list}\": []}}\n").into_bytes();
        let manifest = Manifest::new(media_type, bytes);
        let fake = with_image(&Image { manifest, children: Vec::new(), blobs: Vec::new() }).await;
        let (registry, repository) = (anonymous(), fake.repository("acme/x"));
        let fetched = registry.manifest(&repository, &by_tag("built")).await.unwrap();
        retag(&registry, &repository, &fetched, "1.0.0").await.unwrap();
        assert_eq!(fake.get("acme/x", "1.0.0"), fake.get("acme/x", "built"));
        assert_eq!(fake.get("acme/x", "1.0.0").unwrap().0, media_type.as_str());
    }
}

#[tokio::test]
async fn a_token_that_dies_before_the_write_is_replaced() {
    let (fake, image) = (Fake::behind(Door::bearer()).await, Image::single("image"));
    fake.push("acme/x", "built", &image);
    let (registry, repository) = (anonymous(), fake.repository("acme/x"));
    let free = free(&registry, &repository, "1.0.0").await;
    fake.change_door(|door| door.tokens().tokens.clear());
    fake.take_log();
    registry.tag(&repository, &image.manifest, &free).await.unwrap();
    let expected = ["PUT manifests/1.0.0", "GET /token", "PUT manifests/1.0.0", "HEAD manifests/1.0.0"];
    assert_eq!(fake.take_lines(), expected);
    fake.assert_holds("acme/x", &tag("1.0.0"), &image);
}

#[tokio::test]
async fn a_blob_on_another_host_is_fetched_without_credentials() {
    let (here, elsewhere) = (Fake::behind(Door::Basic("Basic dTpw")).await, Fake::start().await);
    let image = Image::single("image");
    here.push("acme/x", "built", &image);
    elsewhere.push("acme/x", "built", &image);
    let url = elsewhere.url();
    here.fails(move |request| {
        let is_blob = request.method == "GET" && request.url.path().contains("/blobs/");
        let place = format!("{url}{}", request.url.path());
        is_blob.then(|| ResponseTemplate::new(307).insert_header("Location", place.as_str()))
    });
    let there = Fake::start().await;
    let registry = logged_in(&user_and_password(&here));
    let free = free(&registry, &there.repository("prod/x"), "1.0.0").await;
    registry.tag(&here.repository("acme/x"), &image.manifest, &free).await.unwrap();
    there.assert_holds("prod/x", &tag("1.0.0"), &image);
    let log = elsewhere.take_log();
    assert_eq!(log.len(), image.blobs.len());
    assert!(log.iter().all(|logged| logged.headers("authorization").is_empty()), "{log:?}");
}

#[tokio::test]
async fn an_upload_that_leads_nowhere_is_told_and_nothing_is_tagged() {
    let image = Image::single("image");
    let (here, there) = (with_image(&image).await, Fake::start().await);
    there.fails(of("POST", "blobs/uploads/", || ResponseTemplate::new(202)));
    let registry = anonymous();
    let free = free(&registry, &there.repository("prod/x"), "1.0.0").await;
    let result = registry.tag(&here.repository("acme/x"), &image.manifest, &free).await;
    let Err(RegistryError::Malformed { repository, reason }) = result else { panic!("{result:?}") };
    assert_eq!((repository, &*reason), (there.repository("prod/x"), "it does not tell where to upload to"));
    assert_eq!(there.get("prod/x", "1.0.0"), None);
}

/// In place of a missing tag, some registries and the proxies before them answer so.
#[tokio::test]
async fn only_a_404_says_that_a_tag_is_free() {
    for status in [400, 401, 403, 406, 410, 429, 500] {
        let fake = with_image(&Image::single("image")).await;
        fake.fails(of("HEAD", "manifests/1.0.0", move || error(status, "MANIFEST_UNKNOWN", "manifest unknown")));
        let result = anonymous().resolve(&fake.repository("acme/x"), &by_tag("1.0.0")).await;
        assert!(!result.unwrap_err().is_absent(), "{status}");
    }
}

#[tokio::test]
async fn a_blob_named_by_its_sha512_is_streamed_and_not_mounted() {
    let layer = b"a layer".to_vec();
    let digest = Digest::of(embark_core::Algorithm::Sha512, &layer);
    let config = b"{}".to_vec();
    let manifest = format!(
        "{{\"schemaVersion\": 2, \"config\": {{\"mediaType\": \"x\", \"digest\": \"{}\", \"size\": 2}}, \
         \"layers\": [{{\"mediaType\": \"x\", \"digest\": \"{digest}\", \"size\": {}}}]}}",
        Digest::sha256(&config),
        layer.len()
    );
    let manifest = Manifest::new(MediaType::OciManifest, manifest.into_bytes());
    let fake = with_image(&Image { manifest: manifest.clone(), children: Vec::new(), blobs: vec![config] }).await;
    fake.damage("acme/x", &digest, Some(&layer));
    let registry = anonymous();
    let free = free(&registry, &fake.repository("prod/x"), "1.0.0").await;
    fake.take_log();
    registry.tag(&fake.repository("acme/x"), &manifest, &free).await.unwrap();
    let log = fake.take_log();
    let mounts: Vec<_> = log.iter().filter(|logged| logged.query.contains("mount=")).collect();
    assert!(matches!(&mounts[..], [config] if config.query.contains("sha256")), "{mounts:?}");
    assert_eq!(fake.get("prod/x", "1.0.0").unwrap().1, manifest.bytes());
}

/// A read timeout begins with the request: with one, no layer could take longer.
#[tokio::test]
async fn a_layer_may_take_longer_than_an_answer() {
    let fake = with_image(&Image::single("image")).await;
    fake.answers_mounts_with(404);
    fake.fails(|request| {
        let is_layer = request.method.as_str() == "PUT" && request.url.path().contains("/blobs/");
        is_layer.then(|| ResponseTemplate::new(507).set_delay(Duration::from_secs(1)))
    });
    let impatient = reqwest::Client::builder().read_timeout(Duration::from_millis(500)).build().unwrap();
    let (source, target) = (fake.repository("acme/x"), fake.repository("prod/x"));
    for (uploads, expected) in [(reqwest::Client::new(), "507"), (impatient.clone(), "no answer after ")] {
        let registry = Registries::with_uploads(impatient.clone(), uploads, Credentials::anonymous(), Path::new("."));
        let manifest = registry.manifest(&source, &by_tag("built")).await.unwrap();
        let free = free(&registry, &target, "1.0.0").await;
        let result = registry.tag(&source, &manifest, &free).await;
        let Err(RegistryError::Unavailable { source, .. }) = result else { panic!("{result:?}") };
        assert!(source.to_string().contains(expected), "{source}");
    }
}
