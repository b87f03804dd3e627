//! What refers to an image: from the registry's own list, or by the tag that stands for it.

use embark_core::ports::{ImageRegistry as _, RegistryError};
use embark_core::testing::contract::image_registry as contract;
use embark_core::{Digest, MediaType, Referrer};
use wiremock::ResponseTemplate;

use crate::support::{Fake, Image, anonymous, error, list, referrers_tag};

/// A registry with an image and its signature.
async fn signed() -> (Fake, Image, Image) {
    let fake = Fake::start().await;
    let image = Image::multi("image");
    let signature = Image::referrer("signature", &image.manifest);
    fake.push("acme/x", "built", &image);
    fake.push("acme/x", signature.digest().as_str(), &signature);
    (fake, image, signature)
}

async fn referrers(fake: &Fake, image: &Image) -> Result<Vec<Digest>, RegistryError> {
    let listed = anonymous().referrers(&fake.repository("acme/x"), image.digest()).await?;
    Ok(listed.iter().map(Referrer::digest).cloned().collect())
}

/// Answers the requests for referrers.
fn answers(fake: &Fake, answer: ResponseTemplate) {
    fake.fails(move |request| request.url.path().contains("/referrers/").then(|| answer.clone()));
}

#[tokio::test]
async fn the_list_of_the_registry_is_read() {
    let (fake, image, signature) = signed().await;
    fake.lists_referrers();
    let repository = fake.repository("acme/x");
    contract::lists_what_refers_to_an_image(&anonymous(), &repository, &image.manifest, signature.digest()).await;
    assert_eq!(
        fake.take_lines(),
        [image.digest(), signature.digest()].map(|digest| format!("GET referrers/{digest}")),
        "one request, and no look at the tag"
    );
}

#[tokio::test]
async fn the_list_of_the_registry_is_read_in_pages() {
    let (fake, image, signature) = signed().await;
    let sbom = Image::referrer("sbom", &image.manifest);
    let pages = [vec![signature.described()], vec![sbom.described(), signature.described()]];
    fake.fails(move |request| {
        request.url.path().contains("/referrers/").then(|| {
            let at = usize::from(request.url.query().is_some());
            let body = list(&pages[at]).manifest.bytes().to_vec();
            let page = ResponseTemplate::new(200).set_body_raw(body, MediaType::OciIndex.as_str());
            if at == 0 { page.insert_header("Link", "<?next=opaque>; rel=\"next\"") } else { page }
        })
    });
    assert_eq!(referrers(&fake, &image).await.unwrap(), [signature.digest().clone(), sbom.digest().clone()]);
}

#[tokio::test]
async fn the_tag_stands_in_where_a_registry_has_no_list() {
    for status in [400, 404, 405, 406] {
        let (fake, image, signature) = signed().await;
        answers(&fake, error(status, "UNSUPPORTED", "no such thing"));
        assert_eq!(referrers(&fake, &image).await.unwrap(), [], "neither list nor tag");
        fake.push("acme/x", &referrers_tag(image.digest()), &list(&[signature.described()]));
        assert_eq!(referrers(&fake, &image).await.unwrap(), [signature.digest().clone()], "{status}");
    }
}

#[tokio::test]
async fn the_tag_stands_in_where_a_registry_sends_everybody_elsewhere() {
    for status in [200, 303, 401, 403, 429, 503] {
        let ((fake, image, signature), elsewhere) = (signed().await, Fake::start().await);
        elsewhere.fails(move |_| Some(ResponseTemplate::new(status).insert_header("WWW-Authenticate", "Basic")));
        answers(&fake, ResponseTemplate::new(303).insert_header("Location", elsewhere.url().as_str()));
        fake.push("acme/x", &referrers_tag(image.digest()), &list(&[signature.described()]));
        assert_eq!(referrers(&fake, &image).await.unwrap(), [signature.digest().clone()], "{status}");
        assert_eq!(elsewhere.take_log().len(), 1, "it is not asked again");
    }
}

#[tokio::test]
async fn a_list_that_is_refused_is_never_taken_for_none() {
    for status in [401, 403, 418, 429, 500] {
        let (fake, image, _) = signed().await;
        answers(&fake, error(status, "DENIED", "ask the owner").insert_header("Retry-After", "60"));
        let result = referrers(&fake, &image).await;
        assert!(result.as_ref().is_err_and(|error| !error.is_absent()), "{status}: {result:?}");
    }
}

#[tokio::test]
async fn a_tag_that_is_refused_is_never_taken_for_none() {
    for status in [400, 401, 403, 429, 500] {
        let (fake, image, _) = signed().await;
        fake.fails(move |request| {
            let is_tag = request.url.path().contains("/manifests/sha256-");
            is_tag.then(|| error(status, "DENIED", "ask the owner").insert_header("Retry-After", "60"))
        });
        let result = referrers(&fake, &image).await;
        assert!(result.as_ref().is_err_and(|error| !error.is_absent()), "{status}: {result:?}");
    }
}

#[tokio::test]
async fn a_tag_that_names_the_image_itself_is_no_list() {
    let (fake, image, _) = signed().await;
    fake.push("acme/x", &referrers_tag(image.digest()), &image);
    assert_eq!(referrers(&fake, &image).await.unwrap(), []);
}

#[tokio::test]
async fn a_tag_that_names_no_index_is_an_error() {
    let (fake, image, signature) = signed().await;
    fake.push("acme/x", &referrers_tag(image.digest()), &signature);
    let result = referrers(&fake, &image).await;
    assert!(matches!(&result, Err(RegistryError::Malformed { reason, .. }) if reason.contains("is no index")));
}

#[tokio::test]
async fn what_is_no_list_is_an_error() {
    let (fake, image, _) = signed().await;
    for body in ["{}", "<html>", "{\"manifests\": [{\"mediaType\": \"x\", \"digest\": \"../../x\"}]}"] {
        answers(&fake, ResponseTemplate::new(200).set_body_raw(body, MediaType::OciIndex.as_str()));
        let result = referrers(&fake, &image).await;
        assert!(matches!(result, Err(RegistryError::Malformed { .. })), "{body}: {result:?}");
    }
}

/// Copies the signature to `prod/x`, which is a repository of `fake`.
async fn copied(fake: &Fake, image: &Image, signature: &Image) -> Result<(), RegistryError> {
    let (source, target) = (fake.repository("acme/x"), fake.repository("prod/x"));
    anonymous().copy_referrer(&source, image.digest(), signature.digest(), &target).await
}

#[tokio::test]
async fn a_copy_is_listed_by_a_registry_that_knows_of_referrers() {
    let (fake, image, signature) = signed().await;
    fake.lists_referrers();
    let (source, target) = (fake.repository("acme/x"), fake.repository("prod/x"));
    let (manifest, referrer) = (&image.manifest, signature.digest());
    contract::copies_what_refers_to_an_image(&anonymous(), &source, &target, manifest, referrer).await;
    assert!(fake.get("prod/x", &referrers_tag(image.digest())).is_none(), "no tag is needed");
}

#[tokio::test]
async fn a_copy_is_listed_by_the_tag_where_a_registry_does_not_know_of_referrers() {
    let (fake, image, signature) = signed().await;
    let (source, target) = (fake.repository("acme/x"), fake.repository("prod/x"));
    let (manifest, referrer) = (&image.manifest, signature.digest());
    contract::copies_what_refers_to_an_image(&anonymous(), &source, &target, manifest, referrer).await;
    let (media_type, bytes) = fake.get("prod/x", &referrers_tag(image.digest())).unwrap();
    assert_eq!(media_type, MediaType::OciIndex.as_str());
    let index: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    let entry = &index["manifests"][0];
    assert_eq!(entry["artifactType"], "application/vnd.acme.signature");
    assert_eq!(entry["size"], signature.manifest.bytes().len());
}

#[tokio::test]
async fn a_registry_that_does_not_say_that_it_lists_a_copy_is_asked() {
    let (fake, image, signature) = signed().await;
    fake.lists_referrers();
    fake.states_no_subject();
    fake.take_log();
    copied(&fake, &image, &signature).await.unwrap();
    let tag = referrers_tag(image.digest());
    let last = fake.take_lines().pop();
    assert_eq!(last, Some(format!("GET referrers/{}", image.digest())), "and no look at the tag");
    assert!(fake.get("prod/x", &tag).is_none(), "no tag is needed");

    fake.fails(|request| {
        let is_list = request.url.path().contains("/prod/x/referrers/");
        let none = list(&[]).manifest.bytes().to_vec();
        is_list.then(|| ResponseTemplate::new(200).set_body_raw(none, MediaType::OciIndex.as_str()))
    });
    let result = copied(&fake, &image, &signature).await;
    assert!(matches!(&result, Err(RegistryError::Malformed { reason, .. }) if reason.contains("does not list it")));
    assert!(fake.get("prod/x", &tag).is_none(), "where there is a list, nobody reads the tag");
}

#[tokio::test]
async fn what_the_tag_lists_already_stays() {
    let (fake, image, signature) = signed().await;
    let (tag, sbom) = (referrers_tag(image.digest()), Image::referrer("sbom", &image.manifest));
    fake.push("prod/x", sbom.digest().as_str(), &sbom);
    let entry = sbom.described().replace('}', ", \"x-unknown\": [1]}");
    fake.push("prod/x", &tag, &list(&[entry]));
    copied(&fake, &image, &signature).await.unwrap();
    let (_, bytes) = fake.get("prod/x", &tag).unwrap();
    let index: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    let digests: Vec<_> = index["manifests"].as_array().unwrap().iter().map(|entry| &entry["digest"]).collect();
    assert_eq!(digests, [sbom.digest().as_str(), signature.digest().as_str()]);
    assert_eq!((&index["manifests"][0]["x-unknown"][0], &index["x-kept"]), (&1.into(), &1.5.into()));
}

#[tokio::test]
async fn a_list_that_another_writer_has_overwritten_is_written_again() {
    let (fake, image, signature) = signed().await;
    let tag = referrers_tag(image.digest());
    let mut lost = 0;
    let is_list =
        |request: &wiremock::Request| request.method == "PUT" && request.url.path().contains("/manifests/sha256-");
    // The write is taken, and gone again.
    fake.fails(move |request| {
        lost += usize::from(is_list(request));
        (is_list(request) && lost <= 2).then(|| ResponseTemplate::new(201))
    });
    copied(&fake, &image, &signature).await.unwrap();
    let writes = fake.take_lines().into_iter().filter(|line| *line == format!("PUT manifests/{tag}"));
    assert_eq!(writes.count(), 3);
    assert!(fake.get("prod/x", &tag).is_some());

    let (fake, image, signature) = signed().await;
    fake.fails(move |request| is_list(request).then(|| ResponseTemplate::new(201)));
    fake.take_log();
    let result = copied(&fake, &image, &signature).await;
    assert!(matches!(result, Err(RegistryError::Other { .. })), "{result:?}");
    let (tag, lines) = (referrers_tag(image.digest()), fake.take_lines());
    assert_eq!(lines.iter().filter(|line| **line == format!("PUT manifests/{tag}")).count(), 5);
    assert_eq!(lines.last(), Some(&format!("GET manifests/{tag}")), "no write goes unread");
}

#[tokio::test]
async fn a_list_whose_write_lost_its_answer_is_read_again() {
    for is_written in [true, false] {
        let (fake, image, signature) = signed().await;
        if is_written {
            fake.push("prod/x", &referrers_tag(image.digest()), &list(&[signature.described()]));
        }
        let (mut reads, mut writes) = (0, 0);
        fake.fails(move |request| {
            if !request.url.path().contains("/prod/x/manifests/sha256-") {
                return None;
            }
            reads += usize::from(request.method == "GET");
            writes += usize::from(request.method == "PUT");
            match request.method.as_str() {
                "GET" if reads == 1 => Some(error(404, "MANIFEST_UNKNOWN", "manifest unknown")),
                "PUT" if writes > 1 => panic!("a write is never sent twice"),
                "PUT" => Some(error(502, "UNKNOWN", "the answer is lost")),
                _ => None,
            }
        });
        match copied(&fake, &image, &signature).await {
            Ok(()) => assert!(is_written),
            Err(RegistryError::Unavailable { source, .. }) => {
                assert!(!is_written && source.to_string().contains("the answer is lost"), "{source}");
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_list_that_cannot_be_read_is_not_written() {
    let (fake, image, signature) = signed().await;
    fake.fails(|request| {
        let is_tag = request.url.path().contains("/prod/x/manifests/sha256-") && request.method == "GET";
        is_tag.then(|| error(403, "DENIED", "ask the owner"))
    });
    let result = copied(&fake, &image, &signature).await;
    assert!(matches!(result, Err(RegistryError::Forbidden { .. })), "{result:?}");
    assert!(fake.get("prod/x", &referrers_tag(image.digest())).is_none());
}

#[tokio::test]
async fn what_is_listed_and_refers_to_something_else_is_not_copied() {
    let (fake, image, _) = signed().await;
    let other = Image::referrer("signature", &Image::single("other").manifest);
    fake.push("acme/x", other.digest().as_str(), &other);
    fake.take_log();
    let result = copied(&fake, &image, &other).await;
    assert!(matches!(&result, Err(RegistryError::Malformed { reason, .. }) if reason.contains("refers to")));
    assert!(fake.take_lines().iter().all(|line| line.starts_with("GET")));
}

#[tokio::test]
async fn a_copy_that_the_registry_states_as_another_is_an_error() {
    let (fake, image, signature) = signed().await;
    let digest = Digest::sha256(b"something else");
    let path = format!("/v2/prod/x/manifests/{}", signature.digest());
    fake.fails(move |request| {
        let is_write = request.method == "PUT" && request.url.path() == path;
        is_write.then(|| ResponseTemplate::new(201).insert_header("Docker-Content-Digest", digest.as_str()))
    });
    let result = copied(&fake, &image, &signature).await;
    assert!(matches!(result, Err(RegistryError::Malformed { .. })), "{result:?}");
}
