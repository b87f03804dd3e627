//! A double of Argo CD's API: applications, each of which tells at each request what a test has it tell.
//!
//! Every request and every answer goes through prism, which knows Argo CD's own description of its API: what does not fit
//! fails the test.

mod application;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};

pub use self::application::Application;
use super::described::{ARGOCD, Description, complaint, prism};
use super::http::{Request, Response, forward};
use super::node::{Node, rig};
use super::server::Server;
use super::traffic::Traffic;

/// What a guarded double demands.
pub const ARGOCD_TOKEN: &str = "argocd-token-that-nobody-may-see";

/// The path below which applications are.
const APPLICATIONS: &str = "/api/v1/applications/";

/// What an application tells at a request, by its number from 0.
type Play = Box<dyn FnMut(usize) -> Application + Send>;

#[derive(Default)]
struct State {
    applications: HashMap<String, (usize, Play)>,
    /// What all requests are answered with in place of the double's own answers.
    instead: Option<Response>,
    /// How long an answer takes.
    delay: Duration,
    violations: Vec<String>,
}

type Shared = Arc<Mutex<State>>;

/// The double; it stops when it is dropped, and fails the test in which something did not fit Argo CD's description.
pub struct ArgoCdServer {
    front: Server,
    state: Shared,
    _behind: Server,
    _prism: Arc<Node>,
}

impl ArgoCdServer {
    /// Starts a double without applications, which demands `token` if there is one.
    pub fn start(token: Option<&str>) -> Self {
        let state = Shared::default();
        let authorization = token.map(|token| format!("Bearer {token}"));
        let (answering, token) = (Arc::clone(&state), authorization.clone());
        let behind = Server::start(move |request| answer(request, &answering, token.as_deref()));
        let rig = rig();
        let upstream = format!("http://{}", behind.address());
        let prism = Arc::new(prism(&rig, ARGOCD, &["proxy", "--errors"], Some(&upstream)));
        warm(&prism, &state, authorization.as_deref());
        let (description, passing, through) = (Description::read(&rig, ARGOCD), Arc::clone(&state), Arc::clone(&prism));
        let front = Server::start(move |request| pass(request, &passing, &description, &through));
        Self { front, state, _behind: behind, _prism: prism }
    }

    /// Returns the address of the server.
    pub fn url(&self) -> String {
        format!("http://{}", self.front.address())
    }

    /// Has an application tell always the same.
    pub fn has(&self, name: &str, application: &Application) {
        let application = application.clone();
        self.plays(name, move |_| application.clone());
    }

    /// Has an application tell what `play` returns for the number of the request, counted from 0.
    pub fn plays(&self, name: &str, play: impl FnMut(usize) -> Application + Send + 'static) {
        lock(&self.state).applications.insert(name.into(), (0, Box::new(play)));
    }

    /// Answers all requests so from now on: by something that is no Argo CD, say.
    pub fn answer_instead(&self, status: u16, content_type: &str, body: &str) {
        lock(&self.state).instead = Some(Response::new(status, body).with("Content-Type", content_type));
    }

    /// Lets each answer take so long from now on.
    pub fn delay(&self, delay: Duration) {
        lock(&self.state).delay = delay;
    }

    /// Hands out what passed since it was last asked. It fails if anything did not fit Argo CD's description.
    #[track_caller]
    pub fn take_traffic(&self) -> Traffic {
        self.assert_fits();
        self.front.take_traffic()
    }

    /// Hands out what did not fit Argo CD's description, for tests that mean it.
    pub fn take_violations(&self) -> Vec<String> {
        std::mem::take(&mut lock(&self.state).violations)
    }

    #[track_caller]
    fn assert_fits(&self) {
        let violations = self.take_violations();
        assert!(violations.is_empty(), "it does not fit what Argo CD says of its API:\n{}", violations.join("\n"));
    }
}

impl Drop for ArgoCdServer {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.assert_fits();
        }
    }
}

fn lock(state: &Shared) -> std::sync::MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Has prism see an application once. At the first one it compiles what it knows of them, which takes longer on a busy machine
/// than embark waits for an answer.
fn warm(prism: &Node, state: &Shared, authorization: Option<&str>) {
    const NAME: &str = "warm-up";
    let application = Application::healthy("https://example.com/warm-up.git", &"0".repeat(40), &[]);
    lock(state).applications.insert(NAME.into(), (0, Box::new(move |_| application.clone())));
    let headers = authorization.map(|value| ("Authorization".to_owned(), value.to_owned()));
    let target = format!("{APPLICATIONS}{NAME}");
    let headers = headers.into_iter().collect();
    let request = Request { method: "GET".into(), target, headers, body: Vec::new() };
    let answer = forward(prism.address, &request).expect("prism answers");
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    lock(state).applications.remove(NAME);
}

/// Passes a request on by way of prism.
fn pass(request: &Request, state: &Shared, description: &Description, prism: &Node) -> Response {
    let (delay, instead) = {
        let state = lock(state);
        (state.delay, state.instead.clone())
    };
    std::thread::sleep(delay);
    if let Some(instead) = instead {
        return instead;
    }
    let violate = |what: &str| lock(state).violations.push(format!("{} {}: {what}", request.method, request.target));
    for parameter in description.undescribed(&request.method, &request.target) {
        violate(&format!("the parameter {parameter} is not described"));
    }
    let response =
        forward(prism.address, request).unwrap_or_else(|error| Response::new(502, error.to_string().into_bytes()));
    if let Some(complaint) = complaint(&response) {
        violate(&complaint);
    }
    response
}

/// Answers as [Argo CD does](https://github.com/argoproj/argo-cd/blob/v3.3.19/server/application/application.go): that there
/// is no application is told to those alone who name its project.
fn answer(request: &Request, state: &Shared, token: Option<&str>) -> Response {
    if token.is_some() && request.header("authorization") != token {
        return refuse(401, 16, "no session information");
    }
    let mut state = lock(state);
    let name = request.path().strip_prefix(APPLICATIONS).unwrap_or_default();
    let Some((count, play)) = state.applications.get_mut(name) else {
        let is_of_project = request.query().split('&').any(|pair| pair.starts_with("project="));
        return if is_of_project {
            refuse(404, 5, &format!("applications.argoproj.io \"{name}\" not found"))
        } else {
            refuse(403, 7, "permission denied")
        };
    };
    let application = play(*count).to_json(name);
    *count += 1;
    tell(200, &application)
}

/// An error of grpc-gateway.
fn refuse(status: u16, code: u16, message: &str) -> Response {
    tell(status, &json!({ "error": message, "code": code, "message": message }))
}

fn tell(status: u16, body: &Value) -> Response {
    Response::new(status, body.to_string()).with("Content-Type", "application/json")
}
