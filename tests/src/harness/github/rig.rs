//! What stands before every double of GitHub: prism as a proxy for REST, and an executor of GraphQL.
//!
//! One of each serves all doubles of a process. A request names its double in a header, and behind prism a router passes it on.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use serde_json::Value;

use crate::harness::described::{Description, GITHUB, prism};
use crate::harness::http::{Request, Response, forward};
use crate::harness::node::{Node, rig, witness};
use crate::harness::server::Server;

pub(super) type Double = dyn Fn(&Request) -> Response + Send + Sync;

/// Which double it is, and where its front listens.
const DOUBLE: &str = "X-Embark-Double";
const HOST: &str = "X-Embark-Host";

/// The path below which GitHub Enterprise Server has its REST API; GitHub's description begins below that.
pub(super) const BASE: &str = "/api/v3";

type Doubles = Mutex<HashMap<usize, Arc<Double>>>;

/// The processes, and the doubles behind them.
pub(super) struct Rig {
    prism: Node,
    graphql: Node,
    pub(super) description: Description,
    doubles: Arc<Doubles>,
    _router: Server,
}

static RIG: LazyLock<Rig> = LazyLock::new(|| {
    let folder = rig();
    let doubles = Arc::new(Doubles::default());
    let behind = Arc::clone(&doubles);
    let router = Server::start(move |request| route(request, &behind));
    let executor = witness("graphql.mjs");
    Rig {
        prism: prism(&folder, GITHUB, &["proxy", "--errors"], Some(&format!("http://{}", router.address()))),
        graphql: Node::start(&[executor.as_os_str(), folder.as_os_str()] as &[&OsStr]),
        description: Description::read(&folder, GITHUB),
        doubles,
        _router: router,
    }
});

/// What the executor of GraphQL finds.
pub(super) struct Executed {
    pub(super) violations: Vec<String>,
    /// What GitHub would answer; null where nothing was to be executed, or something does not fit.
    pub(super) response: Value,
}

impl Rig {
    /// Returns the one of this process.
    pub(super) fn get() -> &'static Self {
        &RIG
    }

    /// Adds a double, and returns its number.
    pub(super) fn add(&self, double: Arc<Double>) -> usize {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::SeqCst);
        self.doubles.lock().unwrap_or_else(PoisonError::into_inner).insert(number, double);
        number
    }

    pub(super) fn remove(&self, number: usize) {
        self.doubles.lock().unwrap_or_else(PoisonError::into_inner).remove(&number);
    }

    /// Asks a double by way of prism.
    pub(super) fn rest(&self, double: usize, front: SocketAddr, request: &Request) -> Response {
        let target = request.target.strip_prefix(BASE).unwrap_or(&request.target);
        let mut request = Request { target: target.to_owned(), ..request.clone() };
        request.headers.push((DOUBLE.into(), double.to_string()));
        request.headers.push((HOST.into(), front.to_string()));
        forward(self.prism.address, &request).unwrap_or_else(|error| Response::new(502, error.to_string()))
    }

    /// Checks a query, and executes it where there is `data`.
    pub(super) fn graphql(&self, asked: &Value) -> Executed {
        let body = asked.to_string().into_bytes();
        let request = Request { method: "POST".into(), target: "/".into(), headers: Vec::new(), body };
        let answer = forward(self.graphql.address, &request).expect("the executor answers");
        let answer: Value = serde_json::from_slice(&answer.body).expect("the executor answers JSON");
        let violations = answer["violations"].as_array().expect("the executor lists what does not fit");
        let text = |violation: &Value| format!("GraphQL: {}", violation.as_str().unwrap_or_default());
        Executed { violations: violations.iter().map(text).collect(), response: answer["response"].clone() }
    }
}

fn route(request: &Request, doubles: &Doubles) -> Response {
    let number = request.header(DOUBLE).and_then(|number| number.parse().ok());
    let lock = || doubles.lock().unwrap_or_else(PoisonError::into_inner);
    let double = number.and_then(|number: usize| lock().get(&number).cloned());
    let Some(double) = double else { return Response::new(502, "there is no such double") };
    let mut request = Request { target: format!("{BASE}{}", request.target), ..request.clone() };
    // A double tells where its next page is.
    let host = request.header(HOST).unwrap_or_default().to_owned();
    request.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("host"));
    request.headers.push(("Host".into(), host));
    double(&request)
}
