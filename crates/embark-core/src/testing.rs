//! Fakes, faults and contract suites for those who test against the ports (feature `test-support`).
//!
//! The fakes keep state and are stricter than reality; they pass the contract suites too.

pub mod contract;
mod fake;
mod fault;

pub use fake::{
    FakeApplication, FakeClock, FakeDelivery, FakePlatform, FakeRegistry, FakeReleases, FakeRepository, FakeSystems,
};
pub use fault::{Fault, Faulty, Interruption, Moment};

use crate::new_deployment::NewDeployment;
use crate::record::Record;

/// Makes a deployment that may be created out of any record, as only a test may.
pub fn new_deployment(record: Record) -> NewDeployment {
    NewDeployment::for_test(record)
}
