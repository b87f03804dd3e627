//! The scenarios: what can happen, and the one right outcome of each, over the stateful fakes.

#![expect(clippy::panic, reason = "a test that fails panics")]

mod auditing;
mod before_writing;
mod checks;
mod cluster;
mod committing;
mod crash;
mod deploying;
mod getting_healthy;
mod holding;
mod in_turns;
mod promoting;
mod proposing;
mod protocol;
mod releasing;
mod rendering;
mod rolling_back;
mod set_back;
mod stopping;
mod torn;
mod unhealthy;
mod verifying;
mod waiting;
mod world;
