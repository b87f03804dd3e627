//! The double's [webhooks](https://docs.github.com/en/webhooks/webhook-events-and-payloads#deployment): what GitHub sends
//! when a deployment is created, signed, and a small receiver of it.

use std::net::SocketAddr;
use std::sync::PoisonError;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::GitHubServer;
use super::queue::Queue;
use crate::harness::http::{Request, Response, Sent, forward};
use crate::harness::server::Server;

/// The secret that the double and its receivers share.
pub const WEBHOOK_SECRET: &str = "webhook-secret-that-nobody-may-see";

/// Something that a webhook brings.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// The name of the event.
    pub event: String,
    /// The raw body.
    pub body: Vec<u8>,
    /// The signature, if it has one.
    pub signature: Option<String>,
    /// Its id; a redelivery has that of the first one.
    pub id: String,
}

impl Delivery {
    fn new(event: &str, id: String, body: &Value) -> Self {
        Self { event: event.into(), id, body: body.to_string().into_bytes(), signature: None }.signed(WEBHOOK_SECRET)
    }

    /// Signs it with a secret.
    #[must_use]
    pub fn signed(mut self, secret: &str) -> Self {
        let code = hmac(secret.as_bytes(), &self.body);
        let digits = |signature: String, byte: &u8| signature + &format!("{byte:02x}");
        self.signature = Some(code.iter().fold("sha256=".to_owned(), digits));
        self
    }

    /// Changes what it says, and signs it again.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut Value)) -> Self {
        let mut body = serde_json::from_slice(&self.body).expect("it is JSON");
        change(&mut body);
        self.body = body.to_string().into_bytes();
        self.signed(WEBHOOK_SECRET)
    }

    /// Sends it, and returns the status of the answer.
    pub fn send(&self, to: SocketAddr) -> u16 {
        let mut headers = vec![
            ("Host".to_owned(), to.to_string()),
            ("User-Agent".into(), "GitHub-Hookshot/044aadd".into()),
            ("Content-Type".into(), "application/json".into()),
            ("X-GitHub-Event".into(), self.event.clone()),
            ("X-GitHub-Delivery".into(), self.id.clone()),
        ];
        headers.extend(self.signature.iter().map(|signature| ("X-Hub-Signature-256".into(), signature.clone())));
        let request = Request { method: "POST".into(), target: "/".into(), headers, body: self.body.clone() };
        forward(to, &request).expect("the receiver answers").status
    }
}

impl GitHubServer {
    /// Lists what was sent, or lost, when the deployments of a repository were created.
    pub fn deliveries(&self, repository: &str) -> Vec<Delivery> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let rows = state.queues.get(repository).map(Queue::rows).unwrap_or_default();
        let (owner, name) = repository.split_once('/').expect("an owner and a name");
        let delivery = |(at, (row, _)): (usize, (Value, Vec<Value>))| {
            let body = json!({
                "action": "created", "deployment": row, "workflow": null, "workflow_run": null,
                "repository": { "id": 1, "name": name, "full_name": repository, "owner": { "login": owner } },
                "sender": { "login": owner, "id": 2, "type": "Organization" },
            });
            Delivery::new("deployment", format!("72d3162e-cc78-11e3-81ab-{at:012}"), &body)
        };
        rows.into_iter().enumerate().map(delivery).collect()
    }

    /// Creates so many deployments as GitHub Actions makes them for jobs with an environment.
    pub fn crowd(&self, repository: &str, environment: &str, count: usize) {
        self.change(|state| {
            let queue = state.queues.entry(repository.into()).or_default();
            let (row, _) = queue.rows().pop().expect("there is one to go by");
            for _ in 0..count {
                queue.add_like(&row, |row| {
                    row["task"] = json!("deploy");
                    row["payload"] = json!({});
                    row["environment"] = json!(environment);
                    row["original_environment"] = json!(environment);
                });
            }
        });
    }

    /// Appends a status to a deployment, as a process would that ended then.
    pub fn append(&self, repository: &str, number: u64, state: &str) {
        let body = json!({ "state": state, "description": "" }).to_string().into_bytes();
        let request = Request { method: "POST".into(), target: String::new(), headers: Vec::new(), body };
        self.change(|all| {
            let queue = all.queues.entry(repository.into()).or_default();
            let response = queue.answer(&request, repository, &["deployments", &number.to_string(), "statuses"]);
            assert_eq!(response.status, 201, "it is appended");
        });
    }

    /// Creates a deployment that says what another one says, and is of another environment.
    pub fn copy_to(&self, repository: &str, number: u64, environment: &str) {
        self.change(|state| {
            let queue = state.queues.entry(repository.into()).or_default();
            let (row, _) = queue.rows().into_iter().find(|(row, _)| row["id"] == number).expect("it is there");
            queue.add_like(&row, |row| {
                row["environment"] = json!(environment);
                row["original_environment"] = json!(environment);
            });
        });
    }
}

/// A receiver of webhooks; it stops when it is dropped.
pub struct Receiver(Server);

/// What came.
pub struct Received<'a>(&'a Request);

impl Receiver {
    /// Starts a receiver that answers with the statuses that `take` returns.
    pub fn start(take: impl Fn(&Received<'_>) -> u16 + Send + Sync + 'static) -> Self {
        Self(Server::start(move |request| {
            // Who delivers waits for the end of the connection.
            Response { sent: Sent::Part(0), ..Response::new(take(&Received(request)), "") }
        }))
    }

    /// Returns where it listens.
    pub fn address(&self) -> SocketAddr {
        self.0.address()
    }
}

impl Received<'_> {
    /// Returns a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.0.header(name)
    }

    /// Returns the raw body.
    pub fn body(&self) -> &[u8] {
        &self.0.body
    }
}

/// [HMAC](https://www.rfc-editor.org/rfc/rfc2104#section-2) with SHA-256.
fn hmac(key: &[u8], text: &[u8]) -> [u8; 32] {
    let mut block = [0; 64];
    block[..key.len()].copy_from_slice(key);
    let hash = |pad: u8, text: &[u8]| Sha256::new().chain_update(block.map(|byte| byte ^ pad)).chain_update(text);
    let inner: [u8; 32] = hash(0x36, text).finalize().into();
    hash(0x5c, &inner).finalize().into()
}
