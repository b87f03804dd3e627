//! Why an edit of a values file does not do what it is for.

use std::fmt;

use embark_values::Path;

use super::{ImagePlace, ResourceName};

/// Why an edit does not make the cluster run what it is to run, and nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unfit {
    /// No image comes of the keys that are edited.
    NoImage {
        /// The keys.
        keys: Vec<Path>,
        /// The keys of the file that an image comes of.
        reaching: Vec<Path>,
    },
    /// An image becomes another one than the deployment's.
    OtherImage {
        /// The place.
        place: Box<ImagePlace>,
        /// What would stand there.
        image: String,
        /// What should.
        wanted: String,
    },
    /// The digest does not come into an image, although the configuration pins it.
    NoDigest {
        /// The place.
        place: Box<ImagePlace>,
        /// What would stand there.
        image: String,
    },
    /// Something else changes as well.
    Otherwise {
        /// What, e.g. `spec.replicas of Deployment/web`.
        what: String,
        /// How much more there is.
        more: usize,
    },
    /// There are two of the resource whose image changes: which one stays, the cluster decides.
    Twice {
        /// The resource.
        resource: ResourceName,
    },
    /// With the edit nothing is rendered any more.
    Unrendered {
        /// The program's own words.
        words: String,
    },
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoImage { keys, reaching } => {
                write!(f, "no rendered image comes of {}", listed(keys))?;
                match reaching.len() {
                    0 => f.write_str(", nor of any other key of the file"),
                    1 => write!(f, "; one comes of {}", listed(reaching)),
                    _ => write!(f, "; they come of {}", listed(reaching)),
                }
            }
            Self::OtherImage { place, image, wanted } => write!(f, "{place} would run {image}, and not {wanted}"),
            Self::NoDigest { place, image } => write!(f, "{place} would run {image}, without the digest"),
            Self::Otherwise { what, more: 0 } => write!(f, "it would change {what} as well"),
            Self::Otherwise { what, more } => write!(f, "it would change {what} as well, and {more} more"),
            Self::Twice { resource } => write!(f, "{resource} is rendered twice, and only one of them can stay"),
            Self::Unrendered { words } => write!(f, "nothing is rendered with it: {words}"),
        }
    }
}

fn listed(paths: &[Path]) -> String {
    paths.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
