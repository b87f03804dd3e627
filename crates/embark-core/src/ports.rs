//! The ports: what the use cases ask of the outside world. Each doc comment is the contract, and
//! `testing::contract` (feature `test-support`) holds every adapter and every fake to it.

mod application_repository;
mod clock;
mod deployment_platform;
mod deployment_repository;
mod image_registry;

pub use application_repository::*;
pub use clock::*;
pub use deployment_platform::*;
pub use deployment_repository::*;
pub use image_registry::*;

/// Any error, as the source of another.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
