//! What registries and configurations say, handed to their readers without a registry (feature `test-support`).

use embark_core::{Digest, Manifest};

use crate::auth::{Challenge, Demand};
pub use crate::credentials::testing::{Logins, docker_config};
pub use crate::layout::testing::{media_type_of, put_into_index, tags_of_index};
pub use crate::remote::testing::{check_manifest, next_link};
use crate::subject::Referring;

/// A way to log in: its scheme, in lower case, and its parameters.
pub type Offered = (String, Vec<(String, String)>);

/// Reads a header `WWW-Authenticate`.
pub fn challenges(header: &str) -> Vec<Offered> {
    let challenges = Challenge::parse(header).into_iter();
    challenges.map(|challenge| (challenge.scheme.clone(), challenge.parameters().to_vec())).collect()
}

/// Tells what a header `WWW-Authenticate` demands: the address of the token server and its service, where it is a token.
///
/// # Errors
/// What embark says where it can answer none of the challenges.
pub fn demand(header: &str) -> Result<Option<(String, Option<String>)>, String> {
    Ok(match Demand::of(&Challenge::parse(header))? {
        Demand::Bearer { realm, service } => Some((realm.into(), service)),
        Demand::Basic | Demand::Nothing => None,
    })
}

/// Returns the entry of a list of referrers for a manifest that refers to `subject`, and `None` for another one.
pub fn referrer(manifest: &Manifest, subject: &Digest) -> Option<serde_json::Value> {
    Referring::to(manifest, subject).map(|referring| referring.entry())
}
