//! What comes of edits once they are rendered, for people.

use embark_core::{ImageChange, Item, Reach, Reached, Target, Unreached};

use super::cell::{Cell, Tone};
use super::table::{one_line, table};
use crate::error::chain;

/// So much of what else changes is named.
const MOST: usize = 3;

/// Shows what the edits of deployments change, below their table.
pub(crate) fn of_items(items: &[Item]) -> String {
    let told = items.iter().filter_map(|item| Some((&item.target, item.rendered.as_ref()?)));
    told.flat_map(|(target, reached)| lines(target, reached)).collect()
}

fn lines(target: &Target, reached: &Reached) -> Vec<String> {
    let image = |ImageChange { place, before, after }: &ImageChange| {
        let from = before.as_ref().map(|before| format!(" from {before}")).unwrap_or_default();
        format!("\n{target} changes {}", one_line(&format!("{place}{from} to {after}")))
    };
    reached.images.iter().map(image).chain(also(target, reached)).chain(notes(target, reached)).collect()
}

fn also(target: &Target, reached: &Reached) -> Option<String> {
    let first: Vec<&str> = reached.also.iter().take(MOST).map(String::as_str).collect();
    let more = match reached.also.len().saturating_sub(MOST) {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    (!first.is_empty()).then(|| format!("\n{target} also changes {}{more}", one_line(&first.join(", "))))
}

fn notes(target: &Target, reached: &Reached) -> impl Iterator<Item = String> {
    reached.notes.iter().map(move |note| format!("\n{target}: {}", one_line(note)))
}

/// Shows where the edits of each component arrive; why one does not stands below the table.
pub(crate) fn reaches(all: &[Reach]) -> String {
    let mut rows = Vec::new();
    let mut below = String::new();
    for Reach { target, result } in all {
        let row = |state, reaches: String| {
            [target.environment.as_str().into(), target.component.as_str().into(), state, reaches.into()]
        };
        match result {
            Ok(reached) => {
                let images = reached.images.iter().map(|change| change.place.to_string());
                rows.extend(images.map(|place| row(Cell::new("ok", Tone::Good), place)));
                below.extend(also(target, reached).into_iter().chain(notes(target, reached)));
            }
            Err(Unreached::Refused(refusal)) => {
                rows.push(row(Cell::new("refused", Tone::Bad), "-".into()));
                below.push_str(&format!("\n{target}: {}", one_line(&refusal.to_string())));
            }
            Err(Unreached::Failed(error)) => {
                rows.push(row(Cell::new("WRONG", Tone::Bad), "-".into()));
                below.push_str(&format!("\n{target}: {}", one_line(&chain(error))));
            }
        }
    }
    let mut text = table(["ENVIRONMENT", "COMPONENT", "STATE", "REACHES"], &rows) + &below;
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}
