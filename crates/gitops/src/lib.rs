#![doc = include_str!("../README.md")]

mod about;
mod authorities;
mod branch;
mod checkout;
mod credential;
mod delta;
mod error;
mod init;
mod ledger;
mod local;
mod object;
mod plumbing;
mod program;
mod ref_name;
mod remote;
mod repository;
mod session;
mod signing;
mod store;
mod token;
mod tree;
mod turn;
mod walk;
mod worker;

pub use about::About;
pub use checkout::{Checkout, FileChange, NewState, WorkingCopy, WorkingCopyError};
pub use init::init;
pub use program::is_withheld;
pub use ref_name::{RefName, RefNameError};
#[cfg(feature = "test-support")]
pub use remote::testing;
pub use remote::{RemoteUrl, SshUrl, UrlError};
pub use repository::{Author, GitRepository, Options};
pub use signing::SigningKey;
pub use token::{NoToken, TokenSource};
