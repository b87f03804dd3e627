//! What must come of a history once all is well again.

use embark_core::{PromoteRequest, ReleaseRequest, Scope, Selection, State, Verdict};

use super::log::{Key, key};
use super::machine::Machine;
use super::process::Request;
use super::property::{Broken, Property};
use super::shop::{ENVIRONMENTS, PRODUCTION, SOAK, STAGING};
use crate::world::{COMPONENTS, environment, parse};

impl Machine {
    /// Kills what runs, mends what is broken, and carries out what waits; then the next version is shipped.
    pub(crate) fn end(&mut self, is_honest: bool) -> Result<(), Broken> {
        self.kill_all();
        self.shop.mend();
        self.shop.get_well();
        self.judge.catch_up()?;
        self.carry_out(Request::Deploy(Selection::Pending(None)))?;
        self.ends(true)?;
        for name in ENVIRONMENTS {
            self.carry_out(Request::Resume(Scope { environment: environment(name), component: None }))?;
        }
        self.carry_out(Request::Deploy(Selection::Pending(None)))?;
        self.ends(false)?;
        self.recorded()?;
        if is_honest {
            self.judge.is_quiet()?;
        }
        self.ships()
    }

    fn ends(&mut self, may_be_held: bool) -> Result<(), Broken> {
        for deployment in self.shop.deployments() {
            let target = &deployment.record.target;
            let place = |names: &[&str], name: &str| names.iter().position(|one| *one == name);
            let place =
                place(&ENVIRONMENTS, target.environment.as_str()).zip(place(&COMPONENTS, target.component.as_str()));
            let is_held = place.zip(self.judge.commits.last()).is_some_and(|((at, of), tip)| tip.holds(at, of));
            let is_gone = deployment.commit().is_some() && self.is_gone(&key(&deployment));
            let has_ended = !deployment.is_pending() || may_be_held && is_held || is_gone;
            let told = self.judge.tell(&key(&deployment));
            self.judge.tally.check(Property::Ends, has_ended, || told)?;
        }
        Ok(())
    }

    /// Tells whether a deployment was edited away by hand before it was healthy: it is waited for until the next one comes.
    fn is_gone(&self, key: &Key) -> bool {
        let wish = &self.judge.wishes[key];
        let place = super::properties::place_of(&wish.record.target);
        place.zip(self.judge.commits.last()).is_some_and(|((at, of), tip)| {
            let is_awaited = self.judge.setting.healthy[at] && wish.result(usize::MAX) == Some(State::InProgress);
            is_awaited && tip.named(at, of).tag != wish.record.image.tag.as_str()
        })
    }

    /// What was committed has run, or says why not.
    fn recorded(&mut self) -> Result<(), Broken> {
        let committed = self.judge.commits.iter().filter(|seen| seen.by.is_some());
        let keys: Vec<_> = committed.filter_map(|seen| Some(seen.carries.as_ref()?.key())).collect();
        for key in keys {
            let wish = &self.judge.wishes[&key];
            let says_why = wish.result(usize::MAX) == Some(State::Failure);
            // Another one came before it was healthy, or before a process that was killed could say so.
            let brought =
                self.judge.commits.iter().rev().filter_map(|seen| seen.carries.as_ref().filter(|_| seen.by.is_some()));
            let newest = brought.map(|carried| &self.judge.wishes[&carried.key()]);
            let mut newest = newest.filter(|other| other.record.target == wish.record.target);
            let is_overtaken = newest.next().is_some_and(|newest| newest.record.id != key.1);
            let is_recorded = self.is_gone(&key) || wish.is_touched || wish.ran(usize::MAX) || says_why || is_overtaken;
            let told = self.judge.tell(&key);
            self.judge.tally.check(Property::Recorded, is_recorded, || told)?;
        }
        Ok(())
    }

    /// Whatever happened, the next commit can be shipped.
    fn ships(&mut self) -> Result<(), Broken> {
        let commit = self.build(["next", "next"]);
        let [staging, production] = [STAGING, PRODUCTION].map(|at| environment(ENVIRONMENTS[at]));
        let deploy = || Request::Deploy(Selection::Pending(None));
        let version = "8.0.0";
        let promote = PromoteRequest {
            version: Some(parse(version)),
            commit: Some(commit.clone()),
            ..PromoteRequest::new(production)
        };
        self.carry_out(Request::Release(ReleaseRequest::new(staging, commit.clone())))?;
        self.carry_out(deploy())?;
        self.shop.world.clock.advance(SOAK);
        self.carry_out(Request::Promote(promote))?;
        self.carry_out(deploy())?;
        let checks = self.judge.verify()?;
        for (component, name) in COMPONENTS.into_iter().enumerate() {
            let tip = self.judge.commits.last();
            let names = |at: usize, tag: &str| tip.is_some_and(|tip| tip.named(at, component).tag == tag);
            let is_shipped = names(STAGING, commit.as_str()) && names(PRODUCTION, version);
            let check = checks.iter().find(|check| check.component.as_str() == name);
            let holds = check.is_some_and(|check| check.verdict == Verdict::Holds);
            let why = || format!("{check:?}, staging names it: {}", names(STAGING, commit.as_str()));
            self.judge.tally.check(Property::Ships, is_shipped && holds, why)?;
        }
        Ok(())
    }
}
