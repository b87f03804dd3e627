//! The thread on which a repository is read and written.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::session::Session;
use crate::store::{BoxError, StoreError};

type Work = Box<dyn FnOnce(&mut Session) + Send>;

/// A view of a repository on a thread of its own, which begins with the first call and ends with the last clone.
///
/// What one call frees the next one uses again. Were it run wherever the runtime has a thread, memory would grow with the
/// number of threads: each takes what it needs from elsewhere.
#[derive(Clone)]
pub(crate) struct Worker(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    /// Each work that has not come to its end has a clone of it.
    open: Arc<()>,
}

enum State {
    Idle(Session),
    Running {
        works: Sender<Work>,
        thread: JoinHandle<()>,
    },
    /// The thread could not be started, or has been told to end.
    Gone,
}

impl Worker {
    pub(crate) fn new(session: Session) -> Self {
        Self(Arc::new(Shared { state: Mutex::new(State::Idle(session)), open: Arc::default() }))
    }

    /// Runs what blocks, after all that was to be run before, in the context of the runtime that asks for it.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Session) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        let (runtime, open) = (Handle::current(), self.0.open.clone());
        self.0.send(Box::new(move |session| {
            let _context = runtime.enter();
            let done = work(session);
            drop(open);
            // Who asked may have gone away.
            drop(answer.send(done));
        }))?;
        answered.await.unwrap_or_else(|error| Err(other(error.into())))
    }
}

impl Shared {
    fn send(&self, work: Work) -> Result<(), StoreError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        *state = match std::mem::replace(&mut *state, State::Gone) {
            State::Idle(session) => begin(session).map_err(|error| other(error.into()))?,
            state => state,
        };
        let sent = match &*state {
            State::Running { works, .. } => works.send(work).is_ok(),
            State::Idle(_) | State::Gone => false,
        };
        if sent { Ok(()) } else { Err(other("its thread is gone".into())) }
    }
}

impl Drop for Shared {
    /// Ends the thread, so that a folder or a process that the view holds is gone before this process ends. A call that is
    /// still running is not waited for: nobody wants its answer.
    fn drop(&mut self) {
        let state = std::mem::replace(self.state.get_mut().unwrap_or_else(PoisonError::into_inner), State::Gone);
        if let State::Running { works, thread } = state {
            drop(works);
            if Arc::strong_count(&self.open) == 1 {
                drop(thread.join());
            }
        }
    }
}

fn begin(mut session: Session) -> std::io::Result<State> {
    let (works, receiver) = channel::<Work>();
    let run = move || {
        for work in receiver {
            // What panics is told by its answer, which does not come.
            drop(catch_unwind(AssertUnwindSafe(|| work(&mut session))));
        }
    };
    Ok(State::Running { works, thread: std::thread::Builder::new().name("git".into()).spawn(run)? })
}

fn other(source: BoxError) -> StoreError {
    StoreError::Other { operation: "run a task on", source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::local::Local;

    fn worker() -> Worker {
        let local = Local::new(std::path::Path::new("/nowhere"));
        Worker::new(Session::new(Box::new(local), "refs/heads/main".into(), None))
    }

    #[tokio::test]
    async fn all_is_run_on_one_thread_of_its_own_in_its_order() {
        let worker = worker();
        let here = std::thread::current().id();
        let calls = (0..20).map(|number| {
            let worker = worker.clone();
            tokio::spawn(async move { worker.run(move |_| Ok((number, std::thread::current().id()))).await })
        });
        let mut threads = Vec::new();
        for (at, call) in calls.collect::<Vec<_>>().into_iter().enumerate() {
            let (number, thread) = call.await.expect("it is run").expect("it is answered");
            assert_eq!(number, at);
            threads.push(thread);
        }
        assert!(threads.iter().all(|thread| *thread == threads[0] && *thread != here), "{threads:?}");
    }

    #[tokio::test]
    async fn what_panics_is_told_and_does_not_keep_the_next_call() {
        let worker = worker();
        let lost = worker.run(|_| -> Result<(), StoreError> { panic!("on purpose") }).await;
        assert!(matches!(lost, Err(StoreError::Other { operation: "run a task on", .. })), "{lost:?}");
        assert_eq!(worker.run(|_| Ok(7)).await.expect("it goes on"), 7);
    }
}
