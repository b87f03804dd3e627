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
mod words;

pub use credentials::Credentials;
pub use layout::{Layout, LayoutError};
pub use registries::Registries;
