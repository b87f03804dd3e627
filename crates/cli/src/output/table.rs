//! Short tables that a person can read without colour.

use embark_core::{Check, Digest, EnvironmentStatus, Finding, Hold, Item, ItemOutcome, Tag, Timestamp};

use crate::error::chain;

/// Puts rows under a heading, each column as wide as its widest cell.
pub(crate) fn table<const N: usize>(heading: [&str; N], rows: &[[String; N]]) -> String {
    let rows: Vec<[String; N]> = rows.iter().map(|row| row.each_ref().map(|cell| one_line(cell))).collect();
    let mut widths = heading.map(|cell| cell.chars().count());
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |cells: [&str; N]| {
        let padded = cells.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        format!("{}\n", padded.collect::<Vec<_>>().join("  ").trim_end())
    };
    let mut text = line(heading);
    for row in &rows {
        text.push_str(&line(row.each_ref().map(String::as_str)));
    }
    text
}

/// Shows what came of deployments; why something was refused or failed stands below the table.
pub(crate) fn items(items: &[Item]) -> String {
    let rows: Vec<_> = items
        .iter()
        .map(|item| {
            [
                item.target.environment.to_string(),
                item.target.component.to_string(),
                tag(item.tag.as_ref()),
                digest(item.digest.as_ref()),
                state(item),
                item.commit.as_ref().map(|commit| commit.short().to_owned()).unwrap_or_default(),
            ]
        })
        .collect();
    let mut text = table(["ENVIRONMENT", "COMPONENT", "TAG", "DIGEST", "STATE", "COMMIT"], &rows);
    for item in items.iter().filter(|item| item.reason.as_ref().is_some_and(|reason| !reason.is_empty())) {
        let reason = one_line(item.reason.as_deref().unwrap_or_default());
        text.push_str(&format!("\n{} in {}: {reason}", item.target.component, item.target.environment));
    }
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

fn state(item: &Item) -> String {
    match &item.outcome {
        ItemOutcome::Planned => "planned".into(),
        ItemOutcome::Refused(_) => "refused".into(),
        ItemOutcome::Unchanged | ItemOutcome::Done | ItemOutcome::Failed(_) => {
            item.state.map_or_else(|| "unchanged".into(), |state| state.to_string())
        }
    }
}

/// Shows whether the invariant holds; why stands below the table.
pub(crate) fn checks(checks: &[Check]) -> String {
    let rows: Vec<_> = checks
        .iter()
        .map(|check| {
            [
                check.environment.to_string(),
                check.component.to_string(),
                tag(check.tag.as_ref()),
                digest(check.digest.as_ref()),
                match check.holds {
                    Some(true) => "holds".into(),
                    Some(false) => "BROKEN".into(),
                    None => "unknown".into(),
                },
            ]
        })
        .collect();
    let mut text = table(["ENVIRONMENT", "COMPONENT", "TAG", "DIGEST", "INVARIANT"], &rows);
    text.push('\n');
    for check in checks {
        text.push_str(&format!("{} in {}: {}\n", check.component, check.environment, one_line(&check.reason)));
    }
    text
}

/// Shows what was found of each system.
pub(crate) fn systems(findings: &[Finding]) -> String {
    let rows: Vec<_> = findings
        .iter()
        .map(|finding| {
            let (state, found) = match &finding.result {
                Ok(found) => ("ok", found.clone()),
                Err(error) => ("WRONG", chain(error)),
            };
            [finding.what.clone(), state.into(), found]
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
                environment.name.to_string(),
                component.name.to_string(),
                tag(component.tag.as_ref()),
                digest(component.digest.as_ref()),
                component.since.map(|since| ago(now, since)).unwrap_or_default(),
                component.by.clone().unwrap_or_default(),
                match component.in_step {
                    Some(true) => "yes".into(),
                    Some(false) => "NO".into(),
                    None => "-".into(),
                },
                match component.pending.len() {
                    0 => String::new(),
                    count => count.to_string(),
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
    text
}

/// Says why something is held, by whom and since when.
pub(crate) fn held(hold: &Hold, now: Timestamp) -> String {
    let by = hold.by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
    let since = hold.since.map(|since| format!(", {}", ago(now, since))).unwrap_or_default();
    one_line(&format!("held{by}{since}: {}", hold.reason))
}

/// Puts a text of somebody else on one line, without what a terminal would act on.
fn one_line(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().filter(|character| !character.is_control()).collect()
}

/// A commit as a tag is shown short; nothing else is.
fn tag(tag: Option<&Tag>) -> String {
    let Some(tag) = tag else { return "-".into() };
    match tag.as_str().parse::<embark_core::Commit>() {
        Ok(commit) => commit.short().to_owned(),
        Err(_) => tag.to_string(),
    }
}

fn digest(digest: Option<&Digest>) -> String {
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
