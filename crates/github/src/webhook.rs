//! [Webhooks](https://docs.github.com/en/webhooks/webhook-events-and-payloads): whether GitHub sent a body, and what it says.
//!
//! Nothing here does I/O. A receiver hands over the raw body and two headers:
//!
//! ```
//! use embark_github::webhook::{Event, Secret};
//!
//! /// Returns the status to answer with, and whether the body is to be handed to `embark deploy --event -`.
//! fn receive(secret: &Secret, signature: Option<&str>, event: &str, body: &[u8]) -> (u16, bool) {
//!     if secret.verify(signature, body).is_err() {
//!         return (401, false);
//!     }
//!     match Event::parse(event, body) {
//!         Ok(Event::Deployment(_)) => (202, true),
//!         Ok(Event::Ignored(_)) => (204, false),
//!         Err(_) => (400, false),
//!     }
//! }
//! ```
//!
//! What an event says is a claim. It names a deployment, and everything else is read from GitHub: [`Deployments::named`].
//!
//! [`Deployments::named`]: crate::Deployments::named

mod event;
mod signature;

pub use event::{DeploymentEvent, Event, EventError, Ignored, MAX_BODY};
pub use signature::{Secret, SignatureError};
