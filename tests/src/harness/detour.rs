//! A server that sends whoever asks on to another host, which sends them on once more, within itself.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use super::certificates::Certificates;
use super::http::Response;
use super::server::Server;

/// The name of this machine under which it is the other host.
const OTHER: &str = "localhost";

/// The server; it stops when it is dropped.
pub struct Detour {
    server: Server,
    /// What the other host was asked for, and whether with credentials.
    asked: Arc<Mutex<Vec<(String, bool)>>>,
}

impl Detour {
    /// Starts it. The certificates must be for `localhost`, too.
    pub fn start(certificates: &Certificates) -> Self {
        let asked = Arc::<Mutex<Vec<(String, bool)>>>::default();
        let seen = asked.clone();
        let server = Server::start_with(Some(certificates.server_config()), move |request| {
            let host = request.header("host").unwrap_or_default();
            if let Some(port) = host.strip_prefix(OTHER) {
                let has_credentials = request.header("authorization").is_some();
                seen.lock().unwrap_or_else(PoisonError::into_inner).push((request.target.clone(), has_credentials));
                return Response::new(307, "")
                    .with("Location", format!("https://{OTHER}{port}/again{}", request.target));
            }
            let port = host.rsplit_once(':').map(|(_, port)| format!(":{port}")).unwrap_or_default();
            Response::new(307, "").with("Location", format!("https://{OTHER}{port}{}", request.target))
        });
        Self { server, asked }
    }

    /// Returns where the server is.
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Returns what the other host was asked for since it was last asked, and whether with credentials.
    pub fn take_asked(&self) -> Vec<(String, bool)> {
        std::mem::take(&mut *self.asked.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
