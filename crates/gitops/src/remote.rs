//! A repository on a server, over HTTP or ssh: no clone, no work tree, nothing on disk.
//!
//! Reads are [protocol v2](https://git-scm.com/docs/protocol-v2) with filters, so that just the trees and blobs on the
//! paths that are asked for cross the wire; writes are [`send-pack`](https://git-scm.com/docs/pack-protocol#_pushing_data_to_a_server).

mod fetch;
mod history;
mod http;
mod link;
mod pack;
mod push;
mod ssh;
mod ssh_url;
#[cfg(feature = "test-support")]
pub mod testing;
mod url;

use std::collections::{HashMap, HashSet};

use gix_hash::ObjectId;
use gix_transport::Service;

use self::fetch::Filter;
use self::history::Stretches;
use self::http::Http;
pub(crate) use self::http::one_line;
use self::link::{Faults, Link, Way};
use self::ssh::Ssh;
pub(crate) use self::ssh::judge;
pub use self::ssh_url::SshUrl;
pub use self::url::{RemoteUrl, UrlError};
use crate::object;
use crate::plumbing::Plumbing;
use crate::store::{Extent, NewObject, Object, RefUpdate, Refs, Store, StoreError};
use crate::walk::{self, Passed, Walk};

/// A repository on a server.
pub(crate) struct Remote {
    way: Way,
    name: String,
    upload: Option<Link>,
    receive: Option<Link>,
    objects: HashMap<ObjectId, Object>,
    /// The commits all of whose trees are in memory, the newest last.
    whole: Vec<ObjectId>,
    /// The server takes no filter that is deeper than `tree:0`.
    is_shallow_filtered: bool,
    /// How many commits are read in one go where the whole branch is walked.
    stretch: usize,
}

/// What embark calls itself.
const AGENT: &str = concat!("embark/", env!("CARGO_PKG_VERSION"));

impl Remote {
    pub(crate) fn over_http(url: RemoteUrl, client: reqwest::Client) -> Self {
        Self::new(Way::Http(Http::new(client, url)))
    }

    pub(crate) fn over_ssh(url: SshUrl, command: Option<String>) -> Self {
        Self::new(Way::Ssh(Ssh::new(url, command)))
    }

    fn new(way: Way) -> Self {
        Self {
            name: way.name().to_owned(),
            way,
            upload: None,
            receive: None,
            objects: HashMap::new(),
            whole: Vec::new(),
            is_shallow_filtered: false,
            stretch: history::FIRST,
        }
    }

    fn upload(&mut self) -> Result<&mut Link, StoreError> {
        if self.upload.is_none() {
            let link = self.way.open(Service::UploadPack).map_err(|error| match (error, &self.way) {
                // What gix cannot read, git may.
                (StoreError::Malformed(why), Way::Ssh(_)) => StoreError::NeedsGit(why),
                (error, _) => error,
            })?;
            link.is_readable()?;
            self.upload = Some(link);
        }
        self.upload.as_mut().ok_or_else(not_connected)
    }

    fn receive(&mut self) -> Result<&mut Link, StoreError> {
        if self.receive.is_none() {
            // Over ssh reading has worked with the same key by now: what is wrong is that it may not write.
            self.receive = Some(self.way.open(Service::ReceivePack).map_err(|error| match (error, &self.way) {
                (StoreError::Malformed(words), Way::Ssh(_)) => StoreError::Rejected(words),
                (error, _) => error,
            })?);
        }
        self.receive.as_mut().ok_or_else(not_connected)
    }

    /// Fetches objects and keeps them; each of `wants` must be among them.
    fn fetch(&mut self, request: &fetch::Request<'_>) -> Result<(), StoreError> {
        let fetched = fetch::fetch(self.upload()?, request).inspect_err(|_| self.hang_up())?;
        let objects = pack::read(&fetched, &self.objects)?;
        self.objects.extend(objects);
        match request.wants.iter().find(|id| !self.objects.contains_key(*id)) {
            Some(absent) => Err(StoreError::Malformed(format!("it did not send object {absent}"))),
            None => Ok(()),
        }
    }

    /// Ends the process of an ssh; a connection over HTTP is as good as new.
    fn hang_up(&mut self) {
        self.upload = self.upload.take().filter(|link| matches!(link.faults, Faults::Http(_)));
    }

    /// Fetches commits with their root trees; a server that does not filter so deep is asked once more for the trees.
    fn fetch_roots(&mut self, commits: &[ObjectId]) -> Result<(), StoreError> {
        if !self.is_shallow_filtered {
            let request = fetch::Request { depth: Some(1), ..fetch::Request::new(commits, Filter::RootTree) };
            match self.fetch(&request) {
                Err(StoreError::Malformed(words)) => {
                    tracing::debug!(words, "no filter tree:1: going on with tree:0");
                    self.is_shallow_filtered = true;
                }
                done => return done,
            }
        }
        let alone: Vec<ObjectId> = self.absent(commits);
        if !alone.is_empty() {
            self.fetch(&fetch::Request { depth: Some(1), ..fetch::Request::new(&alone, Filter::Nothing) })?;
        }
        let trees = commits.iter().map(|id| self.tree(id)).collect::<Result<Vec<_>, _>>()?;
        let trees = self.absent(&trees);
        if trees.is_empty() { Ok(()) } else { self.fetch(&fetch::Request::new(&trees, Filter::Nothing)) }
    }

    /// Fetches commits with all their trees; the server need not send again what another one shares with them.
    fn fetch_trees(&mut self, commits: &[ObjectId]) -> Result<(), StoreError> {
        let request = fetch::Request { depth: Some(1), ..fetch::Request::new(commits, Filter::Trees) };
        if let Some(known) = self.whole.last() {
            match self.fetch(&fetch::Request { have: Some(*known), ..request.clone() }) {
                // Where the branch was set back, the server need not send even the commit.
                Err(StoreError::Malformed(words)) => tracing::debug!(words, "asking for all trees"),
                done => done?,
            }
        }
        // A server may leave out what the other one has only in its history.
        if self.whole.is_empty() || !commits.iter().all(|commit| self.has_trees(commit)) {
            self.fetch(&request)?;
        }
        self.whole.extend(commits);
        Ok(())
    }

    /// Tells whether all trees of a commit are in memory.
    fn has_trees(&self, commit: &ObjectId) -> bool {
        let Ok(root) = self.tree(commit) else { return false };
        let (mut open, mut seen) = (vec![root], HashSet::new());
        while let Some(id) = open.pop() {
            if !seen.insert(id) {
                continue;
            }
            let Some(tree) = self.objects.get(&id).map(|found| object::tree(&found.data)) else { return false };
            let folders = tree.into_iter().flatten().filter(|entry| entry.mode.is_tree());
            open.extend(folders.map(|entry| entry.oid));
        }
        true
    }

    fn absent(&self, ids: &[ObjectId]) -> Vec<ObjectId> {
        ids.iter().filter(|id| !self.objects.contains_key(*id)).copied().collect()
    }

    fn commit(&self, id: &ObjectId) -> Result<object::Commit, StoreError> {
        match self.objects.get(id) {
            Some(found) if found.kind == gix_object::Kind::Commit => object::commit(&found.data),
            Some(_) => Err(StoreError::Malformed(format!("object {id} is no commit"))),
            None => Err(StoreError::NotFound(format!("commit {id}"))),
        }
    }

    fn tree(&self, commit: &ObjectId) -> Result<ObjectId, StoreError> {
        Ok(self.commit(commit)?.tree)
    }

    /// Walks what is in memory; tells whether the walk has come to its end, or to a commit that is not there.
    fn known(
        &self,
        from: ObjectId,
        until: Option<ObjectId>,
        limit: usize,
    ) -> Result<(Vec<ObjectId>, bool), StoreError> {
        let mut chain = Vec::new();
        let mut next = Some(from);
        while let Some(id) = next.filter(|id| chain.len() < limit && Some(*id) != until) {
            if !self.objects.contains_key(&id) {
                return Ok((chain, false));
            }
            chain.push(id);
            next = self.commit(&id)?.parents.first().copied();
        }
        Ok((chain, true))
    }
}

fn not_connected() -> StoreError {
    StoreError::Malformed("there is no connection".into())
}

impl Store for Remote {
    fn name(&self) -> &str {
        &self.name
    }

    fn refs(&mut self, names: &[&str]) -> Result<Refs, StoreError> {
        // One process tells of references what it has read once.
        self.hang_up();
        fetch::refs(self.upload()?, names).inspect_err(|_| self.hang_up())
    }

    fn load(&mut self, ids: &[ObjectId], extent: Extent) -> Result<(), StoreError> {
        let absent = match extent {
            Extent::Alone => self.absent(ids),
            Extent::Root => {
                let has_root = |id: &&ObjectId| self.tree(id).is_ok_and(|tree| self.objects.contains_key(&tree));
                ids.iter().filter(|id| !has_root(id)).copied().collect()
            }
            Extent::Trees => ids.iter().filter(|id| !self.whole.contains(*id)).copied().collect(),
        };
        if absent.is_empty() {
            return Ok(());
        }
        match extent {
            Extent::Alone => self.fetch(&fetch::Request::new(&absent, Filter::Nothing)),
            Extent::Root => self.fetch_roots(&absent),
            Extent::Trees => self.fetch_trees(&absent),
        }
    }

    fn keep(&mut self, objects: Vec<NewObject>, updates: &[RefUpdate]) {
        let mut new: HashMap<ObjectId, Object> = objects.into_iter().map(|new| (new.id, new.object)).collect();
        let mut open: Vec<ObjectId> = updates.iter().map(|update| update.new).collect();
        while let Some(id) = open.pop() {
            let Some(object) = new.remove(&id) else { continue };
            open.extend(object::below(&object));
            self.objects.insert(id, object);
        }
        // What a new tip does not have of these it has of the old one.
        let is_whole = |update: &&RefUpdate| update.old.is_none_or(|old| self.whole.contains(&old));
        let whole: Vec<ObjectId> = updates.iter().filter(is_whole).map(|update| update.new).collect();
        self.whole.extend(whole);
    }

    fn forget(&mut self, ids: &[ObjectId]) {
        for id in ids {
            self.objects.remove(id);
        }
    }

    fn load_commits(&mut self, ids: &[ObjectId]) -> Result<(), StoreError> {
        let absent = self.absent(ids);
        if absent.is_empty() {
            return Ok(());
        }
        // With their parents: what a commit changes is asked next.
        let alone = |wants| fetch::Request { depth: Some(2), ..fetch::Request::new(wants, Filter::Nothing) };
        match self.fetch(&alone(&absent)) {
            // The server answers for none if one of them does not exist.
            Err(StoreError::NotFound(_)) if absent.len() > 1 => {
                absent.chunks(1).try_for_each(|id| self.load_commits(id))
            }
            Err(StoreError::NotFound(_)) => Ok(()),
            done => done,
        }
    }

    fn get(&self, id: &ObjectId) -> Option<&Object> {
        self.objects.get(id)
    }

    fn chain(&mut self, from: ObjectId, until: Option<ObjectId>, limit: usize) -> Result<Vec<ObjectId>, StoreError> {
        let (chain, complete) = self.known(from, until, limit)?;
        if complete {
            return Ok(chain);
        }
        let request = fetch::Request::new(std::slice::from_ref(&from), Filter::Nothing);
        self.fetch(&match until {
            // The server leaves out what the end of the walk has behind it.
            Some(until) => fetch::Request { have: Some(until), ..request },
            None => fetch::Request { depth: Some(limit).filter(|limit| *limit < MAX_DEPTH), ..request },
        })?;
        // Where the server's own history is cut off, so is the walk.
        Ok(self.known(from, until, limit)?.0)
    }

    fn walk(&mut self, walk: &Walk<'_>) -> Result<Vec<Passed>, StoreError> {
        let mut stretches = Stretches(self);
        if !walk.goes_on {
            stretches.load_first(walk)?;
        }
        walk::walk(&mut stretches, walk)
    }

    fn by_git(&self) -> Option<Box<dyn Store>> {
        Some(Box::new(match &self.way {
            Way::Http(http) => {
                let url = http.remote();
                // It was handed out for the request by which the need was seen.
                let token = tokio::runtime::Handle::current().block_on(url.token()).ok().flatten();
                Plumbing::over_http(url, token.as_ref())
            }
            Way::Ssh(ssh) => Plumbing::over_ssh(ssh.url().as_str(), &ssh.command_line()),
        }))
    }

    fn is_atomic(&mut self) -> Result<bool, StoreError> {
        Ok(self.receive()?.capabilities.contains("atomic"))
    }

    fn send(&mut self, objects: &[NewObject], updates: &[RefUpdate]) -> Result<(), StoreError> {
        let sent = push::send(self.receive()?, objects, updates);
        // Over ssh the server takes one push, and ends.
        self.receive = self.receive.take().filter(|link| matches!(link.faults, Faults::Http(_)));
        sent
    }
}

/// A walk of so many commits is one of all of them.
const MAX_DEPTH: usize = 1 << 30;
