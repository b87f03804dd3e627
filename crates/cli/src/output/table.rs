//! Short tables that a person can read without colour.

use std::collections::BTreeMap;

use embark_core::{
    Check, Delivered, Digest, EnvironmentName, EnvironmentStatus, Finding, Health, Hold, Item, ItemOutcome, Revision,
    State, SyncState, Tag, Timestamp, Verdict, WaitState, Waited,
};

use super::cell::{Cell, Tone};
use super::rendered;
use crate::error::chain;
use crate::foreign::is_unseen;

/// Puts rows under a heading, each column as wide as its widest cell.
pub(crate) fn table<const N: usize>(heading: [&str; N], rows: &[[Cell; N]]) -> String {
    let heading = heading.map(Cell::from);
    let all = || std::iter::once(&heading).chain(rows);
    let widths: [usize; N] = std::array::from_fn(|at| all().map(|row| row[at].width()).max().unwrap_or_default());
    let line = |row: &[Cell; N]| {
        let padded = row.iter().zip(widths).map(|(cell, width)| cell.padded(width));
        format!("{}\n", padded.collect::<Vec<_>>().join("  ").trim_end())
    };
    all().map(line).collect()
}

/// Shows what came of deployments; why something was refused or failed stands below the table.
pub(crate) fn items(items: &[Item]) -> String {
    let rows: Vec<_> = items
        .iter()
        .map(|item| {
            [
                item.target.environment.as_str().into(),
                item.target.component.as_str().into(),
                tag(item.tag.as_ref()).into(),
                digest(item.digest.as_ref()).into(),
                state(item),
                item.commit.as_ref().map_or("", |commit| commit.short()).into(),
            ]
        })
        .collect();
    let mut text = table(["ENVIRONMENT", "COMPONENT", "TAG", "DIGEST", "STATE", "COMMIT"], &rows);
    for item in items.iter().filter(|item| item.reason.as_ref().is_some_and(|reason| !reason.is_empty())) {
        let reason = one_line(item.reason.as_deref().unwrap_or_default());
        text.push_str(&format!("\n{} in {}: {reason}", item.target.component, item.target.environment));
    }
    text.push_str(&rendered::of_items(items));
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

fn state(item: &Item) -> Cell {
    match (&item.outcome, item.state) {
        (ItemOutcome::Planned, _) => Cell::new("planned", Tone::Waiting),
        (ItemOutcome::Refused(_), _) => Cell::new("refused", Tone::Bad),
        (_, None) => "unchanged".into(),
        (_, Some(state)) => Cell::new(state.as_str(), tone(state)),
    }
}

fn tone(state: State) -> Tone {
    match state {
        State::Success => Tone::Good,
        State::Queued | State::Pending | State::InProgress => Tone::Waiting,
        State::Failure | State::Error => Tone::Bad,
        State::Inactive => Tone::Plain,
    }
}

/// Shows whether the invariant holds; why, and what is held, stands below the table.
pub(crate) fn checks(checks: &[Check], now: Timestamp) -> String {
    let rows: Vec<_> = checks
        .iter()
        .map(|check| {
            [
                check.environment.as_str().into(),
                check.component.as_str().into(),
                tag(check.tag.as_ref()).into(),
                digest(check.digest.as_ref()).into(),
                verdict(check.verdict),
            ]
        })
        .collect();
    let mut text = table(["ENVIRONMENT", "COMPONENT", "TAG", "DIGEST", "INVARIANT"], &rows);
    text.push('\n');
    for check in checks {
        text.push_str(&format!("{} in {}: {}\n", check.component, check.environment, one_line(&check.reason)));
    }
    for check in checks {
        if let Some(hold) = &check.hold {
            text.push_str(&format!("{} in {} is {}\n", check.component, check.environment, held(hold, now)));
        }
    }
    let seen = checks.iter().filter_map(|check| Some((check, check.delivery.as_ref()?)));
    let row = |(check, seen): (&Check, &Result<Delivered, String>)| {
        let recorded = check.evidence.as_ref().and_then(|evidence| evidence.commit.as_ref());
        let [recorded, synchronised, sync, health] = delivery(recorded, seen.as_ref().ok());
        [check.environment.as_str().into(), check.component.as_str().into(), recorded, synchronised, sync, health]
    };
    let rows: Vec<_> = seen.clone().map(row).collect();
    if !rows.is_empty() {
        let heading = ["ENVIRONMENT", "COMPONENT", "RECORDED", "SYNCHRONISED", "SYNC", "HEALTH"];
        text.push_str(&format!("\n{}", table(heading, &rows)));
    }
    text + &unseen(seen.map(|(check, seen)| (&check.environment, seen)))
}

pub(super) fn verdict(verdict: Verdict) -> Cell {
    match verdict {
        Verdict::Holds => Cell::new("holds", Tone::Good),
        Verdict::Broken => Cell::new("BROKEN", Tone::Bad),
        Verdict::Unknown => Cell::new("unknown", Tone::Waiting),
    }
}

/// Shows what was waited for; why it ended so stands below the table.
pub(crate) fn waited(waited: &[Waited]) -> String {
    let rows: Vec<_> = waited
        .iter()
        .map(|one| {
            [
                one.target.environment.as_str().into(),
                one.target.component.as_str().into(),
                tag(Some(&one.image.tag)).into(),
                digest(Some(&one.image.digest)).into(),
                one.commit.short().into(),
                match one.state {
                    WaitState::Healthy => Cell::new("healthy", Tone::Good),
                    WaitState::Superseded => "superseded".into(),
                    WaitState::Degraded => Cell::new("DEGRADED", Tone::Bad),
                    WaitState::TimeUp => Cell::new("NOT YET", Tone::Bad),
                },
            ]
        })
        .collect();
    let mut text = table(["ENVIRONMENT", "COMPONENT", "TAG", "DIGEST", "COMMIT", "STATE"], &rows);
    text.push('\n');
    for one in waited {
        let took = match one.state {
            WaitState::TimeUp => format!("after {} s, ", one.took.as_secs()),
            _ => String::new(),
        };
        text.push_str(&format!("{}: {took}{}\n", one.target, one_line(&one.reason)));
    }
    text
}

/// Shows what was found of each system.
pub(crate) fn systems(findings: &[Finding]) -> String {
    let rows: Vec<_> = findings
        .iter()
        .map(|finding| {
            let (state, found) = match &finding.result {
                Ok(found) => (Cell::new("ok", Tone::Good), found.as_str().into()),
                Err(error) => (Cell::new("WRONG", Tone::Bad), chain(error).into()),
            };
            [finding.what.as_str().into(), state, found]
        })
        .collect();
    table(["SYSTEM", "STATE", "FOUND"], &rows)
}

/// Shows what each environment has.
pub(crate) fn environments(environments: &[EnvironmentStatus], now: Timestamp) -> String {
    let rows: Vec<_> = environments
        .iter()
        .flat_map(|environment| environment.components.iter().map(move |component| (environment, component)))
        .map(|(environment, component)| {
            [
                environment.name.as_str().into(),
                component.name.as_str().into(),
                tag(component.tag.as_ref()).into(),
                digest(component.digest.as_ref()).into(),
                component.since.map(|since| ago(now, since)).unwrap_or_default().into(),
                component.by.as_deref().unwrap_or_default().into(),
                match component.in_step {
                    Some(true) => Cell::new("yes", Tone::Good),
                    Some(false) => Cell::new("NO", Tone::Bad),
                    None => "-".into(),
                },
                match component.pending.len() {
                    0 => "".into(),
                    count => Cell::new(&count.to_string(), Tone::Waiting),
                },
            ]
        })
        .collect();
    let mut text = table(["ENVIRONMENT", "COMPONENT", "TAG", "DIGEST", "SINCE", "BY", "IN STEP", "PENDING"], &rows);
    let all = environments.iter().flat_map(|environment| {
        environment.components.iter().map(|component| (&environment.name, &component.name, component.hold.as_ref()))
    });
    for (environment, component, hold) in all {
        if let Some(hold) = hold {
            text.push_str(&format!("\n{component} in {environment} is {}", held(hold, now)));
        }
    }
    if !text.ends_with('\n') {
        text.push('\n');
    }
    let seen = environments.iter().filter_map(|environment| Some((environment, environment.delivery.as_ref()?)));
    let row = |(environment, seen): (&EnvironmentStatus, &Result<Delivered, String>)| {
        let newest = environment.components.iter().max_by_key(|component| component.since);
        let recorded = newest.and_then(|component| component.commit.as_ref());
        let [recorded, synchronised, sync, health] = delivery(recorded, seen.as_ref().ok());
        [environment.name.as_str().into(), recorded, synchronised, sync, health]
    };
    let rows: Vec<_> = seen.clone().map(row).collect();
    if !rows.is_empty() {
        text.push_str(&format!("\n{}", table(["ENVIRONMENT", "RECORDED", "SYNCHRONISED", "SYNC", "HEALTH"], &rows)));
    }
    text + &unseen(seen.map(|(environment, seen)| (&environment.name, seen)))
}

/// Says why environments cannot be seen, of each once.
fn unseen<'a>(seen: impl Iterator<Item = (&'a EnvironmentName, &'a Result<Delivered, String>)>) -> String {
    let problems: BTreeMap<_, _> = seen.filter_map(|(name, seen)| Some((name, seen.as_ref().err()?))).collect();
    let line =
        |(name, problem): (&EnvironmentName, &String)| format!("\n{name} cannot be seen: {}\n", one_line(problem));
    problems.into_iter().map(line).collect()
}

/// Shows what Argo CD has brought, beside the commit that is recorded.
fn delivery(recorded: Option<&Revision>, delivered: Option<&Delivered>) -> [Cell; 4] {
    let in_effect = delivered.and_then(|delivered| delivered.in_effect().first());
    [
        recorded.map_or("-", |commit| commit.short()).into(),
        in_effect.map_or("-", |commit| commit.short()).into(),
        match delivered.map(|delivered| delivered.sync) {
            Some(SyncState::Synced) => Cell::new("Synced", Tone::Good),
            Some(sync) => Cell::new(sync.as_str(), Tone::Waiting),
            None => "-".into(),
        },
        match delivered.map(|delivered| delivered.health) {
            Some(Health::Healthy) => Cell::new("Healthy", Tone::Good),
            Some(Health::Degraded) => Cell::new("Degraded", Tone::Bad),
            Some(health) => Cell::new(health.as_str(), Tone::Waiting),
            None => "-".into(),
        },
    ]
}

/// Says why something is held, by whom and since when.
pub(crate) fn held(hold: &Hold, now: Timestamp) -> String {
    let by = hold.by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
    let since = hold.since.map(|since| format!(", {}", ago(now, since))).unwrap_or_default();
    one_line(&format!("held{by}{since}: {}", hold.reason))
}

/// Puts a text of somebody else on one line, without what a terminal would act on.
pub(crate) fn one_line(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().filter(|character| !is_unseen(*character)).collect()
}

/// A commit as a tag is shown short; nothing else is.
pub(super) fn tag(tag: Option<&Tag>) -> String {
    let Some(tag) = tag else { return "-".into() };
    match tag.as_str().parse::<embark_core::Commit>() {
        Ok(commit) => commit.short().to_owned(),
        Err(_) => tag.to_string(),
    }
}

pub(super) fn digest(digest: Option<&Digest>) -> String {
    digest.map_or_else(|| "-".into(), |digest| digest.short().to_owned())
}

fn ago(now: Timestamp, then: Timestamp) -> String {
    let seconds = now.since(then).as_secs();
    match seconds {
        0..60 => format!("{seconds} s ago"),
        60..3_600 => format!("{} min ago", seconds / 60),
        3_600..172_800 => format!("{} h ago", seconds / 3_600),
        _ => format!("{} days ago", seconds / 86_400),
    }
}
