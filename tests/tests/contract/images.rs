//! Image repositories for the adapters of registries. What is pushed into them is written by hand or by skopeo.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use embark_core::ports::ImageRegistry as _;
use embark_core::{Digest, Manifest, Repository};
use embark_registry::{Credentials, Registries};
use embark_tests::harness::{
    BearerFront, Garbage, Image, Layout, REGISTRY_PASSWORD, REGISTRY_USER, Registry, Store, digest_of,
};
use tempfile::TempDir;

use crate::client;

/// The repository of a fixture that holds its images, and the one that is empty.
const APP: &str = "app";
const COPY: &str = "copy";

/// A repository with an image under `built`, another under `other`, and the adapter that reaches it.
pub(crate) struct Fixture {
    pub(crate) registries: Registries,
    pub(crate) repository: Repository,
    /// Another repository, which is empty.
    pub(crate) copy: Repository,
    /// A repository that is not there.
    pub(crate) absent: Repository,
    /// What `built` names.
    pub(crate) manifest: Manifest,
    pub(crate) store: Store,
    pub(crate) front: Option<BearerFront>,
    folder: TempDir,
}

/// How a registry is to be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Anybody may.
    Open,
    /// With user and password.
    Basic,
    /// It demands user and password, and does not get them.
    Refused,
    /// With tokens of the right scope.
    Bearer,
}

impl Fixture {
    /// Makes OCI layouts on disk.
    pub(crate) fn layouts(image: &Image) -> Self {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let layout = Layout::new(&folder.path().join(APP));
        layout.put("built", image);
        layout.put("other", &Image::single("other"));
        Layout::new(&folder.path().join(COPY));
        let store = Store::Layouts(folder.path().into());
        Self::new(image, folder, store, None, Credentials::anonymous(), &|name| format!("oci:{name}"))
    }

    /// Starts a registry.
    pub(crate) fn registry(image: &Image, access: Access) -> Self {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let registry = Registry::start(matches!(access, Access::Basic | Access::Refused));
        let front = (access == Access::Bearer).then(|| BearerFront::start(registry.address()));
        let address = front.as_ref().map_or(registry.address(), BearerFront::address);
        let credentials = if access == Access::Basic {
            log_in(folder.path(), &address.to_string());
            Credentials::docker(folder.path())
        } else {
            Credentials::anonymous()
        };
        let store = Store::Registry(registry);
        store.push(APP, "built", image);
        store.push(APP, "other", &Image::single("other"));
        Self::new(image, folder, store, front, credentials, &|name| format!("{address}/acme/{name}"))
    }

    /// Starts the registry of go-containerregistry.
    pub(crate) fn go(image: &Image, lists_referrers: bool) -> Self {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let registry = Registry::start_go(&tools(), lists_referrers);
        let address = registry.address();
        let store = Store::Registry(registry);
        store.push(APP, "built", image);
        store.push(APP, "other", &Image::single("other"));
        Self::new(image, folder, store, None, Credentials::anonymous(), &|name| format!("{address}/acme/{name}"))
    }

    fn new(
        image: &Image,
        folder: TempDir,
        store: Store,
        front: Option<BearerFront>,
        credentials: Credentials,
        address: &dyn Fn(&str) -> String,
    ) -> Self {
        let repository = |name: &str| address(name).parse().expect("a repository");
        Self {
            registries: Registries::new(client(), credentials, folder.path()),
            repository: repository(APP),
            copy: repository(COPY),
            absent: repository("absent"),
            manifest: Manifest::new(image.media_type.parse().expect("one of the four"), image.bytes.clone()),
            store,
            front,
            folder,
        }
    }

    /// Pushes a signature of the image; returns its digest.
    pub(crate) fn signed(&self, image: &Image) -> Digest {
        let signature = Image::referrer("signature", image);
        self.refer(image, &[&signature]);
        signature.digest().parse().expect("a digest")
    }

    /// Pushes a signature and an SBOM of the image, and copies both to the empty repository; returns the digests of those
    /// whose type is told there, and it.
    pub(crate) async fn described(&self, image: &Image) -> Vec<(Digest, String)> {
        let (signature, sbom) = (Image::referrer("signature", image), Image::sbom("sbom", image));
        self.refer(image, &[&signature, &sbom]);
        for referrer in [&signature, &sbom].map(|one| one.digest().parse().expect("a digest")) {
            let copied = self.registries.copy_referrer(&self.repository, self.manifest.digest(), &referrer, &self.copy);
            copied.await.expect("copied");
        }
        // That of go-containerregistry takes the type of the config for it, whatever the manifest says.
        let told = if self.lists_referrers() { vec![sbom] } else { vec![signature, sbom] };
        told.iter().map(|one| (one.digest().parse().expect("a digest"), one.artifact_type())).collect()
    }

    /// Pushes what refers to the image, and lists it in the tag for it where the registry does not by itself.
    fn refer(&self, image: &Image, referrers: &[&Image]) {
        if matches!(self.store, Store::Layouts(_)) || self.lists_referrers() {
            for (number, referrer) in referrers.iter().enumerate() {
                self.store.push(APP, &format!("referrer-{number}"), referrer);
            }
        } else {
            self.store.push(APP, &list_of(image), &Image::index(referrers));
        }
    }

    fn lists_referrers(&self) -> bool {
        matches!(&self.store, Store::Registry(registry) if registry.lists_referrers())
    }

    /// Returns what the tag lists that stands for the referrers of the image, in the repository that was empty.
    pub(crate) fn copied_list(&self, image: &Image) -> Option<Vec<u8>> {
        self.copied(&list_of(image))
    }

    /// Damages what the manifest's digest names in a layout.
    pub(crate) fn damaged(self) -> Self {
        let blob = self.store.layout(APP).blob(&self.manifest.digest().to_string());
        fs::write(blob, "{\"schemaVersion\":2}").expect("the blob can be written");
        self
    }

    /// Lets the front answer for `reference` with other bytes, which claim to be the manifest's.
    pub(crate) fn lying_about(self, reference: &str) -> Self {
        self.front.as_ref().expect("there is a front").serve_garbage(Garbage {
            path: format!("/manifests/{reference}"),
            status: 200,
            content_type: "application/vnd.oci.image.manifest.v1+json",
            body: "{\"schemaVersion\":2}",
            digest: Some(self.manifest.digest().to_string()),
        });
        self
    }

    /// Lets the front take the next write of `tag` for one of something else.
    pub(crate) fn answering_writes_wrongly(&self, tag: &str) {
        self.front.as_ref().expect("there is a front").serve_garbage(Garbage {
            path: format!("/manifests/{tag}"),
            status: 201,
            content_type: "application/json",
            body: "",
            digest: Some(digest_of(b"something else")),
        });
    }

    /// Lists the blobs of the empty repository, once it is no longer empty, and those that the image has.
    pub(crate) fn copied_blobs(&self, image: &Image) -> (Vec<String>, Vec<String>) {
        let alone = Layout::new(&self.folder.path().join("alone"));
        alone.put("built", image);
        (names(&self.store.layout(COPY)), names(&alone))
    }

    /// Returns what the witness reads under a tag of the repository that was empty.
    pub(crate) fn copied(&self, tag: &str) -> Option<Vec<u8>> {
        self.store.raw(COPY, tag)
    }
}

/// Returns where `./tests/run` puts programs that Debian does not have.
pub(crate) fn tools() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("tools").join("bin")
}

/// Returns the tag that stands for the list of what refers to an image.
fn list_of(image: &Image) -> String {
    image.digest().replace(':', "-")
}

fn names(layout: &Layout) -> Vec<String> {
    let entries = fs::read_dir(layout.folder().join("blobs/sha256")).expect("a layout has blobs");
    let mut names: Vec<_> = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn log_in(folder: &Path, host: &str) {
    let auth = STANDARD.encode(format!("{REGISTRY_USER}:{REGISTRY_PASSWORD}"));
    let text = format!("{{\"auths\":{{\"{host}\":{{\"auth\":\"{auth}\"}}}}}}");
    fs::write(folder.join("config.json"), text).expect("the folder can be written");
}
