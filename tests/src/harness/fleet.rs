//! Any number of components in a registry that demands bearer tokens, deployed to all environments but the last one.

use std::fmt::Write as _;
use std::fs;
use std::net::SocketAddr;

use tempfile::TempDir;

use super::bearer::BearerFront;
use super::embark::Embark;
use super::git::{Edit, Git};
use super::http::{Request, Response, forward};
use super::images::{Image, digest_of};
use super::registry::Registry;

/// The commit that all are built from, and so their tag on dev and staging.
const COMMIT: &str = "4f1d2c3b4a5968778695a4b3c2d1e0f00112233a";

/// The components' systems. The deployment repo is on disk.
pub struct Fleet {
    /// The front of the registry.
    pub front: BearerFront,
    /// The binary, run in the application's folder.
    pub embark: Embark,
    registry: Registry,
    images: Vec<Image>,
    folder: TempDir,
}

impl Fleet {
    /// Pushes an image for each component, and has `binary` release it to dev and promote it to staging.
    pub fn new(binary: &str, images: Vec<Image>) -> Self {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let at = |name: &str| folder.path().join(name);
        for name in ["home", "app"] {
            fs::create_dir(at(name)).expect("the folder can be made");
        }
        let values =
            (0..images.len()).fold(String::new(), |text, number| text + &format!("c{number}: {{ tag: none }}\n"));
        let edits = ["dev.yaml", "staging.yaml", "prod.yaml"].map(|path| Edit { path, text: &values });
        Git::init_bare(&at("deployment.git")).commit("refs/heads/main", "Begin", &edits);
        let registry = Registry::start(false);
        for (number, image) in images.iter().enumerate() {
            push(registry.address(), &format!("acme/c{number}"), image);
        }
        let front = BearerFront::start(registry.address());
        let embark = Embark::new(binary, &at("app"), &at("home"));
        let fleet = Self { front, embark, registry, images, folder };
        fleet.have_production_in("acme/c");
        fleet.embark.json(&["release", "dev", "--commit", COMMIT, "--deploy"]).ended(0, "done");
        fleet.embark.json(&["promote", "staging", "--commit", COMMIT, "--deploy"]).ended(0, "done");
        fleet.front.take_traffic();
        fleet
    }

    /// Has production's images in repositories of this name with the component's number at its end.
    pub fn have_production_in(&self, prefix: &str) {
        let host = self.front.address();
        let mut text = "application: fleet\ncomponents:\n".to_owned();
        for number in 0..self.images.len() {
            let _ = writeln!(
                text,
                "  c{number}:\n    image: {host}/acme/c{number}\n    images: {{ production: {host}/{prefix}{number} }}\n    \
                 values: {{ tag: c{number}.tag }}"
            );
        }
        text += "environments:
  - { name: dev, valuesFile: dev.yaml, tag: commit }
  - { name: staging, valuesFile: staging.yaml, tag: commit, promotesFrom: dev }
  - { name: production, valuesFile: prod.yaml, tag: version, promotesFrom: staging }
deploymentRepo: { url: ../deployment.git, branch: main }
";
        fs::write(self.folder.path().join("app/embark.yaml"), text).expect("the folder can be written");
    }

    /// Returns the arguments that promote all to production.
    pub fn promotion(version: &str) -> [&str; 6] {
        ["promote", "production", "--version", version, "--commit", COMMIT]
    }

    /// Returns what staging runs of a component, as clients name it.
    pub fn staging(&self, number: usize) -> String {
        format!("{}/acme/c{number}:{COMMIT}", self.front.address())
    }

    /// Fails unless `repository:tag` names the bytes of a component's image. The registry is asked behind its front.
    #[track_caller]
    pub fn assert_holds(&self, repository: &str, tag: &str, number: usize) {
        let image = &self.images[number];
        let mut request = request("GET", format!("/v2/{repository}/manifests/{tag}"));
        request.headers.push(("Accept".into(), image.media_type.into()));
        let answer = forward(self.registry.address(), &request).expect("the registry answers");
        assert_eq!((answer.status, answer.body), (200, image.bytes.clone()), "{repository}:{tag}");
    }
}

/// Pushes with plain requests: there are hundreds, and each skopeo is a process.
fn push(to: SocketAddr, repository: &str, image: &Image) {
    let send = |request: &Request, status: u16| -> Response {
        let answer = forward(to, request).expect("the registry answers");
        assert_eq!(answer.status, status, "{} {}", request.method, request.target);
        answer
    };
    let begin = request("POST", format!("/v2/{repository}/blobs/uploads/"));
    let children = image.children();
    let is_manifest = |bytes: &[u8]| bytes == image.bytes || children.iter().any(|(_, child)| *child == bytes);
    for (digest, bytes) in image.blobs.iter().filter(|(_, bytes)| !is_manifest(bytes)) {
        let answer = send(&begin, 202);
        let place = answer.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("location"));
        let (_, place) = place.expect("an upload has a place");
        let path = place.split_once("/v2/").map_or_else(|| place.clone(), |(_, path)| format!("/v2/{path}"));
        send(&Request { body: bytes.clone(), ..request("PUT", format!("{path}&digest={digest}")) }, 201);
    }
    let put = |reference: &str, media_type: &str, bytes: &[u8]| {
        let mut request = request("PUT", format!("/v2/{repository}/manifests/{reference}"));
        request.headers.push(("Content-Type".into(), media_type.into()));
        request.body = bytes.to_vec();
        send(&request, 201);
    };
    for (media_type, bytes) in children {
        put(&digest_of(bytes), media_type, bytes);
    }
    put(COMMIT, image.media_type, &image.bytes);
}

fn request(method: &str, target: String) -> Request {
    Request { method: method.into(), target, headers: Vec::new(), body: Vec::new() }
}
