//! Debian's `sshd` on a free loopback port, with a configuration, host key and user key of its own.

use std::fmt::Write as _;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::command::{program, run};

/// It runs itself again for each connection, for which it wants to be called by its whole path.
const PROGRAM: &str = "/usr/sbin/sshd";
/// Where one that root runs leaves its children nothing to see; Debian makes it when the service starts.
const EMPTY: &str = "/run/sshd";

/// The server of every repository in a folder; it ends when it is dropped.
pub struct Sshd {
    child: Child,
    port: u16,
    user: String,
    root: PathBuf,
    folder: TempDir,
}

impl Sshd {
    /// Starts a server of the repositories in `root`; one that lets `GIT_PROTOCOL` in can speak version 2 of git's
    /// protocol.
    pub fn start(root: &Path, lets_git_protocol_in: bool) -> Self {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let at = |name: &str| folder.path().join(name);
        for name in ["host_key", "user_key"] {
            let mut keygen = program("ssh-keygen");
            keygen.args(["-q", "-t", "ed25519", "-N", "", "-C", "tests", "-f"]).arg(at(name));
            run(&mut keygen, b"").succeeded("ssh-keygen");
        }
        let user = run(program("id").arg("-un"), b"").succeeded("id").text().trim().to_owned();
        if user == "root" {
            fs::create_dir_all(EMPTY).expect("root may make it");
        }
        let public = |name: &str| fs::read_to_string(at(name)).expect("ssh-keygen has written it");
        fs::write(at("authorized_keys"), public("user_key.pub")).expect("the folder can be written");
        // What was free a moment ago is free still, or the server ends and the test fails.
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("there is a free loopback port");
        let port = listener.local_addr().expect("a bound socket has an address").port();
        drop(listener);
        fs::write(at("known_hosts"), format!("[127.0.0.1]:{port} {}", public("host_key.pub")))
            .expect("the folder can be written");
        let shown = |name: &str| at(name).display().to_string();
        let mut configuration = format!(
            "ListenAddress 127.0.0.1:{port}\nHostKey {}\nAuthorizedKeysFile {}\nStrictModes no\nUsePAM no\n\
             PasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin prohibit-password\n\
             PidFile none\nMaxStartups 200\nSetEnv GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null\n",
            shown("host_key"),
            shown("authorized_keys")
        );
        if lets_git_protocol_in {
            let _ = writeln!(configuration, "AcceptEnv GIT_PROTOCOL");
        }
        fs::write(at("sshd_config"), configuration).expect("the folder can be written");
        let log = fs::File::create(at("log")).expect("the folder can be written");
        let mut command = program(PROGRAM);
        command.arg("-D").arg("-e").arg("-f").arg(at("sshd_config"));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let child = command.spawn();
        let child = child.unwrap_or_else(|error| panic!("cannot run sshd, which ./tests/run installs: {error}"));
        let mut sshd = Self { child, port, user, root: root.into(), folder };
        sshd.wait();
        sshd
    }

    fn wait(&mut self) {
        let started = Instant::now();
        while TcpStream::connect(SocketAddr::from((Ipv4Addr::LOCALHOST, self.port))).is_err() {
            let ended = self.child.try_wait().expect("a child can be asked");
            let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
            assert!(ended.is_none() && started.elapsed() < Duration::from_secs(30), "sshd does not listen: {log}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Returns the address of a repository.
    pub fn url(&self, repository: &str) -> String {
        format!("ssh://{}@127.0.0.1:{}{}", self.user, self.port, self.root.join(repository).display())
    }

    /// Returns a line for the shell that runs `ssh` with the user's key and the server's, and no other configuration.
    pub fn command(&self) -> String {
        let at = |name: &str| self.folder.path().join(name).display().to_string();
        format!(
            "ssh -F /dev/null -o IdentitiesOnly=yes -o IdentityAgent=none -i {} -o UserKnownHostsFile={}",
            at("user_key"),
            at("known_hosts")
        )
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        // If it has ended already there is nothing to end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
