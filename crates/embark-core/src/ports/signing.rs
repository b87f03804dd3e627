//! What goes wrong where commits are to be signed.

use super::BoxError;

/// Tells why a commit cannot be signed.
#[derive(Debug, thiserror::Error)]
pub enum SigningError {
    /// The file with the key is not there, or cannot be read.
    #[error("cannot read the signing key {key}")]
    Key {
        /// Its path.
        key: String,
        /// Why.
        source: BoxError,
    },
    /// The program that signs cannot be run.
    #[error("cannot run {program}, which signs the commits")]
    Program {
        /// Its name.
        program: &'static str,
        /// Why.
        source: BoxError,
    },
    /// The program does not sign with this key: it is no key, or it needs a passphrase.
    #[error("no commit can be signed with {key}: {words}")]
    Refused {
        /// The path of the key, or how else people name it; never the key itself.
        key: String,
        /// The program's own words.
        words: String,
    },
}
