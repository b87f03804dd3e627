//! The ways to a server: HTTP and ssh.

use std::fmt::Display;
use std::sync::Arc;

use gix_protocol::transport::client::Capabilities;
use gix_transport::client::blocking_io::{SetServiceResponse, Transport, http};
use gix_transport::{Protocol, Service};

use super::http::Http;
use super::ssh::{Said, Ssh};
use crate::credential;
use crate::store::{SHA256, StoreError};

/// How to reach a repository.
pub(super) enum Way {
    Http(Http),
    Ssh(Ssh),
}

/// A service of the server, after its handshake: one for each, since gix has no second handshake on a transport.
pub(super) struct Link {
    pub(super) transport: Box<dyn Transport + Send>,
    pub(super) capabilities: Capabilities,
    pub(super) version: Protocol,
    pub(super) faults: Faults,
}

/// Where it is told what went wrong: gix hands on no more than texts.
#[derive(Clone)]
pub(super) enum Faults {
    Http(Http),
    Ssh(Arc<Said>),
}

impl Faults {
    /// Returns what went wrong: what was seen below gix, else what gix says.
    pub(super) fn failure(&self, said: impl Display) -> StoreError {
        match self {
            Self::Http(http) => http.failure(said),
            Self::Ssh(words) => {
                let said = said.to_string();
                // Over HTTP such an answer is seen before gix has it.
                match said.split_once("ERR ") {
                    Some((_, error)) => super::http::said_by_server(error.trim_end_matches('"')),
                    None => words.failure(&said),
                }
            }
        }
    }
}

impl Way {
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Http(http) => http.remote().as_str(),
            Self::Ssh(ssh) => ssh.url().as_str(),
        }
    }

    /// Opens a service; where credentials are asked for and none are given, git's own helpers are asked for some, once.
    pub(super) fn open(&mut self, service: Service) -> Result<Link, StoreError> {
        match self.open_once(service) {
            Err(StoreError::Unauthorized(words)) => {
                let Self::Http(http) = self else { return Err(StoreError::Unauthorized(words)) };
                if http.is_authorized() {
                    return Err(StoreError::Unauthorized(words));
                }
                let found = credential::fill(http.remote())?;
                *http = http.clone().authorized_as(found.ok_or(StoreError::Unauthorized(words))?);
                self.open_once(service)
            }
            done => done,
        }
    }

    fn open_once(&self, service: Service) -> Result<Link, StoreError> {
        let (transport, faults): (Box<dyn Transport + Send>, _) = match self {
            Self::Http(http) => {
                let transport = http::Transport::new_http(http.clone(), http.remote().to_gix()?, Protocol::V2, false);
                (Box::new(transport), Faults::Http(http.clone()))
            }
            Self::Ssh(ssh) => {
                let (pipes, said) = ssh.open(service)?;
                (Box::new(pipes), Faults::Ssh(said))
            }
        };
        Link::begin(transport, faults, service)
    }
}

impl Link {
    /// Shakes hands with a server.
    pub(super) fn begin(
        mut transport: Box<dyn Transport + Send>,
        faults: Faults,
        service: Service,
    ) -> Result<Self, StoreError> {
        let (capabilities, version) = greet(&mut *transport, &faults, service)?;
        let format = capabilities.capability("object-format");
        if format.and_then(|format| format.value().map(|value| value == "sha256")).unwrap_or_default() {
            return Err(StoreError::Malformed(SHA256.into()));
        }
        Ok(Self { transport, capabilities, version, faults })
    }

    /// Tells what a server lacks that embark reads from.
    pub(super) fn is_readable(&self) -> Result<(), StoreError> {
        let has_filters = self.capabilities.capability("fetch").and_then(|fetch| fetch.supports("filter"));
        if self.version != Protocol::V2 {
            // Where it is hidden, as an sshd may do, there is no way to tell.
            let version = self.version as usize;
            return Err(StoreError::NeedsGit(format!("it speaks version {version} of git's protocol")));
        }
        if has_filters == Some(true) { Ok(()) } else { Err(StoreError::NeedsGit("it has no filters".into())) }
    }
}

/// Asks a server for a service: what it can do, and the version of the protocol that it speaks.
fn greet(
    transport: &mut dyn Transport,
    faults: &Faults,
    service: Service,
) -> Result<(Capabilities, Protocol), StoreError> {
    // Credentials go out with the first request; there are no others to be asked for.
    let SetServiceResponse { actual_protocol, capabilities, refs } =
        transport.handshake(service, &[]).map_err(|error| faults.failure(error))?;
    if let Some(mut refs) = refs {
        // gix's own reader of them panics where a symbolic ref has no line. They are not needed: where refs are is asked.
        while let Some(line) = refs.readline() {
            line.map_err(|error| faults.failure(error))?.map_err(|error| faults.failure(error))?;
        }
    }
    Ok((capabilities, actual_protocol))
}
