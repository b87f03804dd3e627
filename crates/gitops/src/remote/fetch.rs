//! Asking a server for refs and objects: commands `ls-refs` and `fetch` of protocol v2.

use std::io::{self, Read as _};
use std::sync::{Arc, Mutex, PoisonError};

use gix::progress::Discard;
use gix_hash::ObjectId;
use gix_packetline::read::ProgressAction;
use gix_protocol::fetch::{Arguments, Response};
use gix_protocol::handshake::Ref;
use gix_protocol::ls_refs::RefPrefixes;
use gix_protocol::{Command, LsRefsCommand};
use gix_transport::Protocol;

use super::AGENT;
use super::http::{MAX_ANSWER, one_line};
use super::link::Link;
use crate::store::{Refs, StoreError};

/// What is sent of that which hangs on a wanted object, see [`git rev-list --filter`](https://git-scm.com/docs/git-rev-list#Documentation/git-rev-list.txt---filterltfilter-specgt).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Filter {
    /// Nothing.
    Nothing,
    /// A commit's root tree.
    RootTree,
    /// All of a commit's trees.
    Trees,
}

impl Filter {
    fn spec(self) -> &'static str {
        match self {
            Self::Nothing => "tree:0",
            Self::RootTree => "tree:1",
            Self::Trees => "blob:none",
        }
    }
}

/// How much of what a server says of an error is kept, in bytes.
const MAX_HEARD: usize = 4096;

/// What is asked for.
#[derive(Debug, Clone)]
pub(super) struct Request<'a> {
    pub(super) wants: &'a [ObjectId],
    pub(super) filter: Filter,
    /// How many commits, counted from those wanted.
    pub(super) depth: Option<usize>,
    /// A commit that is not to be sent, with all behind it.
    pub(super) have: Option<ObjectId>,
}

impl<'a> Request<'a> {
    pub(super) fn new(wants: &'a [ObjectId], filter: Filter) -> Self {
        Self { wants, filter, depth: None, have: None }
    }
}

/// Asks where the refs with exactly these names are.
pub(super) fn refs(link: &mut Link, names: &[&str]) -> Result<Refs, StoreError> {
    let faults = link.faults.clone();
    let mut prefixes = RefPrefixes::new();
    prefixes.extend(names.iter().map(|name| (*name).into()));
    let command = LsRefsCommand::new(Some(prefixes), &link.capabilities, ("agent", Some(AGENT.into())));
    let listed = command.invoke_blocking(&mut link.transport, &mut Discard, false);
    let listed = listed.map_err(|error| faults.failure(error))?;
    let mut refs = Refs::new();
    for reference in listed {
        let (name, id) = match reference {
            Ref::Direct { full_ref_name, object } => (full_ref_name, object),
            Ref::Peeled { full_ref_name, object, .. } | Ref::Symbolic { full_ref_name, object, .. } => {
                (full_ref_name, object)
            }
            Ref::Unborn { .. } => continue,
        };
        // The server lists all that begins so.
        if names.iter().any(|wanted| name == *wanted) {
            refs.insert(name.to_string(), id);
        }
    }
    Ok(refs)
}

/// Fetches a pack.
pub(super) fn fetch(link: &mut Link, request: &Request<'_>) -> Result<Vec<u8>, StoreError> {
    let faults = link.faults.clone();
    let failed = |error: &dyn std::fmt::Display| faults.failure(error);
    let mut features = Command::Fetch.default_features(Protocol::V2, &link.capabilities);
    features.push(("agent", Some(AGENT.into())));
    let mut arguments = Arguments::new(Protocol::V2, features, false);
    arguments.add_feature("no-progress");
    arguments.filter(request.filter.spec());
    if let Some(depth) = request.depth.filter(|_| arguments.can_use_deepen()) {
        arguments.deepen(depth);
    }
    for want in request.wants {
        arguments.want(want);
    }
    if let Some(have) = request.have {
        arguments.have(have);
    }
    let mut reader = arguments.send(&mut link.transport, true).map_err(|error| failed(&error))?;
    let response = Response::from_line_reader(Protocol::V2, &mut reader, true, false);
    if !response.map_err(|error| failed(&error))?.has_pack() {
        return Err(failed(&"it sent no pack"));
    }
    // A handler turns the decoding of side bands on; an error of the server comes on one of them.
    let words: Arc<Mutex<Vec<u8>>> = Arc::default();
    let heard = words.clone();
    reader.set_progress_handler(Some(Box::new(move |is_error, text| {
        let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
        // The beginning says why; whoever says it over and over is not kept.
        if is_error && heard.len() < MAX_HEARD {
            heard.extend_from_slice(text);
        }
        ProgressAction::Continue(())
    })));
    let mut pack = Vec::new();
    let read = (&mut reader).take(MAX_ANSWER as u64 + 1).read_to_end(&mut pack);
    if pack.len() > MAX_ANSWER {
        return Err(StoreError::Malformed(format!("its answer has more than {MAX_ANSWER} bytes")));
    }
    // What follows the pack must be read before the connection can be used again.
    let rest = io::copy(&mut reader, &mut io::sink());
    drop(reader);
    let words = one_line(&String::from_utf8_lossy(&words.lock().unwrap_or_else(PoisonError::into_inner)));
    if !words.is_empty() {
        return Err(StoreError::Malformed(words));
    }
    read.and(rest).map_err(|error| failed(&error))?;
    Ok(pack)
}
