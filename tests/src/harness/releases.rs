//! A server with the programs of releases.

use std::collections::HashMap;

use super::http::Response;
use super::server::Server;
use super::traffic::Traffic;

/// The server; it stops when it is dropped.
pub struct Releases(Server);

impl Releases {
    /// Starts a server that has one file for each path, and nothing else.
    pub fn start(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Self {
        let files: HashMap<String, Vec<u8>> = files.into_iter().collect();
        Self(Server::start(move |request| match files.get(request.path()) {
            Some(bytes) => Response::new(200, bytes.clone()),
            None => Response::new(404, "Not Found"),
        }))
    }

    /// Returns the address of what lies at `/`.
    pub fn url(&self) -> String {
        format!("http://{}", self.0.address())
    }

    /// Hands out what passed since it was last asked.
    pub fn take_traffic(&self) -> Traffic {
        self.0.take_traffic()
    }
}
