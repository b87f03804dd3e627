//! Who asked whom for what: all that passes between those who take part in a process, in one sequence.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::http::{Request, Response, forward};
use super::server::Server;

/// A request from one who takes part to another, and its answer.
#[derive(Debug, Clone)]
pub struct Message {
    /// Who asked.
    pub from: &'static str,
    /// Who was asked.
    pub to: &'static str,
    /// The method; empty where it is no request but a thing that happened.
    pub method: String,
    /// Path and query, or what happened.
    pub target: String,
    /// The status of the answer.
    pub status: u16,
    /// The body of the request.
    pub asked: Vec<u8>,
    /// The body of the answer.
    pub told: Vec<u8>,
}

/// What has passed, in the order in which it was begun.
#[derive(Debug, Clone, Default)]
pub struct Chronicle(Arc<Mutex<Vec<Message>>>);

/// Stands before somebody and writes down who asks; it stops when it is dropped.
pub struct Tap(Server);

impl Chronicle {
    /// Stands before who listens at `address`. Who asks is told by the token that each of them has; nobody else is let in.
    pub fn before(&self, to: &'static str, address: SocketAddr, tokens: Vec<(&'static str, String)>) -> Tap {
        self.tap(to, address, move |request| {
            let token = token(request)?;
            tokens.iter().find(|(_, known)| *known == token).map(|(who, _)| *who)
        })
    }

    /// Stands before whom nobody asks but one.
    pub fn between(&self, from: &'static str, to: &'static str, address: SocketAddr) -> Tap {
        self.tap(to, address, move |_| Some(from))
    }

    fn tap(
        &self,
        to: &'static str,
        address: SocketAddr,
        who: impl Fn(&Request) -> Option<&'static str> + Send + Sync + 'static,
    ) -> Tap {
        let chronicle = self.clone();
        Tap(Server::start(move |request| {
            let Some(from) = who(request) else {
                return Response::new(401, "who asks?").with("WWW-Authenticate", "Basic realm=\"embark-tests\"");
            };
            let Request { method, target, body, .. } = request.clone();
            let message = Message { from, to, method, target, status: 0, asked: body, told: Vec::new() };
            let place = chronicle.push(message);
            let mut passed = request.clone();
            passed.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("authorization"));
            let answer = forward(address, &passed).unwrap_or_else(|error| Response::new(502, error.to_string()));
            chronicle.change(place, |message| {
                (message.status, message.told) = (answer.status, answer.body.clone());
            });
            answer
        }))
    }

    /// Writes down what happens without a request.
    pub fn note(&self, from: &'static str, to: &'static str, what: &str) {
        let (asked, told) = (Vec::new(), Vec::new());
        self.push(Message { from, to, method: String::new(), target: what.into(), status: 0, asked, told });
    }

    /// Hands out what has passed since it was last asked; nothing must be on its way.
    pub fn take(&self) -> Vec<Message> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn push(&self, message: Message) -> usize {
        let mut messages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        messages.push(message);
        messages.len() - 1
    }

    fn change(&self, place: usize, change: impl FnOnce(&mut Message)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner)[place]);
    }
}

impl Tap {
    /// Returns where it listens.
    pub fn address(&self) -> SocketAddr {
        self.0.address()
    }
}

/// Returns the token of a request: as it is, or the password of basic authentication.
fn token(request: &Request) -> Option<String> {
    let given = request.header("authorization")?;
    if let Some(token) = given.strip_prefix("Bearer ") {
        return Some(token.to_owned());
    }
    let basic = STANDARD.decode(given.strip_prefix("Basic ")?).ok()?;
    String::from_utf8(basic).ok()?.split_once(':').map(|(_, password)| password.to_owned())
}
