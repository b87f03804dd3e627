//! What editors and shells are told.

use embark_tests::harness::{Setup, World, root};

use crate::EMBARK;

#[test]
fn the_schema_knows_every_key_of_a_configuration_and_no_other() {
    let world = World::new(EMBARK, Setup::Embedded);
    let finished = world.embark.text(&["config", "schema"]).succeeded("embark config schema");
    let schema: serde_json::Value = serde_json::from_str(&finished.text()).expect("it is JSON");
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!(schema["additionalProperties"], false);
    let committed = std::fs::read_to_string(root().join("docs/reference/embark.schema.json")).expect("it is there");
    assert_eq!(committed, finished.text(), "docs/reference has the schema that the program prints");
    for (of, key) in [("Component", "createMissing"), ("Environment", "promotesFrom"), ("Values", "pin")] {
        let of = &schema["$defs"][of];
        assert!(of["properties"][key]["description"].is_string(), "{key}: {of:#}");
        assert_eq!(of["additionalProperties"], false);
    }
    let json = world.embark.json(&["config", "schema"]).ended(0, "unchanged");
    assert_eq!(json.json["jsonSchema"], schema);
}

#[test]
fn completions_name_every_command() {
    let world = World::new(EMBARK, Setup::Embedded);
    let help = world.embark.text(&["--help"]).succeeded("embark --help").text();
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let names: Vec<&str> = commands.filter_map(|line| line.strip_prefix("  ")?.split(' ').next()).collect();
    assert!(names.contains(&"rollback"), "{help}");
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = world.embark.text(&["completions", shell]).succeeded("embark completions").text();
        for name in names.iter().filter(|name| !name.is_empty()) {
            assert!(script.contains(name), "{shell} knows {name}");
        }
    }
}

#[test]
fn config_check_online_asks_every_system_and_writes_nothing() {
    online(Setup::Embedded);
}

#[test]
#[ignore = "needs docker-registry, skopeo and git http-backend: run ./tests/run"]
fn config_check_online_asks_every_system_and_writes_nothing_with_servers() {
    online(Setup::Guarded);
}

fn online(setup: Setup) {
    let world = World::new(EMBARK, setup);
    let before = world.state();
    let check = world.embark.json(&["config", "check", "--online"]).ended(0, "unchanged");
    let keys = ["name", "ok", "found", "problem", "hint"];
    let systems = check.list("systems", &keys);
    assert_eq!(systems.len(), 7, "repo, three files, deployments, two repositories: {systems:#?}");
    assert!(systems.iter().all(|system| system["ok"] == true), "{systems:#?}");
    assert_eq!(world.state(), before);

    world.configure("tag: frontend.image.tag", "tag: frontend.img.tag");
    let wrong = world.embark.json(&["config", "check", "--online"]).ended(3, "failed").list("systems", &keys);
    let is_wrong = wrong.iter().filter(|system| system["ok"] == false);
    assert_eq!(is_wrong.count(), 3, "each values file lacks it: {wrong:#?}");
    assert!(wrong.iter().any(|system| system["problem"].as_str().is_some_and(|why| why.contains("frontend.image"))));
    world.configure("branch: main", "branch: trunk");
    world.embark.json(&["config", "check", "--online"]).ended(21, "failed");
    world.embark.json(&["config", "check"]).ended(0, "unchanged");
}

#[test]
fn every_command_has_a_sample_of_its_json() {
    let page = std::fs::read_to_string(root().join("docs/reference/json.md")).expect("the page is there");
    let schema = std::fs::read_to_string(root().join("docs/reference/output.schema.json")).expect("it is there");
    let schema: serde_json::Value = serde_json::from_str(&schema).expect("it is JSON");
    let commands = schema["properties"]["command"]["enum"].as_array().expect("it lists the commands");
    assert!(commands.len() > 10, "{commands:?}");
    for command in commands.iter().filter_map(serde_json::Value::as_str) {
        let words = format!("$ embark -o json {command}");
        assert!(page.contains(&words), "docs/reference/json.md has no `{words} …`: write one, and run it: {AGAIN}");
    }
}

/// What writes the output of a new sample.
const AGAIN: &str = "EMBARK_BLESS=1 cargo test -p embark-tests --test e2e transcripts";
