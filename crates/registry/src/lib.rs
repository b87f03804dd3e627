#![doc = include_str!("../README.md")]

mod auth;
mod client;
mod copy;
mod credentials;
mod endpoint;
mod kept;
mod layout;
mod local;
mod registries;
mod remote;
mod subject;
#[cfg(feature = "test-support")]
pub mod testing;
mod words;

pub use credentials::Credentials;
pub use layout::{Layout, LayoutError};
pub use registries::Registries;
