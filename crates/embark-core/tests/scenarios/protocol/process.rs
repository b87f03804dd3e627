//! A process of embark's: a real use case on stepped ports, which goes on when it is let.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use embark_core::{Item, ItemOutcome, PromoteRequest, ReleaseRequest, RollbackRequest, Scope, Selection, Systems};

use super::log::Log;
use super::stepped::{Line, Stepped};
use crate::world::World;

/// What a process is asked to do.
#[derive(Debug, Clone)]
pub(crate) enum Request {
    Release(ReleaseRequest),
    Deploy(Selection),
    Promote(PromoteRequest),
    Rollback(RollbackRequest),
    Hold(Scope),
    Resume(Scope),
}

/// What a process says in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It did what there was to do.
    Done,
    /// A rule said no to some of it.
    Refused,
    /// It could not do it.
    Failed,
}

/// A process.
pub(crate) struct Process {
    pub(crate) line: Arc<Line>,
    future: Pin<Box<dyn Future<Output = Answer>>>,
}

impl Process {
    pub(crate) fn new(world: &World, log: &Arc<Log>, number: usize, request: Request) -> Self {
        let line = Arc::new(Line::new(number, log.clone()));
        let future = Box::pin(run(world.clone(), line.clone(), request));
        Self { line, future }
    }

    /// Lets it go on, to before or after its next call of a port.
    pub(crate) fn go_on(&mut self) -> Option<Answer> {
        match self.future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(answer) => Some(answer),
            Poll::Pending => None,
        }
    }
}

async fn run(world: World, line: Arc<Line>, request: Request) -> Answer {
    let (registry, repository) = (Stepped::new(&world.registry, &line), Stepped::new(&world.repository, &line));
    let (platform, application) = (Stepped::new(&world.platform, &line), Stepped::new(&world.application, &line));
    let delivery = Stepped::new(&world.delivery, &line);
    let systems = Systems {
        delivery: Some(&delivery),
        registry: &registry,
        repository: &repository,
        platform: &platform,
        application: Some(&application),
        ..world.systems()
    };
    let items = match &request {
        Request::Release(request) => embark_core::release(&systems, request).await,
        Request::Deploy(selection) => embark_core::deploy(&systems, selection, false).await,
        Request::Promote(request) => embark_core::promote(&systems, request).await,
        Request::Rollback(request) => embark_core::rollback(&systems, request).await,
        Request::Hold(scope) => {
            embark_core::hold(&systems, scope, "it is looked into", false).await.map(|_| Vec::new())
        }
        Request::Resume(scope) => embark_core::resume(&systems, scope, false).await.map(|_| Vec::new()),
    };
    let is_refused = |item: &Item| matches!(item.outcome, ItemOutcome::Refused(_));
    let has_failed = |item: &Item| matches!(item.outcome, ItemOutcome::Failed(_));
    match items {
        Ok(items) if items.iter().any(is_refused) => Answer::Refused,
        Ok(items) if items.iter().any(has_failed) => Answer::Failed,
        Ok(_) => Answer::Done,
        Err(_) => Answer::Failed,
    }
}
