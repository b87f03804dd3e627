//! What editors and shells are told.

use embark_tests::harness::{Setup, World};

use crate::EMBARK;

#[test]
fn the_schema_knows_every_key_of_a_configuration_and_no_other() {
    let world = World::new(EMBARK, Setup::Embedded);
    let finished = world.embark.text(&["config", "schema"]).succeeded("embark config schema");
    let schema: serde_json::Value = serde_json::from_str(&finished.text()).expect("it is JSON");
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!(schema["additionalProperties"], false);
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

fn page(name: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/reference").join(name);
    std::fs::read_to_string(path).expect("the page is there")
}

/// Lists the long options that a help text tells of, without the global ones.
fn options(help: &str) -> Vec<String> {
    let own = help.split("Global options:").next().unwrap_or_default();
    let long = own.lines().filter_map(|line| {
        let line = line.trim_start();
        let line = line.split_once(", --").map_or(line, |(_, rest)| rest).trim_start_matches("--");
        let is_option = own.contains(&format!("--{line}"));
        is_option.then(|| line.split([' ', '.']).next().unwrap_or_default().to_owned())
    });
    long.filter(|name| !matches!(name.as_str(), "help" | "version" | "")).collect()
}

#[test]
fn the_reference_of_the_command_line_agrees_with_the_program() {
    let world = World::new(EMBARK, Setup::Embedded);
    let help = |command: &str| {
        let arguments: Vec<&str> = command.split(' ').filter(|word| !word.is_empty()).chain(["--help"]).collect();
        world.embark.text(&arguments).succeeded("embark --help").text()
    };
    let page = page("command-line.md");
    let whole = help("");
    let block = page.split("```text\n").nth(1).and_then(|rest| rest.split("\n```").next()).expect("the help is there");
    assert_eq!(block.trim_end(), whole.trim_end(), "the page begins with the program's own help");
    for command in [
        "demo",
        "init",
        "release",
        "deploy",
        "promote",
        "verify",
        "status",
        "rollback",
        "hold",
        "resume",
        "values get",
        "values set",
        "config check",
        "config schema",
        "completions",
    ] {
        let title = format!("\n## `{command}`\n");
        let section = page.split(&title).nth(1).unwrap_or_else(|| panic!("{command} has a section"));
        let section = section.split("\n## ").next().unwrap_or_default();
        let found = options(&help(command));
        for option in &found {
            assert!(section.contains(&format!("--{option}")), "{command} --{option} is in its section:\n{section}");
        }
    }
    assert!(options(&help("promote")).contains(&"waive".to_owned()), "options are found");
    for code in ["0", "1", "2", "3", "10", "11", "12", "20", "21"] {
        assert!(
            page.contains(&format!("\n| {code} |")) || page.contains(&format!("\n| `{code}` |")),
            "exit code {code}"
        );
    }
}

#[test]
fn the_reference_of_the_configuration_has_every_key() {
    let world = World::new(EMBARK, Setup::Embedded);
    let schema = world.embark.text(&["config", "schema"]).succeeded("embark config schema").text();
    let schema: serde_json::Value = serde_json::from_str(&schema).expect("it is JSON");
    let page = page("configuration.md");
    let maps = schema["$defs"].as_object().expect("it has definitions").values().chain([&schema]);
    let keys: Vec<&String> = maps.filter_map(|map| map["properties"].as_object()).flat_map(|map| map.keys()).collect();
    assert!(keys.len() > 25, "{keys:?}");
    for key in keys {
        assert!(page.contains(&format!("`{key}`")) || page.contains(&format!(".{key}`")), "{key} is on the page");
    }
}
