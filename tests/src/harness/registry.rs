//! Debian's `docker-registry` on a free loopback port, with a configuration and a store of its own.

use std::fmt::Write as _;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::command::program;
use super::images::Image;
use super::skopeo;

/// Who may use a registry that is guarded.
pub const REGISTRY_USER: &str = "embark";
/// The password of [`REGISTRY_USER`].
pub const REGISTRY_PASSWORD: &str = "registry-password";
/// The bcrypt hash of [`REGISTRY_PASSWORD`], as `htpasswd -B` writes it.
const HTPASSWD: &str = "embark:$2y$05$abcdefghijklmnopqrstuux7DVfxfgfXTmp/9Tsk6HzX2QQGjxePG\n";

/// The registry; it ends when it is dropped.
pub struct Registry {
    child: Child,
    address: SocketAddr,
    guarded: bool,
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
        let log = fs::File::create(folder.path().join("log")).expect("the folder can be written");
        let child = program("docker-registry")
            .arg("serve")
            .arg(folder.path().join("config.yml"))
            .env("OTEL_TRACES_EXPORTER", "none")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap_or_else(|error| panic!("cannot run docker-registry, which ./tests/run installs: {error}"));
        let mut registry = Self { child, address: SocketAddr::from(([127, 0, 0, 1], 0)), guarded, folder };
        registry.address = registry.wait_until_it_listens();
        registry
    }

    /// The registry picks the port itself, so that no other process can take it first; its log tells which.
    fn wait_until_it_listens(&mut self) -> SocketAddr {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            let log = fs::read_to_string(self.folder.path().join("log")).expect("the log can be read");
            let address = log.split("listening on ").nth(1).and_then(|rest| rest.split(['"', ' ', ',']).next());
            if let Some(address) = address.and_then(|address| address.parse().ok()) {
                return address;
            }
            let ended = self.child.try_wait().expect("a child can be asked");
            assert!(ended.is_none() && Instant::now() < deadline, "docker-registry does not listen: {log}");
            std::thread::sleep(Duration::from_millis(10));
        }
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

    /// Returns the folder in which it keeps repositories.
    pub(crate) fn repositories(&self) -> PathBuf {
        self.folder.path().join("store/docker/registry/v2/repositories")
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        // If it has ended already there is nothing to end.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
