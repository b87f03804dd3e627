//! Image repositories, tags and references.

mod mention;

use std::fmt;
use std::str::FromStr;

pub(crate) use self::mention::Mention;

use crate::digest::Digest;
use crate::text::{TextError, serde_as_text, text_type};

text_type! {
    /// A repository of images: `host/path` of a registry, or `oci:PATH` for an OCI image layout on disk.
    ///
    /// The grammar is that of the [distribution specification][spec]; `oci:` is skopeo's notation.
    ///
    /// [spec]: https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#pulling-manifests
    Repository, "an image repository", repository
}

text_type! {
    /// The tag of an image: 1 to 128 of `[A-Za-z0-9_.-]`, not beginning with `.` or `-`.
    Tag, "a tag", tag
}

const LAYOUT: &str = "oci:";

impl Repository {
    /// Returns the path of the OCI image layout, if this repository is one.
    pub fn layout_path(&self) -> Option<&str> {
        self.as_str().strip_prefix(LAYOUT)
    }
}

fn repository(text: &str) -> Result<(), &'static str> {
    if let Some(path) = text.strip_prefix(LAYOUT) {
        let clean = !path.is_empty() && !path.contains(['\0', '\n', '@']);
        return match path.rsplit('/').next() {
            _ if !clean => Err("oci: is followed by the path of a folder"),
            // `oci:PATH:TAG`.
            Some(name) if name.contains(':') => Err("oci: is followed by the path of a folder, without a tag"),
            _ => Ok(()),
        };
    }
    let (host, path) = match text.split_once('/') {
        Some((host, path)) if host.contains(['.', ':']) || host == "localhost" => (Some(host), path),
        _ => (None, text),
    };
    if !host.is_none_or(is_host) {
        return Err("its host is not a host name with an optional port");
    }
    if text.len() > 255 || !path.split('/').all(is_path_component) {
        return Err("a host and lower-case path components are needed, without tag or digest");
    }
    Ok(())
}

fn is_host(host: &str) -> bool {
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => (name, Some(port)),
        _ => (host, None),
    };
    let bracketed = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let name_ok = match bracketed {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => {
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'))
        }
    };
    name_ok && port.is_none_or(|port| port.parse::<u16>().is_ok())
}

fn is_path_component(part: &str) -> bool {
    let alphanumeric = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    alphanumeric(part.bytes().next())
        && alphanumeric(part.bytes().last())
        && part
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'_' | b'-'))
}

fn tag(text: &str) -> Result<(), &'static str> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    if text.is_empty() || text.len() > 128 || !text.bytes().all(allowed) || text.starts_with(['.', '-']) {
        return Err("1 to 128 letters, digits, '_', '.' and '-' are allowed, the first not '.' or '-'");
    }
    Ok(())
}

/// A tag or a digest: what names one manifest in a repository.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reference {
    /// A tag, which may move.
    Tag(Tag),
    /// A digest, which cannot.
    Digest(Digest),
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tag(tag) => tag.fmt(f),
            Self::Digest(digest) => digest.fmt(f),
        }
    }
}

impl From<Tag> for Reference {
    fn from(tag: Tag) -> Self {
        Self::Tag(tag)
    }
}

impl From<Digest> for Reference {
    fn from(digest: Digest) -> Self {
        Self::Digest(digest)
    }
}

/// What names one image: `repository:tag` or `repository@digest`, as `--image` takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageReference {
    /// The repository.
    pub repository: Repository,
    /// The tag or, where both are given, the digest, which is the stricter one.
    pub reference: Reference,
}

impl FromStr for ImageReference {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        let error = |rule| TextError::new(text, "an image reference", rule);
        let (name, digest) = match text.split_once('@') {
            Some((name, digest)) => {
                let digest = digest.parse::<Digest>();
                (name, Some(digest.map_err(|_| error("what follows @ is not a digest"))?))
            }
            None => (text, None),
        };
        // A colon before the last slash belongs to the host's port, one in `oci:` to the notation.
        let after =
            name.rfind('/').map_or_else(|| if name.starts_with(LAYOUT) { LAYOUT.len() } else { 0 }, |at| at + 1);
        let (repository, tag) = match name[after..].rfind(':') {
            Some(colon) => (&name[..after + colon], Some(name[after + colon + 1..].parse::<Tag>()?)),
            None => (name, None),
        };
        let reference = digest
            .map(Reference::Digest)
            .or(tag.map(Reference::Tag))
            .ok_or_else(|| error("it has neither a tag nor a digest"))?;
        Ok(Self { repository: repository.parse()?, reference })
    }
}

impl fmt::Display for ImageReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let separator = match self.reference {
            Reference::Tag(_) => ':',
            Reference::Digest(_) => '@',
        };
        write!(f, "{}{separator}{}", self.repository, self.reference)
    }
}

/// An image as the records name it: repository, tag and digest, `repository:tag@digest`.
///
/// It describes; it authorises nothing. What may be deployed is a [`Deployable`](crate::Deployable).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Image {
    /// The repository.
    pub repository: Repository,
    /// The version tag.
    pub tag: Tag,
    /// The digest that the tag names for ever.
    pub digest: Digest,
}

impl Image {
    /// Returns its name by tag, as it is pulled.
    pub fn by_tag(&self) -> ImageReference {
        ImageReference { repository: self.repository.clone(), reference: Reference::Tag(self.tag.clone()) }
    }
}

impl fmt::Display for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}@{}", self.repository, self.tag, self.digest)
    }
}

impl FromStr for Image {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        let error = || TextError::new(text, "a recorded image", "<repository>:<tag>@<digest> is needed");
        let (name, digest) = text.split_once('@').ok_or_else(error)?;
        let (repository, tag) = name.rsplit_once(':').ok_or_else(error)?;
        Ok(Self { repository: repository.parse()?, tag: tag.parse()?, digest: digest.parse().map_err(|_| error())? })
    }
}

serde_as_text!(Image);
