//! What the end-to-end tests stand on. It shares no code with embark, so that it can bear witness against it.

mod bearer;
mod command;
mod deployment_repo;
mod described;
mod embark;
mod git;
mod git_server;
mod github;
mod http;
mod images;
mod layout;
mod ledger;
mod registry;
mod server;
mod skopeo;
mod store;
mod traffic;
mod values;
mod world;

pub use bearer::{BearerFront, Garbage};
pub use command::{Finished, program, run};
pub use deployment_repo::DeploymentRepo;
pub use described::DescribedGitHub;
pub use embark::{Embark, Report};
pub use git::{Edit, Git, LogEntry};
pub use git_server::{Fault, GitServer};
pub use github::{GITHUB_TOKEN, GitHubServer};
pub use images::{Image, digest_of};
pub use layout::Layout;
pub use ledger::Entry;
pub use registry::{REGISTRY_PASSWORD, REGISTRY_USER, Registry};
pub use store::Store;
pub use traffic::{Exchange, Traffic};
pub use values::Values;
pub use world::{BACKEND, COMPONENTS, FRONTEND, GIT_TOKEN, Setup, World};
