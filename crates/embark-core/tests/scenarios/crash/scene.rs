//! A world, all that can be seen of it, and what must be so at every moment.

use std::collections::{BTreeMap, BTreeSet};

use embark_core::{
    AuditRequest, Commit, ComponentName, Deployment, Digest, EnvironmentName, FilePath, Image, Kind, Repository, State,
    Tag, Target, Trailers, Verdict,
};

use crate::proposing::{Proposal, branch};
use crate::world::{World, file, parse};

/// The systems, and the application's commit that a use case is about.
pub(super) struct Scene {
    pub(super) proposal: Proposal,
    pub(super) commit: Commit,
}

/// All that there is, but for what one run has by chance: ids.
#[derive(Debug, PartialEq)]
pub(super) struct Seen {
    files: BTreeMap<FilePath, String>,
    /// The messages.
    commits: Vec<String>,
    tags: BTreeMap<(Repository, Tag), Digest>,
    manifests: BTreeSet<(Repository, Digest)>,
    deployments: Vec<Wish>,
    /// Whether each pull request is open, and its title.
    pull_requests: Vec<(bool, String)>,
    /// What the branch of the release PR has, if it is there.
    proposed: Option<[Option<String>; 2]>,
    /// The tags and commits of the releases.
    releases: Vec<(String, Commit)>,
}

/// A deployment, but for its ids.
#[derive(Debug, PartialEq)]
struct Wish {
    target: Target,
    image: Image,
    kind: Kind,
    commit: Option<Commit>,
    state: Option<State>,
    successes: usize,
    is_pending: bool,
    /// The first deployment of the same run.
    run: usize,
}

const ENVIRONMENTS: [&str; 3] = ["dev", "staging", "production"];

impl Scene {
    pub(super) fn new(world: World, commit: Commit) -> Self {
        Self { proposal: Proposal::of(world).0, commit }
    }

    fn world(&self) -> &World {
        &self.proposal.world
    }

    pub(super) fn seen(&self) -> Seen {
        let (world, releases) = (self.world(), &self.proposal.releases);
        let holds = parse(".embark/holds.yaml");
        let files = ENVIRONMENTS.map(file).into_iter().chain([holds]);
        let deployments = world.platform.deployments();
        let tip = releases.branches().get(&branch()).cloned();
        Seen {
            files: files.map(|path| (path.clone(), world.repository.text(&path))).collect(),
            commits: world.repository.commits().iter().map(|entry| without_ids(&entry.message)).collect(),
            tags: world.registry.tags(),
            manifests: world.registry.manifests(),
            deployments: deployments.iter().map(|one| Wish::of(one, &deployments)).collect(),
            pull_requests: releases.pull_requests().into_iter().map(|(open, text)| (open, text.title)).collect(),
            proposed: tip.map(|tip| ["VERSION", "CHANGELOG.md"].map(|path| releases.text(&tip, &parse(path)))),
            releases: releases.releases().into_iter().map(|one| (one.tag.to_string(), one.commit)).collect(),
        }
    }

    /// Fails unless the invariant holds, and all that was there before is there or on its way to what will be.
    pub(super) async fn assert_between(&self, before: &Seen, after: &Seen, place: &str) {
        self.assert_holds(place).await;
        let now = self.seen();
        assert!(now.commits.starts_with(&before.commits), "{place}: the history goes on");
        self.assert_committed_once(place);
        for (tag, digest) in &now.tags {
            assert!([before, after].iter().any(|seen| seen.tags.get(tag) == Some(digest)), "{place}: {tag:?}");
        }
        assert!(before.tags.keys().all(|tag| now.tags.contains_key(tag)), "{place}: no tag is lost");
        assert!(before.deployments.len() <= now.deployments.len(), "{place}: no deployment is lost");
        for (at, wish) in now.deployments.iter().enumerate() {
            let of = |seen: &Seen| seen.deployments.get(at).map(|one| (one.state, one.successes));
            let is_known = [of(before), of(after)].contains(&Some((wish.state, wish.successes)));
            assert!(wish.is_pending || is_known, "{place}: no deployment is lost: {wish:?}");
        }
    }

    /// What production names was verified on staging, by the word of embark and by what the platform and the registry say.
    async fn assert_holds(&self, place: &str) {
        let world = self.world();
        for check in world.verify().await {
            assert_ne!(check.verdict, Verdict::Broken, "{place}: {check:?}");
        }
        // What the values files named before embark came was never on staging.
        let first = world.repository.commits()[0].revision.clone();
        let audited = embark_core::audit(&world.systems(), &AuditRequest::default()).await.expect("audited");
        for audited in audited.into_iter().filter(|audited| audited.commit != first) {
            assert_ne!(audited.verdict, Verdict::Broken, "{place}: {audited:?}");
        }
        let production: EnvironmentName = parse("production");
        for component in world.pipeline.components() {
            let tag: Tag = parse(&world.named("production", component.name.as_str()));
            let key = (component.repository(&production).clone(), tag);
            if key.1.as_str() != "none" {
                let digest = world.registry.tags().get(&key).cloned().expect("what is named is there");
                let verified = self.verified(&component.name);
                assert!(verified.contains(&digest), "{place}: {key:?} was never verified: {digest}");
            }
        }
    }

    /// The digests of a component that staging ran, and of what a person has waived that it did.
    fn verified(&self, component: &ComponentName) -> BTreeSet<Digest> {
        let of = |environment| self.world().deployments(environment, component.as_str()).into_iter();
        let waived = of("production").filter(|deployment| deployment.record.waived.is_some());
        let ran = of("staging").filter(Deployment::ran).chain(waived);
        ran.map(|deployment| deployment.record.image.digest).collect()
    }

    fn assert_committed_once(&self, place: &str) {
        let mut ids = BTreeSet::new();
        for entry in self.world().repository.commits() {
            let id = Trailers::parse(&entry.message).deployment;
            assert!(id.is_none_or(|id| ids.insert(id)), "{place}: it is committed twice: {}", entry.message);
        }
    }
}

impl Seen {
    /// Fails unless all is as it is without a crash; names what is not.
    pub(super) fn assert_is(&self, smooth: &Self, place: &str) {
        assert_eq!(self.deployments, smooth.deployments, "{place}: the deployments are those without a crash");
        assert_eq!(self.commits, smooth.commits, "{place}: the commits are those without a crash");
        assert_eq!(self, smooth, "{place}: it ends as without a crash");
    }
}

impl Wish {
    fn of(one: &Deployment, all: &[Deployment]) -> Self {
        let record = &one.record;
        let is_of_run = |other: &Deployment| other.record.release == record.release;
        Self {
            target: record.target.clone(),
            image: record.image.clone(),
            kind: record.kind,
            commit: record.commit.clone(),
            state: one.state(),
            successes: one.statuses.iter().filter(|status| status.state == State::Success).count(),
            is_pending: one.is_pending(),
            run: all.iter().position(is_of_run).unwrap_or_default(),
        }
    }
}

fn without_ids(message: &str) -> String {
    message.lines().filter(|line| !line.starts_with("Embark-Deployment: ")).collect::<Vec<_>>().join("\n")
}
