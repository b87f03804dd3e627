//! What a webhook brings.

use embark_core::{EnvironmentName, Record};
use embark_github::webhook::{Event, Secret};
use serde_json::{Value, json};

use super::input::first_line;

/// Nobody's signature is believed but the secret's; an event is a claim that is read as it was written.
///
/// The first line has the name of the event and a signature; the body follows.
pub fn webhook(data: &[u8]) {
    let Some((head, body)) = first_line(data) else { return };
    let (name, signature) = head.split_once(' ').map_or((head, None), |(name, signature)| (name, Some(signature)));
    let secret = Secret::new("It's a Secret to Everybody".into()).expect("it is one");
    if secret.verify(signature, body).is_ok() {
        let header = signature.expect("without one nothing is believed");
        assert!(header.len() == 71 && header.starts_with("sha256="), "{header}");
        assert!(secret.verify(signature, &[body, b" "].concat()).is_err());
    }
    match Event::parse(name, body) {
        Ok(Event::Deployment(event)) => {
            assert_eq!(name, "deployment");
            assert_eq!(event.component().is_some(), event.task().starts_with("embark:"));
            claimed(event.payload());
            let again = json!({
                "action": "created",
                "deployment": {
                    "id": event.number(), "node_id": event.node_id(), "environment": event.environment(),
                    "task": event.task(), "payload": event.payload(),
                },
                "repository": { "full_name": event.repository().to_string() },
            });
            // A text in a text is read twice, and a fraction is not always printed as it was read.
            if !event.payload().is_string() && !has_fraction(event.payload()) {
                let again = again.to_string();
                assert_eq!(Event::parse(name, again.as_bytes()), Ok(Event::Deployment(event)), "{again}");
            }
        }
        Ok(Event::Ignored(ignored)) => assert!(!ignored.to_string().is_empty()),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// A payload of embark's is written as it was read.
fn claimed(payload: &Value) {
    let environment: EnvironmentName = "staging".parse().expect("a name");
    if let Ok(Some(record)) = Record::from_payload(&environment, payload) {
        let again = Record::from_payload(&environment, &record.to_payload());
        assert_eq!(again.expect("it can be read").as_ref(), Some(&record));
    }
}

fn has_fraction(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.is_f64(),
        Value::Array(items) => items.iter().any(has_fraction),
        Value::Object(fields) => fields.values().any(has_fraction),
        Value::Null | Value::Bool(_) | Value::String(_) => false,
    }
}
