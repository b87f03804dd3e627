//! Observes environments again and again, until all that is wanted has come to an end.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use futures::future::{Either, join_all, select};

use super::arrival::{Arrival, Wanted, decide, superseded};
use super::branch::Branch;
use crate::commit::Revision;
use crate::delivered::Delivered;
use crate::error::Error;
use crate::name::EnvironmentName;
use crate::ports::{DeliveryError, Stop};
use crate::systems::Systems;
use crate::text::chain;

/// The first pause between two observations, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(10));

/// At so many observations in a row something must be degraded: right after a synchronisation an old state may be told.
const GRACE: usize = 4;

/// How it ended.
#[derive(Debug)]
pub(crate) enum End {
    /// It runs, in good health.
    Healthy(String),
    /// It runs, and does not get well.
    Degraded(String),
    /// The time is up, and it was so far.
    TimeUp(String),
    /// Another deployment has come.
    Superseded(String),
    /// It may not be seen.
    Failed(Arc<DeliveryError>),
}

/// Something that is waited for.
struct Open {
    wanted: Wanted,
    is_pinned: bool,
    /// How often in a row it was degraded.
    degraded: usize,
    /// How far it was when it was last looked at.
    reason: String,
}

/// What is waited for, and what was seen so far.
pub(crate) struct Watch<'a> {
    systems: &'a Systems<'a>,
    /// When it began, of the time that never goes back.
    begun: Duration,
    open: Vec<Open>,
    seen: BTreeMap<EnvironmentName, Delivered>,
    branch: Option<Branch>,
    /// The commits for which the branch was read.
    looked_for: BTreeSet<Revision>,
    pause: Duration,
    is_refreshed: bool,
}

impl<'a> Watch<'a> {
    /// Waits for these from now on. Each environment of them must be observed.
    pub(crate) fn new(systems: &'a Systems<'a>, wanted: Vec<Wanted>) -> Self {
        let is_pinned = |wanted: &Wanted| {
            systems.pipeline.component(&wanted.target.component).is_some_and(|component| component.values.pins())
        };
        let open = wanted.into_iter().map(|wanted| {
            let is_pinned = is_pinned(&wanted);
            Open { wanted, is_pinned, degraded: 0, reason: String::new() }
        });
        Self {
            systems,
            begun: systems.clock.passed(),
            open: open.collect(),
            seen: BTreeMap::new(),
            branch: None,
            looked_for: BTreeSet::new(),
            pause: PAUSES.0,
            is_refreshed: false,
        }
    }

    /// Tells whether nothing is waited for any more.
    pub(crate) fn is_over(&self) -> bool {
        self.open.is_empty()
    }

    /// Tells whether this has not come to its end.
    pub(crate) fn is_waiting_for(&self, wanted: &Wanted) -> bool {
        self.open.iter().any(|open| open.wanted == *wanted)
    }

    /// Returns how long it has been waited for.
    pub(crate) fn took(&self) -> Duration {
        self.systems.clock.passed().saturating_sub(self.begun)
    }

    /// Returns what was last seen of an environment.
    pub(crate) fn seen(&self, environment: &EnvironmentName) -> Option<&Delivered> {
        self.seen.get(environment)
    }

    /// Observes each environment once, and returns what has come to its end.
    pub(crate) async fn poll(&mut self) -> Result<Vec<(Wanted, End)>, Error> {
        let observed = self.observe().await?;
        self.read_branch(false).await?;
        let is_late = self.took() >= self.systems.patience;
        if is_late {
            // Whoever is never told of a newer commit may have been superseded all the same.
            self.read_branch(true).await?;
        }
        let branch = self.branch.clone().unwrap_or_default();
        let mut ended = Vec::new();
        for mut open in std::mem::take(&mut self.open) {
            let observed = observed.get(&open.wanted.target.environment);
            // That is so whatever Argo CD says.
            let superseded = superseded(&open.wanted, &branch).map(End::Superseded);
            match superseded.or_else(|| open.judge(observed?, &branch)) {
                Some(end) => ended.push((open.wanted, end)),
                None if is_late => ended.push((open.wanted, End::TimeUp(open.reason))),
                None => self.open.push(open),
            }
        }
        Ok(ended)
    }

    /// Waits until it is worth looking again, or until the run is asked to end.
    pub(crate) async fn pause(&mut self) -> Option<Stop> {
        let first = self.open.first()?;
        let others = match self.open.len() - 1 {
            0 => String::new(),
            others => format!(", and {others} more"),
        };
        let why = format!("waiting for {}{others}: {}", first.wanted.target, first.reason);
        self.refresh().await;
        let left = self.systems.patience.saturating_sub(self.took());
        let pause = self.pause.min(left.max(Duration::from_secs(1)));
        self.pause = (self.pause * 3 / 2).min(PAUSES.1);
        match select(self.systems.clock.stopped(), self.systems.clock.pause(pause, why)).await {
            Either::Left((by, _)) => Some(by),
            Either::Right(_) => None,
        }
    }

    fn environments(&self) -> BTreeSet<EnvironmentName> {
        self.open.iter().map(|open| open.wanted.target.environment.clone()).collect()
    }

    async fn observe(&mut self) -> Result<BTreeMap<EnvironmentName, Result<Delivered, Arc<DeliveryError>>>, Error> {
        let mut looks = Vec::new();
        for environment in self.environments() {
            let delivery = self.systems.observing(&environment)?;
            looks.push(async move {
                let observed = delivery.observe(&environment).await.map_err(Arc::new);
                (environment, observed)
            });
        }
        let observed: BTreeMap<_, _> = join_all(looks).await.into_iter().collect();
        let seen = observed.iter().filter_map(|(name, observed)| Some((name.clone(), observed.as_ref().ok()?.clone())));
        self.seen.extend(seen);
        Ok(observed)
    }

    /// Reads the branch where a commit has no place in it yet. Once it is known, one that cannot be read is read later.
    async fn read_branch(&mut self, is_needed: bool) -> Result<(), Error> {
        let told = self.seen.values().flat_map(|delivered| delivered.revisions.iter().chain(&delivered.applied));
        let told: BTreeSet<Revision> = told.cloned().collect();
        let known = |branch: &Branch| told.iter().all(|one| branch.knows(one) || self.looked_for.contains(one));
        if !is_needed && self.branch.as_ref().is_some_and(known) {
            return Ok(());
        }
        let wanted: Vec<&Wanted> = self.open.iter().map(|open| &open.wanted).collect();
        match Branch::read(self.systems, &wanted).await {
            Ok(branch) => {
                self.branch = Some(branch);
                self.looked_for.extend(told);
                Ok(())
            }
            Err(_) if self.branch.is_some() => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Asks once that the deployment repo be looked at. Nothing depends on what comes of it.
    async fn refresh(&mut self) {
        if std::mem::replace(&mut self.is_refreshed, true) {
            return;
        }
        for environment in self.environments() {
            if let Ok(delivery) = self.systems.observing(&environment) {
                let _ = delivery.refresh(&environment).await;
            }
        }
    }
}

impl Open {
    /// Judges it by what was observed; `None` while it goes on.
    fn judge(&mut self, observed: &Result<Delivered, Arc<DeliveryError>>, branch: &Branch) -> Option<End> {
        let (degraded, reason) = match observed {
            Err(error) if error.may_pass() => (0, chain(&**error)),
            Err(error) => return Some(End::Failed(error.clone())),
            Ok(delivered) => match decide(&self.wanted, self.is_pinned, delivered, branch) {
                Arrival::Healthy(reason) => return Some(End::Healthy(reason)),
                Arrival::Degraded(reason) => (self.degraded + 1, reason),
                Arrival::Waiting(reason) => (0, reason),
            },
        };
        self.degraded = degraded;
        if degraded >= GRACE {
            return Some(End::Degraded(reason));
        }
        self.reason = reason;
        None
    }
}
