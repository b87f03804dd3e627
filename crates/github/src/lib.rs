#![doc = include_str!("../README.md")]

mod address;
mod application;
mod checks;
mod client;
mod commits;
mod deployments;
mod error;
mod name;

pub use address::{AddressError, ApiUrl};
pub use application::GitHub;
pub use deployments::Deployments;
pub use name::{NameError, RepositoryName};
