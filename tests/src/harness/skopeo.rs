//! `skopeo`: what it reads as digest is the truth. It also pushes the fixtures, so that no code of embark's does.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use super::command::{program, run};
use super::images::Image;
use super::registry::{REGISTRY_PASSWORD, REGISTRY_USER};

/// Pushes an image, every platform of it, byte for byte.
pub(crate) fn push(host: SocketAddr, repository: &str, tag: &str, image: &Image, guarded: bool) {
    let login = format!("{REGISTRY_USER}:{REGISTRY_PASSWORD}");
    push_as(guarded.then_some(login.as_str()), host, repository, tag, image);
}

/// Pushes an image as somebody: `user:password`.
pub fn push_as(login: Option<&str>, host: SocketAddr, repository: &str, tag: &str, image: &Image) {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    write(folder.path(), image);
    let mut command = program("skopeo");
    command.env("HOME", folder.path()).args(["--insecure-policy", "copy", "--quiet", "--all", "--preserve-digests"]);
    command.arg("--dest-tls-verify=false");
    command.args(login.map(|login| format!("--dest-creds={login}")));
    command.arg(format!("dir:{}", folder.path().display())).arg(format!("docker://{host}/{repository}:{tag}"));
    run(&mut command, b"").succeeded("skopeo copy");
}

/// Writes an image as skopeo's [directory](https://github.com/containers/image/blob/main/docs/containers-transports.5.md):
/// an OCI layout can hold none in docker's media types.
fn write(folder: &Path, image: &Image) {
    let write = |name: &str, bytes: &[u8]| fs::write(folder.join(name), bytes).expect("the folder can be written");
    write("version", b"Directory Transport Version: 1.1\n");
    write("manifest.json", &image.bytes);
    for (digest, bytes) in &image.blobs {
        let hex = digest.strip_prefix("sha256:").unwrap_or(digest);
        // Which of them are manifests, the index says; each is there as both.
        write(hex, bytes);
        write(&format!("{hex}.manifest.json"), bytes);
    }
    if let Some((digest, size)) = &image.zeros {
        let layer = fs::File::create(folder.join(digest.trim_start_matches("sha256:")));
        layer.and_then(|layer| layer.set_len(*size)).expect("the folder can be written");
    }
}

/// Returns the bytes that a tag or a digest names, if it is there.
pub(crate) fn raw(host: SocketAddr, repository: &str, tag: &str, guarded: bool) -> Option<Vec<u8>> {
    let mut command = program("skopeo");
    command.args(["--insecure-policy", "inspect", "--raw", "--tls-verify=false"]);
    if guarded {
        command.arg(format!("--creds={REGISTRY_USER}:{REGISTRY_PASSWORD}"));
    }
    let separator = if tag.contains(':') { '@' } else { ':' };
    let finished = run(command.arg(format!("docker://{host}/{repository}{separator}{tag}")), b"");
    if finished.code != 0 {
        assert!(finished.stderr.contains("manifest unknown"), "skopeo inspect failed: {}", finished.stderr);
        return None;
    }
    Some(finished.stdout)
}
