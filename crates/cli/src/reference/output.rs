//! What `--output json` writes, from the structs that are written.

use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use super::command_line::commands;
use super::page::{Part, table};
use super::schema::{is_required, maps, meaning, properties, type_of};
use crate::output::json::{HeldScope, Init, ObjectSchema, Scalar};

/// The keys of every object.
const COMMON: [&str; 4] = ["schema", "command", "outcome", "error"];

/// Returns the sets of keys that a command adds, one of which is there. Of `config schema`, `completions` and `man`, which
/// have nothing to show for it, on an error none is.
#[track_caller]
fn keys(command: &str) -> &'static [&'static [&'static str]] {
    match command {
        "release" | "deploy" | "promote" | "rollback" => &[&["deployments"]],
        "change" => &[&["change"]],
        "release-pr" => &[&["releasePr"]],
        "notes" => &[&["release", "deployments"]],
        "verify" => &[&["checks"]],
        "audit" => &[&["changes"]],
        "status" => &[&["environments"]],
        "wait" => &[&["waited"]],
        "hold" | "resume" => &[&["environment", "component", "held", "hold", "commit", "next", "reason", "hint"]],
        "values get" => &[&["value", "line", "column"]],
        "values set" => &[&["changed"]],
        "config check" => &[&["systems", "renders"]],
        "config schema" => &[&["jsonSchema"]],
        "completions" => &[&["script"]],
        "man" => &[&["page"], &["directory"]],
        "init" => &[&["file", "configuration", "leftOut", "notes", "workflows"]],
        "demo" => &[&["environments", "checks", "directory"]],
        _ => panic!("say in {} which keys `embark -o json {command}` writes", file!()),
    }
}

const ERROR: &[&str] = &["error"];

/// Returns the JSON Schema of the object. It takes keys that it does not know: they are only ever added.
pub(super) fn schema() -> Value {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let mut schema = settings.into_generator().into_root_schema_for::<ObjectSchema>().to_value();
    let names: Vec<String> = commands().into_iter().map(|(name, _)| name).collect();
    let of_command = |name: &String| {
        let required = |keys: &&[&str]| json!({ "required": keys });
        let none = matches!(name.as_str(), "config schema" | "completions" | "man").then_some(&ERROR);
        let sets: Vec<Value> = keys(name).iter().chain(none).map(required).collect();
        json!({ "if": { "properties": { "command": { "const": name } } }, "then": { "anyOf": sets } })
    };
    let nullable = [keys_of::<HeldScope>(), keys_of::<Scalar>(), keys_of::<Init>()].concat();
    for (key, property) in schema["properties"].as_object_mut().expect("it has keys") {
        // Those are there as they are, or not at all.
        if !nullable.contains(key) {
            *property = without_null(property);
        }
    }
    schema["title"] = json!("What embark writes with --output json");
    schema["description"] = json!("One object. Keys are only ever added.");
    schema["required"] = json!(["schema", "command", "outcome"]);
    schema["properties"]["schema"]["const"] = json!("embark/v1");
    schema["properties"]["command"]["enum"] = json!(names);
    schema["properties"]["outcome"]["enum"] = json!(["failed", "broken", "refused", "planned", "done", "unchanged"]);
    schema["allOf"] = names.iter().map(of_command).collect();
    schema
}

fn keys_of<T: schemars::JsonSchema>() -> Vec<String> {
    properties(&schemars::schema_for!(T).to_value()).keys().cloned().collect()
}

/// Returns a type without `null`, which stands last.
fn without_null(property: &Value) -> Value {
    let mut property = property.clone();
    if property["type"][1] == "null" {
        property["type"] = property["type"][0].clone();
    }
    if property["anyOf"][1]["type"] == "null" {
        property["$ref"] = property["anyOf"][0]["$ref"].clone();
        property.as_object_mut().expect("it is a map").remove("anyOf");
    }
    property
}

/// Returns the parts of the page: the common keys, those of each command, and those of each type.
pub(super) fn parts() -> Vec<Part> {
    let schema = schema();
    let defs = &schema["$defs"];
    let row = |map: &Value, key: &str| {
        let property = &map["properties"][key];
        [format!("`{key}`"), type_of(property, defs), meaning(key, property)]
    };
    let of = |map: &Value, keys: &[&str]| {
        table(&["key", "type", "meaning"], &keys.iter().map(|key| row(map, key)).collect::<Vec<_>>())
    };
    let mut parts = vec![Part::new("keys of every object", of(&schema, &COMMON))];
    let mut told: Vec<&str> = COMMON.into();
    for (name, _) in commands() {
        let own = keys(&name).concat();
        parts.push(Part::new(&format!("keys of embark {name}"), of(&schema, &own)));
        told.extend(own);
    }
    let untold: Vec<_> = properties(&schema).keys().filter(|key| !told.contains(&key.as_str())).collect();
    assert!(untold.is_empty(), "no command writes {untold:?}: say in {} which one does", file!());
    for (name, map) in maps(&schema) {
        let keys: Vec<&str> = properties(map).keys().map(String::as_str).collect();
        assert!(keys.iter().all(|key| is_required(map, key)), "every key of {name} is present");
        parts.push(Part::new(&format!("keys of {name}"), of(map, &keys)));
    }
    parts
}
