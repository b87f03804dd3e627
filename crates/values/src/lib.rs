#![doc = include_str!("../README.md")]

mod document;
mod edit;
mod leaves;
mod lookup;
mod parse_error;
mod path;
mod pattern;
mod scalar;
mod text;
mod tree;

pub use document::{Document, Scalars};
pub use edit::{Assignment, EditError, Edited, edit};
pub use leaves::{Leaf, LeavesError};
pub use lookup::{LookupError, Nearest, Shape};
pub use parse_error::ParseError;
pub use path::{Path, PathError};
pub use pattern::Pattern;
pub use scalar::Scalar;
pub use scalar::quote::{double_quoted, quoted_if_needed};
