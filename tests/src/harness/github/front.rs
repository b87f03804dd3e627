//! The front of a double: writes down what passes and what does not fit GitHub's descriptions, cuts, and loses answers.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use serde_json::{Value, json};

use super::answer::GRAPHQL;
use super::rig::{BASE, Double, Executed, Rig};
use crate::harness::cuts::Cuts;
use crate::harness::described::complaint;
use crate::harness::http::{Request, Response, Sent};
use crate::harness::server::Server;
use crate::harness::traffic::Traffic;

/// The front; when it is dropped it fails the test in which something did not fit.
pub(super) struct Front {
    server: Server,
    number: usize,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    address: OnceLock<SocketAddr>,
    cuts: Cuts,
    /// Of which method the answers are lost, and how many.
    lost: Mutex<(String, usize)>,
    /// What happens before a request passes on.
    meanwhile: Mutex<Option<Meanwhile>>,
    violations: Mutex<Vec<String>>,
}

struct Meanwhile {
    method: &'static str,
    path: &'static str,
    /// How many such requests pass before.
    after: usize,
    happens: Box<dyn FnOnce() + Send>,
}

impl Front {
    pub(super) fn start(double: Arc<Double>) -> Self {
        let rig = Rig::get();
        let number = rig.add(Arc::clone(&double));
        let shared = Arc::new(Shared::default());
        let passing = Arc::clone(&shared);
        let server = Server::start(move |request| {
            passing.let_happen(request);
            let response = passing.cuts.pass(request, |request| {
                if request.path() == GRAPHQL {
                    passing.graphql(rig, &*double, request)
                } else {
                    passing.rest(rig, number, request)
                }
            });
            if passing.loses(request) { Response { sent: Sent::Nothing, ..response } } else { response }
        });
        let address = shared.address.set(server.address());
        address.expect("nobody else sets it");
        Self { server, number, shared }
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.server.address()
    }

    pub(super) fn cuts(&self) -> &Cuts {
        &self.shared.cuts
    }

    pub(super) fn lose(&self, method: &str, count: usize) {
        *self.shared.lost.lock().unwrap_or_else(PoisonError::into_inner) = (method.into(), count);
    }

    pub(super) fn meanwhile(
        &self,
        (method, path, after): (&'static str, &'static str, usize),
        happens: Box<dyn FnOnce() + Send>,
    ) {
        let meanwhile = Meanwhile { method, path, after, happens };
        *self.shared.meanwhile.lock().unwrap_or_else(PoisonError::into_inner) = Some(meanwhile);
    }

    /// Hands out what passed since it was last asked.
    #[track_caller]
    pub(super) fn take_traffic(&self) -> Traffic {
        self.assert_fits();
        self.server.take_traffic()
    }

    /// Hands out what did not fit, for tests that mean it.
    pub(super) fn take_violations(&self) -> Vec<String> {
        std::mem::take(&mut *self.shared.violations.lock().unwrap_or_else(PoisonError::into_inner))
    }

    #[track_caller]
    fn assert_fits(&self) {
        let violations = self.take_violations();
        assert!(violations.is_empty(), "it does not fit what GitHub says of its API:\n{}", violations.join("\n"));
    }
}

#[expect(clippy::print_stdout, reason = "a test that fails shows what did not fit: it may be why")]
impl Drop for Front {
    fn drop(&mut self) {
        Rig::get().remove(self.number);
        let planned = self.shared.meanwhile.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Meanwhile { method, path, .. }) = planned {
            self.shared
                .violations
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(format!("{method} {path}: never came"));
        }
        if std::thread::panicking() {
            self.take_violations().iter().for_each(|violation| println!("{violation}"));
        } else {
            self.assert_fits();
        }
    }
}

impl Shared {
    fn violate(&self, request: &Request, what: &str) {
        let text = format!("{} {}: {what}", request.method, request.target);
        self.violations.lock().unwrap_or_else(PoisonError::into_inner).push(text);
    }

    /// Lets happen what is to happen before this request. Others pass in the meantime.
    fn let_happen(&self, request: &Request) {
        let mut planned = self.meanwhile.lock().unwrap_or_else(PoisonError::into_inner);
        let concerns = |plan: &&mut Meanwhile| request.method == plan.method && request.path().ends_with(plan.path);
        let Some(plan) = planned.as_mut().filter(concerns) else { return };
        if plan.after > 0 {
            plan.after -= 1;
            return;
        }
        let plan = planned.take();
        drop(planned);
        if let Some(plan) = plan {
            (plan.happens)();
        }
    }

    fn loses(&self, request: &Request) -> bool {
        let mut lost = self.lost.lock().unwrap_or_else(PoisonError::into_inner);
        let loses = request.path() != GRAPHQL && lost.0 == request.method && lost.1 > 0;
        lost.1 -= usize::from(loses);
        loses
    }

    fn rest(&self, rig: &Rig, number: usize, request: &Request) -> Response {
        let address = *self.address.get().expect("nobody asks before the address is known");
        let target = request.target.strip_prefix(BASE).unwrap_or(&request.target);
        for parameter in rig.description.undescribed(&request.method, target) {
            self.violate(request, &format!("the parameter {parameter} is not described"));
        }
        let response = rig.rest(number, address, request);
        if let Some(complaint) = complaint(&response) {
            self.violate(request, &complaint);
        }
        response
    }

    fn graphql(&self, rig: &Rig, double: &Double, request: &Request) -> Response {
        let asked: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let mut asked = json!({ "query": asked["query"], "variables": asked["variables"] });
        let Some(()) = self.fits(request, &rig.graphql(&asked)) else { return unfit() };
        let response = double(request);
        let told: Value = serde_json::from_slice(&response.body).unwrap_or_default();
        if response.status != 200 || told["data"].is_null() {
            return response;
        }
        asked["data"] = told["data"].clone();
        let executed = rig.graphql(&asked);
        let Some(()) = self.fits(request, &executed) else { return unfit() };
        let mut answer = executed.response;
        if let Some(errors) = told["errors"].as_array() {
            let absent = answer["errors"].as_array().cloned().unwrap_or_default();
            answer["errors"] = absent.into_iter().chain(errors.iter().cloned()).collect();
        }
        Response { body: answer.to_string().into_bytes(), ..response }
    }

    fn fits(&self, request: &Request, executed: &Executed) -> Option<()> {
        for violation in &executed.violations {
            self.violate(request, violation);
        }
        executed.violations.is_empty().then_some(())
    }
}

/// What GitHub answers to a query that is none.
fn unfit() -> Response {
    let body = json!({ "errors": [{ "message": "it does not fit the schema" }] });
    Response::new(200, body.to_string()).with("Content-Type", "application/json; charset=utf-8")
}
