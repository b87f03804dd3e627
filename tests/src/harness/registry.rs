//! Real registries on a free loopback port, each with a store of its own: Debian's `docker-registry`, and that of
//! go-containerregistry.
//!
//! They differ where registries do: the second one answers a PUT of a manifest without `Location`, checks less of it,
//! and can list referrers, which it does not say in its answer to a PUT.

use std::fmt::Write as _;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use super::command::program;
use super::http::{Request, forward};
use super::images::Image;
use super::skopeo;
use super::world::copy;

/// Who may use a registry that is guarded.
pub const REGISTRY_USER: &str = "embark";
/// The password of [`REGISTRY_USER`].
pub const REGISTRY_PASSWORD: &str = "registry-password";
/// The bcrypt hash of [`REGISTRY_PASSWORD`], as `htpasswd -B` writes it.
const HTPASSWD: &str = "embark:$2y$05$abcdefghijklmnopqrstuux7DVfxfgfXTmp/9Tsk6HzX2QQGjxePG\n";

/// The registry; it ends when it is dropped.
pub struct Registry {
    /// The program, of which a test that fails tells.
    name: &'static str,
    child: Child,
    address: SocketAddr,
    guarded: bool,
    lists_referrers: bool,
    folder: TempDir,
}

impl Registry {
    /// Starts a registry and waits until it listens; a `guarded` one demands user and password.
    pub fn start(guarded: bool) -> Self {
        Self::start_with(guarded, None)
    }

    /// Starts one that is reached by TLS, with this certificate and its key.
    pub fn start_with_tls(certificate: &Path, key: &Path) -> Self {
        Self::start_with(false, Some((certificate, key)))
    }

    fn start_with(guarded: bool, tls: Option<(&Path, &Path)>) -> Self {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let at = |name: &str| folder.path().join(name).display().to_string();
        let mut configuration = format!(
            "version: 0.1\nlog: {{ level: info }}\nstorage: {{ filesystem: {{ rootdirectory: '{}' }} }}\n\
             validation: {{ disabled: true }}\nhttp:\n  addr: '127.0.0.1:0'\n",
            at("store")
        );
        if let Some((certificate, key)) = tls {
            let (certificate, key) = (certificate.display(), key.display());
            let _ = writeln!(configuration, "  tls: {{ certificate: '{certificate}', key: '{key}' }}");
        }
        if guarded {
            let path = at("htpasswd");
            let _ = writeln!(configuration, "auth: {{ htpasswd: {{ realm: embark, path: '{path}' }} }}");
            fs::write(folder.path().join("htpasswd"), HTPASSWD).expect("the folder can be written");
        }
        fs::write(folder.path().join("config.yml"), configuration).expect("the folder can be written");
        let mut command = program("docker-registry");
        command.arg("serve").arg(folder.path().join("config.yml")).env("OTEL_TRACES_EXPORTER", "none");
        Self::spawn("docker-registry", command, guarded, folder, |log| {
            let address = log.split("listening on ").nth(1)?.split(['"', ' ', ',']).next()?;
            address.parse().ok()
        })
    }

    /// Starts the registry of go-containerregistry, which `./tests/run` puts into the folder `tools`.
    ///
    /// It keeps all in memory. Only one that `lists_referrers` has the [API][spec] for it.
    ///
    /// [spec]: https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#listing-referrers
    pub fn start_go(tools: &Path, lists_referrers: bool) -> Self {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let name = "go-containerregistry";
        let mut command = program(&tools.join(name).display().to_string());
        command.args(lists_referrers.then_some("-referrers"));
        let mut registry = Self::spawn(name, command, false, folder, |log| {
            // What follows the last digit has been written too: the number is whole.
            let (address, _) = log.split("serving on ").nth(1)?.split_once('\n')?;
            address.parse().ok()
        });
        registry.lists_referrers = lists_referrers;
        registry
    }

    /// The registry picks the port itself, so that no other process can take it first; its log tells which.
    fn spawn(
        name: &'static str,
        mut command: Command,
        guarded: bool,
        folder: TempDir,
        address: impl Fn(&str) -> Option<SocketAddr>,
    ) -> Self {
        let log = fs::File::create(folder.path().join("log")).expect("the folder can be written");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let child =
            command.spawn().unwrap_or_else(|error| panic!("cannot run {name}, which ./tests/run installs: {error}"));
        let address_of_nobody = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut registry = Self { name, child, address: address_of_nobody, guarded, lists_referrers: false, folder };
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            let log = registry.log();
            if let Some(address) = address(&log) {
                registry.address = address;
                return registry;
            }
            let ended = registry.child.try_wait().expect("a child can be asked");
            assert!(ended.is_none() && Instant::now() < deadline, "{name} does not listen: {log}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).expect("the log can be read")
    }

    /// Returns where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Pushes an image with skopeo.
    pub fn push(&self, repository: &str, tag: &str, image: &Image) {
        skopeo::push(self.address, repository, tag, image, self.guarded);
    }

    /// Tells whether it demands user and password.
    pub fn is_guarded(&self) -> bool {
        self.guarded
    }

    /// Tells whether it has the API that lists referrers.
    pub fn lists_referrers(&self) -> bool {
        self.lists_referrers
    }

    /// Returns what it lists as referrers of a digest: digests and types of artifacts, in alphabetical order. `None`
    /// where it has no such list.
    pub fn referrers(&self, repository: &str, digest: &str) -> Option<Vec<(String, String)>> {
        let request = Request {
            method: "GET".into(),
            target: format!("/v2/{repository}/referrers/{digest}"),
            headers: vec![("Host".into(), self.address.to_string())],
            body: Vec::new(),
        };
        let answer = forward(self.address, &request).expect("the registry answers");
        if answer.status == 404 {
            return None;
        }
        let list: Value = serde_json::from_slice(&answer.body).expect("a list of referrers is JSON");
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let entries = list["manifests"].as_array().expect("a list of referrers is an index").iter();
        let mut listed: Vec<_> = entries.map(|entry| (text(&entry["digest"]), text(&entry["artifactType"]))).collect();
        listed.sort();
        Some(listed)
    }

    /// Keeps what it has now, to be put back.
    pub fn keep(&self) -> TempDir {
        let kept = tempfile::tempdir().expect("there is room for a folder");
        copy(&self.repositories(), kept.path());
        kept
    }

    /// Has it as it was kept.
    pub fn put_back(&self, kept: &TempDir) {
        fs::remove_dir_all(self.repositories()).expect("what it has can be removed");
        copy(kept.path(), &self.repositories());
    }

    /// Reads what each tag of a repository names.
    pub fn tags(&self, repository: &str) -> Vec<(String, String)> {
        let folder = self.repositories().join(repository).join("_manifests/tags");
        let tags = fs::read_dir(folder).into_iter().flatten().flatten();
        let digest = |path: PathBuf| fs::read_to_string(path.join("current/link")).expect("a tag names something");
        tags.map(|tag| (tag.file_name().display().to_string(), digest(tag.path()))).collect()
    }

    /// Returns the folder in which it keeps repositories.
    ///
    /// One that keeps them in memory has none.
    #[track_caller]
    pub(crate) fn repositories(&self) -> PathBuf {
        let folder = self.folder.path().join("store");
        assert!(self.folder.path().join("config.yml").exists(), "{} keeps nothing on disk", self.name);
        folder.join("docker/registry/v2/repositories")
    }
}

impl Drop for Registry {
    #[expect(clippy::print_stderr, reason = "a test that fails shows which registry it used")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the registry was {} at {}", self.name, self.address);
        }
        // If it has ended already there is nothing to end.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
