//! The binary, end to end. Each test is named after what it proves.

mod action;
mod bad_arguments;
mod bad_files;
mod bad_systems;
mod checks;
mod commits;
mod config_url;
mod counts;
mod cut;
mod demo;
mod dry_run;
mod failures;
mod forged;
mod git_credentials;
mod git_over_ssh;
mod github_app;
mod github_crashes;
mod github_deployments;
mod github_limits;
mod github_scenarios;
mod hints;
mod init;
mod lies;
mod memory;
mod naming;
mod notices;
mod output;
mod parallel;
mod races;
mod reconcile;
mod reference;
mod referrers;
mod rigs;
mod rolling_back;
mod scenarios;
mod secrets;
mod sha256;
mod signing;
mod tls;
mod transcripts;
mod unchanged;
mod walk;
mod webhooks;
mod workflows;

/// The binary.
const EMBARK: &str = env!("CARGO_BIN_EXE_embark-under-test");
