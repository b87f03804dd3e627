//! What is wrong with events and their signatures, as a receiver tells it.

use embark_github::webhook::{Event, MAX_BODY, Secret};

use super::sample::parse;
use super::{Case, Variants as _, compare, compare_text, complete};
use crate::commands::deploy::Unheeded;

#[test]
fn event() {
    compare("event", &cases());
}

pub(super) fn cases() -> Vec<Case> {
    let malformed = |body: &[u8]| {
        let source = Event::parse("deployment", body).expect_err("it is wrong");
        Unheeded::Malformed { from: "event.json".into(), source }
    };
    let all = [
        Unheeded::Ledger { config: "embark.yaml".into() },
        malformed(&vec![b' '; MAX_BODY + 1]),
        malformed(b"payload=%7B%7D"),
        malformed(b"{"),
        malformed(b"{}"),
        Unheeded::ForeignRepository { found: parse("acme/other"), expected: parse("acme/shop-deployment") },
        Unheeded::NotConfigured { environment: "qa".into(), component: "frontend".into() },
        Unheeded::NotThere { repository: parse("acme/shop-deployment"), number: 3_000_000_001 },
    ];
    complete(&all);
    all.into_iter().map(|error| Case::error(&format!("event: {}", error.variant()), error)).collect()
}

#[test]
fn webhook() {
    let mut lines = vec![Secret::new("".into()).expect_err("it is empty").to_string()];
    let secret = Secret::new("secret".into()).expect("it is one");
    let wrong = format!("sha256={}", "0".repeat(64));
    let other = format!("sha256={}", "A".repeat(64));
    for header in [None, Some("sha1=0"), Some("md5=0"), Some("sha256=00"), Some(&*other), Some(&*wrong)] {
        lines.push(secret.verify(header, b"{}").expect_err("it is wrong").to_string());
    }
    for body in [&vec![b' '; MAX_BODY + 1][..], b"payload=%7B%7D", b"{", b"{}"] {
        lines.push(Event::parse("deployment", body).expect_err("it is wrong").to_string());
    }
    let ignored = [("ping", "{}"), ("push", "{}"), ("deployment", DELETED)];
    for (name, body) in ignored {
        match Event::parse(name, body.as_bytes()) {
            Ok(Event::Ignored(ignored)) => lines.push(ignored.to_string()),
            other => panic!("{other:?}"),
        }
    }
    compare_text("webhook", &(lines.join("\n") + "\n"));
}

const DELETED: &str = r#"{
    "action": "deleted", "deployment": { "id": 1, "environment": "dev", "task": "deploy" },
    "repository": { "full_name": "acme/shop" }
}"#;
