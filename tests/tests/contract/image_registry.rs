//! [`ImageRegistry`](embark_core::ports::ImageRegistry): the fake, OCI layouts, Debian's `docker-registry`, and the
//! registry of go-containerregistry.

/// The cases that need no more than a repository with an image.
macro_rules! on_a_repository {
    ($($head:tt)+) => {
        cases!($($head)+:
            resolves_to_the_digest_of_the_bytes
            fetches_the_very_bytes
            tells_what_does_not_exist
            tags_the_very_bytes
            tags_again_what_is_tagged
            lists_the_tags
            nothing_refers_to_a_new_image
        );
    };
}

/// Every case for an image in each of the four media types.
macro_rules! in_each_media_type {
    ($expand:ident) => {
        mod oci_manifest {
            $expand!(single);
        }
        mod oci_index {
            $expand!(multi);
        }
        mod docker_manifest {
            $expand!(docker_single);
        }
        mod docker_list {
            $expand!(docker_multi);
        }
    };
}

mod fake {
    use embark_core::ports::ImageRegistry as _;
    use embark_core::testing::FakeRegistry;
    use embark_core::testing::contract::image_registry as suite;
    use embark_core::{Digest, Manifest, Repository};

    fn repository(name: &str) -> Repository {
        format!("registry.test/{name}").parse().expect("a repository")
    }

    async fn registry() -> (FakeRegistry, Repository, Manifest) {
        let (registry, repository) = (FakeRegistry::default(), repository("app"));
        let digest = registry.push(&repository, &"built".parse().expect("a tag"), "built");
        registry.push(&repository, &"other".parse().expect("a tag"), "other");
        let manifest = registry.manifest(&repository, &digest.into()).await.expect("it is there");
        (registry, repository, manifest)
    }

    on_a_repository!(suite over { registry().await } as (registry, app, manifest) => (&registry, &app, &manifest));
    cases!(suite over { registry().await } as (registry, app, manifest) =>
        (&registry, &app, &manifest): leaves_alone_what_was_taken);
    cases!(suite over { registry().await } as (registry, app, manifest) =>
        (&registry, &app, &repository("copy"), &manifest): copies_to_another_repository);
    async fn signed() -> (FakeRegistry, Repository, Manifest, Digest) {
        let (registry, repository, manifest) = registry().await;
        let signature = registry.refer(&repository, manifest.digest(), "signature");
        (registry, repository, manifest, signature)
    }

    cases!(suite over { signed().await } as (registry, app, manifest, signature) =>
        (&registry, &app, &manifest, &signature): lists_what_refers_to_an_image);
    cases!(suite over { signed().await } as (registry, app, manifest, signature) =>
        (&registry, &app, &repository("copy"), &manifest, &signature): copies_what_refers_to_an_image);
    cases!(suite over { registry().await } as (registry, app, manifest) =>
        (&registry, &app, &repository("copy"), &manifest): copies_nothing_that_refers_to_something_else);
    async fn described() -> (FakeRegistry, Repository, Manifest, Vec<(Digest, String)>) {
        let (registry, repository, manifest) = registry().await;
        let kinds = ["signature", "sbom"]
            .map(|kind| (registry.refer(&repository, manifest.digest(), kind), format!("application/vnd.fake.{kind}")));
        (registry, repository, manifest, kinds.into())
    }

    cases!(suite over { described().await } as (registry, app, manifest, kinds) =>
        (&registry, &app, &manifest, &kinds): tells_referrers_apart_by_kind);
    cases!(suite over { registry().await } as (registry, _app, _manifest) =>
        (&registry, &repository("absent")): tells_a_repository_that_does_not_exist);
}

mod layout {
    use embark_core::testing::contract::image_registry as suite;
    use embark_tests::harness::Image;

    use crate::images::Fixture;

    macro_rules! over_layouts {
        ($image:ident) => {
            use super::{Fixture, Image, suite};

            on_a_repository!(suite over { Fixture::layouts(&Image::$image("built")) } as it =>
                (&it.registries, &it.repository, &it.manifest));
            cases!(suite over { Fixture::layouts(&Image::$image("built")) } as it =>
                (&it.registries, &it.repository, &it.manifest): leaves_alone_what_was_taken);
            cases!(suite over { Fixture::layouts(&Image::$image("built")) } as it =>
                (&it.registries, &it.repository, &it.copy, &it.manifest): copies_to_another_repository);
            cases!(suite over { Fixture::layouts(&Image::$image("built")).damaged() } as it =>
                (&it.registries, &it.repository, &it.manifest.digest().clone().into()): tells_bytes_that_lie);

            fn signed() -> (Fixture, embark_core::Digest) {
                let image = Image::$image("built");
                let it = Fixture::layouts(&image);
                let signature = it.signed(&image);
                (it, signature)
            }

            cases!(suite over { signed() } as (it, signature) =>
                (&it.registries, &it.repository, &it.manifest, &signature): lists_what_refers_to_an_image);
            cases!(suite over { signed() } as (it, signature) =>
                (&it.registries, &it.repository, &it.copy, &it.manifest, &signature): copies_what_refers_to_an_image);
            cases!(suite over { signed() } as (it, _signature) =>
                (&it.registries, &it.repository, &it.copy, &it.manifest):
                copies_nothing_that_refers_to_something_else);

            async fn described() -> (Fixture, Vec<(embark_core::Digest, String)>) {
                let image = Image::$image("built");
                let it = Fixture::layouts(&image);
                let kinds = it.described(&image).await;
                (it, kinds)
            }

            cases!(suite over { described().await } as (it, kinds) =>
                (&it.registries, &it.copy, &it.manifest, &kinds): tells_referrers_apart_by_kind);

            #[tokio::test]
            async fn a_copy_is_whole() {
                let image = Image::$image("built");
                let it = Fixture::layouts(&image);
                suite::copies_to_another_repository(&it.registries, &it.repository, &it.copy, &it.manifest).await;
                let (copied, whole) = it.copied_blobs(&image);
                assert_eq!(copied, whole);
                assert_eq!(it.copied("1.0.0"), Some(image.bytes));
            }
        };
    }

    in_each_media_type!(over_layouts);

    /// The first tag makes the layout.
    mod to_a_new_one {
        use super::{Fixture, Image, suite};

        cases!(suite over { Fixture::layouts(&Image::multi("built")) } as it =>
            (&it.registries, &it.repository, &it.absent, &it.manifest): copies_to_another_repository);
    }

    cases!(suite over { Fixture::layouts(&Image::single("built")) } as it =>
        (&it.registries, &it.absent): tells_a_repository_that_does_not_exist);
}

/// A registry cannot tell that a tag has been taken since it was looked at.
mod registry {
    use embark_core::ports::{ImageRegistryExt as _, TagState};
    use embark_core::testing::contract::image_registry as suite;
    use embark_registry::{Credentials, Registries};
    use embark_tests::harness::Image;

    use crate::client;
    use crate::images::{Access, Fixture};

    macro_rules! over_a_registry {
        ($access:ident, $image:ident) => {
            use crate::image_registry::registry::{Access, Fixture, Image, suite};

            on_a_repository!(needs "needs docker-registry and skopeo: run ./tests/run",
                suite over { Fixture::registry(&Image::$image("built"), Access::$access) } as it =>
                (&it.registries, &it.repository, &it.manifest));
            cases!(needs "needs docker-registry and skopeo: run ./tests/run",
                suite over { Fixture::registry(&Image::$image("built"), Access::$access) } as it =>
                (&it.registries, &it.repository, &it.copy, &it.manifest): copies_to_another_repository);

            fn signed() -> (Fixture, embark_core::Digest) {
                let image = Image::$image("built");
                let it = Fixture::registry(&image, Access::$access);
                let signature = it.signed(&image);
                (it, signature)
            }

            cases!(needs "needs docker-registry and skopeo: run ./tests/run",
                suite over { signed() } as (it, signature) =>
                (&it.registries, &it.repository, &it.manifest, &signature): lists_what_refers_to_an_image);
            cases!(needs "needs docker-registry and skopeo: run ./tests/run",
                suite over { signed() } as (it, signature) =>
                (&it.registries, &it.repository, &it.copy, &it.manifest, &signature): copies_what_refers_to_an_image);

            async fn described() -> (Fixture, Vec<(embark_core::Digest, String)>) {
                let image = Image::$image("built");
                let it = Fixture::registry(&image, Access::$access);
                let kinds = it.described(&image).await;
                (it, kinds)
            }

            cases!(needs "needs docker-registry and skopeo: run ./tests/run",
                suite over { described().await } as (it, kinds) =>
                (&it.registries, &it.copy, &it.manifest, &kinds): tells_referrers_apart_by_kind);

            #[tokio::test]
            #[ignore = "needs docker-registry and skopeo: run ./tests/run"]
            async fn skopeo_reads_the_copy() {
                let image = Image::$image("built");
                let it = Fixture::registry(&image, Access::$access);
                suite::copies_to_another_repository(&it.registries, &it.repository, &it.copy, &it.manifest).await;
                assert_eq!(it.copied("1.0.0"), Some(image.bytes));
            }
        };
    }

    macro_rules! open {
        ($image:ident) => {
            over_a_registry!(Open, $image);
        };
    }
    macro_rules! basic {
        ($image:ident) => {
            over_a_registry!(Basic, $image);
        };
    }
    macro_rules! bearer {
        ($image:ident) => {
            over_a_registry!(Bearer, $image);
        };
    }

    mod open {
        in_each_media_type!(open);
    }
    mod basic {
        in_each_media_type!(basic);
    }
    mod bearer {
        in_each_media_type!(bearer);
    }

    fn built(access: Access) -> Fixture {
        Fixture::registry(&Image::single("built"), access)
    }

    fn unreachable() -> Registries {
        Registries::new(client(), Credentials::anonymous(), std::path::Path::new("/"))
    }

    cases!(suite over { unreachable() } as it =>
        (&it, &"127.0.0.1:1/acme/app".parse().expect("a repository")): tells_that_it_cannot_be_reached);
    cases!(needs "needs docker-registry and skopeo: run ./tests/run",
        suite over { built(Access::Open) } as it =>
        (&it.registries, &it.absent): tells_a_repository_that_does_not_exist);
    cases!(needs "needs docker-registry and skopeo: run ./tests/run",
        suite over { built(Access::Refused) } as it =>
        (&it.registries, &it.repository): tells_that_credentials_are_missing);

    /// The registry states a digest, and sends other bytes.
    mod by_tag {
        use super::{Access, built, suite};

        cases!(needs "needs docker-registry and skopeo: run ./tests/run",
            suite over { built(Access::Bearer).lying_about("built") } as it =>
            (&it.registries, &it.repository, &"built".parse::<embark_core::Tag>().expect("a tag").into()):
            tells_bytes_that_lie);
    }

    mod by_digest {
        use super::{Access, Fixture, built, suite};

        fn lying() -> Fixture {
            let it = built(Access::Bearer);
            let digest = it.manifest.digest().to_string();
            it.lying_about(&digest)
        }

        cases!(needs "needs docker-registry and skopeo: run ./tests/run",
            suite over { lying() } as it =>
            (&it.registries, &it.repository, &it.manifest.digest().clone().into()): tells_bytes_that_lie);
    }

    #[tokio::test]
    #[ignore = "needs docker-registry and skopeo: run ./tests/run"]
    async fn tells_that_it_wrote_another() {
        let it = built(Access::Bearer);
        let state = it.registries.look(&it.repository, &"1.0.0".parse().expect("a tag")).await.expect("looked");
        let TagState::Free(free) = state else { panic!("1.0.0 is taken") };
        it.answering_writes_wrongly("1.0.0");
        suite::tells_that_it_wrote_another(&it.registries, &it.repository, &it.manifest, &free).await;
    }
}

/// A registry of another make; it states no `Location` after a write, and does not say that it lists referrers.
mod go_containerregistry {
    use embark_core::testing::contract::image_registry as suite;
    use embark_tests::harness::Image;

    use crate::images::Fixture;

    macro_rules! over_one {
        ($lists_referrers:literal, $image:ident) => {
            use crate::image_registry::go_containerregistry::{Fixture, Image, suite};

            on_a_repository!(needs "needs Go and skopeo: run ./tests/run",
                suite over { Fixture::go(&Image::$image("built"), $lists_referrers) } as it =>
                (&it.registries, &it.repository, &it.manifest));
            cases!(needs "needs Go and skopeo: run ./tests/run",
                suite over { Fixture::go(&Image::$image("built"), $lists_referrers) } as it =>
                (&it.registries, &it.repository, &it.copy, &it.manifest): copies_to_another_repository);

            fn signed() -> (Fixture, embark_core::Digest) {
                let image = Image::$image("built");
                let it = Fixture::go(&image, $lists_referrers);
                let signature = it.signed(&image);
                (it, signature)
            }

            cases!(needs "needs Go and skopeo: run ./tests/run",
                suite over { signed() } as (it, signature) =>
                (&it.registries, &it.repository, &it.manifest, &signature): lists_what_refers_to_an_image);
            cases!(needs "needs Go and skopeo: run ./tests/run",
                suite over { signed() } as (it, _signature) =>
                (&it.registries, &it.repository, &it.copy, &it.manifest):
                copies_nothing_that_refers_to_something_else);

            async fn described() -> (Fixture, Vec<(embark_core::Digest, String)>) {
                let image = Image::$image("built");
                let it = Fixture::go(&image, $lists_referrers);
                let kinds = it.described(&image).await;
                (it, kinds)
            }

            cases!(needs "needs Go and skopeo: run ./tests/run",
                suite over { described().await } as (it, kinds) =>
                (&it.registries, &it.copy, &it.manifest, &kinds): tells_referrers_apart_by_kind);

            /// The tag that stands for the list is written only where there is no such list.
            #[tokio::test]
            #[ignore = "needs Go and skopeo: run ./tests/run"]
            async fn copies_what_refers_to_an_image() {
                let image = Image::$image("built");
                let (it, signature) = signed();
                let (from, to) = (&it.repository, &it.copy);
                suite::copies_what_refers_to_an_image(&it.registries, from, to, &it.manifest, &signature).await;
                assert_eq!(it.copied_list(&image).is_none(), $lists_referrers);
            }
        };
    }

    macro_rules! with {
        ($image:ident) => {
            over_one!(true, $image);
        };
    }
    macro_rules! without {
        ($image:ident) => {
            over_one!(false, $image);
        };
    }

    mod with_the_referrers_api {
        in_each_media_type!(with);
    }
    mod without_it {
        in_each_media_type!(without);
    }

    cases!(needs "needs Go and skopeo: run ./tests/run",
        suite over { Fixture::go(&Image::single("built"), true) } as it =>
        (&it.registries, &it.absent): tells_a_repository_that_does_not_exist);

    /// Where there is no repository yet, nothing refers to anything in it.
    #[tokio::test]
    #[ignore = "needs Go and skopeo: run ./tests/run"]
    async fn lists_nothing_in_a_repository_that_does_not_exist() {
        use embark_core::ports::ImageRegistry as _;

        for lists_referrers in [true, false] {
            let it = Fixture::go(&Image::single("built"), lists_referrers);
            assert_eq!(it.registries.referrers(&it.absent, it.manifest.digest()).await.expect("listed"), []);
        }
    }
}
