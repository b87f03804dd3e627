//! Copies from one repository to another, of whatever kinds.

use std::collections::BTreeSet;

use embark_core::ports::{ImageRegistry as _, RegistryError};
use embark_core::{Digest, Manifest, MediaType, Repository};
use embark_registry::{Layout, Registries};
use tempfile::TempDir;
use wiremock::ResponseTemplate;

use crate::support::{Door, Fake, Image, anonymous, by_tag, descriptor, free, logged_in, of, tag, user_and_password};

async fn copied(
    registry: &Registries,
    source: &Repository,
    target: &Repository,
    image: &Image,
) -> Result<(), RegistryError> {
    let free = free(registry, target, "1.0.0").await;
    registry.tag(source, &image.manifest, &free).await
}

fn layout(image: Option<&Image>) -> (TempDir, Repository, Layout) {
    let folder = tempfile::tempdir().unwrap();
    let layout = Layout::create(folder.path()).unwrap();
    if let Some(image) = image {
        for bytes in image.blobs.iter().map(Vec::as_slice).chain(image.children.iter().map(Manifest::bytes)) {
            layout.push_blob(bytes).unwrap();
        }
        layout.push(&tag("built"), &image.manifest).unwrap();
    }
    let repository = format!("oci:{}", folder.path().display()).parse().unwrap();
    (folder, repository, layout)
}

#[tokio::test]
async fn one_registry_mounts_blobs_and_puts_children_first() {
    let (fake, image) = (Fake::behind(Door::bearer()).await, Image::multi("image"));
    fake.push("acme/x", "built", &image);
    copied(&anonymous(), &fake.repository("acme/x"), &fake.repository("prod/x"), &image).await.unwrap();
    fake.assert_holds("prod/x", &tag("1.0.0"), &image);
    let log = fake.take_log();
    let puts: Vec<&str> = log.iter().map(|logged| &*logged.line).filter(|line| line.starts_with("PUT")).collect();
    let (last, children) = puts.split_last().unwrap();
    assert_eq!(*last, "PUT manifests/1.0.0");
    let expected: BTreeSet<String> =
        image.children.iter().map(|child| format!("PUT manifests/{}", child.digest())).collect();
    assert_eq!(children.len(), expected.len(), "no blob is streamed: {puts:?}");
    assert_eq!(children.iter().map(|line| (*line).to_owned()).collect::<BTreeSet<_>>(), expected);
    let mounts: Vec<&str> =
        log.iter().filter(|logged| logged.line.starts_with("POST")).map(|logged| &*logged.query).collect();
    assert_eq!(mounts.len(), image.blobs.len(), "a token that covers the source was got before: {mounts:?}");
    assert!(mounts.iter().all(|query| query.contains("from=acme%2Fx")), "{mounts:?}");
}

#[tokio::test]
async fn a_second_copy_writes_the_tag_alone() {
    let (fake, image) = (Fake::start().await, Image::multi("image"));
    fake.push("acme/x", "built", &image);
    let (registry, source, target) = (anonymous(), fake.repository("acme/x"), fake.repository("prod/x"));
    copied(&registry, &source, &target, &image).await.unwrap();
    fake.take_log();
    let free = free(&registry, &target, "1.0.1").await;
    registry.tag(&source, &image.manifest, &free).await.unwrap();
    let writes: Vec<String> = fake.take_lines().into_iter().filter(|line| !line.starts_with("HEAD")).collect();
    assert_eq!(writes, ["PUT manifests/1.0.1"]);
}

#[tokio::test]
async fn a_mount_that_is_declined_is_ended_and_streamed() {
    let (fake, image) = (Fake::start().await, Image::single("image"));
    fake.push("acme/x", "built", &image);
    fake.answers_mounts_with(202);
    copied(&anonymous(), &fake.repository("acme/x"), &fake.repository("prod/x"), &image).await.unwrap();
    fake.assert_holds("prod/x", &tag("1.0.0"), &image);
    let lines = fake.take_lines();
    let count = |method: &str| lines.iter().filter(|line| line.starts_with(method)).count();
    assert_eq!(count("DELETE blobs/uploads/an-upload"), image.blobs.len(), "{lines:?}");
    assert_eq!(count("PUT blobs/uploads/an-upload"), image.blobs.len(), "{lines:?}");
}

#[tokio::test]
async fn an_image_is_put_when_the_layers_are_there_that_another_one_shares_with_it() {
    let (fake, image) = (Fake::start().await, Image::multi("image"));
    let first = image.children[0].clone();
    // The same image, written in another way: all that it names is on its way already when its turn comes.
    let twin = Manifest::new(first.media_type(), [first.bytes(), b"\n"].concat());
    let listed = [&first, &twin].map(|child| descriptor(child.media_type().as_str(), child.bytes()));
    let index = format!("{{\"schemaVersion\": 2, \"manifests\": [{}]}}", listed.join(","));
    let manifest = Manifest::new(MediaType::OciIndex, index.into_bytes());
    let image = Image { manifest, children: vec![first, twin], blobs: image.blobs };
    fake.push("acme/x", "built", &image);
    fake.answers_mounts_with(202);
    copied(&anonymous(), &fake.repository("acme/x"), &fake.repository("prod/x"), &image).await.unwrap();
    let uploads = fake.take_lines().into_iter().filter(|line| line.starts_with("PUT blobs")).count();
    assert_eq!(uploads, 2, "layer and configuration, once each");
}

#[tokio::test]
async fn a_mount_that_is_refused_is_streamed() {
    for status in [401, 403, 404, 405] {
        let (fake, image) = (Fake::start().await, Image::single("image"));
        fake.push("acme/x", "built", &image);
        fake.answers_mounts_with(status);
        copied(&anonymous(), &fake.repository("acme/x"), &fake.repository("prod/x"), &image).await.unwrap();
        fake.assert_holds("prod/x", &tag("1.0.0"), &image);
    }
}

#[tokio::test]
async fn another_registry_gets_the_bytes() {
    let (here, there) = (Fake::behind(Door::bearer()).await, Fake::behind(Door::Basic("Basic dTpw")).await);
    let image = Image::multi("image");
    here.push("acme/x", "built", &image);
    let registry = logged_in(&user_and_password(&there));
    copied(&registry, &here.repository("acme/x"), &there.repository("prod/x"), &image).await.unwrap();
    there.assert_holds("prod/x", &tag("1.0.0"), &image);
    let log = there.take_log();
    let upload = log.iter().find(|logged| logged.line.starts_with("PUT blobs")).unwrap();
    assert!(upload.query.starts_with("_state=x%3Dy&digest=sha256%3A"), "{}", upload.query);
    assert_eq!(upload.headers("content-length"), [upload.body.len().to_string()]);
    assert!(!log.iter().any(|logged| logged.query.contains("mount")));
}

#[tokio::test]
async fn a_layout_is_copied_to_a_registry_and_back() {
    let (fake, image) = (Fake::start().await, Image::multi("image"));
    let (_folder, source, _) = layout(Some(&image));
    copied(&anonymous(), &source, &fake.repository("prod/x"), &image).await.unwrap();
    fake.assert_holds("prod/x", &tag("1.0.0"), &image);

    let (folder, target, layout) = layout(None);
    copied(&anonymous(), &fake.repository("prod/x"), &target, &image).await.unwrap();
    assert_eq!(layout.manifest(&by_tag("1.0.0")).unwrap(), image.manifest);
    for blob in &image.blobs {
        let path = folder.path().join("blobs/sha256").join(Digest::sha256(blob).hex());
        assert_eq!(&std::fs::read(path).unwrap(), blob);
    }
}

#[tokio::test]
async fn a_blob_that_lies_is_the_fault_of_its_source_and_nothing_is_tagged() {
    let image = Image::single("image");
    let digest = Digest::sha256(&image.blobs[0]);
    for lie in [b"layer of imagX".as_slice(), b"short", b"layer of image and more"] {
        let (here, there) = (Fake::start().await, Fake::start().await);
        here.push("acme/x", "built", &image);
        here.damage("acme/x", &digest, Some(lie));
        let (folder, target, _) = layout(None);
        for target in [there.repository("prod/x"), target] {
            let result = copied(&anonymous(), &here.repository("acme/x"), &target, &image).await;
            let Err(RegistryError::Malformed { repository, reason }) = result else { panic!("{result:?}") };
            assert_eq!(repository, here.repository("acme/x"));
            assert!(reason.contains(digest.as_str()), "{reason}");
        }
        assert_eq!(there.get("prod/x", "1.0.0"), None);
        assert!(!folder.path().join("blobs/sha256").join(digest.hex()).exists());
    }
}

#[tokio::test]
async fn a_blob_that_is_missing_is_told_unless_it_is_somewhere_else() {
    let layer = b"a layer of another vendor".to_vec();
    let foreign = descriptor("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", &layer);
    let digest = Digest::sha256(&layer);
    for (urls, is_copied) in [(", \"urls\": [\"https://vendor.example.com/layer\"]}", true), ("}", false)] {
        let config = b"{}".to_vec();
        let manifest = format!(
            "{{\"schemaVersion\": 2, \"config\": {}, \"layers\": [{}]}}",
            descriptor("application/vnd.docker.container.image.v1+json", &config),
            foreign.replace('}', urls)
        );
        let manifest = Manifest::new(MediaType::DockerManifest, manifest.into_bytes());
        let image = Image { manifest, children: Vec::new(), blobs: vec![config] };
        let (here, there) = (Fake::start().await, Fake::start().await);
        here.push("acme/x", "built", &image);
        let result = copied(&anonymous(), &here.repository("acme/x"), &there.repository("prod/x"), &image).await;
        match result {
            Ok(()) => assert!(is_copied),
            Err(RegistryError::NotFound { reference, .. }) => {
                assert_eq!((reference, is_copied), (digest.clone().into(), false));
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn an_upload_on_another_host_gets_no_credentials() {
    let (fake, elsewhere) = (Fake::behind(Door::Basic("Basic dTpw")).await, Fake::start().await);
    let image = Image::single("image");
    let (_folder, source, _) = layout(Some(&image));
    let place = format!("{}/v2/prod/x/blobs/uploads/there", elsewhere.url());
    fake.fails(of("POST", "blobs/uploads/", move || {
        ResponseTemplate::new(202).insert_header("Location", place.as_str())
    }));
    let registry = logged_in(&user_and_password(&fake));
    copied(&registry, &source, &fake.repository("prod/x"), &image).await.unwrap_err();
    let log = elsewhere.take_log();
    assert_eq!(log.len(), image.blobs.len());
    assert!(log.iter().all(|logged| logged.headers("authorization").is_empty()), "{log:?}");
}

#[tokio::test]
async fn an_upload_over_plain_http_is_not_made() {
    let (fake, image) = (Fake::start().await, Image::single("image"));
    let (_folder, source, _) = layout(Some(&image));
    fake.fails(of("POST", "blobs/uploads/", || {
        ResponseTemplate::new(202).insert_header("Location", "http://uploads.example.com/x")
    }));
    let result = copied(&anonymous(), &source, &fake.repository("prod/x"), &image).await;
    assert!(matches!(result, Err(RegistryError::Malformed { .. })), "{result:?}");
}

#[tokio::test]
async fn many_copies_at_once_do_not_wait_for_each_other() {
    let fake = Fake::behind(Door::bearer()).await;
    fake.answers_mounts_with(202);
    let images: Vec<Image> = (0..12).map(|number| Image::multi(&number.to_string())).collect();
    for (number, image) in images.iter().enumerate() {
        fake.push(&format!("acme/x{number}"), "built", image);
    }
    let registry = anonymous();
    let copies = images.iter().enumerate().map(|(number, image)| {
        let (source, target) =
            (fake.repository(&format!("acme/x{number}")), fake.repository(&format!("prod/x{number}")));
        let registry = &registry;
        async move { copied(registry, &source, &target, image).await }
    });
    let all = futures::future::try_join_all(copies);
    tokio::time::timeout(std::time::Duration::from_secs(30), all).await.expect("nothing hangs").unwrap();
}
