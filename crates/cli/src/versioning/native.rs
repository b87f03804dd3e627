//! The next version as embark works it out itself.

use std::collections::BTreeMap;

use embark_changesets::{Plan, Tree, plan, section};
use embark_core::{Edit, PackageChange, Versioned};

use super::Source;
use crate::error::Error;
use crate::ui::Ui;

/// Returns what is released next; `None` where no changeset waits.
pub(super) fn versioned(
    source: &Source<'_>,
    files: BTreeMap<String, Vec<u8>>,
    ui: &Ui,
) -> Result<Option<Versioned>, Error> {
    let (added, unknown) = source.added(&files)?;
    let mut tree = Tree::new(&source.config.application, &source.version_file);
    for (path, bytes) in files {
        let text = String::from_utf8(bytes)
            .map_err(|_| Error::Parse { path: path.clone(), source: "it is not text in UTF-8".into() })?;
        tree.add(path, text);
    }
    for (path, commit) in added {
        tree.added_by(path, commit.to_string());
    }
    if !unknown.is_empty() {
        ui.note("The history of this checkout is cut off: the changelog does not name the commits of all changesets.");
    }
    let plan = plan(&tree).map_err(super::wrong)?;
    if plan.is_empty() { Ok(None) } else { of_plan(plan, &source.version_file).map(Some) }
}

fn of_plan(plan: Plan, version_file: &str) -> Result<Versioned, Error> {
    let parse = |source: Box<dyn std::error::Error + Send + Sync>| Error::Parse { path: version_file.into(), source };
    let version = plan.version.to_string().parse().map_err(|error: embark_core::TextError| parse(error.into()))?;
    let edit = |(path, text): (String, Option<String>)| {
        let contents = text.map(String::into_bytes);
        let path = path.parse().map_err(|error: embark_core::TextError| parse(error.into()))?;
        Ok(Edit { path, contents })
    };
    let notes = plan.releases.iter().filter_map(|release| section(&release.entry, &release.to.to_string()));
    Ok(Versioned {
        version,
        notes: notes.collect::<Vec<_>>().join("\n\n"),
        edits: plan.edits.into_iter().map(edit).collect::<Result<_, Error>>()?,
        packages: plan
            .releases
            .into_iter()
            .map(|release| PackageChange {
                name: release.package,
                from: release.from.to_string(),
                to: release.to.to_string(),
            })
            .collect(),
        further: Vec::new(),
    })
}
