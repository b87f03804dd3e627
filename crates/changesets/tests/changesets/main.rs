//! One binary for all tests of the crate.

mod bytes;
mod kinds;
mod messages;
mod packages;
mod properties;
