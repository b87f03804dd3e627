//! What may stand on stdout: `docs/reference/output.schema.json`, and nothing else.

use std::sync::LazyLock;

use jsonschema::Validator;
use serde_json::{Value, json};

use super::page::root;

/// The schema takes keys that it does not know. Here there are none.
static CLOSED: LazyLock<Validator> = LazyLock::new(|| {
    let path = root().join("docs/reference/output.schema.json");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut schema: Value = serde_json::from_str(&text).expect("the schema is JSON");
    schema["additionalProperties"] = json!(false);
    for definition in schema["$defs"].as_object_mut().expect("the schema has definitions").values_mut() {
        if definition["properties"].is_object() {
            definition["additionalProperties"] = json!(false);
        }
    }
    jsonschema::validator_for(&schema).expect("the schema is one")
});

/// Fails unless an object is as the reference says.
#[track_caller]
pub fn assert_documented(command: &str, object: &Value) {
    let problems: Vec<String> =
        CLOSED.iter_errors(object).map(|error| format!("{}: {error}", error.instance_path)).collect();
    assert!(problems.is_empty(), "{command} writes what docs/reference/json.md does not say: {problems:#?}");
}
