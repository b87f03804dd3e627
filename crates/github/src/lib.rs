#![doc = include_str!("../README.md")]

mod address;
mod application;
mod checks;
mod client;
mod commits;
mod error;
mod name;

pub use address::{AddressError, ApiUrl};
pub use application::GitHub;
pub use name::{NameError, RepositoryName};
