//! The image registry adapters, held to the contract and to what each rule of the protocol costs.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on panics")]

mod bearer;
mod bounds;
mod contract;
mod copies;
mod crashes;
mod edge_cases;
mod faults;
mod layouts;
mod logins;
mod messages;
mod reading;
mod referrers;
mod retries;
mod support;
mod tagging;
mod tags;
