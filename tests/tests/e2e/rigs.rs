//! The rigs themselves: what the other tests rely on is so.

use embark_tests::harness::{BACKEND, Edit, FRONTEND, Fault, Git, GitServer, Image, Registry, Setup, Store, World};

use crate::EMBARK;

#[test]
fn an_image_of_the_harness_is_the_same_in_a_layout_and_another_seed_is_another_image() {
    let world = World::new(EMBARK, Setup::Embedded);
    let (frontend, backend) = world.build(&world.commits[0], "1", "1");
    assert_eq!(world.store.raw(FRONTEND, &world.commits[0]), Some(frontend.bytes.clone()));
    assert_eq!(world.store.raw(BACKEND, &world.commits[0]), Some(backend.bytes));
    assert_eq!(world.store.raw(BACKEND, &world.commits[1]), None);
    assert_ne!(frontend.digest(), Image::single("frontend 2").digest());
    assert!(backend.media_type.ends_with("index.v1+json"));
}

#[test]
#[ignore = "needs docker-registry, skopeo and git http-backend: run ./tests/run"]
fn a_registry_keeps_the_bytes_of_an_index_with_attestations() {
    for guarded in [false, true] {
        let store = Store::Registry(Registry::start(guarded));
        for image in [Image::single("a"), Image::multi("a")] {
            store.push(BACKEND, "one", &image);
            assert_eq!(store.raw(BACKEND, "one"), Some(image.bytes));
            assert_eq!(store.raw(BACKEND, "two"), None);
        }
    }
}

#[test]
#[ignore = "needs docker-registry, skopeo and git http-backend: run ./tests/run"]
fn a_git_server_serves_pushes_demands_its_token_and_counts() {
    let folder = tempfile::tempdir().unwrap();
    let bare = Git::init_bare(&folder.path().join("repo.git"));
    bare.commit("refs/heads/main", "Begin", &[Edit { path: "a/b.yaml", text: "c: d\n" }]);
    let server = GitServer::start(folder.path(), Some("secret"));
    let url = server.url("repo.git").replace("http://", "http://x-access-token:secret@");
    let clone = Git::init(&folder.path().join("clone"));
    clone.run(&["pull", "--quiet", &url, "main"]);
    let tip = clone.commit("refs/heads/main", "More", &[Edit { path: "e.yaml", text: "f: g\n" }]);
    clone.run(&["push", "--quiet", &url, "main", "main:refs/embark/ledger"]);
    assert_eq!(bare.tip("refs/heads/main"), Some(tip.clone()));
    assert_eq!(bare.tip("refs/embark/ledger"), Some(tip));
    let traffic = server.take_traffic();
    assert!(traffic.requests() >= 6 && traffic.down() > 0 && traffic.up() > 0, "{traffic}");
    assert_eq!(server.take_traffic().requests(), 0);

    server.set_fault(Some(Fault::CorruptPack));
    let refused = std::panic::catch_unwind(|| {
        Git::init(&folder.path().join("other")).run(&["fetch", "--quiet", &url, "main"]);
    });
    assert!(refused.is_err(), "git notices the corrupt pack");
    bare.assert_sound();
}
