//! The fuzz targets: what embark reads of others, and what must hold of it whatever it is.
//!
//! A target takes any bytes and panics where a property does not hold. `fuzz_targets` has libFuzzer call them; the tests
//! of the workspace replay the seeds, what was found, and mutations of both.

mod challenge;
mod changesets;
mod configuration;
mod docker_config;
mod input;
mod links;
mod manifests;
mod model;
mod packs;
mod pkt_lines;
mod values_editor;
mod values_path;
mod webhook;

pub use challenge::challenge;
pub use changesets::changesets;
pub use configuration::configuration;
pub use docker_config::docker_config;
pub use links::links;
pub use manifests::manifests;
pub use packs::packs;
pub use pkt_lines::pkt_lines;
pub use values_editor::values_editor;
pub use values_path::values_path;
pub use webhook::webhook;

/// A target: it panics where a property does not hold of these bytes.
pub type Target = fn(&[u8]);

/// All targets by their names.
pub const TARGETS: [(&str, Target); 11] = [
    ("challenge", challenge),
    ("changesets", changesets),
    ("configuration", configuration),
    ("docker_config", docker_config),
    ("links", links),
    ("manifests", manifests),
    ("packs", packs),
    ("pkt_lines", pkt_lines),
    ("values_editor", values_editor),
    ("values_path", values_path),
    ("webhook", webhook),
];
