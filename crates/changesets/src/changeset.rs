//! A changeset: `.changeset/<id>.md`.
//!
//! The form is that of `@changesets/parse`: <https://github.com/changesets/changesets/tree/main/packages/parse>.

use std::fmt;

use crate::front_matter::{pairs, split};
use crate::script::trim;
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
        let pairs = pairs(front).map_err(|line| {
            malformed(before + line, "its front matter is no map from packages to bumps".into(), FORM)
        })?;
        let is_twice = |at: usize| pairs[..at].iter().any(|(earlier, _)| *earlier == pairs[at].0);
        if let Some(at) = (0..pairs.len()).find(|at| is_twice(*at)) {
            let package = &pairs[at].0;
            let line = before + 1 + last_line_of(front, package);
            return Err(malformed(line, format!("`{package}` is there twice"), "name each package once"));
        }
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
    front.split('\n').position(|line| begins(line, name)).unwrap_or_default()
}

/// Returns the last such line.
fn last_line_of(front: &str, name: &str) -> usize {
    let lines: Vec<&str> = front.split('\n').collect();
    lines.iter().rposition(|line| begins(line, name)).unwrap_or_default()
}

fn begins(line: &str, name: &str) -> bool {
    line.trim_start_matches([' ', '"', '\'']).starts_with(name)
}
