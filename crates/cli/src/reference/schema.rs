//! Tables of the keys of a JSON Schema.

use serde_json::{Map, Value};

/// Returns the definitions of a schema that are maps, by name.
pub(super) fn maps(schema: &Value) -> Vec<(&String, &Value)> {
    let all = schema["$defs"].as_object().into_iter().flatten();
    all.filter(|(_, definition)| definition["properties"].is_object()).collect()
}

/// Returns the keys of a map, in their order.
pub(super) fn properties(map: &Value) -> &Map<String, Value> {
    map["properties"].as_object().expect("a map has keys")
}

/// Tells whether a key is always there.
pub(super) fn is_required(map: &Value, key: &str) -> bool {
    map["required"].as_array().is_some_and(|keys| keys.iter().any(|other| other == key))
}

/// Returns what a key means: its doc comment, on one line.
#[track_caller]
pub(super) fn meaning(key: &str, property: &Value) -> String {
    let text = property["description"].as_str();
    let text = text.unwrap_or_else(|| panic!("{key} has no meaning: give its field a doc comment"));
    text.split_whitespace().collect::<Vec<_>>().join(" ").trim_end_matches('.').to_owned()
}

/// Returns the name of a type.
pub(super) fn type_of(property: &Value, defs: &Value) -> String {
    if let Some(name) = property["$ref"].as_str().and_then(|reference| reference.strip_prefix("#/$defs/")) {
        let definition = &defs[name];
        return if definition["properties"].is_object() {
            format!("[{name}](#{})", name.to_lowercase())
        } else {
            type_of(definition, defs)
        };
    }
    if let Some(either) = property["anyOf"].as_array() {
        return either.iter().map(|one| type_of(one, defs)).collect::<Vec<_>>().join(" or ");
    }
    let name = |name: &str| match name {
        "array" => match type_of(&property["items"], defs) {
            item if item.starts_with('[') => format!("list of {item}"),
            item => format!("list of {item}s"),
        },
        "object" => "map".into(),
        other => other.to_owned(),
    };
    match &property["type"] {
        Value::String(one) => name(one),
        Value::Array(some) => some.iter().filter_map(Value::as_str).map(name).collect::<Vec<_>>().join(" or "),
        _ => "anything".into(),
    }
}
