//! What refers to an image, on its way to a production that has a repository of its own.

use std::fs;

use embark_tests::harness::{FRONTEND, Image, Setup, Store, World};
use serde_json::Value;

use crate::EMBARK;

const THERE: &str = "production-frontend";

/// The tag that stands for the list of what refers to an image.
fn list_of(image: &Image) -> String {
    image.digest().replace(':', "-")
}

/// A world in which staging runs an image that has a signature, which itself has one.
fn signed(setup: Setup, wish: &str) -> (World, [Image; 3]) {
    let world = World::new(EMBARK, setup);
    let (here, there, url, prefix) = (world.image(FRONTEND), world.image(THERE), world.url(), world.repo.prefix());
    let configuration = format!(
        "application: shop
components:
  {FRONTEND}:
    image: \"{here}\"
    images: {{ production: \"{there}\" }}{wish}
    values: {{ tag: image.tag }}
environments:
  - {{ name: staging, valuesFile: {prefix}staging.yaml, tag: commit }}
  - {{ name: production, valuesFile: {prefix}prod.yaml, tag: version, promotesFrom: staging }}
deploymentRepo: {{ url: \"{url}\" }}
"
    );
    fs::write(world.config_path(), configuration).expect("the configuration can be written");
    for environment in ["staging", "production"] {
        world.repo.edit_by_hand(environment, |_| "image:\n  tag: none\n".into());
    }
    let image = Image::multi("image");
    let signature = Image::referrer("signature", &image);
    let countersignature = Image::referrer("countersignature", &signature);
    world.store.push(FRONTEND, &world.commits[0], &image);
    for (subject, referrer) in [(&image, &signature), (&signature, &countersignature)] {
        match &world.store {
            Store::Layouts(_) => world.store.push(FRONTEND, &format!("of-{}", list_of(subject)), referrer),
            Store::Registry(_) => world.store.push(FRONTEND, &list_of(subject), &Image::index(&[referrer])),
        }
    }
    world.embark.json(&["release", "staging", "--commit", &world.commits[0], "--deploy"]).ended(0, "done");
    (world, [image, signature, countersignature])
}

fn promote(world: &World) {
    let promote = ["promote", "production", "--version", "1.0.0", "--commit", &world.commits[0], "--deploy"];
    world.embark.json(&promote).ended(0, "done");
    world.embark.json(&["verify", "--strict"]).ended(0, "unchanged");
}

#[test]
fn signatures_come_along_to_another_layout_where_that_is_wished() {
    let (world, [image, signature, countersignature]) = signed(Setup::Embedded, "\n    copyReferrers: true");
    promote(&world);
    assert_eq!(world.store.raw(THERE, "1.0.0"), Some(image.bytes));
    let layout = world.store.layout(THERE);
    for referrer in [signature, countersignature] {
        assert_eq!(fs::read(layout.blob(&referrer.digest())).expect("it is there"), referrer.bytes);
    }
}

#[test]
#[ignore = "needs docker-registry, skopeo and git http-backend: run ./tests/run"]
fn signatures_come_along_to_another_repository_where_that_is_wished() {
    let (world, [image, signature, countersignature]) = signed(Setup::Servers, "\n    copyReferrers: true");
    promote(&world);
    assert_eq!(world.store.digest(THERE, "1.0.0"), image.digest());
    for (subject, referrer) in [(&image, &signature), (&signature, &countersignature)] {
        let list = world.store.raw(THERE, &list_of(subject)).expect("the list is there");
        let list: Value = serde_json::from_slice(&list).expect("the list is JSON");
        assert_eq!(list["manifests"].as_array().map(Vec::len), Some(1), "{list}");
        assert_eq!(list["manifests"][0]["digest"], referrer.digest());
        assert_eq!(world.store.raw(THERE, &referrer.digest()).as_ref(), Some(&referrer.bytes));
    }
}

#[test]
#[ignore = "needs docker-registry, skopeo and git http-backend: run ./tests/run"]
fn signatures_stay_behind_unless_it_is_wished() {
    let (world, [image, signature, _]) = signed(Setup::Servers, "");
    promote(&world);
    assert_eq!(world.store.digest(THERE, "1.0.0"), image.digest());
    assert_eq!(world.store.raw(THERE, &list_of(&image)), None);
    assert_eq!(world.store.raw(THERE, &signature.digest()), None);
}
