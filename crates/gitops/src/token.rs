//! Tokens that do not last.

use std::fmt::Debug;

use async_trait::async_trait;
use embark_core::ports::BoxError;
use secrecy::SecretString;

/// Hands out tokens for a repository on a server; it is asked before each request.
#[async_trait]
pub trait TokenSource: Debug + Send + Sync {
    /// Returns a token; where the server has `refused` one, another one if there can be another.
    async fn token(&self, refused: Option<SecretString>) -> Result<SecretString, NoToken>;
}

/// Tells why there is no token.
#[derive(Debug)]
pub enum NoToken {
    /// Who hands them out says no, and why.
    Refused(String),
    /// Who hands them out does not answer.
    Unavailable(BoxError),
}
