//! Each property, asked of each event that it is about.

mod commits;
mod order;
mod production;
mod statuses;
mod verdicts;
