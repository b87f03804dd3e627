//! Every way in which a values file can name an image, from staging to production and back.

use std::fs;

use embark_tests::harness::{FRONTEND, Image, Setup, World};

use crate::EMBARK;

/// One way: the keys of `embark.yaml`, and a values file in which ‹R›, ‹T› and ‹D› stand for repository, tag and digest.
struct Way {
    keys: &'static str,
    before: &'static str,
    after: &'static str,
}

const WAYS: [Way; 9] = [
    Way {
        keys: "{ tag: image.tag }",
        before: "# by hand\nimage:\n  tag: \"none\" # by embark\n  pullPolicy: Always\n",
        after: "# by hand\nimage:\n  tag: \"‹T›\" # by embark\n  pullPolicy: Always\n",
    },
    Way {
        keys: "{ tag: image.tag, digest: image.digest }",
        before: "image:\n  tag: \"none\"\n\nreplicas: 2\n",
        after: "image:\n  tag: \"‹T›\"\n  digest: \"‹D›\"\n\nreplicas: 2\n",
    },
    Way {
        keys: "{ repository: image.repository, tag: image.tag }",
        before: "image: { repository: 'none', tag: 'none' }\n",
        after: "image: { repository: '‹R›', tag: '‹T›' }\n",
    },
    Way {
        keys: "{ repository: image.repository, tag: image.tag, digest: image.digest }",
        before: "image:\r\n  digest: 'none'\r\n  repository: 'none'\r\n  tag: 'none'\r\n",
        after: "image:\r\n  digest: '‹D›'\r\n  repository: '‹R›'\r\n  tag: '‹T›'\r\n",
    },
    Way {
        keys: "{ image: worker.image }",
        before: "worker:\n  image: \"none\"\n",
        after: "worker:\n  image: \"‹R›:‹T›\"\n",
    },
    Way {
        keys: "{ image: worker.image, pin: true }",
        before: "worker:\n  image: 'none'   # pinned\n",
        after: "worker:\n  image: '‹R›:‹T›@‹D›'   # pinned\n",
    },
    Way {
        keys: "{ tag: \"images[name=web].newTag\" }",
        before: "resources: [../../base]\nimages:\n  - name: redis\n    newTag: \"7\"\n  - name: web\n    newTag: \"none\"\n",
        after: "resources: [../../base]\nimages:\n  - name: redis\n    newTag: \"7\"\n  - name: web\n    newTag: \"‹T›\"\n",
    },
    Way {
        keys: "{ repository: \"images[name=web].newName\", tag: \"images[name=web].newTag\", \
               digest: \"images[name=web].digest\" }",
        before: "images:\n- newName: 'none'\n  name: web\n  newTag: 'none'\n  digest: 'none'\n",
        after: "images:\n- newName: '‹R›'\n  name: web\n  newTag: '‹T›'\n  digest: '‹D›'\n",
    },
    Way {
        keys: "{ tag: '\"shop.acme/web\".containers[1].tag' }",
        before: "shop.acme/web:\n  containers:\n  - tag: 'of another'\n  - tag: 'none'\n",
        after: "shop.acme/web:\n  containers:\n  - tag: 'of another'\n  - tag: '‹T›'\n",
    },
];

impl Way {
    fn text(&self, repository: &str, tag: &str, image: &Image) -> String {
        self.after.replace("‹R›", repository).replace("‹T›", tag).replace("‹D›", &image.digest())
    }
}

/// A world of one component that is named in this way; production's images lie in the repository of `production`.
fn world(setup: Setup, way: &Way, production: &str) -> World {
    let world = World::new(EMBARK, setup);
    let (image, url, prefix) = (world.image(FRONTEND), world.url(), world.repo.prefix());
    let (keys, other) = (way.keys, world.image(production));
    let configuration = format!(
        "application: shop
components:
  {FRONTEND}: {{ image: \"{image}\", images: {{ production: \"{other}\" }}, values: {keys} }}
environments:
  - {{ name: staging, valuesFile: {prefix}staging.yaml, tag: commit }}
  - {{ name: production, valuesFile: {prefix}prod.yaml, tag: version, promotesFrom: staging }}
deploymentRepo: {{ url: \"{url}\" }}
"
    );
    fs::write(world.config_path(), configuration).expect("the configuration can be written");
    for environment in ["staging", "production"] {
        world.repo.edit_by_hand(environment, |_| way.before.to_owned());
    }
    world
}

/// Brings an image to staging and to production, and looks at both files.
#[track_caller]
fn carry(world: &World, way: &Way, production: &str, (commit, version): (&str, &str), image: &Image) {
    world.store.push(FRONTEND, commit, image);
    world.embark.json(&["release", "staging", "--commit", commit, "--deploy"]).ended(0, "done");
    let promote = ["promote", "production", "--version", version, "--commit", commit, "--deploy"];
    world.embark.json(&promote).ended(0, "done");
    assert_eq!(world.repo.values("staging"), way.text(&world.image(FRONTEND), commit, image), "{}", way.keys);
    assert_eq!(world.repo.values("production"), way.text(&world.image(production), version, image), "{}", way.keys);
    assert_eq!(world.store.digest(production, version), image.digest());
    world.embark.json(&["verify", "--strict"]).ended(0, "unchanged");
}

fn there_and_back(setup: Setup, way: &Way, production: &str) {
    let world = world(setup, way, production);
    let [a, b] = [Image::single("a"), Image::multi("b")];
    carry(&world, way, production, (&world.commits[0], "1.0.0"), &a);
    carry(&world, way, production, (&world.commits[1], "1.1.0"), &b);

    world.embark.json(&["rollback", "production", "--reason", "it leaks"]).ended(0, "done");
    let back = way.text(&world.image(production), "1.0.0", &a);
    assert_eq!(world.repo.values("production"), back, "{}", way.keys);
    world.embark.json(&["verify", "--strict"]).ended(0, "unchanged");
    world.repo.edit_by_hand("production", |text| text.replace("1.0.0", "9.9.9"));
    world.embark.json(&["verify"]).ended(11, "broken");
}

#[test]
fn each_way_to_name_an_image_goes_to_production_and_back() {
    for way in &WAYS {
        there_and_back(Setup::Embedded, way, FRONTEND);
    }
}

#[test]
fn production_may_have_a_repository_of_its_own_whatever_names_it() {
    for way in WAYS.iter().filter(|way| way.after.contains("‹R›")) {
        there_and_back(Setup::Embedded, way, "production-frontend");
    }
}

#[test]
#[ignore = "needs docker-registry, skopeo and git http-backend: run ./tests/run"]
fn production_may_have_a_repository_of_its_own_with_servers() {
    for way in WAYS.iter().filter(|way| way.after.contains("‹R›")) {
        there_and_back(Setup::Guarded, way, "production-frontend");
    }
}
