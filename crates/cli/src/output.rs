//! What a command tells: text for people, JSON for programs, and GitHub Actions.

pub(crate) mod actions;
pub(crate) mod audit;
pub(crate) mod cell;
pub(crate) mod json;
pub(crate) mod release;
pub(crate) mod rendered;
pub(crate) mod table;

use embark_core::{Item, ItemOutcome};

use crate::error::{Known, Queue, exit_of_item, hint_of, hint_of_refusal};
use crate::exit_code::Exit;

/// What came of a whole command.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Outcome {
    #[default]
    Unchanged,
    Done,
    Planned,
    Refused,
    Broken,
    Failed,
}

impl Outcome {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Unchanged => "unchanged",
            Self::Done => "done",
            Self::Planned => "planned",
            Self::Refused => "refused",
            Self::Broken => "broken",
            Self::Failed => "failed",
        }
    }
}

/// What a command tells, before it is written in one way or the other.
#[derive(Default)]
pub(crate) struct Report {
    pub(crate) outcome: Outcome,
    pub(crate) exit: Exit,
    /// The keys that the command adds to the JSON object.
    pub(crate) json: json::Body,
    /// The same for people, with the colours of a terminal in it.
    pub(crate) text: String,
    /// Whether the text is what was asked for, byte for byte, and no table.
    pub(crate) is_data: bool,
    /// What can be done about what was refused or failed.
    pub(crate) hints: Vec<String>,
    /// What is wrong, for the annotations of GitHub Actions.
    pub(crate) problems: Vec<Problem>,
    /// What the steps after this one may want to know, by name.
    pub(crate) outputs: Vec<(&'static str, String)>,
}

/// Something that is wrong.
pub(crate) struct Problem {
    pub(crate) title: String,
    pub(crate) text: String,
    /// Where in a file it is.
    pub(crate) place: Option<Place>,
}

/// A place in a file: its line and column, from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) path: String,
    pub(crate) at: Option<(u64, u64)>,
}

/// Makes the report of release, deploy and promote.
pub(crate) fn of_items(items: &[Item], queue: &Queue) -> Report {
    let outcome = items.iter().map(outcome_of).max().unwrap_or(Outcome::Unchanged);
    let text = if items.is_empty() { "Nothing to do.\n".to_owned() } else { table::items(items) };
    let mut hints: Vec<String> = Vec::new();
    for hint in items.iter().filter_map(|item| hint(item, queue)) {
        if !hints.contains(&hint) {
            hints.push(hint);
        }
    }
    Report {
        outcome,
        exit: Exit::of_all(items.iter().map(exit_of_item)),
        json: json::Body {
            deployments: Some(items.iter().map(|item| json::Deployment::of(item, queue)).collect()),
            ..json::Body::default()
        },
        text,
        hints,
        problems: items.iter().filter_map(|item| problem(item, queue)).collect(),
        ..Report::default()
    }
}

fn problem(item: &Item, queue: &Queue) -> Option<Problem> {
    let what = match &item.outcome {
        ItemOutcome::Refused(_) => "refused",
        ItemOutcome::Failed(_) => "failed",
        ItemOutcome::Done | ItemOutcome::Unchanged | ItemOutcome::Planned => return None,
    };
    let reason = item.reason.clone().unwrap_or_default();
    let text = hint(item, queue).map_or_else(|| reason.clone(), |hint| format!("{reason}\n\nhint: {hint}"));
    Some(Problem { title: format!("{} {what}", item.target), text, place: None })
}

/// Makes the report of a hold that is not lifted.
pub(crate) fn refused(refusal: &embark_core::Refusal, queue: &Queue) -> Report {
    let (message, hint) = (refusal.to_string(), hint_of_refusal(refusal, Known::queue(queue)));
    Report {
        outcome: Outcome::Refused,
        exit: Exit::Refused,
        text: format!("refused: {message}\n"),
        problems: vec![Problem { title: "refused".into(), text: message.clone(), place: None }],
        hints: hint.clone().into_iter().collect(),
        json: json::Body { held: Some(json::HeldScope::refused(message, hint)), ..json::Body::default() },
        ..Report::default()
    }
}

fn outcome_of(item: &Item) -> Outcome {
    match &item.outcome {
        ItemOutcome::Done => Outcome::Done,
        ItemOutcome::Unchanged => Outcome::Unchanged,
        ItemOutcome::Planned => Outcome::Planned,
        ItemOutcome::Refused(_) => Outcome::Refused,
        ItemOutcome::Failed(_) => Outcome::Failed,
    }
}

fn hint(item: &Item, queue: &Queue) -> Option<String> {
    match &item.outcome {
        ItemOutcome::Refused(refusal) => hint_of_refusal(refusal, Known::item(queue, item)),
        ItemOutcome::Failed(error) => Some(hint_of(error, queue)),
        _ => None,
    }
}
