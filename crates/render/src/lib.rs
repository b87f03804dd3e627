#![doc = include_str!("../README.md")]

mod charts;
mod dependency;
mod helm;
mod kustomize;
mod links;
mod place;
mod program;
mod settings;
mod tree;

pub use charts::Charts;
pub use settings::{ChartFolder, NameError, ReleaseName, Settings};
