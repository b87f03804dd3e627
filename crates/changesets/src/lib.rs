#![doc = include_str!("../README.md")]

mod bump;
mod changelog;
mod changeset;
mod config;
mod error;
mod front_matter;
mod glob;
mod id;
mod packages;
mod place;
mod plan;
mod pre;
mod script;
mod tree;
mod version_file;

pub use bump::{Bump, BumpError};
pub use changelog::{insert, section};
pub use changeset::{Changeset, Named};
pub use config::Config;
pub use error::Error;
pub use id::id;
pub use packages::{Package, Packages, Unversioned};
pub use plan::{Plan, Release, is_pnpm_workspace, plan};
pub use pre::{Mode, Pre};
pub use tree::Tree;
pub use version_file::VersionFile;
