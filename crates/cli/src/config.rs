//! `embark.yaml`: found, read, and checked.

mod file;
mod load;

pub(crate) use load::{Config, ConfigError, GitWrite};
