//! What every implementation of a port does. Each case is an `async fn` over `dyn` ports; whoever tests an adapter
//! calls each in a test of its own.

#![expect(clippy::missing_panics_doc, clippy::panic, reason = "a case that fails panics, as tests do")]

pub mod application_repository;
pub mod deployment_platform;
pub mod deployment_repository;
pub mod image_registry;
