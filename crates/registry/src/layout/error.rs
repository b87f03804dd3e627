//! What can be wrong with a layout.

use std::io;
use std::path::PathBuf;

use embark_core::ports::RegistryError;
use embark_core::{Digest, Reference, Repository, Tag};

/// Tells why a layout did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum LayoutError {
    /// There is nothing at the path.
    #[error("there is no OCI image layout in {}", path.display())]
    Absent {
        /// The folder.
        path: PathBuf,
    },
    /// There is something at the path, and it is no layout.
    #[error("{} is no OCI image layout", path.display())]
    NotALayout {
        /// The path.
        path: PathBuf,
    },
    /// The layout has no such tag, manifest or blob.
    #[error("{} has no {reference}", path.display())]
    NotFound {
        /// The folder.
        path: PathBuf,
        /// The tag or digest.
        reference: Reference,
    },
    /// The tag names another digest already.
    #[error("{tag} is {existing} already and cannot become {wanted}")]
    TagTaken {
        /// The tag.
        tag: Tag,
        /// What it names.
        existing: Digest,
        /// What it should have named.
        wanted: Digest,
    },
    /// A file of the layout is not what it should be.
    #[error("{}: {reason}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A file cannot be read or written.
    #[error("cannot {operation} {}", path.display())]
    Io {
        /// What was tried, e.g. `read`.
        operation: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl LayoutError {
    /// Tells it of a repository.
    pub(crate) fn of(self, repository: &Repository) -> RegistryError {
        let repository = repository.clone();
        match self {
            Self::NotFound { reference, .. } => RegistryError::NotFound { repository, reference },
            Self::TagTaken { tag, existing, wanted } => RegistryError::TagTaken { repository, tag, existing, wanted },
            Self::Malformed { .. } => RegistryError::Malformed { repository, reason: self.to_string() },
            Self::Absent { .. } => RegistryError::NoRepository { repository },
            Self::NotALayout { .. } => RegistryError::Unavailable { repository, source: self.into() },
            Self::Io { ref source, .. } if source.kind() == io::ErrorKind::PermissionDenied => {
                RegistryError::Forbidden { repository, reason: self.to_string() }
            }
            Self::Io { operation: "read", .. } => {
                RegistryError::Other { operation: "read", repository, source: self.into() }
            }
            Self::Io { .. } => RegistryError::Other { operation: "write to", repository, source: self.into() },
        }
    }
}
