//! The scenarios: what can happen, and the one right outcome of each, over the stateful fakes.

#![expect(clippy::panic, reason = "a test that fails panics")]

mod auditing;
mod checks;
mod committing;
mod crash;
mod deploying;
mod holding;
mod promoting;
mod proposing;
mod releasing;
mod rolling_back;
mod torn;
mod verifying;
mod world;
