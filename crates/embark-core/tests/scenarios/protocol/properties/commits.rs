//! What a commit of embark's may do: once, in order, alone, and not to what is held.

use embark_core::RollbackRequest;

use crate::protocol::judge::{Carried, Judge, Seen, Wish};
use crate::protocol::process::Request;
use crate::protocol::property::{Broken, Property};
use crate::protocol::reading;
use crate::protocol::shop::{ENVIRONMENTS, PRODUCTION};
use crate::world::COMPONENTS;

impl Judge {
    /// Judges the newest commit, which a process has made.
    pub(crate) fn committed(&mut self, read_at: usize) -> Result<(), Broken> {
        let [.., before, commit] = &self.commits[..] else { return Ok(()) };
        let alone = alone(before, commit);
        self.tally.check(Property::Alone, alone.is_none(), || alone.unwrap_or_default())?;
        let Some(carried) = commit.carries.clone() else { return Ok(()) };
        self.once(&carried)?;
        self.newest(&carried, read_at)?;
        self.held(&carried)?;
        let is_there = self.was_there_since(&carried.image, read_at);
        let told = self.tell(&carried.key());
        self.tally.check(Property::Looked, is_there, || told)?;
        if carried.environment == PRODUCTION {
            self.tally.shipped += 1;
            self.verified(&carried, read_at)?;
        }
        Ok(())
    }

    fn once(&mut self, carried: &Carried) -> Result<(), Broken> {
        let of = |seen: &&Seen| seen.carries.as_ref().is_some_and(|other| other.key() == carried.key());
        let is_once = self.commits.iter().filter(of).count() == 1;
        let told = self.tell(&carried.key());
        self.tally.check(Property::Once, is_once, || told)
    }

    fn newest(&mut self, carried: &Carried, read_at: usize) -> Result<(), Broken> {
        let Some(wish) = self.wishes.get(&carried.key()) else { return Ok(()) };
        let before = self.carried_out(carried.environment, carried.component).rev().nth(1);
        let Some(before) = before.map(|(_, before)| before.key()) else { return Ok(()) };
        let older = &self.wishes[&before];
        let is_newest = !self.must_be_newer(older, wish, read_at) || self.is_hidden(older, wish, read_at);
        let told = format!("{} came after {}", self.tell(&carried.key()), self.tell(&before));
        self.tally.check(Property::Newest, is_newest, || told)
    }

    fn held(&mut self, carried: &Carried) -> Result<(), Broken> {
        let [.., before, _] = &self.commits[..] else { return Ok(()) };
        let is_rollback = self.wishes.get(&carried.key()).is_some_and(Wish::is_rollback);
        let is_held = before.holds(carried.environment, carried.component) && !is_rollback;
        let told = self.tell(&carried.key());
        self.tally.check(Property::Held, !is_held, || told)
    }

    /// Tells whether a process was asked for a rollback to what was never verified.
    pub(crate) fn is_unverified(&self, process: Option<usize>) -> bool {
        let asked = process.map(|process| self.asked(process));
        matches!(asked, Some(Request::Rollback(RollbackRequest { unverified: true, .. })))
    }
}

/// Says what a commit changes that it should not.
fn alone(before: &Seen, commit: &Seen) -> Option<String> {
    let wanted = commit.carries.as_ref().map(|carried| (carried.environment, carried.component, &carried.image));
    for (environment, name) in ENVIRONMENTS.into_iter().enumerate() {
        let [old, new] = [before, commit].map(|seen| &seen.files[environment]);
        let (is_wanted, component, image) = match wanted {
            Some((at, component, image)) if at == environment => (true, component, Some(image)),
            _ => (false, 0, None),
        };
        if !is_wanted && old != new {
            return Some(format!("{name} changed from {old:?} to {new:?}"));
        }
        let [old, new] = [old, new].map(|text| reading::rest(text, COMPONENTS[component]));
        if old != new {
            return Some(format!("{name} has beside the image {new:?}, and had {old:?}"));
        }
        let Some(image) = image else { continue };
        let named = commit.named(environment, component);
        let has_digest = named.digest.is_empty() || named.digest == image.digest.as_str();
        if named.tag != image.tag.as_str() || !has_digest {
            return Some(format!("{named:?} is named, and {image} is meant"));
        }
    }
    let own = wanted.map(|(at, component, _)| (ENVIRONMENTS[at].to_owned(), COMPONENTS[component].to_owned()));
    let others = |seen: &Seen| seen.held.iter().filter(|held| Some(*held) != own.as_ref()).cloned().collect::<Vec<_>>();
    let holds_change = own.is_some() && others(before) != others(commit);
    holds_change.then(|| format!("{:?} is held, and was {:?}", commit.held, before.held))
}
