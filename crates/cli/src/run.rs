//! One run of the program: what every command is given.

use std::cell::OnceCell;

use crate::args::Global;
use crate::env::Env;
use crate::error::Queue;
use crate::stopping::Stopping;
use crate::ui::Ui;

/// What every command is given.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) global: Global,
    pub(crate) env: Env,
    pub(crate) ui: Ui,
    /// What asks it to end.
    pub(crate) stopping: Stopping,
    /// Where deployments are kept, once the configuration has told it.
    queue: OnceCell<Queue>,
}

impl Run {
    pub(crate) fn new(global: Global, env: Env) -> Self {
        Self { ui: Ui::new(&global, &env), env, global, stopping: Stopping::default(), queue: OnceCell::new() }
    }

    /// Notes where deployments are kept.
    pub(crate) fn keeps_in(&self, queue: Queue) {
        // Several configurations in one run there are none.
        let _ = self.queue.set(queue);
    }

    /// Returns where deployments are kept; what stands for it, where no configuration has been read.
    pub(crate) fn queue(&self) -> Queue {
        self.queue.get().cloned().unwrap_or_default()
    }
}
