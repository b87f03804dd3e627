#![doc = include_str!("../README.md")]

mod address;
mod application;
mod body;
mod client;
mod name;
mod repository;
mod text;

pub use address::{AddressError, ServerUrl};
pub use application::{Application, ArgoCd};
pub use name::{Name, NameError};
