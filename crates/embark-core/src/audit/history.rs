//! The history of the values files, newest first, a stretch at a time.

use std::collections::{BTreeMap, BTreeSet};

use super::case::Cases;
use super::{Line, Since};
use crate::commit::Revision;
use crate::git_record::past_files;
use crate::name::{FilePath, Target};
use crate::pipeline::Environment;
use crate::ports::{LogEntry, LogQuery};
use crate::systems::{Error, Systems};
use crate::timestamp::Timestamp;
use crate::values_file::{self, NamedImage};

/// How many commits that changed a values file are looked at in one go.
const STRETCH: usize = 256;

pub(super) struct History<'a> {
    systems: &'a Systems<'a>,
    lines: &'a [Line<'a>],
    next: Option<LogQuery>,
    /// Where what is asked for ends and the search for evidence begins.
    border: Option<Revision>,
    from: Option<Timestamp>,
}

/// Commits that changed a values file, newest first, with what they brought.
pub(super) struct Stretch {
    pub(super) entries: Vec<LogEntry>,
    /// What each environment with a source names after a commit that changed it, and before.
    pub(super) changes: BTreeMap<(Revision, Target), NamedImage>,
    /// Whether what they changed is asked for.
    pub(super) is_asked: BTreeSet<Revision>,
}

impl<'a> History<'a> {
    pub(super) fn new(systems: &'a Systems<'a>, lines: &'a [Line<'a>], since: Option<&Since>) -> Self {
        let files = lines.iter().flat_map(|line| [&line.environment.values_file, &line.from.values_file]);
        let paths: Vec<FilePath> = files.collect::<BTreeSet<_>>().into_iter().cloned().collect();
        let border = since.and_then(|since| match since {
            Since::Revision(revision) => Some(revision.clone()),
            Since::Time(_) => None,
        });
        let from = since.and_then(|since| match since {
            Since::Revision(_) => None,
            Since::Time(time) => Some(*time),
        });
        let first = LogQuery { from: None, until: border.clone(), paths, limit: STRETCH };
        let next = (!lines.is_empty()).then_some(first);
        Self { systems, lines, next, border, from }
    }

    /// Reads the next stretch; `None` at the root, or where nothing before can matter.
    pub(super) async fn next(&mut self, cases: &Cases<'_>) -> Result<Option<Stretch>, Error> {
        let Some(query) = self.next.take() else { return Ok(None) };
        let is_before_border = self.border.is_some() && query.until.is_none();
        if is_before_border && cases.are_settled() {
            return Ok(None);
        }
        let entries = self.systems.repository.log(query.clone()).await?;
        let is_asked = |entry: &&LogEntry| !is_before_border && self.from.is_none_or(|from| entry.at >= from);
        let asked: BTreeSet<Revision> = entries.iter().filter(is_asked).map(|entry| entry.revision.clone()).collect();
        if asked.is_empty() && self.from.is_some() && cases.are_settled() {
            return Ok(None);
        }
        let again = |from: Revision, until| LogQuery { from: Some(from), until, ..query.clone() };
        self.next = match entries.last().filter(|_| entries.len() == query.limit) {
            Some(last) => last.parent.clone().map(|parent| again(parent, query.until.clone())),
            None => query.until.clone().map(|border| again(border, None)),
        };
        let changes = self.changes(&entries).await?;
        Ok(Some(Stretch { entries, changes, is_asked: asked }))
    }

    /// Returns what the environments with a source name after each commit that changed that.
    async fn changes(&self, entries: &[LogEntry]) -> Result<BTreeMap<(Revision, Target), NamedImage>, Error> {
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
                match named.get(&place) {
                    Some(after) if Some(after) != before && after.tag().is_some() => {
                        changes.insert(place, after.clone());
                    }
                    _ => {}
                }
            }
        }
        Ok(changes)
    }
}

/// Reads what the values files of these environments named in the past. What could not be read then named nothing.
pub(super) async fn read<'a>(
    systems: &Systems<'_>,
    lines: &[Line<'_>],
    environments: impl Iterator<Item = &'a Environment>,
    places: Vec<(Revision, FilePath)>,
) -> Result<BTreeMap<(Revision, Target), NamedImage>, Error> {
    let mut named = BTreeMap::new();
    if places.is_empty() {
        return Ok(named);
    }
    let environments: BTreeMap<&FilePath, &Environment> =
        environments.map(|environment| (&environment.values_file, environment)).collect();
    for ((revision, file), bytes) in past_files(systems, places).await? {
        let Some(environment) = environments.get(&file) else { continue };
        let Ok(document) = values_file::parse(&file, bytes.as_deref()) else { continue };
        for line in lines {
            let target = Target::new(&environment.name, &line.component.name);
            if let Ok(found) = values_file::named_in(&document, line.component) {
                named.insert((revision.clone(), target), found);
            }
        }
    }
    Ok(named)
}
