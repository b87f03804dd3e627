//! Every case of every port's contract, over every adapter and every fake: one named test each.
//!
//! The cases are in `embark_core::testing::contract`. What an adapter cannot do stands beside its list of cases.

#[macro_use]
mod cases;

mod application_repository;
mod complete;
mod deployment_platform;
mod deployment_repository;
mod described;
mod git;
mod image_kinds;
mod image_registry;
mod images;
mod layout_witnesses;

/// Makes the client of adapters that go over HTTP; no proxy of the environment comes between.
fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().expect("a client can be made")
}
