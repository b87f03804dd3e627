//! A server that proves itself, and sends whoever asks on to plain HTTP.

use std::net::SocketAddr;

use super::certificates::Certificates;
use super::http::Response;
use super::server::Server;
use super::traffic::Traffic;

/// The server, and the one that it leads to; they stop when it is dropped.
pub struct Downgrade {
    front: Server,
    open: Server,
}

impl Downgrade {
    /// Starts both. What is asked in the open is answered with an empty object.
    pub fn start(certificates: &Certificates) -> Self {
        let open = Server::start(|_| Response::new(200, "{}").with("Content-Type", "application/json"));
        let place = format!("http://127.0.0.1:{}", open.address().port());
        let front = Server::start_with(Some(certificates.server_config()), move |request| {
            Response::new(307, "").with("Location", format!("{place}{}", request.target))
        });
        Self { front, open }
    }

    /// Returns where the server is that proves itself.
    pub fn address(&self) -> SocketAddr {
        self.front.address()
    }

    /// Returns how many requests were sent on, and what passed in the open, since it was last asked.
    pub fn take_traffic(&self) -> (usize, Traffic) {
        (self.front.take_traffic().requests(), self.open.take_traffic())
    }
}
