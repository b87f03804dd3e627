//! The prerelease mode: `.changeset/pre.json`.

use serde_json::{Map, Value};

use crate::Error;
use crate::config::read_json;

/// Whether prereleases are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// They are.
    Pre,
    /// The next version is the release.
    Exit,
}

/// The state of the prerelease mode, as version 3 of `@changesets/cli` keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pre {
    /// Whether prereleases are made.
    pub mode: Mode,
    /// The word in their versions.
    pub tag: String,
    /// The changesets that version 2 listed as used. Version 3 moves them to `.changeset/pre/`.
    pub used: Vec<String>,
    /// The file as version 3 has it, where version 2 wrote it.
    pub migrated: Option<String>,
}

impl Pre {
    /// Reads the state; `file` is for errors alone.
    ///
    /// # Errors
    /// [`Error::Malformed`] if mode or tag are not there.
    pub fn parse(file: &str, text: &str) -> Result<Self, Error> {
        const FORM: &str = "write {\"mode\": \"pre\", \"tag\": \"beta\"}";
        let json = read_json(file, text)?;
        let malformed = |what: &str| Error::Malformed { file: file.into(), line: 1, what: what.into(), mend: FORM };
        let mode = match json.get("mode").and_then(Value::as_str) {
            Some("pre") => Mode::Pre,
            Some("exit") => Mode::Exit,
            _ => return Err(malformed("its mode is neither pre nor exit")),
        };
        let tag = json.get("tag").and_then(Value::as_str).filter(|tag| !tag.is_empty());
        let tag = tag.ok_or_else(|| malformed("it has no tag"))?.to_owned();
        let used = json.get("changesets").and_then(Value::as_array).into_iter().flatten();
        let used = used.filter_map(Value::as_str).map(Into::into).collect();
        let kept = json.as_object().into_iter().flatten();
        let is_old = |key: &str, value: &Value| ["initialVersions", "changesets"].contains(&key) && !value.is_null();
        let kept = kept.filter(|(key, value)| !is_old(key, value));
        let kept: Map<String, Value> = kept.map(|(key, value)| (key.clone(), value.clone())).collect();
        let is_old = Some(kept.len()) != json.as_object().map(Map::len);
        let migrated = is_old.then(|| format!("{:#}\n", Value::Object(kept)));
        Ok(Self { mode, tag, used, migrated })
    }
}
