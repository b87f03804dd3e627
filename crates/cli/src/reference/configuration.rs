//! `embark.yaml`, from its JSON Schema.

use serde_json::Value;

use super::page::{Part, table};
use super::schema::{is_required, maps, meaning, properties};

/// Returns the parts of the page: the keys of each map.
pub(super) fn parts() -> Vec<Part> {
    let schema = crate::config::schema();
    let root = Part::new("keys of embark.yaml", keys(&schema));
    let maps = maps(&schema);
    let maps = maps.iter().map(|(name, map)| Part::new(&format!("keys of {name}"), keys(map)));
    std::iter::once(root).chain(maps).collect()
}

fn keys(map: &Value) -> String {
    let row = |(key, property): (&String, &Value)| {
        let required = if is_required(map, key) { "required" } else { "optional" };
        [format!("`{key}`"), required.into(), meaning(key, property)]
    };
    table(&["key", "", "meaning"], &properties(map).iter().map(row).collect::<Vec<_>>())
}
