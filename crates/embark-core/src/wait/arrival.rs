//! Whether what was deployed has arrived: a pure decision from what was observed.

use super::branch::Branch;
use super::images::{self, Running};
use crate::commit::Revision;
use crate::delivered::{Delivered, Health, Operation, SyncState};
use crate::deployment::{Deployment, DeploymentId};
use crate::image::Image;
use crate::name::Target;

/// What an environment should run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) target: Target,
    pub(crate) deployment: DeploymentId,
    /// The commit of the deployment repo that names it.
    pub(crate) commit: Revision,
    pub(crate) image: Image,
}

impl Wanted {
    /// Wants what a deployment brings, which this commit carried out.
    pub(crate) fn of(deployment: &Deployment, commit: Revision) -> Self {
        let record = &deployment.record;
        Self { target: record.target.clone(), deployment: record.id, commit, image: record.image.clone() }
    }
}

/// How far it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Arrival {
    /// It runs, in good health.
    Healthy(String),
    /// It is on its way, or nobody brings it.
    Waiting(String),
    /// It runs, and does not get well.
    Degraded(String),
}

/// Says what has come after something, if another deployment of the same target has: nobody needs to look at it any more.
pub(super) fn superseded(wanted: &Wanted, branch: &Branch) -> Option<String> {
    let newer = branch.superseding(wanted)?;
    let id = newer.deployment.map(|id| id.to_string()).unwrap_or_default();
    let tag = newer.image.as_ref().map(|image| format!(" of {}", image.tag)).unwrap_or_default();
    Some(format!("superseded by {id}{tag}"))
}

/// Decides how far something is: its commit must be in effect, or one that comes after it, and be wholly synchronised; what
/// runs must be healthy; and its image must be among what runs, with its digest if the values file pins that.
pub(super) fn decide(wanted: &Wanted, is_pinned: bool, delivered: &Delivered, branch: &Branch) -> Arrival {
    let in_effect = delivered.in_effect().iter().find(|revision| branch.reaches(revision, &wanted.commit));
    let Some(in_effect) = in_effect else { return Arrival::Waiting(not_in_effect(wanted, delivered, branch)) };
    match delivered.health {
        Health::Degraded => Arrival::Degraded(degraded(delivered)),
        // What comes after the resources, a hook that tests them say, is part of it.
        Health::Healthy => match unfinished(delivered).filter(|_| is_operated(wanted, delivered, branch)) {
            Some(reason) => Arrival::Waiting(reason),
            None => running(wanted, is_pinned, delivered, in_effect),
        },
        health => {
            let said = said(delivered);
            Arrival::Waiting(format!("Argo CD has synchronised {}, and it is {health}{said}", in_effect.short()))
        }
    }
}

/// Says what the newest operation has not done, or not yet.
fn unfinished(delivered: &Delivered) -> Option<String> {
    let what = match delivered.operation? {
        Operation::Running | Operation::Terminating => "is synchronising",
        Operation::Failed | Operation::Error => "could not synchronise",
        Operation::Succeeded => return None,
    };
    Some(format!("Argo CD {what}{}", said(delivered)))
}

/// Tells whether the newest operation is one of the wanted commit, or of one after it. One that does not tell may be.
fn is_operated(wanted: &Wanted, delivered: &Delivered, branch: &Branch) -> bool {
    let operated = &delivered.operated;
    operated.is_empty() || operated.iter().any(|revision| branch.reaches(revision, &wanted.commit))
}

/// Decides by the images that run.
fn running(wanted: &Wanted, is_pinned: bool, delivered: &Delivered, in_effect: &Revision) -> Arrival {
    let reason = match images::find(&wanted.image, is_pinned, &delivered.images) {
        Running::Yes => {
            return Arrival::Healthy(format!("Argo CD has synchronised {}, and it is healthy", in_effect.short()));
        }
        Running::OtherDigest(listed) => format!("it runs {listed}, and {} is recorded", wanted.image.digest),
        Running::WithoutDigest(listed) => {
            format!("it runs {listed} without the digest, and the values file pins {}", wanted.image.digest)
        }
        Running::No(own) if own.is_empty() => {
            format!("Argo CD lists no {} among the images that run", wanted.image.repository)
        }
        Running::No(own) => format!("it runs {}, and not {}", own.join(", "), wanted.image.by_tag()),
    };
    Arrival::Waiting(reason)
}

/// Says why a commit is not in effect, and what has to happen.
fn not_in_effect(wanted: &Wanted, delivered: &Delivered, branch: &Branch) -> String {
    let commit = wanted.commit.short();
    if !branch.has(&wanted.commit) {
        return format!("commit {commit} is not on the branch any more");
    }
    if let Some(reason) = unfinished(delivered) {
        return reason;
    }
    let said = said(delivered);
    let has_seen = delivered.revisions.iter().any(|revision| branch.reaches(revision, &wanted.commit));
    let other = delivered.in_effect().first();
    let runs = match other {
        Some(other) if branch.has(other) || branch.reaches(&wanted.commit, other) => {
            format!("it has {}, which is before {commit}", other.short())
        }
        Some(other) => format!("it has {}, which is not among the newest commits of the branch", other.short()),
        None => format!("it has not told what it has, and {commit} is waited for"),
    };
    match (has_seen && delivered.sync == SyncState::OutOfSync, delivered.is_automated) {
        (true, false) => format!("Argo CD does not synchronise by itself, and {runs}: synchronise it by hand{said}"),
        (true, true) => format!("Argo CD has seen {commit}, and does not synchronise it: {runs}{said}"),
        (false, _) => format!("Argo CD has not seen {commit} yet: {runs}{said}"),
    }
}

fn said(delivered: &Delivered) -> String {
    delivered.message.as_ref().map(|message| format!(" ({message})")).unwrap_or_default()
}

/// Says what is degraded, in Argo CD's own words.
fn degraded(delivered: &Delivered) -> String {
    let resources = delivered.degraded.iter().map(ToString::to_string);
    let all: Vec<String> = resources.chain(delivered.message.clone()).collect();
    if all.is_empty() { "Argo CD reports it as degraded, and does not say what".into() } else { all.join("; ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commit_message::Trailers;
    use crate::delivered::DegradedResource;

    fn commit(letter: char) -> Revision {
        letter.to_string().repeat(40).parse().expect("a commit")
    }

    fn image() -> Image {
        format!("registry.test/web:1.4.0@sha256:{}", "1".repeat(64)).parse().expect("an image")
    }

    fn wanted(letter: char) -> Wanted {
        Wanted {
            target: Target::new(&"staging".parse().expect("a name"), &"web".parse().expect("a name")),
            deployment: DeploymentId::new(1, 1),
            commit: commit(letter),
            image: image(),
        }
    }

    /// A branch of the commits `a`, `b`, `c`, and of `9` far back.
    fn branch() -> Branch {
        let commits = ['c', 'b', 'a'].map(|letter| (commit(letter), Trailers::default()));
        Branch::of(commits.into(), &[commit('9')])
    }

    fn at(letter: char) -> Delivered {
        Delivered {
            revisions: vec![commit(letter)],
            applied: vec![commit(letter)],
            sync: SyncState::Synced,
            health: Health::Healthy,
            operation: Some(Operation::Succeeded),
            images: vec!["registry.test/web:1.4.0".into()],
            is_automated: true,
            ..Delivered::default()
        }
    }

    #[track_caller]
    fn waits(delivered: &Delivered, words: &str) {
        match decide(&wanted('b'), false, delivered, &branch()) {
            Arrival::Waiting(reason) => assert!(reason.contains(words), "{words:?} is in {reason:?}"),
            other => panic!("it does not wait for {words}: {other:?}"),
        }
    }

    fn is_healthy(wanted: &Wanted, delivered: &Delivered) -> bool {
        matches!(decide(wanted, false, delivered, &branch()), Arrival::Healthy(_))
    }

    #[test]
    fn a_commit_has_arrived_with_it_or_with_one_after_it() {
        for letter in ['b', 'c'] {
            assert!(is_healthy(&wanted('b'), &at(letter)), "{letter}");
        }
        assert!(is_healthy(&wanted('9'), &at('a')), "it is far back on the branch");
        assert!(!is_healthy(&wanted('8'), &at('c')), "it is not on the branch");
        let several = Delivered { revisions: vec![commit('a'), commit('b')], ..at('a') };
        assert!(is_healthy(&wanted('b'), &several), "one of several sources has it");
    }

    #[test]
    fn another_commit_is_said() {
        waits(&at('a'), "has not seen bbbbbbb yet: it has aaaaaaa, which is before bbbbbbb");
        waits(&at('7'), "it has 7777777, which is not among the newest commits of the branch");
        waits(&Delivered { revisions: Vec::new(), ..at('a') }, "it has not told what it has");
        let gone = decide(&wanted('8'), false, &at('c'), &branch());
        assert_eq!(gone, Arrival::Waiting("commit 8888888 is not on the branch any more".into()));
    }

    #[test]
    fn what_was_seen_and_is_not_applied_has_not_arrived() {
        let seen = Delivered { revisions: vec![commit('c')], sync: SyncState::OutOfSync, ..at('a') };
        waits(&seen, "has seen bbbbbbb, and does not synchronise it: it has aaaaaaa");
        let by_hand = Delivered { is_automated: false, ..seen.clone() };
        waits(
            &by_hand,
            "does not synchronise by itself, and it has aaaaaaa, which is before bbbbbbb: synchronise it by hand",
        );
        let running = Delivered { operation: Some(Operation::Running), ..seen.clone() };
        waits(&running, "is synchronising");
        let message = Some("one or more objects failed to apply".to_owned());
        let failed = Delivered { operation: Some(Operation::Failed), message, ..seen.clone() };
        waits(&failed, "could not synchronise (one or more objects failed to apply)");
        // What drifts is not in sync, and has the commit all the same.
        assert!(is_healthy(&wanted('b'), &Delivered { applied: vec![commit('b')], ..seen }));
    }

    #[test]
    fn health_counts_once_the_commit_is_there() {
        for health in [Health::Progressing, Health::Suspended, Health::Missing, Health::Unknown] {
            waits(&Delivered { health, ..at('b') }, health.as_str());
        }
        waits(&Delivered { health: Health::Degraded, ..at('a') }, "has not seen bbbbbbb yet");
        let resource =
            DegradedResource { kind: "Deployment".into(), name: "web".into(), message: Some("stuck".into()) };
        let degraded = Delivered { health: Health::Degraded, degraded: vec![resource], ..at('b') };
        let told = decide(&wanted('b'), false, &degraded, &branch());
        assert_eq!(told, Arrival::Degraded("Deployment web: stuck".into()));
    }

    #[test]
    fn the_image_must_run_with_the_recorded_digest() {
        let runs = |image: &str| Delivered { images: vec![image.to_owned()], ..at('b') };
        waits(&runs("registry.test/web:1.3.0"), "it runs registry.test/web:1.3.0, and not registry.test/web:1.4.0");
        waits(&runs("redis:7"), "lists no registry.test/web");
        let moved = format!("registry.test/web:1.4.0@sha256:{}", "2".repeat(64));
        waits(&runs(&moved), &format!("it runs {moved}, and sha256:1111"));
    }

    #[test]
    fn a_commit_that_is_not_wholly_synchronised_has_not_arrived() {
        let message = Some("hook batch/Job/smoke-test failed".to_owned());
        for (phase, words) in [
            (Operation::Running, "Argo CD is synchronising (hook batch"),
            (Operation::Terminating, "Argo CD is synchronising"),
            (Operation::Failed, "Argo CD could not synchronise (hook batch/Job/smoke-test failed)"),
            (Operation::Error, "Argo CD could not synchronise"),
        ] {
            let now = Delivered { operation: Some(phase), message: message.clone(), ..at('b') };
            for operated in ["b", "c", ""] {
                let operated = operated.chars().map(commit).collect();
                waits(&Delivered { operated, ..now.clone() }, words);
            }
            let before = Delivered { operated: vec![commit('a')], ..now };
            assert!(is_healthy(&wanted('b'), &before), "{phase}: another commit's hook, before it");
        }
    }

    #[test]
    fn what_is_pinned_must_run_with_its_digest() {
        let decide = |delivered| decide(&wanted('b'), true, &delivered, &branch());
        let Arrival::Waiting(reason) = decide(at('b')) else { panic!("the digest is not known") };
        assert!(reason.contains("registry.test/web:1.4.0 without the digest, and the values file pins"), "{reason}");
        let with_digest = decide(Delivered { images: vec![image().to_string()], ..at('b') });
        assert!(matches!(with_digest, Arrival::Healthy(_)), "{with_digest:?}");
    }

    #[test]
    fn another_deployment_after_it_supersedes_it() {
        let trailers = |id: u128| Trailers {
            deployment: Some(DeploymentId::new(1, id)),
            environment: Some(wanted('b').target.environment),
            component: Some(wanted('b').target.component),
            image: Some(image()),
            ..Trailers::default()
        };
        let with = |after: Trailers, before: Trailers| {
            let commits = vec![(commit('c'), after), (commit('b'), trailers(1)), (commit('a'), before)];
            Branch::of(commits, &[])
        };
        let told = |branch: &Branch| superseded(&wanted('b'), branch);
        let newer = format!("superseded by {} of 1.4.0", DeploymentId::new(1, 2));
        assert_eq!(told(&with(trailers(2), trailers(3))), Some(newer));
        assert_eq!(told(&with(trailers(1), trailers(3))), None);
        let elsewhere = Trailers { component: Some("other".parse().expect("a name")), ..trailers(2) };
        assert_eq!(told(&with(elsewhere, trailers(3))), None);
    }
}
