//! What the double answers: which part of it, or the commits of `acme/backstage` itself.

use serde_json::{Map, Value, json};

use super::rig::Rig;
use super::{Request, Response, State};

pub(super) const GRAPHQL: &str = "/api/graphql";

pub(super) fn answer(request: &Request, state: &mut State, token: Option<&str>) -> Response {
    if request.header("user-agent").is_none() {
        return refuse(
            403,
            "Request forbidden by administrative rules. Please make sure your request has a User-Agent header",
        );
    }
    if let Some(response) = state.app.as_mut().and_then(|app| app.answer(request)) {
        return response;
    }
    match request.header("authorization") {
        _ if state.app.is_some() => {}
        // GitHub hides from strangers what is private.
        None if token.is_some() => return refuse(404, "Not Found"),
        Some(given) if token.is_some_and(|token| token != given) => return refuse(401, "Bad credentials"),
        _ => {}
    }
    if request.path() == GRAPHQL {
        if state.is_rest_alone {
            return refuse(404, "Not Found");
        }
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        if let Some(name) = asked_for(&body) {
            return state.objects.get_mut(&name).map_or_else(not_resolved, |objects| objects.graphql(&body));
        }
        let variables = &body["variables"];
        if let (Some("acme"), Some(name)) = (variables["owner"].as_str(), variables["name"].as_str()) {
            state.queues.entry(format!("acme/{name}")).or_default();
        }
        return tell(&json!({ "data": told(state) }));
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
    let is_there =
        |name: &String| name == "acme/backstage" || state.queues.contains_key(name) || state.objects.contains_key(name);
    if segments.is_empty() && is_there(&repository) {
        return tell(&repository_of(&repository));
    }
    if let Some(response) = state.proposals.get_mut(&repository).and_then(|all| all.answer(request, &segments)) {
        return response;
    }
    let is_of_objects = matches!(segments[..], ["git", "blobs" | "commits" | "trees", _] | ["compare", _]);
    if let Some(objects) = state.objects.get(&repository).filter(|_| is_of_objects) {
        return objects.rest(request, &repository, &segments);
    }
    if repository != "acme/backstage" {
        return refuse(404, "Not Found");
    }
    match segments[..] {
        ["compare", pair] => match pair.split_once("...") {
            Some((base, head)) => compare(state, base, head),
            None => refuse(404, "Not Found"),
        },
        ["commits", commit, _] if !state.parents.contains_key(commit) => {
            refuse(422, &format!("No commit found for SHA: {commit}"))
        }
        ["commits", commit, "pulls"] => state.pulls.of_commit(request, commit),
        ["issues", ..] => state.pulls.answer(request, &segments),
        ["commits", commit, "check-runs"] => {
            let name = query(request, "check_name");
            let is_asked = |run: &Value| name.as_ref().is_none_or(|name| run["name"] == name.as_str());
            let mut runs = newest(&state.runs, commit, "name");
            runs.retain(is_asked);
            answer_page(request, &runs, |runs, total| json!({ "total_count": total, "check_runs": runs }))
        }
        ["commits", commit, "status"] => {
            let statuses = newest(&state.statuses, commit, "context");
            answer_page(request, &statuses, |statuses, total| {
                let told = json!({ "sha": commit, "total_count": total, "statuses": statuses });
                with(example("combined-commit-status"), &told)
            })
        }
        _ => refuse(404, "Not Found"),
    }
}

/// Names the repository whose commits or files are asked for, if they are.
fn asked_for(body: &Value) -> Option<String> {
    let (query, variables) = (body["query"].as_str().unwrap_or_default(), &body["variables"]);
    if let Some(name) = variables["input"]["branch"]["repositoryNameWithOwner"].as_str() {
        return Some(name.to_owned());
    }
    let is_of_objects = ["ref(", "object("].iter().any(|field| query.contains(field));
    is_of_objects.then_some(format!("{}/{}", variables["owner"].as_str()?, variables["name"].as_str()?))
}

/// Tells that a repository is not there, or that the token may not see it.
pub(super) fn not_resolved() -> Response {
    let message = "Could not resolve to a Repository with this name.";
    let error = json!({ "type": "NOT_FOUND", "path": ["repository"], "message": message });
    tell(&json!({ "data": { "repository": null }, "errors": [error] }))
}

fn repository_of(name: &str) -> Value {
    let mut repository = example("full-repository-default-response");
    // GitHub's own example lacks it.
    (repository["language"], repository["source"]["language"]) = (Value::Null, Value::Null);
    with(repository, &json!({ "full_name": name }))
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
    tell(&with(example("commit-comparison"), &json!({ "status": status, "commits": [] })))
}

/// All that GraphQL can be asked for.
fn told(state: &State) -> Value {
    let queues = || state.queues.iter().map(|(name, queue)| (name, queue.nodes(state.hides_numbers)));
    let repositories: Map<String, Value> =
        queues().map(|(name, nodes)| (name.clone(), json!({ "deployments": nodes }))).collect();
    let id = |node: &Value| node["id"].as_str().unwrap_or_default().to_owned();
    let nodes: Map<String, Value> = queues().flat_map(|(_, nodes)| nodes).map(|node| (id(&node), node)).collect();
    json!({ "repositories": repositories, "nodes": nodes })
}

/// Returns one of the examples of GitHub's description.
pub(super) fn example(name: &str) -> Value {
    Rig::get().description.example(name)
}

/// Puts fields in place of an example's.
pub(super) fn with(mut example: Value, fields: &Value) -> Value {
    for (key, value) in fields.as_object().into_iter().flatten() {
        example[key] = value.clone();
    }
    example
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

pub(super) fn answer_page(request: &Request, all: &[Value], wrap: impl Fn(&[Value], usize) -> Value) -> Response {
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

pub(super) fn query(request: &Request, name: &str) -> Option<String> {
    let pairs = request.query().split('&').filter_map(|pair| pair.split_once('='));
    pairs.into_iter().find(|(key, _)| *key == name).map(|(_, value)| decode(value))
}

pub(super) fn decode(text: &str) -> String {
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap_or_default().replace('+', " ").into_bytes();
    for part in parts {
        let (code, rest) = part.split_at(2.min(part.len()));
        bytes.extend(u8::from_str_radix(code, 16).ok());
        bytes.extend(rest.replace('+', " ").bytes());
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

pub(super) fn tell(body: &Value) -> Response {
    Response::new(200, body.to_string()).with("Content-Type", "application/json; charset=utf-8")
}

pub(super) fn refuse(status: u16, message: &str) -> Response {
    let body = json!({
        "message": message, "documentation_url": "https://docs.github.com/rest", "status": status.to_string(),
    });
    Response::new(status, body.to_string()).with("Content-Type", "application/json; charset=utf-8")
}
