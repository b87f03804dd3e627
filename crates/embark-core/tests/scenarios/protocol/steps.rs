//! What can happen, and how histories of it are made.

use proptest::prelude::*;

use super::shop::{PRODUCTION, STAGING};

/// How the systems are set up in which a history happens.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Setting {
    /// The values files pin the digest.
    pub(crate) pins: bool,
    /// Production demands a time of what it gets.
    pub(crate) soaks: bool,
    /// In which environments a deployment is a success once it is healthy.
    pub(crate) healthy: [bool; 3],
    /// Somebody knows the application's history.
    pub(crate) knows_history: bool,
}

/// One of several, counted from the newest back.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Back(pub(crate) u8);

impl Back {
    /// Returns the one of `all`, the oldest first; as if they were a ring.
    pub(crate) fn of<T>(self, all: &[T]) -> Option<&T> {
        all.iter().rev().cycle().nth(usize::from(self.0)).filter(|_| !all.is_empty())
    }
}

/// What happens.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// The application's next commit is built, out of one of a few contents for each component.
    Build([u8; 2]),
    /// A process does its job without anybody coming between.
    Do(Job),
    /// A process begins; another one in its place ends first.
    Start(usize, Job),
    /// A process goes on for so many calls, or halves of one.
    Run(usize, u8),
    /// A process is killed.
    Crash(usize),
    /// The next call of a process fails.
    Fail(usize, Call, When),
    /// Time goes by.
    Wait(u16),
    /// The cluster of an environment gets well, or does not.
    Turn(usize, Cluster),
    /// Somebody pushes an image under a tag that a deployment has, whatever it names.
    Push(Back, u8),
    /// Somebody deletes such a tag.
    Delete(Back),
    /// Somebody edits a values file.
    Edit(Place, Value),
    /// Somebody finds wrong what a deployment brought, and says so on the platform.
    Withdraw(Back),
    /// Somebody creates a deployment, or appends a status, that embark would not.
    Forge(Forgery),
}

/// What a process is asked to do.
#[derive(Debug, Clone)]
pub(crate) enum Job {
    /// Releases a commit that was built to dev or staging.
    Release { staging: bool, commit: Back, all: bool },
    /// Carries out all that waits, everywhere or in one environment.
    Pending(Option<usize>),
    /// Carries one deployment out, as a webhook asks that may come twice or late.
    One(Back),
    /// The same, with what was read of it before.
    Found(Back),
    /// Promotes to production under one of a few versions.
    Promote { version: u8, commit: Option<Back>, waive: bool, all: bool },
    /// Rolls back.
    Rollback { place: Place, whole: bool, to: Option<Back>, hold: bool, unverified: bool },
    /// Holds a component, or all of its environment.
    Hold(Place, bool),
    /// Resumes.
    Resume(Place, bool),
}

/// A component of an environment, each by its number.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) environment: usize,
    pub(crate) component: usize,
}

/// How the cluster of an environment is, as Argo CD tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cluster {
    /// It runs what is on the branch, in good health.
    Well,
    /// What is on the branch is on its way.
    Progressing,
    /// It runs what is on the branch, which does not get well.
    Degraded,
    /// It synchronises nothing that comes from now on.
    Stuck,
}

/// What is written into a values file by hand.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    /// The tag that a deployment has.
    Tag(Back),
    /// A tag that nothing has.
    Nonsense,
    /// No YAML.
    Broken,
}

/// Which call of a process fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    /// One that reads.
    Look,
    /// One that writes.
    Effect,
}

/// When a call fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    /// Nothing came of it.
    Before,
    /// It was done, and the answer is lost.
    After,
}

/// What somebody forges.
#[derive(Debug, Clone)]
pub(crate) enum Forgery {
    /// A promotion of what staging never ran, with a real source.
    NeverStaged(usize, Back),
    /// A promotion with a source of another component.
    SourceOfAnother(usize, Back),
    /// A promotion without a source.
    NoSource(usize),
    /// A release to production.
    Release(usize),
    /// A rollback of production to what it never ran, waived or not.
    Rollback(usize, bool),
    /// A run of staging that never was, of any image, and a promotion from it.
    Run(usize, Back),
    /// A success of a deployment that waits.
    Success(Back),
    /// That a deployment waits which has come to its end.
    Waits(Back),
    /// A promotion as embark would have created it.
    True(usize, Back),
    /// A copy of a deployment for another target, under the same id.
    Copy(Back, Place),
}

fn back() -> impl Strategy<Value = Back> {
    prop_oneof![4 => 0..2_u8, 2 => 2..5_u8, 1 => 5..16_u8].prop_map(Back)
}

fn place() -> impl Strategy<Value = Place> {
    (prop_oneof![1 => Just(0_usize), 3 => Just(1_usize), 4 => Just(2_usize)], 0..2_usize)
        .prop_map(|(environment, component)| Place { environment, component })
}

fn anywhere() -> impl Strategy<Value = Place> {
    (0..3_usize, 0..2_usize).prop_map(|(environment, component)| Place { environment, component })
}

/// Most ask for what embark is for; each may run into another one.
fn job() -> impl Strategy<Value = Job> {
    let rollback = (place(), prop::bool::weighted(0.3), prop::option::weighted(0.3, back()), any::<bool>());
    prop_oneof![
        6 => (prop::bool::weighted(0.8), back(), prop::bool::weighted(0.2))
            .prop_map(|(staging, commit, all)| Job::Release { staging, commit, all }),
        8 => prop::option::weighted(0.3, 0..3_usize).prop_map(Job::Pending),
        3 => back().prop_map(Job::One),
        2 => back().prop_map(Job::Found),
        6 => (0..4_u8, prop::option::weighted(0.5, back()), prop::bool::weighted(0.2), prop::bool::weighted(0.2))
            .prop_map(|(version, commit, waive, all)| Job::Promote { version, commit, waive, all }),
        2 => (rollback, prop::bool::weighted(0.3)).prop_map(|((place, whole, to, hold), unverified)| {
            Job::Rollback { place, whole, to, hold, unverified }
        }),
        1 => (place(), prop::bool::weighted(0.2)).prop_map(|(place, whole)| Job::Hold(place, whole)),
        2 => (place(), prop::bool::weighted(0.2)).prop_map(|(place, whole)| Job::Resume(place, whole)),
    ]
}

fn cluster() -> impl Strategy<Value = Cluster> {
    prop_oneof![
        4 => Just(Cluster::Well),
        1 => Just(Cluster::Progressing),
        4 => Just(Cluster::Degraded),
        1 => Just(Cluster::Stuck),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        6 => back().prop_map(Value::Tag),
        1 => Just(Value::Nonsense),
        1 => Just(Value::Broken),
    ]
}

fn forgery() -> impl Strategy<Value = Forgery> {
    let component = 0..2_usize;
    prop_oneof![
        1 => (component.clone(), back()).prop_map(|(component, at)| Forgery::NeverStaged(component, at)),
        1 => (component.clone(), back()).prop_map(|(component, at)| Forgery::SourceOfAnother(component, at)),
        1 => component.clone().prop_map(Forgery::NoSource),
        1 => component.clone().prop_map(Forgery::Release),
        1 => (component.clone(), any::<bool>()).prop_map(|(component, waived)| Forgery::Rollback(component, waived)),
        1 => (component.clone(), back()).prop_map(|(component, at)| Forgery::Run(component, at)),
        1 => back().prop_map(Forgery::Success),
        1 => back().prop_map(Forgery::Waits),
        1 => (component, back()).prop_map(|(component, at)| Forgery::True(component, at)),
        4 => (back(), anywhere()).prop_map(|(at, place)| Forgery::Copy(at, place)),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let slot = || 0..3_usize;
    let call = prop_oneof![Just(Call::Look), Just(Call::Effect)];
    let when = prop_oneof![Just(When::Before), Just(When::After)];
    prop_oneof![
        3 => (0..3_u8, 0..3_u8).prop_map(|(frontend, backend)| Step::Build([frontend, backend])),
        9 => job().prop_map(Step::Do),
        8 => (slot(), job()).prop_map(|(slot, job)| Step::Start(slot, job)),
        18 => (slot(), 1..12_u8).prop_map(|(slot, calls)| Step::Run(slot, calls)),
        2 => slot().prop_map(Step::Crash),
        2 => (slot(), call, when).prop_map(|(slot, call, when)| Step::Fail(slot, call, when)),
        1 => (1..900_u16).prop_map(Step::Wait),
        3 => (prop_oneof![1 => Just(0_usize), 4 => Just(1_usize), 3 => Just(2_usize)], cluster())
            .prop_map(|(environment, cluster)| Step::Turn(environment, cluster)),
        1 => (back(), 0..4_u8).prop_map(|(tag, content)| Step::Push(tag, content)),
        1 => back().prop_map(Step::Delete),
        2 => (place(), value()).prop_map(|(place, value)| Step::Edit(place, value)),
        1 => back().prop_map(Step::Withdraw),
        3 => forgery().prop_map(Step::Forge),
    ]
}

/// What seldom comes together by chance: something is brought to a cluster that is not well, or some of what that takes.
fn unwell() -> impl Strategy<Value = Vec<Step>> {
    let staging = (0..3_u8, 0..3_u8, back(), cluster(), any::<bool>());
    let staging = staging.prop_map(|(frontend, backend, back, cluster, is_one)| {
        let deploy = if is_one { Job::One(back) } else { Job::Pending(None) };
        let release = Job::Release { staging: true, commit: Back(0), all: false };
        let built = Step::Build([frontend, backend]);
        vec![built, Step::Turn(STAGING, cluster), Step::Do(release), Step::Do(deploy)]
    });
    let production = (0..4_u8, place(), any::<bool>(), cluster()).prop_map(|(version, place, whole, cluster)| {
        let promote = Job::Promote { version, commit: None, waive: true, all: false };
        let back = Job::Rollback { place, whole, to: None, hold: false, unverified: false };
        let deploy = Step::Do(Job::Pending(None));
        vec![Step::Turn(PRODUCTION, cluster), Step::Do(promote), deploy, Step::Do(back)]
    });
    prop_oneof![2 => staging, 1 => production].prop_flat_map(|steps| prop::sample::subsequence(steps, 2..=4))
}

fn setting() -> impl Strategy<Value = Setting> {
    let often = || prop::bool::weighted(0.8);
    let seldom = || prop::bool::weighted(0.25);
    let healthy = [0.2, 0.5, 0.4].map(prop::bool::weighted);
    (seldom(), seldom(), healthy, often()).prop_map(|(pins, soaks, healthy, knows_history)| Setting {
        pins,
        soaks,
        healthy,
        knows_history,
    })
}

/// Whether others than embark do what they should not: half of the histories are without that, so that more can be asked.
pub(crate) fn is_sabotage(step: &Step) -> bool {
    matches!(step, Step::Push(..) | Step::Delete(_) | Step::Edit(..) | Step::Withdraw(_) | Step::Forge(_))
}

/// A history: what was shipped before it begins, and the steps.
#[derive(Debug, Clone)]
pub(crate) struct History {
    pub(crate) setting: Setting,
    pub(crate) steps: Vec<Step>,
}

impl History {
    /// Tells whether nobody does what they should not.
    pub(crate) fn is_honest(&self) -> bool {
        !self.steps.iter().any(is_sabotage)
    }
}

/// What a history may begin with, so that not all of them begin at nothing.
fn prelude(shipped: u8) -> Vec<Step> {
    let release = Job::Release { staging: true, commit: Back(0), all: false };
    let promote = Job::Promote { version: 0, commit: None, waive: true, all: false };
    let stage = [Step::Build([0, 0]), Step::Do(release.clone()), Step::Do(Job::Pending(None))];
    let ship = [Step::Do(promote), Step::Do(Job::Pending(None))];
    let next = [Step::Build([1, 1]), Step::Do(release), Step::Do(Job::Pending(None))];
    match shipped {
        0 => Vec::new(),
        1 => stage.to_vec(),
        2 => [&stage[..], &ship].concat(),
        _ => [&stage[..], &ship, &next].concat(),
    }
}

pub(crate) fn history() -> impl Strategy<Value = History> {
    let some = prop_oneof![12 => step().prop_map(|step| vec![step]), 1 => unwell()];
    let steps = prop::collection::vec(some, 1..50).prop_map(|some| some.concat());
    (setting(), 0..4_u8, any::<bool>(), steps).prop_map(|(setting, shipped, is_honest, steps)| {
        let kept = steps.into_iter().filter(|step| !is_honest || !is_sabotage(step));
        History { setting, steps: prelude(shipped).into_iter().chain(kept).collect() }
    })
}
