//! A front of a registry that demands bearer tokens of the right scope, as the large ones do, and counts requests.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::cuts::Cuts;
use super::http::{Request, Response, forward};
use super::lie::Lie;
use super::server::Server;
use super::traffic::Traffic;

/// What the front answers in place of the registry.
#[derive(Debug, Clone)]
pub struct Garbage {
    /// The end of the paths for which it does.
    pub path: String,
    /// The status.
    pub status: u16,
    /// The content type.
    pub content_type: &'static str,
    /// The body.
    pub body: &'static str,
    /// The digest that it claims in `Docker-Content-Digest`, if any.
    pub digest: Option<String>,
}

#[derive(Default)]
struct State {
    /// The scopes of the tokens that were issued, e.g. `repository:backend:pull,push`.
    tokens: HashMap<String, Vec<String>>,
    garbage: Option<Garbage>,
    lie: Option<Lie>,
    delay: Duration,
}

/// The front; it stops when it is dropped.
pub struct BearerFront {
    server: Server,
    state: Arc<Mutex<State>>,
}

impl BearerFront {
    /// Starts a front of the registry at `registry`.
    pub fn start(registry: SocketAddr) -> Self {
        Self::start_with(registry, Arc::default())
    }

    /// Starts one whose requests count for cuts that are planned elsewhere.
    pub(super) fn start_with(registry: SocketAddr, cuts: Arc<Cuts>) -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        let server = Server::start(move |request| cuts.pass(request, |request| answer(request, registry, &shared)));
        Self { server, state }
    }

    /// Returns where it listens.
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Hands out what passed since it was last asked.
    pub fn take_traffic(&self) -> Traffic {
        self.server.take_traffic()
    }

    /// Lets each request wait this long from now on, as a registry that is far away does.
    pub fn set_delay(&self, delay: Duration) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).delay = delay;
    }

    /// Lies from now on, or no more.
    pub fn lie(&self, lie: Option<Lie>) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).lie = lie;
    }

    /// Answers nonsense from now on.
    pub fn serve_garbage(&self, garbage: Garbage) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).garbage = Some(garbage);
    }
}

fn answer(request: &Request, registry: SocketAddr, state: &Mutex<State>) -> Response {
    let lock = || state.lock().unwrap_or_else(PoisonError::into_inner);
    let delay = lock().delay;
    if !delay.is_zero() {
        std::thread::sleep(delay);
    }
    let mut state = lock();
    if request.path() == "/token" {
        return issue(request, &mut state);
    }
    let scope = scope(request);
    let bearer = request.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
    let granted = bearer.and_then(|token| state.tokens.get(token));
    let allowed = granted.is_some_and(|granted| scope.as_ref().is_none_or(|scope| covers(granted, scope)));
    if !allowed {
        let host = request.header("host").unwrap_or_default();
        let mut challenge = format!("Bearer realm=\"http://{host}/token\",service=\"embark-tests\"");
        if let Some((repository, action)) = scope {
            let actions = if action == "push" { "pull,push" } else { action };
            let _ = write!(challenge, ",scope=\"repository:{repository}:{actions}\"");
        }
        return Response::new(
            401,
            "{\"errors\":[{\"code\":\"UNAUTHORIZED\",\"message\":\"authentication required\"}]}",
        )
        .with("Content-Type", "application/json")
        .with("WWW-Authenticate", challenge);
    }
    if let Some(garbage) = state.garbage.as_ref().filter(|garbage| request.path().ends_with(&garbage.path)) {
        let response = Response::new(garbage.status, garbage.body).with("Content-Type", garbage.content_type);
        return match &garbage.digest {
            Some(digest) => response.with("Docker-Content-Digest", digest),
            None => response,
        };
    }
    let lie = state.lie.clone().filter(|lie| lie.concerns(request));
    drop(state);
    if let Some(response) = lie.as_ref().and_then(Lie::answer) {
        return response;
    }
    let mut request = request.clone();
    request.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("authorization"));
    let mut response = forward(registry, &request).unwrap_or_else(|error| Response::new(502, error.to_string()));
    if let Some(lie) = lie {
        lie.change(&mut response);
    }
    response
}

/// Returns repository and action that a request needs a token for; `None` for the base.
fn scope(request: &Request) -> Option<(String, &'static str)> {
    let rest = request.path().strip_prefix("/v2/")?;
    let cut = ["/manifests/", "/blobs/", "/tags/", "/referrers/"].iter().find_map(|part| rest.rfind(part))?;
    let action = if matches!(request.method.as_str(), "GET" | "HEAD") { "pull" } else { "push" };
    Some((rest[..cut].to_owned(), action))
}

fn covers(granted: &[String], (repository, action): &(String, &'static str)) -> bool {
    granted.iter().any(|scope| {
        scope
            .strip_prefix(&format!("repository:{repository}:"))
            .is_some_and(|actions| actions.split(',').any(|granted| granted == *action))
    })
}

fn issue(request: &Request, state: &mut State) -> Response {
    let decode = |value: &str| value.replace("%3A", ":").replace("%2F", "/").replace("%2C", ",").replace('+', " ");
    let scopes = request
        .query()
        .split('&')
        .filter_map(|pair| pair.strip_prefix("scope="))
        .flat_map(|value| decode(value).split(' ').map(str::to_owned).collect::<Vec<_>>())
        .collect();
    let token = format!("bearer-token-{}", state.tokens.len());
    let body = format!("{{\"token\":\"{token}\",\"access_token\":\"{token}\",\"expires_in\":300}}");
    state.tokens.insert(token, scopes);
    Response::new(200, body).with("Content-Type", "application/json")
}
