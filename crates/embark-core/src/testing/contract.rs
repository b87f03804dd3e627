//! What every implementation of a port does. Each case is an `async fn` over `dyn` ports; whoever tests an adapter
//! calls each in a test of its own.
//!
//! ```
//! use std::sync::Arc;
//!
//! use embark_core::testing::contract::deployment_platform as suite;
//! use embark_core::testing::{FakeClock, FakePlatform};
//!
//! // The adapter under test stands here.
//! fn platform() -> FakePlatform {
//!     FakePlatform::new(Arc::new(FakeClock::default()))
//! }
//!
//! #[tokio::main(flavor = "current_thread")]
//! async fn main() {
//!     suite::creates_once(&platform()).await;
//!     suite::numbers_grow(&platform()).await;
//! }
//! ```

#![expect(clippy::missing_panics_doc, clippy::panic, reason = "a case that fails panics, as tests do")]

pub mod application_repository;
pub mod delivery;
pub mod deployment_platform;
pub mod deployment_repository;
pub mod image_registry;
pub mod release_platform;
