//! The plans of `embark_changesets` beside what the real `changeset version` does to the same repository: every file,
//! and every byte of it.
//!
//! Where the real one refuses, embark must refuse for the same reason. What differs on purpose is in `meant.rs`.

mod comparison;
mod dice;
mod front_matter;
mod generated;
mod histories;
mod meant;
mod moved;
mod program;
mod reason;
mod repository;
mod series;
mod tally;
mod texts;
mod texts_of_others;
