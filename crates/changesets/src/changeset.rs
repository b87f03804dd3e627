//! A changeset: `.changeset/<id>.md`.
//!
//! The form is that of `@changesets/parse`: <https://github.com/changesets/changesets/tree/main/packages/parse>.

use std::fmt;

use serde::Deserialize;
use serde::de::{MapAccess, Visitor};

use crate::script::{is_space, trim};
use crate::{Bump, BumpError, Error};

/// A change, told in words, and what it does to versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changeset {
    /// The packages that it changes.
    pub releases: Vec<Named>,
    /// What has changed, in Markdown.
    pub summary: String,
}

/// A package that a changeset names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The name of the package.
    pub package: String,
    /// By how much its version grows.
    pub bump: Bump,
}

const FORM: &str = "begin it with a line ---, a line \"NAME\": minor, and a line ---";

impl Changeset {
    /// Makes one of what somebody wrote: white space around the summary is cut off, and its lines end as they do on Unix.
    /// So it is read as it was made.
    pub fn new(releases: Vec<Named>, summary: &str) -> Self {
        Self { releases, summary: trim(&summary.replace("\r\n", "\n")).into() }
    }

    /// Tells whether a file is a changeset, by its path.
    pub fn is_one(path: &str) -> bool {
        let Some(name) = path.strip_prefix(".changeset/") else { return false };
        let name = name.strip_prefix("pre/").unwrap_or(name);
        let others = ["AGENTS.md", "CLAUDE.md", "GEMINI.md"];
        let ignored = name.eq_ignore_ascii_case("readme.md") || others.contains(&name) || name.starts_with('.');
        name.strip_suffix(".md").is_some() && !name.contains('/') && !ignored
    }

    /// Reads a changeset; `file` is for errors alone.
    ///
    /// # Errors
    /// [`Error::Malformed`] if the front matter is broken or a bump is none.
    pub fn parse(file: &str, text: &str) -> Result<Self, Error> {
        let malformed = |line, what: String, mend| Error::Malformed { file: file.into(), line, what, mend };
        let Some((start, front, summary)) = split(text) else {
            return Err(malformed(1, "it has no front matter between two lines ---".into(), FORM));
        };
        let before = text[..start].matches('\n').count();
        let pairs: Option<Pairs> = serde_saphyr::from_str(front).map_err(|error| {
            let line = error.location().and_then(|at| usize::try_from(at.line()).ok()).unwrap_or(1);
            malformed(before + line.max(1), "its front matter is no map from packages to bumps".into(), FORM)
        })?;
        let pairs = pairs.map_or_else(Vec::new, |pairs| pairs.0);
        let releases = pairs.into_iter().map(|(package, bump)| {
            let line = before + 1 + line_of(front, &package);
            if trim(&package).is_empty() {
                return Err(malformed(line, "a package has no name".into(), FORM));
            }
            let bump = bump.parse();
            let bump = bump.map_err(|error: BumpError| malformed(line, error.to_string(), "write one of them"))?;
            Ok(Named { package, bump })
        });
        Ok(Self { releases: releases.collect::<Result<_, _>>()?, summary: trim(summary).into() })
    }
}

/// Writes it as [`changeset add`](https://github.com/changesets/changesets/tree/main/packages/write) does. Names in which
/// something means anything to YAML, as those of packages cannot have, are escaped.
impl fmt::Display for Changeset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = |named: &Named| format!("{}: {}", embark_values::double_quoted(&named.package), named.bump);
        let lines: Vec<String> = self.releases.iter().map(named).collect();
        write!(f, "---\n{}\n---\n\n{}\n", lines.join("\n"), self.summary)
    }
}

/// Returns the line of the front matter, from 0, that begins with a name.
fn line_of(front: &str, name: &str) -> usize {
    let begins = |line: &str| line.trim_start_matches([' ', '"', '\'']).starts_with(name);
    front.split('\n').position(begins).unwrap_or_default()
}

/// Finds the front matter, where it begins, and what follows it. The expression of `@changesets/parse` is
/// `\s*---([^]*?)\r?\n\s*---(\s*(?:\n|$)[^]*)`.
fn split(text: &str) -> Option<(usize, &str, &str)> {
    let openings = text.match_indices('-').map(|(at, _)| at).filter(|&at| text[at..].starts_with("---"));
    openings.map(|at| at + 3).find_map(|start| {
        text[start..].match_indices('\n').find_map(|(at, _)| {
            let at = start + at;
            let summary = text[at + 1..].trim_start_matches(is_space).strip_prefix("---")?;
            let rest = summary.trim_start_matches(is_space);
            let blank = &summary[..summary.len() - rest.len()];
            let front = &text[start..at];
            let front = front.strip_suffix('\r').unwrap_or(front);
            (rest.is_empty() || blank.contains('\n')).then_some((start, front, summary))
        })
    })
}

/// The front matter, in its order.
struct Pairs(Vec<(String, String)>);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Map;
        impl<'de> Visitor<'de> for Map {
            type Value = Pairs;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map from packages to bumps")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(Map)
    }
}
