//! GitHub's own examples of what webhooks send: those of a deployment are read, all others left alone.

use std::fs;
use std::path::Path;

use embark_github::webhook::{Event, Ignored};
use serde_json::Value;

/// The events with their examples, which `./tests/run` fetches.
fn examples() -> Vec<(String, Value)> {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("prism").join("webhooks.json");
    assert!(path.is_file(), "{} is not there: run ./tests/run", path.display());
    let text = fs::read_to_string(&path).expect("the examples can be read");
    let events: Vec<Value> = serde_json::from_str(&text).expect("it is a list");
    let of = |event: &Value| {
        let name = event["name"].as_str().expect("a name").to_owned();
        let examples = event["examples"].as_array().cloned().unwrap_or_default();
        examples.into_iter().map(move |example| (name.clone(), example)).collect::<Vec<_>>()
    };
    events.iter().flat_map(of).collect()
}

#[test]
#[ignore = "needs GitHub's examples of webhooks: run ./tests/run"]
fn every_example_of_github_is_read_and_only_deployments_concern_embark() {
    let (mut deployments, mut others) = (0, 0);
    for (name, example) in examples() {
        match Event::parse(&name, example.to_string().as_bytes()).expect(&name) {
            Event::Deployment(event) => {
                assert_eq!(name, "deployment");
                let of = &example["deployment"];
                assert_eq!((Some(event.number()), event.node_id()), (of["id"].as_u64(), of["node_id"].as_str()));
                let told = (Some(event.environment()), Some(event.task()));
                assert_eq!(told, (of["original_environment"].as_str(), of["task"].as_str()));
                assert_eq!(Some(&*event.repository().to_string()), example["repository"]["full_name"].as_str());
                assert_eq!((event.component(), event.payload()), (None, &of["payload"]));
                deployments += 1;
            }
            Event::Ignored(ignored) => {
                let expected = if name == "ping" { Ignored::Ping } else { Ignored::Other(name) };
                assert_eq!(ignored, expected);
                others += 1;
            }
        }
    }
    assert!(deployments == 4 && others > 300, "{deployments} deployments and {others} others");
}
