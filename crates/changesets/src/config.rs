//! What is used of `.changeset/config.json`.

use serde_json::Value;

use crate::Error;

/// What the configuration says of a repository with one package.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Config {
    /// Whether `CHANGELOG.md` is written.
    pub changelog: bool,
    /// Whether a private package has versions; `None` if nothing is said.
    pub private: Option<bool>,
    /// The packages that have none.
    pub ignore: Vec<String>,
}

impl Default for Config {
    fn default() -> Self {
        Self { changelog: true, private: None, ignore: Vec::new() }
    }
}

/// What writes the changelog as it is written here.
const CHANGELOGS: [&str; 2] = ["@changesets/cli/changelog", "@changesets/changelog-git"];

impl Config {
    /// Reads a configuration; `file` is for errors alone. Keys that are not known are passed over.
    ///
    /// # Errors
    /// [`Error`] if it is no JSON object, or asks for what the repository's own program does.
    pub fn parse(file: &str, text: &str) -> Result<Self, Error> {
        let json = read_json(file, text)?;
        let own = |what: &str| Err(Error::OwnProgram { file: file.into(), what: what.into() });
        for key in ["fixed", "linked"] {
            let groups = json.get(key).and_then(Value::as_array).into_iter().flatten();
            if groups.filter_map(Value::as_array).any(|group| group.len() > 1) {
                return own(&format!("a group of `{key}` packages"));
            }
        }
        let changelog = match json.get("changelog") {
            None => true,
            Some(Value::Bool(false)) => false,
            Some(other) => {
                let first = other.as_array().and_then(|pair| pair.first()).unwrap_or(other);
                if !first.as_str().is_some_and(|name| CHANGELOGS.contains(&name)) {
                    return own(&format!("the changelog {other}"));
                }
                true
            }
        };
        let private = json.get("privatePackages");
        let private = private.and_then(|private| private.get("version").unwrap_or(private).as_bool());
        let ignore = json.get("ignore").and_then(Value::as_array).into_iter().flatten();
        let ignore: Vec<String> = ignore.filter_map(Value::as_str).map(Into::into).collect();
        if ignore.iter().any(|name| name.contains(['*', '!', '{', '?', '['])) {
            return own("a pattern in `ignore`");
        }
        Ok(Self { changelog, private, ignore })
    }
}

/// Reads a JSON object.
pub(crate) fn read_json(file: &str, text: &str) -> Result<Value, Error> {
    let malformed = |line: usize, what: String| {
        let mend = "mend it by hand";
        Error::Malformed { file: file.into(), line, what, mend }
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let json: Value = serde_json::from_str(text).map_err(|error| malformed(error.line(), no_json(&error)))?;
    if json.is_object() { Ok(json) } else { Err(malformed(1, "it is no JSON object".into())) }
}

/// Says what is wrong with a text that is no JSON, without its place.
pub(crate) fn no_json(error: &serde_json::Error) -> String {
    let told = error.to_string();
    let what = told.rsplit_once(" at line ").map_or(told.as_str(), |(what, _)| what);
    format!("it is no JSON: {what}")
}
