//! Images that nobody builds, to see where an edit would arrive.

use crate::digest::Digest;
use crate::image::{Image, Tag};
use crate::pipeline::{Component, Environment, Pipeline, TagKind};
use crate::text::TextError;
use crate::version::AppVersion;

/// Two images that nobody builds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Nobodys {
    /// The one that is deployed.
    Next,
    /// The one that is there before.
    Former,
}

impl Nobodys {
    /// Makes it up, of the kind that an environment gets.
    pub(super) fn image(
        self,
        pipeline: &Pipeline,
        environment: &Environment,
        component: &Component,
    ) -> Result<Image, TextError> {
        // Charts may compare versions, so that it is one.
        let (words, version) = match self {
            Self::Next => ("an image that nobody builds", "0.0.0-embark"),
            Self::Former => ("an image that nobody has built", "0.0.0-before"),
        };
        let digest = Digest::sha256(words.as_bytes());
        let tag: Tag = match environment.tag {
            TagKind::Commit => digest.hex()[..40].parse()?,
            TagKind::Version => pipeline.version_format().tag(&version.parse::<AppVersion>()?)?,
        };
        Ok(Image { repository: component.repository(&environment.name).clone(), tag, digest })
    }
}
