use proptest::prelude::*;
use serde_json::json;

use super::*;

fn body() -> Value {
    json!({
        "action": "created",
        "deployment": {
            "id": 3_000_000_001_u64, "node_id": "DE_1", "task": "embark:frontend", "environment": "staging",
            "payload": { "embark": { "schema": 1 } },
        },
        "repository": { "full_name": "acme/shop-deployment" },
    })
}

fn parse(body: &Value) -> Result<Event, EventError> {
    Event::parse("deployment", body.to_string().as_bytes())
}

fn deployment(body: &Value) -> DeploymentEvent {
    match parse(body) {
        Ok(Event::Deployment(event)) => event,
        other => panic!("{other:?}"),
    }
}

#[test]
fn it_says_which_deployment_was_created() {
    let event = deployment(&body());
    assert_eq!((event.number(), event.node_id()), (3_000_000_001, Some("DE_1")));
    assert_eq!(event.repository().to_string(), "acme/shop-deployment");
    assert_eq!(
        (event.environment(), event.task(), event.component()),
        ("staging", "embark:frontend", Some("frontend"))
    );
    assert_eq!(event.payload(), &json!({ "embark": { "schema": 1 } }));
}

#[test]
fn only_what_is_needed_must_be_there() {
    let mut lean = body();
    lean["deployment"].as_object_mut().expect("an object").retain(|key, _| !["node_id", "payload"].contains(&&**key));
    lean.as_object_mut().expect("an object").remove("action");
    let event = deployment(&lean);
    assert_eq!((event.node_id(), event.payload()), (None, &Value::Null));
    for (of, needed) in [("", "deployment"), ("", "repository"), ("/deployment", "id"), ("/deployment", "task")] {
        let mut wrong = body();
        wrong.pointer_mut(of).and_then(Value::as_object_mut).expect("an object").remove(needed);
        let error = parse(&wrong).expect_err(needed);
        assert!(matches!(&error, EventError::Malformed(reason) if reason.contains(needed)), "{error}");
    }
    for (key, value) in [("id", json!(-1)), ("id", json!("17")), ("task", json!(null)), ("environment", json!({}))] {
        let mut wrong = body();
        wrong["deployment"][key] = value;
        assert!(matches!(parse(&wrong), Err(EventError::Malformed(_))), "{wrong}");
    }
    let mut elsewhere = body();
    elsewhere["repository"]["full_name"] = json!("acme/../shop");
    assert!(matches!(parse(&elsewhere), Err(EventError::Malformed(_))));
}

#[test]
fn a_payload_may_be_a_text_and_an_environment_may_have_been_renamed() {
    let mut other = body();
    other["deployment"]["payload"] = json!(r#"{"embark": {"schema": 1}}"#);
    other["deployment"]["environment"] = json!("dev");
    other["deployment"]["original_environment"] = json!("staging");
    assert_eq!(deployment(&other), deployment(&body()));
    other["deployment"]["payload"] = json!("to be deployed at night");
    assert_eq!(deployment(&other).payload(), &json!("to be deployed at night"));
    other["deployment"]["task"] = json!("deploy");
    assert_eq!(deployment(&other).component(), None);
}

#[test]
fn what_is_of_no_concern_is_ignored() {
    let ignored = |name: &str| Event::parse(name, br#"{ "zen": "Keep it logically awesome." }"#);
    assert_eq!(ignored("ping"), Ok(Event::Ignored(Ignored::Ping)));
    assert_eq!(ignored("deployment_status"), Ok(Event::Ignored(Ignored::Other("deployment_status".into()))));
    let mut deleted = body();
    deleted["action"] = json!("deleted");
    assert_eq!(parse(&deleted), Ok(Event::Ignored(Ignored::Action("deleted".into()))));
}

#[test]
fn what_is_no_json_is_told_apart() {
    for name in ["deployment", "ping", "push"] {
        let form = b"payload=%7B%22action%22%3A%22created%22%7D";
        assert_eq!(Event::parse(name, form), Err(EventError::Form));
        for body in ["", "{", "deployment", "{} {}", "\u{feff}{}"] {
            let error = Event::parse(name, body.as_bytes()).expect_err(body);
            assert!(matches!(error, EventError::NotJson(_)), "{name} {body:?}: {error}");
        }
    }
    let doubled = body().to_string().replacen("\"id\":", "\"id\":1,\"id\":", 1);
    assert!(matches!(Event::parse("deployment", doubled.as_bytes()), Err(EventError::Malformed(_))));
}

#[test]
fn neither_size_nor_depth_does_harm() {
    let filled = |length: usize| {
        let mut text = body().to_string();
        text.push_str(&" ".repeat(length - text.len()));
        text
    };
    assert!(matches!(Event::parse("deployment", filled(MAX_BODY).as_bytes()), Ok(Event::Deployment(_))));
    let too_large = Err(EventError::TooLarge(MAX_BODY + 1));
    assert_eq!(Event::parse("deployment", filled(MAX_BODY + 1).as_bytes()), too_large);
    // It is not even looked at.
    assert_eq!(Event::parse("push", &vec![b'['; MAX_BODY + 1]), too_large);

    let depth = "[".repeat(1 << 20);
    for name in ["deployment", "push"] {
        assert!(matches!(Event::parse(name, depth.as_bytes()), Err(EventError::NotJson(_))), "{name}");
    }
    let nested = |what: &str| body().to_string().replacen("{\"embark\":{\"schema\":1}}", what, 1);
    let deep = format!("{}{}", "[".repeat(1 << 16), "]".repeat(1 << 16));
    assert!(matches!(Event::parse("deployment", nested(&deep).as_bytes()), Err(EventError::NotJson(_))));
    let elsewhere = body().to_string().replacen('{', &format!("{{\"sender\":{deep},"), 1);
    assert!(matches!(Event::parse("deployment", elsewhere.as_bytes()), Ok(Event::Deployment(_))));
}

proptest! {
    #[test]
    fn no_bytes_panic(name in "deployment|ping|push|\\PC*", body in any::<Vec<u8>>(), header in "(sha256=)?[0-9a-fA-F]*\\PC?") {
        drop(Event::parse(&name, &body));
        let secret = crate::webhook::Secret::new("secret".into()).expect("it is one");
        prop_assert!(secret.verify(Some(&header), &body).is_err());
    }

    #[test]
    fn no_change_of_a_body_panics(at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<bool>()) {
        let mut bytes = body().to_string().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        bytes.truncate(if cut { at } else { bytes.len() });
        drop(Event::parse("deployment", &bytes));
    }
}
