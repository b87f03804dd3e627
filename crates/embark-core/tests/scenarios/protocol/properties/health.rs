//! What may be said of what a cluster has.

use embark_core::{NewStatus, State};

use super::verdicts::place_of;
use crate::protocol::cluster::WORDS;
use crate::protocol::judge::{Judge, Seen};
use crate::protocol::log::Key;
use crate::protocol::property::{Broken, Property};
use crate::protocol::steps::Cluster;

impl Judge {
    /// Judges a success: where one is a healthy one, the cluster had what was carried out, in good health, since the process
    /// began that says so.
    pub(super) fn well(&mut self, key: &Key, process: usize) -> Result<(), Broken> {
        let place = place_of(&self.wishes[key].record.target);
        let Some((environment, _)) = place.filter(|(at, _)| self.setting.healthy[*at]) else { return Ok(()) };
        // What the file named already is there since any commit.
        let committed = self.commit_of(key).map(|seen| seen.time).unwrap_or_default();
        let turns = self.turns_since(environment, self.began(process));
        let is_well = turns.into_iter().any(|(time, cluster)| match cluster {
            Cluster::Well => true,
            Cluster::Stuck => time >= committed,
            Cluster::Progressing | Cluster::Degraded => false,
        });
        let told = self.tell(key);
        self.tally.check(Property::Healthy, is_well, || told)
    }

    /// Judges a failure of what the process must have seen to be carried out.
    pub(super) fn failed(
        &mut self,
        key: &Key,
        status: &NewStatus,
        process: usize,
        read_at: usize,
    ) -> Result<(), Broken> {
        let committed = self.commit_of(key).map(|seen| seen.time);
        let place = place_of(&self.wishes[key].record.target);
        let Some((environment, _)) = place.filter(|_| committed.is_some_and(|time| time <= read_at)) else {
            return Ok(());
        };
        let wish = &self.wishes[key];
        let turns = self.turns_since(environment, self.began(process));
        let was_degraded = turns.iter().any(|(_, cluster)| *cluster == Cluster::Degraded);
        let was_away = self.named_since_by(&wish.record.image, self.began(process)).contains(&false);
        let has_failed = wish.said.iter().any(|said| said.state == State::Failure);
        // It was observed degraded where it says so, and its tag was looked at where it does not.
        let says_degraded = status.description().contains(WORDS);
        let may_fail =
            has_failed || if says_degraded { self.setting.healthy[environment] && was_degraded } else { was_away };
        let told = format!("{}; now {}", self.tell(key), status.description());
        self.tally.check(Property::Failed, may_fail, || told)
    }

    /// Returns the commit of embark's that carried a deployment out.
    pub(super) fn commit_of(&self, key: &Key) -> Option<&Seen> {
        let place = place_of(&key.0)?;
        let mut carried = self.carried_out(place.0, place.1);
        carried.find(|(_, carried)| carried.deployment == key.1).map(|(seen, _)| seen)
    }

    /// Returns how a cluster was at `time` and since, and since when it was so.
    fn turns_since(&self, environment: usize, time: usize) -> Vec<(usize, Cluster)> {
        let turns = self.turns.iter().filter(|(_, at, _)| *at == environment).map(|(at, _, cluster)| (*at, *cluster));
        let (before, since): (Vec<_>, Vec<_>) = turns.partition(|(at, _)| *at <= time);
        before.last().into_iter().chain(&since).copied().collect()
    }
}
