//! What may come to production.

use std::time::Duration;

use embark_core::ports::Clock as _;
use embark_core::{DeploymentId, Digest, Image, Kind, State, Waiver};

use crate::protocol::judge::{Carried, Judge, Seen, Wish};
use crate::protocol::log::{Key, key};
use crate::protocol::property::{Broken, Property};
use crate::protocol::shop::{ENVIRONMENTS, PRODUCTION, SOAK, STAGING};
use crate::world::{COMPONENTS, elsewhere, repository, target};

/// What a deployment of staging is known by.
fn staged(component: usize, id: DeploymentId) -> Key {
    (target(ENVIRONMENTS[STAGING], COMPONENTS[component]), id)
}

impl Judge {
    /// Judges the newest commit, which brings something to production.
    pub(crate) fn verified(&mut self, carried: &Carried, read_at: usize) -> Result<(), Broken> {
        let is_right = match self.wishes.get(&carried.key()) {
            Some(wish) if wish.record.image != carried.image => Err("it is of another image".into()),
            Some(wish) => match wish.record.kind {
                Kind::Release => Err("it is a release".into()),
                Kind::Rollback => self.is_back(carried, read_at),
                Kind::Promotion => self.is_verified(carried, wish, read_at),
            },
            None => Err("nobody created it".to_owned()),
        };
        let told = self.tell(&carried.key());
        let why = || format!("{told}: {}", is_right.clone().err().unwrap_or_default());
        self.tally.check(Property::Verified, is_right.is_ok(), why)?;
        let wish = &self.wishes[&carried.key()];
        let is_waived = wish.record.waived.as_ref().is_some_and(|waived| waived.waives(Waiver::SOAK));
        if self.setting.soaks && wish.record.kind == Kind::Promotion && !is_waived {
            let source = wish.record.from.as_ref().map(|from| from.deployment);
            let ran = self.had_for(carried.component, source);
            let told = self.tell(&carried.key());
            self.tally.check(Property::Soaked, ran >= SOAK, || format!("{told}: staging had it for {ran:?}"))?;
        }
        Ok(())
    }

    /// Checks that production ran an image before, or named its tag before embark came and a person has waived that.
    fn is_back(&self, carried: &Carried, read_at: usize) -> Result<(), String> {
        let component = carried.component;
        let is_here = |wish: &Wish| super::verdicts::place_of(&wish.record.target) == Some((PRODUCTION, component));
        let others = || self.wishes.values().filter(|wish| is_here(wish) && wish.record.id != carried.deployment);
        // What the file pinned already was brought without a commit.
        let was_pinned = self.setting.pins
            && self.was_pinned(PRODUCTION, component, &carried.image.digest)
            && others().any(|wish| wish.record.image == carried.image && wish.is_success());
        let mut brought = self.carried_out(PRODUCTION, component).filter(|(_, other)| other.image == carried.image);
        // Where a success is a healthy one, what was brought may never have got well.
        let has_run = |key: Key| {
            !self.setting.healthy[PRODUCTION] || self.wishes.get(&key).is_some_and(|wish| wish.ran(self.time))
        };
        let is_earlier = |other: &Carried| other.deployment != carried.deployment && has_run(other.key());
        if was_pinned || brought.any(|(_, other)| is_earlier(other)) {
            return Ok(());
        }
        let newest = self.commits.last().ok_or("there is no commit")?;
        if !self.is_unverified(newest.by) {
            return Err("production never ran it".into());
        }
        let commits = self.carried_out(PRODUCTION, component).map(|(seen, _)| seen.time);
        let without =
            others().filter_map(|wish| wish.said.iter().find(|said| said.by.is_some() && said.state == State::Success));
        let came = commits.chain(without.map(|said| said.time)).min().unwrap_or(self.time);
        let before = self.commits.iter().filter(|seen| seen.time < came);
        let mut before = before.map(|seen| seen.named(PRODUCTION, component).tag).filter(|tag| tag != "none");
        if !before.any(|tag| tag == carried.image.tag.as_str()) {
            return Err("production never named it before embark came".into());
        }
        let is_other = |wish: &&Wish| {
            let (image, other) = (&carried.image, &wish.record.image);
            wish.ran(read_at)
                && (&other.repository, &other.tag) == (&image.repository, &image.tag)
                && other.digest != image.digest
        };
        match others().find(is_other) {
            Some(other) => Err(format!("its tag was recorded with {}", other.record.image.digest)),
            None => Ok(()),
        }
    }

    fn is_verified(&self, carried: &Carried, wish: &Wish, read_at: usize) -> Result<(), String> {
        let from = wish.record.from.as_ref().ok_or("it has no source")?;
        let key = staged(carried.component, from.deployment);
        let source = self.wishes.get(&key).ok_or("its source does not exist")?;
        let brought = self.carried_out(STAGING, carried.component);
        let mut brought = brought.filter(|(_, other)| other.deployment == from.deployment);
        let image = &source.record.image;
        match brought.next() {
            Some((_, staged)) if staged.image.digest != carried.image.digest => {
                return Err(format!("staging ran {}", staged.image));
            }
            None if !self.was_pinned(STAGING, carried.component, &image.digest) => {
                return Err("no commit brought its source to staging".into());
            }
            _ if image.digest != carried.image.digest => return Err(format!("its source is {image}")),
            _ => {}
        }
        if (read_at..=self.time).any(|time| self.was_verified(source, time)) {
            return Ok(());
        }
        Err(format!("staging had not verified it: {}", self.tell(&key)))
    }

    /// Tells whether a deployment of staging was verified at a time.
    fn was_verified(&self, source: &Wish, time: usize) -> bool {
        let digest = |id: Option<DeploymentId>| {
            let of = |id| (source.record.target.clone(), id);
            id.and_then(|id| self.wishes.get(&of(id))).map(|wish| &wish.record.image.digest)
        };
        let is_away = |other: &&Wish| {
            other.record.kind == Kind::Rollback
                && other.record.target == source.record.target
                && other.number > source.number
                && other.ran(time)
                && digest(other.record.replaces) == Some(&source.record.image.digest)
                // One that goes to the same digest under another tag says nothing against it.
                && other.record.image.digest != source.record.image.digest
        };
        source.ran(time)
            && source.result(time) == Some(State::Success)
            && !self.wishes.values().any(|wish| is_away(&wish))
    }

    /// Tells how long staging has had the digest of a source without a break, by embark's commits: then, or again later. What
    /// never got well is no break.
    fn had_for(&self, component: usize, source: Option<DeploymentId>) -> Duration {
        let brought: Vec<(&Seen, &Carried)> = self.carried_out(STAGING, component).collect();
        let now = self.world.clock.now().as_unix();
        let since_then = |since: i64| Duration::from_secs(now.saturating_sub(since).max(0).unsigned_abs());
        let Some(at) = brought.iter().position(|(_, carried)| Some(carried.deployment) == source) else {
            // The file pinned it already.
            let digest = source
                .and_then(|id| self.wishes.get(&staged(component, id)))
                .map(|wish| wish.record.image.digest.as_str());
            let pins = |seen: &&Seen| Some(seen.named(STAGING, component).digest.as_str()) == digest;
            return self.commits.iter().find(pins).map_or(Duration::ZERO, |seen| since_then(seen.at));
        };
        let digest = &brought[at].1.image.digest;
        let before = brought[..=at].iter().rev().take_while(|(_, carried)| carried.image.digest == *digest).count();
        let (mut longest, mut since) = (0, None);
        let said = self.world.platform.deployments();
        for (seen, carried) in &brought[at + 1 - before..] {
            let mut said = said.iter().filter(|one| key(one) == staged(component, carried.deployment));
            let success = said.find_map(|one| Some(one.success()?.at.as_unix()));
            if carried.image.digest == *digest {
                since.get_or_insert(seen.at);
            } else if let Some(end) = success {
                longest = longest.max(since.take().map_or(0, |since| end.saturating_sub(since)));
            }
        }
        longest = longest.max(since.map_or(0, |since| now.saturating_sub(since)));
        Duration::from_secs(longest.max(0).unsigned_abs())
    }

    /// Judges a tag that a process has written.
    pub(crate) fn tagged(&mut self, image: &Image) -> Result<(), Broken> {
        let of = |name: &&str| repository(name) == image.repository || elsewhere(name) == image.repository;
        let component = COMPONENTS.iter().position(of);
        let ran = component.is_some_and(|component| self.had(STAGING, component, &image.digest));
        self.tally.check(Property::Tagged, ran, || format!("{image} was tagged"))
    }

    /// Judges a deployment that a process has created.
    pub(crate) fn created(&mut self, key: &Key, read_at: usize) -> Result<(), Broken> {
        let record = self.wishes[key].record.clone();
        let Some(from) = record.from.filter(|_| record.kind == Kind::Promotion) else { return Ok(()) };
        let component = COMPONENTS.iter().position(|name| *name == record.target.component.as_str());
        let is_in_step = component.is_some_and(|component| self.named_since(component, &record.image.digest, read_at));
        // Where another process has given one of the components the version's tag, the promotion may have begun.
        let has_begun = self
            .tags
            .iter()
            .any(|(_, by, image)| image.tag == record.image.tag && (by.is_none() || *by != self.wishes[key].by));
        let source = component.map(|component| staged(component, from.deployment));
        let source = source.map(|source| self.tell(&source)).unwrap_or_default();
        let told = format!("{}, from {source}", self.tell(key));
        self.tally.check(Property::InStep, is_in_step || has_begun, || told)
    }

    /// Tells whether staging's values file named a digest at some time since `read_at`, as embark brought it there.
    fn named_since(&self, component: usize, digest: &Digest, read_at: usize) -> bool {
        let first = self.commits.iter().rposition(|seen| seen.time <= read_at).unwrap_or_default();
        self.commits[first..].iter().any(|seen| {
            let named = seen.named(STAGING, component);
            let is_pinned = named.digest == digest.as_str();
            is_pinned
                || self
                    .carried_out(STAGING, component)
                    .any(|(_, carried)| carried.image.tag.as_str() == named.tag && carried.image.digest == *digest)
        })
    }
}
