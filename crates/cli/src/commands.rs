//! The commands, each with its arguments.

pub(crate) mod audit;
pub(crate) mod change;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod demo;
pub(crate) mod deploy;
pub(crate) mod hold;
pub(crate) mod init;
pub(crate) mod man;
pub(crate) mod notes;
pub(crate) mod patience;
pub(crate) mod promote;
pub(crate) mod release;
pub(crate) mod release_pr;
pub(crate) mod rollback;
pub(crate) mod status;
pub(crate) mod values;
pub(crate) mod verify;
pub(crate) mod wait;

/// Reads why a person does something: it is recorded, and blanks say nothing.
fn reason(text: &str) -> Result<String, &'static str> {
    if text.trim().is_empty() { Err("it says nothing") } else { Ok(text.to_owned()) }
}
