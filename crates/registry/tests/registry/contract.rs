//! The contract, over layouts and over HTTP.

use std::path::PathBuf;

use embark_core::ports::{ImageRegistry as _, RegistryError};
use embark_core::testing::contract::image_registry as contract;
use embark_core::{Manifest, Repository};
use embark_registry::{Credentials, Layout, Registries};
use tempfile::TempDir;
use wiremock::ResponseTemplate;

use crate::support::{Door, Fake, Image, anonymous, by_tag, free, of, tag};

fn layout(folder: &TempDir, name: &str, images: &[(&str, &Image)]) -> (Repository, PathBuf) {
    let path = folder.path().join(name);
    let layout = Layout::create(&path).unwrap();
    for (name, image) in images {
        for bytes in image.blobs.iter().map(Vec::as_slice).chain(image.children.iter().map(Manifest::bytes)) {
            layout.push_blob(bytes).unwrap();
        }
        layout.push(&tag(name), &image.manifest).unwrap();
    }
    (format!("oci:{name}").parse().unwrap(), path)
}

macro_rules! cases {
    ($($case:ident),* $(,)?) => {
        mod over_layouts {
            use super::*;
            $(#[tokio::test]
            async fn $case() {
                let folder = tempfile::tempdir().unwrap();
                let (image, other) = (Image::multi("image"), Image::single("other"));
                let (repository, _) = layout(&folder, "here", &[("built", &image), ("other", &other)]);
                let registry = Registries::new(reqwest::Client::new(), Credentials::anonymous(), folder.path());
                contract::$case(&registry, &repository, &image.manifest).await;
            })*
        }

        mod over_http {
            use super::*;
            $(#[tokio::test]
            async fn $case() {
                let fake = Fake::behind(Door::bearer()).await;
                let (image, other) = (Image::multi("image"), Image::single("other"));
                fake.push("acme/x", "built", &image);
                fake.push("acme/x", "other", &other);
                contract::$case(&anonymous(), &fake.repository("acme/x"), &image.manifest).await;
            })*
        }
    };
}

cases!(
    resolves_to_the_digest_of_the_bytes,
    fetches_the_very_bytes,
    tells_what_does_not_exist,
    tags_the_very_bytes,
    tags_again_what_is_tagged,
    lists_the_tags,
    nothing_refers_to_a_new_image,
);

#[tokio::test]
async fn a_layout_leaves_alone_what_was_taken() {
    let folder = tempfile::tempdir().unwrap();
    let (image, other) = (Image::multi("image"), Image::single("other"));
    let (repository, _) = layout(&folder, "here", &[("built", &image), ("other", &other)]);
    let registry = Registries::new(reqwest::Client::new(), Credentials::anonymous(), folder.path());
    contract::leaves_alone_what_was_taken(&registry, &repository, &image.manifest).await;
}

/// Over HTTP only a registry whose tags do not move can tell.
#[tokio::test]
async fn a_registry_that_refuses_to_move_tags_leaves_alone_what_was_taken() {
    let fake = Fake::start().await;
    let (image, other) = (Image::multi("image"), Image::single("other"));
    fake.push("acme/x", "built", &image);
    fake.push("acme/x", "other", &other);
    let mut puts = 0;
    fake.fails(move |request| {
        puts += usize::from(request.method == "PUT");
        (request.method == "PUT" && puts > 1).then(|| ResponseTemplate::new(400))
    });
    contract::leaves_alone_what_was_taken(&anonymous(), &fake.repository("acme/x"), &image.manifest).await;
}

#[tokio::test]
async fn layouts_are_copied() {
    let folder = tempfile::tempdir().unwrap();
    let image = Image::multi("image");
    let (source, _) = layout(&folder, "here", &[("built", &image)]);
    let (target, path) = layout(&folder, "there", &[]);
    let registry = Registries::new(reqwest::Client::new(), Credentials::anonymous(), folder.path());
    contract::copies_to_another_repository(&registry, &source, &target, &image.manifest).await;
    for blob in &image.blobs {
        let digest = embark_core::Digest::sha256(blob);
        assert_eq!(&std::fs::read(path.join("blobs/sha256").join(digest.hex())).unwrap(), blob);
    }
}

#[tokio::test]
async fn repositories_of_a_registry_are_copied() {
    let fake = Fake::behind(Door::bearer()).await;
    let image = Image::multi("image");
    fake.push("acme/x", "built", &image);
    let (source, target) = (fake.repository("acme/x"), fake.repository("prod/x"));
    contract::copies_to_another_repository(&anonymous(), &source, &target, &image.manifest).await;
    fake.assert_holds("prod/x", &tag("1.0.0"), &image);
}

#[tokio::test]
async fn a_registry_has_no_repository_that_does_not_exist() {
    let fake = Fake::start().await;
    contract::tells_a_repository_that_does_not_exist(&anonymous(), &fake.repository("acme/absent")).await;
}

#[tokio::test]
async fn a_layout_that_does_not_exist_is_told_and_made_with_its_first_tag() {
    let folder = tempfile::tempdir().unwrap();
    let image = Image::multi("image");
    let (source, _) = layout(&folder, "source", &[("built", &image)]);
    let target = "oci:a/b".parse().unwrap();
    let registries = Registries::new(reqwest::Client::new(), Credentials::anonymous(), folder.path());
    let answer = registries.resolve(&target, &tag("1.0.0").into()).await;
    assert!(matches!(answer, Err(RegistryError::NoRepository { .. })), "{answer:?}");
    contract::copies_to_another_repository(&registries, &source, &target, &image.manifest).await;
}

#[tokio::test]
async fn a_folder_that_is_no_layout_cannot_be_used() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("mine"), "precious").unwrap();
    let other = format!("oci:{}", folder.path().display()).parse().unwrap();
    contract::tells_that_it_cannot_be_reached(&anonymous(), &other).await;
}

#[tokio::test]
async fn a_registry_that_does_not_listen_cannot_be_reached() {
    let absent = "127.0.0.1:1/acme/x".parse().unwrap();
    contract::tells_that_it_cannot_be_reached(&anonymous(), &absent).await;
}

#[tokio::test]
async fn a_layout_whose_bytes_lie_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let image = Image::single("image");
    let (repository, path) = layout(&folder, "here", &[("built", &image)]);
    std::fs::write(path.join("blobs/sha256").join(image.digest().hex()), "{}").unwrap();
    let registry = Registries::new(reqwest::Client::new(), Credentials::anonymous(), folder.path());
    for reference in [by_tag("built"), image.digest().clone().into()] {
        contract::tells_bytes_that_lie(&registry, &repository, &reference).await;
    }
}

#[tokio::test]
async fn a_registry_whose_bytes_lie_is_told() {
    let fake = Fake::start().await;
    let image = Image::single("image");
    fake.push("acme/x", "built", &image);
    let stated = image.digest().to_string();
    fake.fails(move |_| {
        let answer = ResponseTemplate::new(200).insert_header("Docker-Content-Digest", stated.as_str());
        Some(answer.set_body_raw("{\"schemaVersion\":2}", "application/vnd.oci.image.manifest.v1+json"))
    });
    for reference in [by_tag("built"), image.digest().clone().into()] {
        contract::tells_bytes_that_lie(&anonymous(), &fake.repository("acme/x"), &reference).await;
    }
}

#[tokio::test]
async fn a_registry_that_wrote_another_is_told() {
    let fake = Fake::start().await;
    let image = Image::single("image");
    fake.push("acme/x", "built", &image);
    let (registry, repository) = (anonymous(), fake.repository("acme/x"));
    let free = free(&registry, &repository, "1.0.0").await;
    let another = format!("sha256:{}", "1".repeat(64));
    fake.fails(of("PUT", "manifests/1.0.0", move || {
        ResponseTemplate::new(201).insert_header("Docker-Content-Digest", another.as_str())
    }));
    contract::tells_that_it_wrote_another(&registry, &repository, &image.manifest, &free).await;
}

#[tokio::test]
async fn credentials_that_are_missing_are_told() {
    let fake = Fake::behind(Door::Basic("Basic dTpw")).await;
    contract::tells_that_credentials_are_missing(&anonymous(), &fake.repository("acme/x")).await;
}
