//! How often each property was asked for.

use std::collections::BTreeMap;

use super::property::{Broken, Property};

/// Counts of histories.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) histories: u64,
    /// What happened, as the histories have it.
    pub(crate) steps: u64,
    /// How often a process went on.
    pub(crate) calls: u64,
    /// Commits of embark's to production.
    pub(crate) shipped: u64,
    checked: BTreeMap<Property, u64>,
}

impl Tally {
    /// Counts, and tells what is broken.
    pub(crate) fn check(
        &mut self,
        property: Property,
        holds: bool,
        why: impl FnOnce() -> String,
    ) -> Result<(), Broken> {
        *self.checked.entry(property).or_default() += 1;
        if holds { Ok(()) } else { Err(Broken { property, why: why() }) }
    }

    pub(crate) fn checked(&self, property: Property) -> u64 {
        self.checked.get(&property).copied().unwrap_or_default()
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.histories += 1;
        self.steps += other.steps;
        self.calls += other.calls;
        self.shipped += other.shipped;
        for (property, count) in &other.checked {
            *self.checked.entry(*property).or_default() += count;
        }
    }
}
