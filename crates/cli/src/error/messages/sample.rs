//! What the messages are about.

use embark_core::{Commit, Digest, Image, ImageReference, Repository, Revision, Target};

/// Parses what is known to be right.
pub(super) fn parse<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().expect("a sample is right")
}

pub(super) fn repository() -> Repository {
    parse("registry.example.com/acme/frontend")
}

/// An OCI image layout on disk.
pub(super) fn layout() -> Repository {
    parse("oci:images/frontend")
}

/// An error of the operating system.
pub(super) fn io(code: i32) -> Box<dyn std::error::Error + Send + Sync> {
    Box::new(std::io::Error::from_raw_os_error(code))
}

pub(super) fn target(environment: &str) -> Target {
    Target::new(&parse(environment), &parse("frontend"))
}

/// A commit of the application.
pub(super) fn commit() -> Commit {
    parse("4be1d0f3a27c9158e6d2b07f41c3a95d8e60b712")
}

/// A commit of the deployment repo.
pub(super) fn revision() -> Revision {
    parse("a81f0c52d94e7b360f18c2de5a7390b46cd1e2f8")
}

pub(super) fn digest(of: &str) -> Digest {
    Digest::sha256(of.as_bytes())
}

pub(super) fn reference() -> ImageReference {
    parse(&format!("{}:{}", repository(), commit()))
}

pub(super) fn image() -> Image {
    parse(&format!("{}@{}", reference(), digest("this build")))
}

pub(super) fn older() -> Image {
    let digest = digest("the build before");
    parse(&format!("{}:0c9f2e7781ab4d3365f0e1927bd84c5a60d3f9e4@{digest}", repository()))
}

/// Another commit of the application.
pub(super) fn other_commit() -> Commit {
    parse("0c9f2e7781ab4d3365f0e1927bd84c5a60d3f9e4")
}
