//! `embark.yaml`: found, read, and checked.

mod argocd;
mod file;
mod in_repository;
mod load;
mod over_api;
mod release;
mod render;

pub(crate) use in_repository::InRepository;
pub(crate) use load::{Config, ConfigError};
pub(crate) use release::Notes;

/// Returns the JSON Schema of `embark.yaml`, draft 2020-12.
pub(crate) fn schema() -> serde_json::Value {
    let mut schema = schemars::schema_for!(file::File);
    schema.insert("title".into(), "embark.yaml".into());
    schema.to_value()
}
