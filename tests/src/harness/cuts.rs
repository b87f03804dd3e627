//! Connections that are cut, at a request and a byte of a test's choice.

use std::sync::{Mutex, PoisonError};

use super::http::{Request, Response, Sent};

/// Where the connection of a request is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Before anything of the request has reached the server.
    Before,
    /// After so many tenths of its body have reached the server.
    Asking(usize),
    /// After the server has carried it out, before anything of the answer has come back.
    Unanswered,
    /// After so many tenths of the answer's body have come back.
    Answering(usize),
}

/// The cuts that are planned.
#[derive(Debug, Default)]
pub(super) struct Cuts(Mutex<Option<Plan>>);

#[derive(Debug, Clone, Copy)]
struct Plan {
    /// How many requests pass before.
    left: usize,
    cut: Cut,
    /// Whether nothing passes afterwards.
    for_good: bool,
}

impl Cuts {
    pub(super) fn plan(&self, requests_before: usize, cut: Cut, for_good: bool) {
        self.set(Some(Plan { left: requests_before, cut, for_good }));
    }

    pub(super) fn heal(&self) {
        self.set(None);
    }

    fn set(&self, plan: Option<Plan>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = plan;
    }

    /// Counts a request, and tells where it is cut.
    fn next(&self) -> Option<Cut> {
        let mut planned = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let plan = planned.as_mut()?;
        if plan.left > 0 {
            plan.left -= 1;
            return None;
        }
        let cut = plan.cut;
        if plan.for_good {
            plan.cut = Cut::Before;
        } else {
            *planned = None;
        }
        Some(cut)
    }

    /// Has `serve` answer a request, as far as it comes through.
    pub(super) fn pass(&self, request: &Request, serve: impl FnOnce(&Request) -> Response) -> Response {
        let sent = |sent, response| Response { sent, ..response };
        match self.next() {
            None => serve(request),
            Some(Cut::Before) => sent(Sent::Nothing, Response::default()),
            Some(Cut::Asking(tenths)) => {
                let mut request = request.clone();
                request.body.truncate(request.body.len() * tenths / 10);
                sent(Sent::Nothing, serve(&request))
            }
            Some(Cut::Unanswered) => sent(Sent::Nothing, serve(request)),
            Some(Cut::Answering(tenths)) => {
                let response = serve(request);
                sent(Sent::Part(response.body.len() * tenths / 10), response)
            }
        }
    }
}
