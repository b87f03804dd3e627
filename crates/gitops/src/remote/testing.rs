//! What servers send, handed to its readers without a server (feature `test-support`). Ids are in hex.

use std::collections::{BTreeMap, HashMap};
use std::io::{Cursor, sink};

use gix_hash::ObjectId;
use gix_object::Kind;
use gix_transport::client::git::ConnectMode;
use gix_transport::client::git::blocking_io::Connection;
use gix_transport::{Protocol, Service};

use super::fetch::{self, Filter};
use super::link::{Faults, Link};
use super::pack::{self, Limits};
use super::push;
use super::ssh::Said;
use crate::store::{Object, RefUpdate, StoreError};
use crate::{delta, object};

/// An object: its kind, as `blob`, and its bytes.
pub type Found = (String, Vec<u8>);

/// Reads what a server says: its capabilities, where the refs of these names are, and a pack for the first of them.
///
/// # Errors
/// What embark says where it cannot be read.
pub fn hear(said: &[u8], names: &[&str]) -> Result<(BTreeMap<String, String>, Vec<u8>), String> {
    let hear = || {
        let mut link = open(said, Service::UploadPack)?;
        link.is_readable()?;
        let refs = fetch::refs(&mut link, names)?;
        let wants: Vec<ObjectId> = refs.values().take(1).copied().collect();
        let pack =
            fetch::fetch(&mut link, &fetch::Request { depth: Some(1), ..fetch::Request::new(&wants, Filter::Trees) })?;
        Ok((refs.into_iter().map(|(name, id)| (name, id.to_string())).collect(), pack))
    };
    hear().map_err(|error: StoreError| error.to_string())
}

/// Reads what a server says to a push that moves these refs.
///
/// # Errors
/// What embark says where they were not moved.
pub fn hear_of_push(said: &[u8], names: &[&str]) -> Result<(), String> {
    let new = ObjectId::null(gix_hash::Kind::Sha1);
    let updates: Vec<_> = names.iter().map(|name| RefUpdate { name: (*name).into(), old: None, new }).collect();
    let heard = open(said, Service::ReceivePack).and_then(|mut link| push::send(&mut link, &[], &updates));
    heard.map_err(|error| error.to_string())
}

fn open(said: &[u8], service: Service) -> Result<Link, StoreError> {
    let host = None::<(&str, _)>;
    let said = Cursor::new(said.to_vec());
    let transport = Connection::new(said, sink(), Protocol::V2, "repository", host, ConnectMode::Process, false);
    Link::begin(Box::new(transport), Faults::Ssh(Said::nothing()), service)
}

/// Reads a pack of which each object has at most so many bytes, and all together. Bases of its deltas may be in `known`.
///
/// # Errors
/// What embark says where it cannot be read.
pub fn unpack(bytes: &[u8], known: &[&[u8]], object: u64, all: u64) -> Result<BTreeMap<String, Found>, String> {
    let known: HashMap<_, _> = known.iter().map(|data| blob(data)).map(|object| (object.id(), object)).collect();
    let limits = Limits { object, pack: all };
    let objects = pack::read_within(limits, bytes, &known).map_err(|error| error.to_string())?;
    Ok(objects.into_iter().map(|(id, object)| (id.to_string(), (object.kind.to_string(), object.data))).collect())
}

fn blob(data: &[u8]) -> Object {
    Object { kind: Kind::Blob, data: data.to_vec() }
}

/// Returns the id of a blob.
pub fn blob_id(data: &[u8]) -> [u8; 20] {
    let mut id = [0; 20];
    id.copy_from_slice(blob(data).id().as_slice());
    id
}

/// Returns the checksum that ends a pack; `None` for bytes that were made to collide with others.
pub fn checksum(bytes: &[u8]) -> Option<[u8; 20]> {
    let mut hasher = gix_hash::hasher(gix_hash::Kind::Sha1);
    hasher.update(bytes);
    hasher.try_finalize().ok()?.as_slice().try_into().ok()
}

/// Makes an object of its base and the instructions of a delta; `None` where they do not fit, or it is too large.
pub fn apply(base: &[u8], instructions: &[u8], limit: u64) -> Option<Vec<u8>> {
    delta::apply(base, instructions, limit)
}

/// Writes the instructions that make one tree of another; `None` where one of them is no tree.
pub fn delta_of_trees(base: &[u8], new: &[u8]) -> Option<Vec<u8>> {
    delta::between_trees(base, new)
}

/// Reads a tree, and writes it again.
///
/// # Errors
/// What embark says where it is none.
pub fn rewrite_tree(data: &[u8]) -> Result<Vec<u8>, String> {
    let tree = object::tree_to_change(data).and_then(object::new_tree);
    tree.map(|tree| tree.data).map_err(|error| error.to_string())
}

/// Reads a commit: its tree, its parents and its message.
///
/// # Errors
/// What embark says where it is none.
pub fn read_commit(data: &[u8]) -> Result<(String, Vec<String>, String), String> {
    let commit = object::commit(data).map_err(|error| error.to_string())?;
    let parents = commit.parents.iter().map(ToString::to_string).collect();
    Ok((commit.tree.to_string(), parents, commit.message))
}
