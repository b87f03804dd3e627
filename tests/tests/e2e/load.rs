//! Much at once, and for long: what a deployment costs does not grow with how many wait, and nothing is lost.
//!
//! What is tried by default takes seconds. `tests/measure` has variables of the environment make it large: so many
//! deployments wait (`EMBARK_TEST_PENDING`), so long it storms (`EMBARK_TEST_SECONDS`), with that binary
//! (`EMBARK_TEST_BINARY`).

mod pending;
mod storm;

use crate::EMBARK;

/// Reads a number of the environment.
fn given(name: &str, otherwise: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// Returns the binary that is loaded.
fn binary() -> String {
    std::env::var("EMBARK_TEST_BINARY").unwrap_or_else(|_| EMBARK.to_owned())
}
