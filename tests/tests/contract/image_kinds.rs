//! Every kind of image: tagged again, copied to another repository and back to a layout, its bytes stay the same.
//!
//! The image starts in a layout that was written by hand. The witness of a registry is skopeo.

use std::fs;

use embark_core::ports::{ImageRegistry as _, ImageRegistryExt as _, RegistryError, TagState};
use embark_core::{Reference, Repository, Tag};
use embark_registry::{Credentials, Registries};
use embark_tests::harness::{Image, Layout, Registry, Store};
use tempfile::TempDir;

use crate::client;
use crate::images::tools;

struct Walk {
    registries: Registries,
    folder: TempDir,
    store: Store,
    address: Box<dyn Fn(&str) -> String>,
}

impl Walk {
    fn layouts() -> Self {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let store = Store::Layouts(folder.path().into());
        Self::new(folder, store, |name| format!("oci:{name}"))
    }

    fn over(registry: Registry) -> Self {
        let address = registry.address();
        let folder = tempfile::tempdir().expect("there is room for a folder");
        Self::new(folder, Store::Registry(registry), move |name| format!("{address}/acme/{name}"))
    }

    fn new(folder: TempDir, store: Store, address: impl Fn(&str) -> String + 'static) -> Self {
        let registries = Registries::new(client(), Credentials::anonymous(), folder.path());
        Self { registries, folder, store, address: Box::new(address) }
    }

    fn repository(&self, name: &str) -> Repository {
        (self.address)(name).parse().expect("a repository")
    }

    /// Puts what `from` names in `source` under the free tag `to` of `target`.
    #[expect(clippy::panic, reason = "a test that cannot go on panics")]
    async fn tag(&self, source: &Repository, from: &str, target: &Repository, to: &str) -> Result<(), RegistryError> {
        let from: Tag = from.parse().expect("a tag");
        let manifest = self.registries.manifest(source, &Reference::Tag(from)).await?;
        let state = self.registries.look(target, &to.parse().expect("a tag")).await?;
        let TagState::Free(free) = state else { panic!("{to} is taken") };
        self.registries.tag(source, &manifest, &free).await
    }

    /// Writes the image into a layout, and copies it to the repository `app` from there.
    async fn push(&self, image: &Image) -> Result<(), RegistryError> {
        Layout::new(&self.folder.path().join("source")).put("built", image);
        self.tag(&"oci:source".parse().expect("a repository"), "built", &self.repository("app"), "built").await
    }

    async fn keeps(&self, image: &Image) {
        let (app, copy) = (self.repository("app"), self.repository("copy"));
        self.push(image).await.expect("pushed");
        self.tag(&app, "built", &app, "1.0.0").await.expect("tagged again");
        self.tag(&app, "1.0.0", &copy, "1.0.1").await.expect("copied");
        self.tag(&copy, "1.0.1", &"oci:back".parse().expect("a repository"), "1.0.2").await.expect("copied back");
        for (name, tag) in [("app", "built"), ("app", "1.0.0"), ("copy", "1.0.1")] {
            assert_eq!(self.store.raw(name, tag).as_ref(), Some(&image.bytes), "{name}:{tag}");
            let reference = Reference::Tag(tag.parse().expect("a tag"));
            let digest = self.registries.resolve(&self.repository(name), &reference).await.expect("resolved");
            assert_eq!(digest.to_string(), image.digest(), "{name}:{tag}");
        }
        let back = Layout::new(&self.folder.path().join("back"));
        assert_eq!(back.raw("1.0.2").as_ref(), Some(&image.bytes));
        for (digest, bytes) in &image.blobs {
            assert_eq!(&fs::read(back.blob(digest)).expect("the copy is whole"), bytes, "{digest}");
        }
    }
}

/// One case for each kind.
mod kinds {
    use super::{Image, Walk};

    macro_rules! keeps {
        ($($kind:ident)+) => {
            $(pub(super) async fn $kind(walk: &Walk) {
                walk.keeps(&Image::$kind("built")).await;
            })+
        };
    }

    keeps!(single multi docker_single docker_multi nested artifact without_layers sha512_layer sha512_child);
}

macro_rules! each_kind {
    ($($head:tt)+) => {
        cases!($($head)+:
            single
            multi
            docker_single
            docker_multi
            nested
            artifact
            without_layers
            sha512_layer
        );
    };
}

mod layout {
    use super::{Walk, kinds};

    each_kind!(kinds over { Walk::layouts() } as it => (&it));
    cases!(kinds over { Walk::layouts() } as it => (&it): sha512_child);
}

mod docker_registry {
    use embark_core::ports::RegistryError;

    use super::{Image, Registry, Walk, kinds};

    each_kind!(needs "needs docker-registry and skopeo: run ./tests/run",
        kinds over { Walk::over(Registry::start(false)) } as it => (&it));

    /// It knows manifests by their SHA-256 alone.
    #[tokio::test]
    #[ignore = "needs docker-registry and skopeo: run ./tests/run"]
    async fn refuses_a_sha512_child_and_says_so() {
        let walk = Walk::over(Registry::start(false));
        let refused = walk.push(&Image::sha512_child("built")).await;
        let Err(RegistryError::Forbidden { repository, reason }) = refused else { panic!("{refused:?}") };
        assert_eq!(repository, walk.repository("app"));
        assert_eq!(reason, "400 Bad Request: provided digest did not match uploaded content");
        assert_eq!(walk.store.raw("app", "built"), None, "nothing is tagged");
    }
}

mod go_containerregistry {
    use super::{Registry, Walk, kinds, tools};

    macro_rules! over_one {
        ($lists_referrers:literal) => {
            use super::{Registry, Walk, kinds, tools};

            each_kind!(needs "needs Go and skopeo: run ./tests/run",
                kinds over { Walk::over(Registry::start_go(&tools(), $lists_referrers)) } as it => (&it));
            cases!(needs "needs Go and skopeo: run ./tests/run",
                kinds over { Walk::over(Registry::start_go(&tools(), $lists_referrers)) } as it => (&it): sha512_child);
        };
    }

    mod with_the_referrers_api {
        over_one!(true);
    }

    mod without_it {
        over_one!(false);
    }
}
