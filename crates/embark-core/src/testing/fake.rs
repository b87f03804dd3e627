//! Stateful fakes of every port.

mod application;
mod clock;
mod delivery;
mod platform;
mod registry;
mod releases;
mod repository;
mod systems;

pub use application::FakeApplication;
pub use clock::FakeClock;
pub use delivery::FakeDelivery;
pub use platform::FakePlatform;
pub use registry::FakeRegistry;
pub use releases::FakeReleases;
pub use repository::FakeRepository;
pub use systems::FakeSystems;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks; a test that panicked while holding the lock has failed anyway.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
