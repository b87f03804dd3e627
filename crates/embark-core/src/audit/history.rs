//! The history of the values files, newest first, a stretch at a time.

use std::collections::{BTreeMap, BTreeSet};

use super::Line;
use super::case::Cases;
use super::since::End;
use super::versions::{Says, Versions};
use crate::commit::Revision;
use crate::error::Error;
use crate::name::{ComponentName, FilePath, Target};
use crate::past_files;
use crate::pipeline::{Component, Environment};
use crate::ports::{LogEntry, LogQuery};
use crate::systems::Systems;
use crate::timestamp::Timestamp;

/// How many commits that changed a values file are looked at in one go.
const STRETCH: usize = 256;

pub(super) struct History<'a> {
    systems: &'a Systems<'a>,
    lines: &'a [Line<'a>],
    next: Option<LogQuery>,
    /// Where what is asked for ends and the search for evidence begins.
    border: Option<Revision>,
}

/// Commits that changed a values file, newest first, with what they brought.
pub(super) struct Stretch {
    pub(super) entries: Vec<LogEntry>,
    /// What the file of each environment with a source says after a commit that changed it.
    pub(super) changes: BTreeMap<(Revision, Target), Says>,
    /// Whether what they changed is asked for.
    pub(super) is_asked: bool,
}

impl<'a> History<'a> {
    pub(super) async fn new(systems: &'a Systems<'a>, lines: &'a [Line<'a>], end: Option<End>) -> Result<Self, Error> {
        let files = lines.iter().flat_map(|line| [&line.environment.values_file, &line.from.values_file]);
        let paths: Vec<FilePath> = files.collect::<BTreeSet<_>>().into_iter().cloned().collect();
        let first = LogQuery { from: None, until: None, paths, limit: STRETCH };
        let border = match end {
            None => Border::None,
            Some(End::At(revision)) => Border::At(revision),
            Some(End::Time(time)) => Border::of(systems, &first, time).await?,
        };
        let (border, is_any) = match border {
            Border::None => (None, true),
            Border::At(border) => (Some(border), true),
            Border::Everything => (None, false),
        };
        let next = (is_any && !lines.is_empty()).then(|| LogQuery { until: border.clone(), ..first });
        Ok(Self { systems, lines, next, border })
    }

    /// Reads the next stretch; `None` at the root, or where nothing before can matter.
    pub(super) async fn next(&mut self, cases: &Cases<'_>) -> Result<Option<Stretch>, Error> {
        let Some(query) = self.next.take() else { return Ok(None) };
        let is_before_border = self.border.is_some() && query.until.is_none();
        if is_before_border && cases.are_settled() {
            return Ok(None);
        }
        let entries = self.systems.repository.log(query.clone()).await?;
        let again = |from: Revision, until| LogQuery { from: Some(from), until, ..query.clone() };
        self.next = match entries.last().filter(|_| entries.len() == query.limit) {
            Some(last) => last.parent.clone().map(|parent| again(parent, query.until.clone())),
            None => query.until.clone().map(|border| again(border, None)),
        };
        let changes = self.changes(&entries).await?;
        Ok(Some(Stretch { entries, changes, is_asked: !is_before_border }))
    }

    /// Returns what the environments with a source name after each commit that changed that.
    async fn changes(&self, entries: &[LogEntry]) -> Result<BTreeMap<(Revision, Target), Says>, Error> {
        let mut touched: BTreeMap<&FilePath, Vec<&LogEntry>> = BTreeMap::new();
        let files: BTreeSet<&FilePath> = self.lines.iter().map(|line| &line.environment.values_file).collect();
        for file in files {
            touched.insert(file, entries.iter().filter(|entry| entry.changed.contains(file)).collect());
        }
        let mut places = Vec::new();
        for (file, entries) in &touched {
            places.extend(entries.iter().map(|entry| (entry.revision.clone(), (*file).clone())));
            let before = entries.last().and_then(|oldest| oldest.parent.clone());
            places.extend(before.map(|before| (before, (*file).clone())));
        }
        let environments = self.lines.iter().map(|line| line.environment);
        let named = read(self.systems, self.lines, environments, places).await?;
        let mut changes = BTreeMap::new();
        for line in self.lines {
            let target = line.target();
            let touched = touched.get(&line.environment.values_file).map(Vec::as_slice).unwrap_or_default();
            for (at, entry) in touched.iter().enumerate() {
                let before = touched.get(at + 1).map(|older| &older.revision).or(entry.parent.as_ref());
                let before = before.and_then(|before| named.get(&(before.clone(), target.clone())));
                let place = (entry.revision.clone(), target.clone());
                let said = match named.get(&place) {
                    Some(after) if Some(after) != before => after.clone(),
                    None if before.and_then(Says::named).is_some() => {
                        Says::Unreadable(format!("{} names none any more", line.environment.values_file))
                    }
                    _ => continue,
                };
                changes.insert(place, said);
            }
        }
        Ok(changes)
    }
}

/// Where what is asked for ends.
enum Border {
    None,
    At(Revision),
    /// Nothing is asked for.
    Everything,
}

impl Border {
    /// Looks for the oldest commit of that time or later. Whoever commits sets the clock: one that says that it is older
    /// than a commit below it is asked for all the same.
    async fn of(systems: &Systems<'_>, first: &LogQuery, time: Timestamp) -> Result<Self, Error> {
        let (mut border, mut next) = (Self::Everything, Some(first.clone()));
        while let Some(query) = next.take() {
            let entries = systems.repository.log(query.clone()).await?;
            let Some(oldest) = entries.iter().rfind(|entry| entry.at >= time) else { break };
            border = oldest.parent.clone().map_or(Self::None, Self::At);
            let last = entries.last().filter(|_| entries.len() == query.limit);
            next = last.and_then(|last| last.parent.clone()).map(|from| LogQuery { from: Some(from), ..query });
        }
        Ok(border)
    }
}

/// Reads what the values files of these environments said in the past. Where there was no file, nothing was said.
pub(super) async fn read<'a>(
    systems: &Systems<'_>,
    lines: &[Line<'_>],
    environments: impl Iterator<Item = &'a Environment>,
    places: Vec<(Revision, FilePath)>,
) -> Result<BTreeMap<(Revision, Target), Says>, Error> {
    let environments: BTreeMap<&FilePath, &Environment> =
        environments.map(|environment| (&environment.values_file, environment)).collect();
    let components: BTreeMap<&ComponentName, &Component> =
        lines.iter().map(|line| (&line.component.name, line.component)).collect();
    let mut versions = Versions::new(components.into_values().collect());
    let mut said = BTreeMap::new();
    for ((revision, file), bytes) in past_files::read(systems, places).await? {
        let Some(environment) = environments.get(&file) else { continue };
        let says = match &bytes {
            Ok(None) => continue,
            Ok(Some(bytes)) => versions.read(&file, bytes),
            Err(what) => versions.unreadable(&format!("{file} is {what}")),
        };
        for (component, says) in says {
            let target = Target::new(&environment.name, &component.name);
            said.extend(says.map(|says| ((revision.clone(), target), says)));
        }
    }
    Ok(said)
}
