//! From a deployment repo that is there already to a proposal for `embark.yaml`. Nothing here reads or writes a file.

mod components;
mod environments;
mod error;
pub(crate) mod files;
mod gather;
mod images;
mod names;
mod proposal;
mod workflows;
mod write;

pub(crate) use error::InitError;
pub(crate) use files::Files;
pub(crate) use proposal::{Flags, KEYS, LeftOut, Surroundings, ValuesFlag, propose};
pub(crate) use workflows::{Team, UNCHOSEN};
pub(crate) use write::write;
