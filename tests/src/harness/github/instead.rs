//! Answers in place of the double's own: what GitHub says where it asks for patience, refuses, or fails.

use serde_json::Value;

use super::answer::tell;
use crate::harness::http::{Request, Response};

/// An answer to some requests, in place of the double's own.
#[derive(Debug, Clone)]
pub struct Instead {
    /// The method of the requests.
    pub method: &'static str,
    /// What their path ends in.
    pub path: &'static str,
    /// So many of them pass before.
    pub after: usize,
    /// So many of them are answered so.
    pub times: usize,
    /// Whether the double carries out what it is asked for all the same.
    pub is_carried_out: bool,
    /// The status.
    pub status: u16,
    /// The headers, beside the content type.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Value,
}

impl Instead {
    /// Answers the next request of a method, whose path ends so, with `204`.
    pub fn of_a(method: &'static str, path: &'static str) -> Self {
        let (headers, body) = (Vec::new(), Value::Null);
        Self { method, path, after: 0, times: 1, is_carried_out: false, status: 204, headers, body }
    }

    /// Tells this.
    #[must_use]
    pub fn told(self, status: u16, body: Value) -> Self {
        Self { status, body, ..self }
    }

    /// Adds a header.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Takes the answer to a request, if there is one.
    pub(super) fn of(all: &mut [Self], request: &Request) -> Option<Self> {
        let concerns = |instead: &&mut Self| {
            instead.method == request.method && request.path().ends_with(instead.path) && instead.times > 0
        };
        let instead = all.iter_mut().find(concerns)?;
        if instead.after > 0 {
            instead.after -= 1;
            return None;
        }
        instead.times -= 1;
        Some(instead.clone())
    }

    pub(super) fn response(self) -> Response {
        let response = Response { status: self.status, ..tell(&self.body) };
        self.headers.into_iter().fold(response, |response, (name, value)| response.with(name, value))
    }
}
