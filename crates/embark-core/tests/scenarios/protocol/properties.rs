//! Each property, asked of each event that it is about.

mod commits;
mod health;
mod order;
mod production;
mod statuses;
mod verdicts;

pub(super) use self::verdicts::place_of;
