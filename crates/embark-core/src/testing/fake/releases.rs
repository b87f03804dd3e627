//! A platform of releases in memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use sha2::{Digest as _, Sha256};

use super::{FakeApplication, lock};
use crate::commit::Commit;
use crate::git_name::{BranchName, GitTag, TreeId};
use crate::name::FilePath;
use crate::ports::{BranchTip, NewRelease, PullRequest, PullRequestText, ReleaseError, ReleasePlatform, Tagged};
use crate::release_pr::Edit;

type Files = BTreeMap<FilePath, Vec<u8>>;

/// A repository with pull requests and releases. Its commits are those of a [`FakeApplication`], too.
#[derive(Debug)]
pub struct FakeReleases {
    application: Arc<FakeApplication>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    commits: BTreeMap<Commit, BranchTip>,
    trees: BTreeMap<TreeId, Files>,
    branches: BTreeMap<BranchName, Commit>,
    protected: Vec<BranchName>,
    pulls: Vec<Pull>,
    releases: BTreeMap<GitTag, (Commit, NewRelease)>,
}

#[derive(Debug, Clone)]
struct Pull {
    head: BranchName,
    base: BranchName,
    text: PullRequestText,
    is_open: bool,
}

impl FakeReleases {
    /// Makes one without any commit.
    pub fn new(application: Arc<FakeApplication>) -> Self {
        Self { application, state: Mutex::default() }
    }

    /// Commits these files, and no others, to a branch, on top of what it has; returns the commit.
    pub fn push(&self, branch: &BranchName, files: &[(&str, &str)], message: &str) -> Commit {
        let file = |(path, text): &(&str, &str)| Some((path.parse().ok()?, text.as_bytes().to_vec()));
        let mut state = lock(&self.state);
        let tree = state.add_tree(files.iter().filter_map(file).collect());
        let parent = state.branches.get(branch).cloned();
        let commit = state.add_commit(parent.as_ref(), &tree, message);
        state.branches.insert(branch.clone(), commit.clone());
        drop(state);
        self.application.commit(&commit, parent.as_ref());
        commit
    }

    /// Lets nobody write a branch.
    pub fn protect(&self, branch: &BranchName) {
        lock(&self.state).protected.push(branch.clone());
    }

    /// Merges the pull request that is open from a branch: the branch that it goes into gets its files.
    pub fn merge(&self, head: &BranchName) -> Option<Commit> {
        let (base, files) = {
            let mut state = lock(&self.state);
            let tip = state.branches.get(head)?.clone();
            let files = state.trees.get(&state.commits.get(&tip)?.tree)?.clone();
            let pull = state.pulls.iter_mut().find(|pull| pull.is_open && pull.head == *head)?;
            pull.is_open = false;
            (pull.base.clone(), files)
        };
        let texts: Vec<(String, String)> = files
            .into_iter()
            .map(|(path, bytes)| (path.to_string(), String::from_utf8_lossy(&bytes).into_owned()))
            .collect();
        let texts: Vec<(&str, &str)> = texts.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        Some(self.push(&base, &texts, "Merge"))
    }

    /// Lists the pull requests in their order: whether each is open, and what people read.
    pub fn pull_requests(&self) -> Vec<(bool, PullRequestText)> {
        lock(&self.state).pulls.iter().map(|pull| (pull.is_open, pull.text.clone())).collect()
    }

    /// Lists the releases.
    pub fn releases(&self) -> Vec<NewRelease> {
        lock(&self.state).releases.values().map(|(_, release)| release.clone()).collect()
    }

    /// Lists where the branches are.
    pub fn branches(&self) -> BTreeMap<BranchName, Commit> {
        lock(&self.state).branches.clone()
    }

    /// Returns the text of a file in a commit.
    pub fn text(&self, commit: &Commit, path: &FilePath) -> Option<String> {
        let state = lock(&self.state);
        let files = state.trees.get(&state.commits.get(commit)?.tree)?;
        files.get(path).map(|bytes| String::from_utf8_lossy(bytes).into_owned())
    }
}

impl State {
    fn add_tree(&mut self, files: Files) -> TreeId {
        let id: TreeId = parsed(&hex(&format!("{files:?}")));
        self.trees.insert(id.clone(), files);
        id
    }

    /// Commits are made at different times: two of the same are two.
    fn add_commit(&mut self, parent: Option<&Commit>, tree: &TreeId, message: &str) -> Commit {
        let commit: Commit = parsed(&hex(&format!("{parent:?} {tree} {message} {}", self.commits.len())));
        let parents = parent.into_iter().cloned().collect();
        let tip = BranchTip { commit: commit.clone(), parents, tree: tree.clone(), message: message.into() };
        self.commits.insert(commit.clone(), tip);
        commit
    }

    fn refuse_protected(&self, branch: &BranchName) -> Result<(), ReleaseError> {
        if self.protected.contains(branch) {
            return Err(ReleaseError::Rejected { platform: PLATFORM.into(), words: "protected branch".into() });
        }
        Ok(())
    }

    fn open(&self, head: &BranchName, base: &BranchName) -> Option<PullRequest> {
        let is_it = |pull: &Pull| pull.is_open && pull.head == *head && pull.base == *base;
        self.pulls.iter().position(is_it).map(|at| self.told(at))
    }

    fn told(&self, at: usize) -> PullRequest {
        let number = at as u64 + 1;
        PullRequest { number, url: format!("https://{PLATFORM}/pull/{number}"), text: self.pulls[at].text.clone() }
    }

    fn pull(&mut self, number: u64) -> Result<&mut Pull, ReleaseError> {
        let at = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
        let found = at.and_then(|at| self.pulls.get_mut(at));
        found.ok_or_else(|| absent(&format!("pull request {number}")))
    }
}

const PLATFORM: &str = "releases.test";

fn absent(what: &str) -> ReleaseError {
    ReleaseError::NotFound { platform: PLATFORM.into(), what: what.into() }
}

fn conflict(what: &str) -> ReleaseError {
    ReleaseError::Conflict { platform: PLATFORM.into(), what: what.into() }
}

fn hex(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().take(20).fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}

fn parsed<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().expect("it is an id")
}

#[async_trait]
impl ReleasePlatform for FakeReleases {
    async fn tip(&self, branch: &BranchName) -> Result<Option<BranchTip>, ReleaseError> {
        let state = lock(&self.state);
        Ok(state.branches.get(branch).and_then(|commit| state.commits.get(commit)).cloned())
    }

    async fn tree(&self, base: &Commit, edits: Vec<Edit>) -> Result<TreeId, ReleaseError> {
        let mut state = lock(&self.state);
        let tree = state.commits.get(base).map(|tip| tip.tree.clone());
        let mut files = tree.and_then(|tree| state.trees.get(&tree).cloned()).ok_or_else(|| absent("such commit"))?;
        for Edit { path, contents } in edits {
            match contents {
                Some(bytes) => drop(files.insert(path, bytes)),
                None => drop(files.remove(&path)),
            }
        }
        Ok(state.add_tree(files))
    }

    async fn commit(&self, parent: &Commit, tree: &TreeId, message: &str) -> Result<Commit, ReleaseError> {
        let mut state = lock(&self.state);
        if !state.commits.contains_key(parent) || !state.trees.contains_key(tree) {
            return Err(absent("such commit"));
        }
        let commit = state.add_commit(Some(parent), tree, message);
        drop(state);
        self.application.commit(&commit, Some(parent));
        Ok(commit)
    }

    async fn put_branch(
        &self,
        branch: &BranchName,
        expected: Option<Commit>,
        commit: &Commit,
    ) -> Result<(), ReleaseError> {
        let mut state = lock(&self.state);
        state.refuse_protected(branch)?;
        if expected.is_some() != state.branches.contains_key(branch) {
            return Err(conflict(&format!("branch {branch}")));
        }
        if !state.commits.contains_key(commit) {
            return Err(absent("such commit"));
        }
        state.branches.insert(branch.clone(), commit.clone());
        Ok(())
    }

    async fn delete_branch(&self, branch: &BranchName) -> Result<(), ReleaseError> {
        let mut state = lock(&self.state);
        state.refuse_protected(branch)?;
        state.branches.remove(branch);
        // As GitHub does.
        state.pulls.iter_mut().filter(|pull| pull.head == *branch).for_each(|pull| pull.is_open = false);
        Ok(())
    }

    async fn find_pull_request(
        &self,
        head: &BranchName,
        base: &BranchName,
    ) -> Result<Option<PullRequest>, ReleaseError> {
        Ok(lock(&self.state).open(head, base))
    }

    async fn open_pull_request(
        &self,
        head: &BranchName,
        base: &BranchName,
        text: PullRequestText,
    ) -> Result<PullRequest, ReleaseError> {
        let mut state = lock(&self.state);
        if let Some(open) = state.open(head, base) {
            return Ok(open);
        }
        let (tip, target) = (state.branches.get(head), state.branches.get(base));
        if tip.is_none() || tip == target {
            let words = format!("No commits between {base} and {head}");
            return Err(ReleaseError::Rejected { platform: PLATFORM.into(), words });
        }
        state.pulls.push(Pull { head: head.clone(), base: base.clone(), text, is_open: true });
        Ok(state.told(state.pulls.len() - 1))
    }

    async fn update_pull_request(&self, number: u64, text: PullRequestText) -> Result<PullRequest, ReleaseError> {
        let mut state = lock(&self.state);
        state.pull(number)?.text = text;
        Ok(state.told(usize::try_from(number).unwrap_or(1) - 1))
    }

    async fn close_pull_request(&self, number: u64) -> Result<(), ReleaseError> {
        lock(&self.state).pull(number)?.is_open = false;
        Ok(())
    }

    async fn tagged(&self, tag: &GitTag) -> Result<Tagged, ReleaseError> {
        let state = lock(&self.state);
        let Some((commit, _)) = state.releases.get(tag) else { return Ok(Tagged::default()) };
        Ok(Tagged { commit: Some(commit.clone()), release: Some(format!("https://{PLATFORM}/releases/{tag}")) })
    }

    async fn publish(&self, release: NewRelease) -> Result<String, ReleaseError> {
        let mut state = lock(&self.state);
        if state.releases.contains_key(&release.tag) {
            return Err(conflict(&format!("release {}", release.tag)));
        }
        let url = format!("https://{PLATFORM}/releases/{}", release.tag);
        state.releases.insert(release.tag.clone(), (release.commit.clone(), release));
        Ok(url)
    }
}
