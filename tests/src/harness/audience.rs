//! A receiver of what embark tells a webhook.

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use super::http::Response;
use super::server::Server;

/// The receiver; it stops when it is dropped.
pub struct Audience {
    server: Server,
    bodies: Arc<Mutex<Vec<Value>>>,
}

impl Audience {
    /// Starts a receiver that answers with `status`; a redirect leads to `/elsewhere` on it.
    pub fn start(status: u16) -> Self {
        let bodies: Arc<Mutex<Vec<Value>>> = Arc::default();
        let kept = Arc::clone(&bodies);
        let server = Server::start(move |request| {
            let is_json = request.method == "POST" && request.header("content-type") == Some("application/json");
            let body = serde_json::from_slice(&request.body).ok().filter(|_| is_json);
            kept.lock().unwrap_or_else(PoisonError::into_inner).push(body.unwrap_or_default());
            let host = request.header("host").unwrap_or_default();
            Response::new(status, "").with("Location", format!("http://{host}/elsewhere"))
        });
        Self { server, bodies }
    }

    /// Returns its address, of which `path` is the secret part.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.server.address())
    }

    /// Hands out what has come since it was last asked; what is no JSON is null.
    pub fn take(&self) -> Vec<Value> {
        std::mem::take(&mut *self.bodies.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
