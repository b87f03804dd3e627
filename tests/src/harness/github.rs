//! A double of GitHub's API: commits, check runs and commit statuses of `acme/backstage`, deployments of any repository.

mod queue;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};

use self::queue::Queue;
use super::http::{Request, Response, Sent};
use super::server::Server;
use super::traffic::Traffic;

/// What a guarded double demands.
pub const GITHUB_TOKEN: &str = "github-token-that-nobody-may-see";

const GRAPHQL: &str = "/api/graphql";

#[derive(Default)]
struct State {
    /// The parent of each commit.
    parents: HashMap<String, Option<String>>,
    /// The commit of each check run, and what is told of it; the id is one more than its place.
    runs: Vec<(String, Value)>,
    statuses: Vec<(String, Value)>,
    /// The deployments of each repository.
    queues: HashMap<String, Queue>,
    /// Of which method the answers are lost, and how many.
    lost: (String, usize),
}

/// The double; it stops when it is dropped.
pub struct GitHubServer {
    server: Server,
    state: Arc<Mutex<State>>,
}

impl GitHubServer {
    /// Starts a double that has `acme/backstage`, and demands `token` if there is one.
    pub fn start(token: Option<&str>) -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let (shared, token) = (Arc::clone(&state), token.map(|token| format!("Bearer {token}")));
        let server = Server::start(move |request| {
            let mut state = shared.lock().unwrap_or_else(PoisonError::into_inner);
            let response = answer(request, &mut state, token.as_deref());
            if request.method == state.lost.0 && request.path() != GRAPHQL && state.lost.1 > 0 {
                state.lost.1 -= 1;
                return Response { sent: Sent::Nothing, ..response };
            }
            response
        });
        Self { server, state }
    }

    /// Returns the address of the API.
    pub fn url(&self) -> String {
        format!("http://{}/api/v3", self.server.address())
    }

    /// Hands out what passed since it was last asked.
    pub fn take_traffic(&self) -> Traffic {
        self.server.take_traffic()
    }

    /// Adds a commit.
    pub fn commit(&self, commit: &str, parent: Option<&str>) {
        self.change(|state| drop(state.parents.insert(commit.into(), parent.map(Into::into))));
    }

    /// Adds a check run: one with a conclusion is completed.
    pub fn check_run(&self, commit: &str, name: &str, conclusion: Option<&str>) {
        let status = if conclusion.is_some() { "completed" } else { "in_progress" };
        self.change(|state| {
            let id = state.runs.len() + 1;
            let run = json!({ "id": id, "name": name, "status": status, "conclusion": conclusion });
            state.runs.push((commit.into(), run));
        });
    }

    /// Adds a commit status.
    pub fn status(&self, commit: &str, context: &str, state: &str) {
        self.change(|all| {
            let id = all.statuses.len() + 1;
            all.statuses.push((commit.into(), json!({ "id": id, "context": context, "state": state })));
        });
    }

    /// Lists the deployments of a repository in their order: environment, task, and the states of the statuses.
    pub fn deployments(&self, repository: &str) -> Vec<(String, String, Vec<String>)> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.queues.get(repository).map(Queue::told).unwrap_or_default()
    }

    /// Makes the next requests of this kind, e.g. `POST`, work and go unanswered.
    pub fn lose_answers(&self, method: &str, count: usize) {
        self.change(|state| state.lost = (method.into(), count));
    }

    /// Lets an environment of a repository ask for reviewers.
    pub fn demand_reviewers(&self, repository: &str, environment: &str) {
        self.change(|state| {
            state.queues.entry(repository.into()).or_default().reviewed.insert(environment.into());
        });
    }

    /// Answers no GraphQL for a repository.
    pub fn take_graphql_away(&self, repository: &str) {
        self.change(|state| state.queues.entry(repository.into()).or_default().is_rest_alone = true);
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

fn answer(request: &Request, state: &mut State, token: Option<&str>) -> Response {
    match request.header("authorization") {
        // GitHub hides from strangers what is private.
        None if token.is_some() => return refuse(404, "Not Found"),
        Some(given) if token.is_some_and(|token| token != given) => return refuse(401, "Bad credentials"),
        _ => {}
    }
    if request.path() == GRAPHQL {
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        // A node's id names no repository; the double has one that is asked for so.
        let named = body["variables"]["owner"].as_str().zip(body["variables"]["name"].as_str());
        let name = named.map(|(owner, name)| format!("{owner}/{name}"));
        let name = name.or_else(|| state.queues.keys().next().cloned()).unwrap_or_default();
        return state.queues.entry(name).or_default().graphql(request);
    }
    let Some(rest) = request.path().strip_prefix("/api/v3/repos/acme/") else {
        return refuse(404, "Not Found");
    };
    let mut segments: Vec<&str> = rest.split('/').collect();
    let repository = format!("acme/{}", segments.remove(0));
    if let Some(&("deployments" | "environments")) = segments.first() {
        let queue = state.queues.entry(repository.clone()).or_default();
        return queue.answer(request, &repository, &segments);
    }
    if repository != "acme/backstage" {
        return refuse(404, "Not Found");
    }
    match segments[..] {
        [] => tell(&json!({ "id": 1, "full_name": "acme/backstage" })),
        ["compare", pair] => match pair.split_once("...") {
            Some((base, head)) => compare(state, base, head),
            None => refuse(404, "Not Found"),
        },
        ["commits", commit, _] if !state.parents.contains_key(commit) => {
            refuse(422, &format!("No commit found for SHA: {commit}"))
        }
        ["commits", commit, "check-runs"] => {
            let name = query(request, "check_name");
            let is_asked = |run: &Value| name.as_ref().is_none_or(|name| run["name"] == name.as_str());
            let mut runs = newest(&state.runs, commit, "name");
            runs.retain(is_asked);
            answer_page(request, &runs, |runs, total| json!({ "total_count": total, "check_runs": runs }))
        }
        ["commits", commit, "status"] => {
            let statuses = newest(&state.statuses, commit, "context");
            answer_page(request, &statuses, |statuses, total| json!({ "total_count": total, "statuses": statuses }))
        }
        _ => refuse(404, "Not Found"),
    }
}

fn compare(state: &State, base: &str, head: &str) -> Response {
    if !state.parents.contains_key(base) || !state.parents.contains_key(head) {
        return refuse(404, "Not Found");
    }
    let leads_to = |from: &str, to: &str| {
        let parent = |commit: &String| state.parents.get(commit).cloned().flatten();
        std::iter::successors(Some(from.to_owned()), parent).any(|commit| commit == to)
    };
    let status = match (leads_to(head, base), leads_to(base, head)) {
        (true, true) => "identical",
        (true, false) => "ahead",
        (false, true) => "behind",
        (false, false) => "diverged",
    };
    tell(&json!({ "status": status, "commits": [] }))
}

/// The newest of each name, the newest first.
fn newest(all: &[(String, Value)], commit: &str, key: &str) -> Vec<Value> {
    let mut newest: Vec<Value> = Vec::new();
    for (_, one) in all.iter().rev().filter(|(on, _)| on == commit) {
        if !newest.iter().any(|other| other[key] == one[key]) {
            newest.push(one.clone());
        }
    }
    newest
}

fn answer_page(request: &Request, all: &[Value], wrap: impl Fn(&[Value], usize) -> Value) -> Response {
    let number = |name: &str| query(request, name).and_then(|text| text.parse::<usize>().ok());
    let (size, page) = (number("per_page").unwrap_or(30).min(100), number("page").unwrap_or(1));
    let (from, to) = (all.len().min((page - 1) * size), all.len().min(page * size));
    let response = tell(&wrap(&all[from..to], all.len()));
    if to == all.len() {
        return response;
    }
    let host = request.header("host").unwrap_or_default();
    let filters =
        request.query().split('&').filter(|pair| !pair.starts_with("page=") && !pair.starts_with("per_page="));
    let filters = filters.fold(String::new(), |filters, pair| filters + "&" + pair);
    let next = format!("http://{host}{}?per_page={size}&page={}{filters}", request.path(), page + 1);
    response.with("Link", format!("<{next}>; rel=\"next\""))
}

fn query(request: &Request, name: &str) -> Option<String> {
    let pairs = request.query().split('&').filter_map(|pair| pair.split_once('='));
    pairs.into_iter().find(|(key, _)| *key == name).map(|(_, value)| decode(value))
}

fn decode(text: &str) -> String {
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap_or_default().replace('+', " ").into_bytes();
    for part in parts {
        let (code, rest) = part.split_at(2.min(part.len()));
        bytes.extend(u8::from_str_radix(code, 16).ok());
        bytes.extend(rest.replace('+', " ").bytes());
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn tell(body: &Value) -> Response {
    Response::new(200, body.to_string()).with("Content-Type", "application/json; charset=utf-8")
}

fn refuse(status: u16, message: &str) -> Response {
    let body = json!({ "message": message, "status": status.to_string() });
    Response::new(status, body.to_string()).with("Content-Type", "application/json; charset=utf-8")
}
