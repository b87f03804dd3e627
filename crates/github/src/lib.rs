#![doc = include_str!("../README.md")]

mod address;
mod app;
mod application;
mod checks;
mod client;
mod commits;
mod credentials;
mod deployments;
mod error;
mod name;
mod notices;
mod releases;
mod repository;
pub mod webhook;

pub use address::{AddressError, ApiUrl};
pub use app::{App, AppError, AppId, AppKey, TokenError};
pub use application::GitHub;
pub use client::Permission;
#[cfg(feature = "test-support")]
pub use client::testing;
pub use credentials::Credentials;
pub use deployments::Deployments;
pub use name::{NameError, RepositoryName};
pub use notices::{Notice, PullRequests};
pub use releases::Releases;
pub use repository::Branch;
