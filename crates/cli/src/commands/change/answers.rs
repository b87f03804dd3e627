//! From flags and answers to a changeset.

use embark_changesets::{Bump, Changeset, Named, Packages};

use super::{Change, ChangeError};
use crate::ask::Ask;
use crate::error::Error;
use crate::versioning::wrong;

/// What is offered, with what it means, in the order of what people do most.
const BUMPS: [(Bump, &str); 4] = [
    (Bump::Patch, "a mended fault"),
    (Bump::Minor, "a new ability"),
    (Bump::Major, "a change that breaks something"),
    (Bump::None, "nothing that is released"),
];

/// Makes the changeset that is meant.
pub(super) fn changeset(args: &Change, packages: &Packages<'_>, ask: &mut dyn Ask) -> Result<Changeset, Error> {
    if args.empty {
        return Ok(Changeset::new(Vec::new(), args.summary.as_deref().unwrap_or_default()));
    }
    let named = named(args, packages)?;
    let known: Vec<String> = packages.all().iter().map(|package| package.name.clone()).collect();
    let named = if named.is_empty() { chosen(&known, ask) } else { Some(named) };
    let bumps = named.as_ref().map(|named| bumped(args, packages, named, ask)).transpose()?.flatten();
    // Whoever left a question open is not asked the next one.
    let is_open = bumps.is_none();
    let summary = match &args.summary {
        None if !is_open => ask.lines("What has changed? In Markdown, for the changelog; an empty line ends it."),
        given => given.clone(),
    };
    if let (Some(releases), Some(summary)) = (bumps, &summary) {
        let changeset = Changeset::new(releases, summary);
        return if changeset.summary.is_empty() { Err(ChangeError::NoSummary.into()) } else { Ok(changeset) };
    }
    let known = if named.is_none() { known } else { Vec::new() };
    let missing =
        [(named.is_none(), "--package"), (args.bump.is_none() && is_open, "--bump"), (summary.is_none(), "--summary")];
    let flags = missing.into_iter().filter(|(missing, _)| *missing).map(|(_, flag)| flag).collect();
    Err(ChangeError::Unanswered { flags, known }.into())
}

/// Returns the packages that are named, each of which must be one.
fn named(args: &Change, packages: &Packages<'_>) -> Result<Vec<String>, ChangeError> {
    let known: Vec<String> = packages.all().iter().map(|package| package.name.clone()).collect();
    for (at, name) in args.packages.iter().enumerate() {
        if args.packages[..at].contains(name) {
            return Err(ChangeError::Twice(name.clone()));
        }
        if let Some(found) = packages.unversioned().iter().find(|found| found.name == *name) {
            return Err(ChangeError::Unversioned { package: name.clone(), why: found.why });
        }
        if !known.is_empty() && !known.contains(name) {
            return Err(ChangeError::UnknownPackage { package: name.clone(), known });
        }
    }
    if known.is_empty() {
        let unversioned = packages.unversioned().iter().map(|one| (one.name.clone(), one.why)).collect();
        return Err(ChangeError::NoPackage { unversioned });
    }
    Ok(args.packages.clone())
}

/// Asks which packages have changed, if there are several.
fn chosen(known: &[String], ask: &mut dyn Ask) -> Option<Vec<String>> {
    if known.len() == 1 {
        return Some(known.to_vec());
    }
    let chosen = ask.choose_some("Which packages have changed?", known)?;
    Some(chosen.into_iter().filter_map(|at| known.get(at).cloned()).collect())
}

/// Gives each package its bump: that which is given, or what is answered. Each question tells what the answer leads to.
fn bumped(
    args: &Change,
    packages: &Packages<'_>,
    named: &[String],
    ask: &mut dyn Ask,
) -> Result<Option<Vec<Named>>, Error> {
    let mut releases: Vec<Named> = Vec::new();
    for package in named {
        let with = |bump: Bump| Named { package: package.clone(), bump };
        if let Some(growth) = args.bump {
            releases.push(with(growth.bump()));
            continue;
        }
        let version = packages.all().iter().find(|one| one.name == *package).map(|one| one.version.to_string());
        let mut options = Vec::new();
        for (bump, meaning) in BUMPS {
            let all = [&releases[..], &[with(bump)]].concat();
            let next = packages.lead_to(&all).map_err(wrong)?.pop().map(|next| next.to_string());
            let next = next.filter(|next| Some(next) != version.as_ref());
            let next = next.map_or_else(|| "no new version".into(), |next| format!("next is {next}"));
            options.push(format!("{:<5}  {meaning}: {next}", bump.as_str()));
        }
        let question = format!("By how much does {package} grow? It is {} now.", version.unwrap_or_default());
        let Some((bump, _)) = ask.choose(&question, &options).and_then(|at| BUMPS.get(at)) else { return Ok(None) };
        releases.push(with(*bump));
    }
    Ok(Some(releases))
}

#[cfg(test)]
mod tests;
