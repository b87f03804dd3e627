//! One run of the program: what every command is given.

use crate::args::Global;
use crate::env::Env;
use crate::ui::Ui;

/// What every command is given.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) global: Global,
    pub(crate) env: Env,
    pub(crate) ui: Ui,
}
