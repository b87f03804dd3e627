//! What is asked of the queue.

use std::collections::{BTreeMap, BTreeSet};

use embark_core::{Deployment, DeploymentId, EnvironmentName, Target, Timestamp};

use super::row::task;
use super::{graph, rest};
use crate::client::Client;
use crate::error::Error;

/// So many pages of all components are read before one is asked for alone.
const SHARED_PAGES: usize = 2;

/// So many pages are looked through for what waits, or for an id.
const PAGES: usize = 10;

/// Behind so many in a row that no longer wait, none of their targets does.
const SETTLED: usize = 100;

/// A clock may be so much ahead of GitHub's, in seconds: an id tells when it was made.
const SKEW: i64 = 24 * 60 * 60;

/// Pages of the deployments of some environments, whichever way they are to be had.
struct Pages<'a> {
    client: &'a Client,
    environments: &'a [EnvironmentName],
    next: Next,
}

enum Next {
    Begin,
    Graph(String),
    Rest(reqwest::Url),
    End,
}

struct Page {
    deployments: Vec<Deployment>,
    back_to: Option<Timestamp>,
}

impl<'a> Pages<'a> {
    fn new(client: &'a Client, environments: &'a [EnvironmentName]) -> Self {
        Self { client, environments, next: Next::Begin }
    }

    async fn next(&mut self) -> Result<Option<Page>, Error> {
        let url = match std::mem::replace(&mut self.next, Next::End) {
            Next::End => return Ok(None),
            Next::Rest(url) => url,
            begin @ (Next::Begin | Next::Graph(_)) => {
                let after = if let Next::Graph(after) = &begin { Some(after.as_str()) } else { None };
                match graph::page(self.client, self.environments, after).await? {
                    Some(page) => {
                        self.next = page.next.map_or(Next::End, Next::Graph);
                        return Ok(Some(Page { deployments: page.deployments, back_to: page.back_to }));
                    }
                    None if after.is_some() => {
                        return Err(Error::Malformed("it has GraphQL for the first page and not for the next".into()));
                    }
                    None => {}
                }
                let environment = if let [one] = self.environments { Some(one.as_str()) } else { None };
                rest::first(self.client, environment, None)
            }
        };
        let (rows, back_to, next) = rest::page(self.client, url).await?;
        self.next = next.map_or(Next::End, Next::Rest);
        let mut deployments = rest::with_statuses(self.client, rows).await?;
        let is_asked_for = |deployment: &Deployment| {
            self.environments.is_empty() || self.environments.contains(&deployment.record.target.environment)
        };
        deployments.retain(is_asked_for);
        Ok(Some(Page { deployments, back_to }))
    }

    /// Says that there may be more than was looked at.
    fn tell_the_bound(&self, what: &str) {
        if !matches!(self.next, Next::End) {
            let count = PAGES * 100;
            tracing::warn!("{what} was looked for among the newest {count} deployments, and not further back");
        }
    }
}

/// Finds deployments by id. GitHub does not know these: pages are read back to when the ids were made.
pub(super) async fn get(client: &Client, ids: &[DeploymentId]) -> Result<Vec<Deployment>, Error> {
    let Some(oldest) = ids.iter().map(DeploymentId::made_at).min() else { return Ok(Vec::new()) };
    let mut found: BTreeMap<(Target, DeploymentId), Deployment> = BTreeMap::new();
    let mut pages = Pages::new(client, &[]);
    for _ in 0..PAGES {
        let Some(page) = pages.next().await? else { break };
        for deployment in page.deployments {
            if ids.contains(&deployment.record.id) {
                // Of two with one id the first is the one: pages go back.
                found.insert((deployment.record.target.clone(), deployment.record.id), deployment);
            }
        }
        // One that is newer may be a copy of the id in another place.
        let goes_back_to = |time: i64| page.back_to.is_some_and(|back_to| back_to.as_unix() <= time);
        let is_complete = ids.iter().all(|id| found.keys().any(|(_, found)| found == id));
        if is_complete && goes_back_to(oldest.as_unix()) || goes_back_to(oldest.as_unix() - SKEW) {
            return Ok(found.into_values().collect());
        }
    }
    pages.tell_the_bound("an id");
    Ok(found.into_values().collect())
}

/// Lists what waits in the environments of `targets`. Others' deployments tell nothing: GitHub Actions makes one for each
/// job with an environment.
///
/// Behind many that no longer wait is what they have superseded, and targets that are not among them: these are asked for
/// alone, so that what was held for long, say, is not lost behind the deployments of others.
pub(super) async fn pending(client: &Client, targets: Vec<Target>) -> Result<Vec<Deployment>, Error> {
    let environments = environments(&targets);
    if environments.is_empty() {
        return Ok(Vec::new());
    }
    let (mut waiting, mut settled) = (Vec::new(), 0);
    let mut unmet: BTreeSet<Target> = targets.into_iter().collect();
    let mut pages = Pages::new(client, &environments);
    for _ in 0..PAGES {
        let Some(page) = pages.next().await? else { return Ok(waiting) };
        for deployment in page.deployments {
            unmet.remove(&deployment.record.target);
            if deployment.is_pending() {
                settled = 0;
                waiting.push(deployment);
            } else {
                settled += 1;
            }
        }
        if settled >= SETTLED {
            break;
        }
    }
    if matches!(pages.next, Next::End) {
        return Ok(waiting);
    }
    let unmet: Vec<Target> = unmet.into_iter().collect();
    let alone = recent(client, &unmet, 1).await?.into_values().flatten();
    waiting.extend(alone.filter(Deployment::is_pending));
    Ok(waiting)
}

fn environments(targets: &[Target]) -> Vec<EnvironmentName> {
    let names: BTreeSet<_> = targets.iter().map(|target| target.environment.clone()).collect();
    names.into_iter().collect()
}

/// Lists the newest deployments of each target.
pub(super) async fn recent(
    client: &Client,
    targets: &[Target],
    limit: usize,
) -> Result<BTreeMap<Target, Vec<Deployment>>, Error> {
    let mut lanes: BTreeMap<Target, Lane> = targets.iter().map(|target| (target.clone(), Lane::new(limit))).collect();
    let environments = environments(targets);
    if environments.is_empty() {
        return Ok(BTreeMap::new());
    }
    let mut pages = Pages::new(client, &environments);
    let mut is_whole = false;
    for _ in 0..SHARED_PAGES {
        let Some(page) = pages.next().await? else {
            is_whole = true;
            break;
        };
        for deployment in page.deployments {
            if let Some(lane) = lanes.get_mut(&deployment.record.target) {
                lane.take(deployment);
            }
        }
        if lanes.values().all(Lane::is_full) {
            break;
        }
    }
    let is_whole = is_whole || matches!(pages.next, Next::End);
    for (target, lane) in lanes.iter_mut().filter(|(_, lane)| !is_whole && !lane.is_full()) {
        *lane = alone(client, target, limit).await?;
    }
    Ok(lanes.into_iter().map(|(target, lane)| (target, lane.listed)).collect())
}

/// Reads one target by its task.
async fn alone(client: &Client, target: &Target, limit: usize) -> Result<Lane, Error> {
    let mut lane = Lane::new(limit);
    let mut next = Some(rest::first(client, Some(target.environment.as_str()), Some(&task(target))));
    while let Some(url) = next.filter(|_| !lane.is_full()) {
        let (rows, _, rest) = rest::page(client, url).await?;
        for deployment in rest::with_statuses(client, rows).await? {
            if deployment.record.target == *target {
                lane.take(deployment);
            }
        }
        next = rest;
    }
    Ok(lane)
}

/// The deployments of one target, taken from the newest on.
struct Lane {
    limit: usize,
    ran: usize,
    waiting: usize,
    listed: Vec<Deployment>,
}

impl Lane {
    fn new(limit: usize) -> Self {
        Self { limit, ran: 0, waiting: 0, listed: Vec::new() }
    }

    fn is_full(&self) -> bool {
        self.ran >= self.limit
    }

    fn take(&mut self, deployment: Deployment) {
        let (ran, waits) = (deployment.ran(), deployment.is_pending());
        if self.is_full() || !ran && !waits {
            return;
        }
        let count = if ran { &mut self.ran } else { &mut self.waiting };
        *count += 1;
        if *count <= self.limit {
            self.listed.push(deployment);
        }
    }
}
