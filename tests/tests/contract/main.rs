//! Every case of every port's contract, over every adapter and every fake: one named test each.
//!
//! The cases are in `embark_core::testing::contract`. What an adapter cannot do stands beside its list of cases.

#[macro_use]
mod cases;

mod application_repository;
mod changesets;
mod complete;
mod delivery;
#[macro_use]
mod deployment_platform;
#[macro_use]
mod deployment_repository;
mod described;
mod git;
mod git_servers;
mod github_branch;
mod github_counts;
mod github_emulate;
mod github_releases;
mod github_rig;
mod image_kinds;
mod image_registry;
mod images;
mod layout_witnesses;
mod release_platform;
mod thin_packs;
mod webhook_examples;

/// Makes a client that also trusts the authority of a file.
fn client_that_trusts(authority: &std::path::Path) -> reqwest::Client {
    let pem = std::fs::read(authority).expect("the authority's certificate is there");
    let root = reqwest::Certificate::from_pem(&pem).expect("it is a certificate");
    reqwest::Client::builder().no_proxy().tls_certs_merge([root]).build().expect("a client can be made")
}

/// Makes the client of adapters that go over HTTP; no proxy of the environment comes between.
fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().expect("a client can be made")
}
