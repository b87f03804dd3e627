//! What refers to an image, on its way to a production that has a repository of its own.

use std::fs;
use std::path::{Path, PathBuf};

use embark_tests::harness::{FRONTEND, Image, Registry, Setup, Store, World};
use serde_json::Value;

use crate::EMBARK;

const THERE: &str = "production-frontend";

/// The tag that stands for the list of what refers to an image.
fn list_of(image: &Image) -> String {
    image.digest().replace(':', "-")
}

/// An image in staging, its signature and its SBOM, and the signature of the signature.
struct Signed {
    world: World,
    image: Image,
    signature: Image,
    sbom: Image,
    countersignature: Image,
}

impl Signed {
    /// Returns what refers to each of them.
    fn referrers(&self) -> [(&Image, Vec<&Image>); 2] {
        [(&self.image, vec![&self.signature, &self.sbom]), (&self.signature, vec![&self.countersignature])]
    }
}

/// Makes it in a world in which nothing has been released; production has a repository of its own.
fn signed(world: World, wish: &str) -> Signed {
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
    let signed = Signed { sbom: Image::sbom("sbom", &image), world, image, signature, countersignature };
    let world = &signed.world;
    for (subject, referrers) in signed.referrers() {
        let lists = match &world.store {
            Store::Layouts(_) => true,
            Store::Registry(registry) => registry.lists_referrers(),
        };
        if !lists {
            world.store.push(FRONTEND, &list_of(subject), &Image::index(&referrers));
            continue;
        }
        for (number, referrer) in referrers.into_iter().enumerate() {
            world.store.push(FRONTEND, &format!("of-{}-{number}", list_of(subject)), referrer);
        }
    }
    world.embark.json(&["release", "staging", "--commit", &world.commits[0], "--deploy"]).ended(0, "done");
    signed
}

fn promote(world: &World) {
    let promote = ["promote", "production", "--version", "1.0.0", "--commit", &world.commits[0], "--deploy"];
    world.embark.json(&promote).ended(0, "done");
    world.embark.json(&["verify", "--strict"]).ended(0, "unchanged");
}

/// Production's registry lists what came along in the tag that stands for such a list, as skopeo reads it.
fn assert_listed_by_tag(signed: &Signed) {
    let world = &signed.world;
    assert_eq!(world.store.digest(THERE, "1.0.0"), signed.image.digest());
    for (subject, referrers) in signed.referrers() {
        let list = world.store.raw(THERE, &list_of(subject)).expect("the list is there");
        let list: Value = serde_json::from_slice(&list).expect("the list is JSON");
        let entries = list["manifests"].as_array().expect("the list is an index");
        assert_eq!(entries.len(), referrers.len(), "{list}");
        for referrer in referrers {
            let entry = entries.iter().find(|entry| entry["digest"] == referrer.digest()).expect("each is listed");
            assert_eq!(entry["artifactType"], referrer.artifact_type());
            assert_eq!(world.store.raw(THERE, &referrer.digest()).as_ref(), Some(&referrer.bytes));
        }
    }
}

#[test]
fn signatures_come_along_to_another_layout_where_that_is_wished() {
    let signed = signed(World::new(EMBARK, Setup::Embedded), "\n    copyReferrers: true");
    promote(&signed.world);
    assert_eq!(signed.world.store.raw(THERE, "1.0.0").as_ref(), Some(&signed.image.bytes));
    let layout = signed.world.store.layout(THERE);
    for referrer in signed.referrers().into_iter().flat_map(|(_, referrers)| referrers) {
        assert_eq!(fs::read(layout.blob(&referrer.digest())).expect("it is there"), referrer.bytes);
    }
}

#[test]
#[ignore = "needs docker-registry, skopeo and git http-backend: run ./tests/run"]
fn signatures_come_along_to_another_repository_where_that_is_wished() {
    let signed = signed(World::new(EMBARK, Setup::Servers), "\n    copyReferrers: true");
    promote(&signed.world);
    assert_listed_by_tag(&signed);
}

#[test]
#[ignore = "needs Go, skopeo and git http-backend: run ./tests/run"]
fn signatures_come_along_in_a_registry_of_another_make() {
    let world = World::with_registry(EMBARK, Registry::start_go(&tools(), false));
    let signed = signed(world, "\n    copyReferrers: true");
    promote(&signed.world);
    assert_listed_by_tag(&signed);
}

#[test]
#[ignore = "needs Go, skopeo and git http-backend: run ./tests/run"]
fn signatures_come_along_in_a_registry_that_lists_them_by_itself() {
    let world = World::with_registry(EMBARK, Registry::start_go(&tools(), true));
    let signed = signed(world, "\n    copyReferrers: true");
    promote(&signed.world);
    let world = &signed.world;
    let Store::Registry(registry) = &world.store else { panic!("there is a registry") };
    assert_eq!(world.store.digest(THERE, "1.0.0"), signed.image.digest());
    for (subject, referrers) in signed.referrers() {
        let [here, there] =
            [FRONTEND, THERE].map(|name| registry.referrers(&format!("acme/{name}"), &subject.digest()));
        let mut digests: Vec<String> = referrers.iter().map(|referrer| referrer.digest()).collect();
        digests.sort();
        let listed = there.clone().expect("it lists referrers");
        assert_eq!(listed.iter().map(|(digest, _)| digest.clone()).collect::<Vec<_>>(), digests);
        assert_eq!(here, there, "production lists what staging does");
        assert_eq!(world.store.raw(THERE, &list_of(subject)), None, "no tag stands for a list that is there");
        for referrer in referrers {
            assert_eq!(world.store.raw(THERE, &referrer.digest()).as_ref(), Some(&referrer.bytes));
        }
    }
}

#[test]
#[ignore = "needs docker-registry, skopeo and git http-backend: run ./tests/run"]
fn signatures_stay_behind_unless_it_is_wished() {
    let signed = signed(World::new(EMBARK, Setup::Servers), "");
    promote(&signed.world);
    let store = &signed.world.store;
    assert_eq!(store.digest(THERE, "1.0.0"), signed.image.digest());
    assert_eq!(store.raw(THERE, &list_of(&signed.image)), None);
    assert_eq!(store.raw(THERE, &signed.signature.digest()), None);
}

/// Returns where `./tests/run` puts programs that Debian does not have.
fn tools() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("tools").join("bin")
}
