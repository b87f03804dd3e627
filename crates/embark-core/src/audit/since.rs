//! Where an audit ends: what a person names it by, and which commit or time that is.

use std::str::FromStr;

use crate::commit::{AbbreviatedRevision, Revision};
use crate::error::Error;
use crate::ports::LogQuery;
use crate::systems::Systems;
use crate::text::TextError;
use crate::timestamp::Timestamp;

/// How many commits are looked through in one go for one that begins so.
const STRETCH: usize = 2048;

/// Where an audit ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Since {
    /// A commit of the deployment branch, which itself is left out.
    Revision(Revision),
    /// The one commit of the deployment branch whose id begins so, which itself is left out. The whole branch is looked
    /// through, so that none that begins so by chance or by design is taken for it.
    Abbreviated(AbbreviatedRevision),
    /// The commit so many first parents before the tip of the deployment branch, which itself is left out: `HEAD~5`.
    Behind(usize),
    /// A point in time, by the committers' clocks.
    Time(Timestamp),
}

impl FromStr for Since {
    type Err = TextError;

    /// Reads a commit, whole or abbreviated, or `HEAD~5`, as [git](https://git-scm.com/docs/gitrevisions) does; a day
    /// (from its beginning in UTC on) or a point in time.
    fn from_str(text: &str) -> Result<Self, TextError> {
        let digits = text.to_ascii_lowercase();
        if let Ok(revision) = digits.parse() {
            return Ok(Self::Revision(revision));
        }
        if let Some(behind) = behind(text) {
            return Ok(Self::Behind(behind));
        }
        if let Ok(digits) = digits.parse() {
            return Ok(Self::Abbreviated(digits));
        }
        let day = format!("{text}T00:00:00Z").parse();
        day.or_else(|_: TextError| text.parse()).map(Self::Time).map_err(|_: TextError| {
            let rule = "four digits of a commit or more are needed, HEAD~5 for the fifth before the tip, or a date as \
                        in 2026-05-03";
            TextError::new(text, "a commit or a date", rule)
        })
    }
}

/// Reads how far a commit is behind the tip.
fn behind(text: &str) -> Option<usize> {
    match text.strip_prefix("HEAD")? {
        "" => Some(0),
        "~" | "^" => Some(1),
        steps => steps.strip_prefix('~').filter(|steps| steps.bytes().all(|byte| byte.is_ascii_digit()))?.parse().ok(),
    }
}

/// Where an audit ends, once the branch was asked.
pub(super) enum End {
    At(Revision),
    Time(Timestamp),
}

impl Since {
    /// Finds the commit on the branch that is named.
    pub(super) async fn find(&self, systems: &Systems<'_>) -> Result<End, Error> {
        let found = match self {
            Self::Time(time) => return Ok(End::Time(*time)),
            Self::Revision(revision) => {
                let found = systems.repository.commits(vec![revision.clone()]).await?;
                found.contains_key(revision).then(|| revision.clone()).ok_or_else(|| revision.to_string())
            }
            Self::Abbreviated(digits) => beginning_with(systems, digits).await?.ok_or_else(|| digits.to_string()),
            Self::Behind(steps) => {
                let query = LogQuery { from: None, until: None, paths: Vec::new(), limit: steps.saturating_add(1) };
                let entry = systems.repository.log(query).await?.into_iter().nth(*steps);
                entry.map(|entry| entry.revision).ok_or_else(|| format!("HEAD~{steps}"))
            }
        };
        found.map(End::At).map_err(Error::NotOnBranch)
    }
}

/// Looks through the whole branch for the commit whose id begins so.
async fn beginning_with(systems: &Systems<'_>, digits: &AbbreviatedRevision) -> Result<Option<Revision>, Error> {
    let (mut found, mut from) = (None, None);
    loop {
        let query = LogQuery { from, until: None, paths: Vec::new(), limit: STRETCH };
        let entries = systems.repository.log(query).await?;
        let last = entries.last().filter(|_| entries.len() == STRETCH);
        from = last.and_then(|last| last.parent.clone());
        let mut beginning = entries.into_iter().map(|entry| entry.revision);
        while let Some(next) = beginning.find(|revision| revision.as_str().starts_with(digits.as_str())) {
            if let Some(other) = found.replace(next.clone()) {
                return Err(Error::Ambiguous { digits: digits.to_string(), commits: [other, next] });
            }
        }
        if from.is_none() {
            return Ok(found);
        }
    }
}
