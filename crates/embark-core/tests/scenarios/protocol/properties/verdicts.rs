//! What *verify* and *audit* may say.

use embark_core::{AuditRequest, Check, State, Target, Verdict};
use futures::FutureExt as _;

use crate::protocol::judge::{Judge, Said, Seen, Wish};
use crate::protocol::property::{Broken, Property};
use crate::protocol::shop::{ENVIRONMENTS, PRODUCTION};
use crate::world::{COMPONENTS, repository};

/// Returns the numbers of an environment and a component.
pub(in crate::protocol) fn place_of(target: &Target) -> Option<(usize, usize)> {
    let environment = ENVIRONMENTS.iter().position(|name| *name == target.environment.as_str())?;
    Some((environment, COMPONENTS.iter().position(|name| *name == target.component.as_str())?))
}

impl Judge {
    /// Has embark verify, and judges what it says. Where a file is no YAML it says nothing.
    pub(crate) fn verify(&mut self) -> Result<Vec<Check>, Broken> {
        let world = self.world.clone();
        let systems = world.systems();
        let checks = embark_core::verify(&systems, None).now_or_never().expect("fakes answer at once");
        let checks = checks.unwrap_or_default();
        for check in checks.iter().filter(|check| check.verdict == Verdict::Holds) {
            let component = COMPONENTS.iter().position(|name| *name == check.component.as_str());
            let holds = component.is_some_and(|component| self.may_hold(component));
            self.tally.check(Property::Verify, holds, || format!("{check:?}"))?;
        }
        Ok(checks)
    }

    /// Tells whether production names what a commit of embark's brought there, and its tag names that digest now.
    fn may_hold(&self, component: usize) -> bool {
        let Some(tip) = self.commits.last() else { return false };
        let named = tip.named(PRODUCTION, component);
        let Ok(tag) = named.tag.parse() else { return false };
        let tags = self.world.registry.tags();
        let Some(digest) = tags.get(&(repository(COMPONENTS[component]), tag)) else { return false };
        let is_it = |image: &embark_core::Image| image.tag.as_str() == named.tag && image.digest == *digest;
        let is_pinned = !self.setting.pins || named.digest == digest.as_str();
        let mut brought = self.carried_out(PRODUCTION, component);
        // What a person has waived was never verified.
        let mut wishes =
            self.wishes.values().filter(|wish| place_of(&wish.record.target) == Some((PRODUCTION, component)));
        // What the file pinned already was brought without a commit.
        let mut was_pinned = || self.setting.pins && wishes.any(|wish| is_it(&wish.record.image) && wish.is_success());
        is_pinned
            && (brought.any(|(seen, carried)| is_it(&carried.image) && !self.is_unverified(seen.by)) || was_pinned())
    }

    /// Tells whether what a commit carried out, or went back to, is called a failure by a process that waited for it, too,
    /// when it got worse right after another one had called it a success, and the process had looked before. What the
    /// platform has then is what it has of what somebody found wrong.
    fn is_taken_back(&self, seen: &Seen) -> bool {
        let Some(carried) = &seen.carries else { return false };
        let target = carried.key().0;
        let is_it = |wish: &&Wish| wish.record.target == target && wish.record.image == carried.image;
        let by_embark = |state| move |said: &&Said| said.by.is_some() && said.state == state;
        self.wishes.values().filter(is_it).any(|wish| {
            let mut since = wish.said.iter().skip_while(|said| !by_embark(State::Success)(said));
            since.any(|said| by_embark(State::Failure)(&said))
        })
    }

    /// Where nobody did what they should not, nothing is broken.
    pub(crate) fn is_quiet(&mut self) -> Result<(), Broken> {
        let broken: Vec<Check> = self.verify()?.into_iter().filter(|check| check.verdict == Verdict::Broken).collect();
        self.tally.check(Property::Quiet, broken.is_empty(), || format!("{broken:?}"))?;
        let world = self.world.clone();
        let (systems, request) = (world.systems(), AuditRequest::default());
        let audited = embark_core::audit(&systems, &request).now_or_never().expect("fakes answer at once");
        // What was there before embark came is somebody's own.
        let broken = audited.map(|changes| {
            let is_broken = |change: &embark_core::Audited| change.verdict == Verdict::Broken;
            let by_embark = |change: &embark_core::Audited| {
                let made = self.commits.iter().find(|seen| seen.revision == change.commit && seen.by.is_some());
                made.is_some_and(|seen| !self.is_taken_back(seen))
            };
            changes.into_iter().filter(|change| is_broken(change) && by_embark(change)).collect::<Vec<_>>()
        });
        let is_quiet = broken.as_ref().is_ok_and(Vec::is_empty);
        self.tally.check(Property::Quiet, is_quiet, || format!("{broken:?}"))
    }
}
