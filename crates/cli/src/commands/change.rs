//! `change`: writes a changeset. What is not given is asked for.

use std::io::{IsTerminal as _, Read as _};
use std::path::{Path, PathBuf};

use embark_changesets::{Bump, Changeset, Packages, Tree};
use embark_gitops::Checkout;

use crate::ask::{Ask, Nobody, Somebody};
use crate::config::Config;
use crate::error::Error;
use crate::output::{Outcome, Report, json, release};
use crate::quote::shell;
use crate::run::Run;
use crate::versioning::{located, on_disk, wrong};

mod answers;
mod error;
mod place;

pub(crate) use error::ChangeError;
use place::Place;

/// Write a changeset: what has changed, in words, and by how much the version grows. What is not given is asked for.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Change {
    /// By how much the version grows
    #[arg(long, value_enum)]
    bump: Option<Growth>,
    /// A package that has changed; given again for each [default: the only one that there is]
    #[arg(long = "package", value_name = "NAME")]
    packages: Vec<String>,
    /// What has changed, for the changelog, in Markdown; - reads it from the standard input
    #[arg(long, value_name = "TEXT")]
    summary: Option<String>,
    /// Write a changeset that releases nothing: it says that somebody thought of it
    #[arg(long, conflicts_with_all = ["bump", "packages"])]
    empty: bool,
}

/// By how much a version grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Growth {
    /// A change that breaks something
    Major,
    /// A new ability
    Minor,
    /// A mended fault
    Patch,
    /// Nothing that is released
    None,
}

impl Growth {
    fn bump(self) -> Bump {
        match self {
            Self::Major => Bump::Major,
            Self::Minor => Bump::Minor,
            Self::Patch => Bump::Patch,
            Self::None => Bump::None,
        }
    }
}

/// What reads the summary from the standard input.
const STDIN: &str = "-";

pub(crate) async fn run(args: Change, run: &Run) -> Result<Report, Error> {
    let config = Config::read_alone(run).await?;
    let here = std::env::current_dir().unwrap_or_default();
    let checkout = Checkout::discover(&here);
    let (checkout, version_file) = located(checkout.as_ref(), &config)?;
    let tree = on_disk::tree(checkout.folder(), &config.application, &version_file)?;
    let packages = Packages::of(&tree).map_err(wrong)?;
    let is_read = args.summary.as_deref() == Some(STDIN);
    let args = if is_read { Change { summary: Some(read_summary()?), ..args } } else { args };
    // Who is asked answers where the summary was read.
    let is_asked = !is_read && std::io::stdin().is_terminal();
    let mut somebody = Somebody { answers: std::io::stdin().lock(), questions: std::io::stderr() };
    let ask: &mut dyn Ask = if is_asked { &mut somebody } else { &mut Nobody };
    let changeset = answers::changeset(&args, &packages, ask)?;
    let place = Place::new(checkout.folder(), &packages);
    write(&changeset, &packages, &tree, &place, &here, run)
}

/// Returns the path of a file of the checkout as it is called in the working folder.
fn seen_from(here: &Path, top: &Path, file: &Path) -> PathBuf {
    match (here.strip_prefix(top), file.strip_prefix(top)) {
        (Ok(below), Ok(inner)) => below.iter().map(|_| Path::new("..")).chain([inner]).collect(),
        _ => file.to_owned(),
    }
}

fn read_summary() -> Result<String, Error> {
    let mut bytes = Vec::new();
    let from = || "the standard input".to_owned();
    std::io::stdin().lock().read_to_end(&mut bytes).map_err(|source| Error::Read { path: from(), source })?;
    String::from_utf8(bytes).map_err(|_| Error::Parse { path: from(), source: "it is not text in UTF-8".into() })
}

/// Writes the changeset, or shows its text, and tells what it leads to.
fn write(
    changeset: &Changeset,
    packages: &Packages<'_>,
    tree: &Tree,
    place: &Place<'_>,
    here: &Path,
    run: &Run,
) -> Result<Report, Error> {
    let versions = packages.lead_to(&changeset.releases).map_err(wrong)?;
    let text = changeset.to_string();
    let is_new = !place.is_there();
    let file = if run.global.dry_run { place.free()? } else { place.write(&text)? };
    let file = seen_from(here, place.top(), &file).display().to_string();
    let from = |name: &str| packages.all().iter().find(|package| package.name == name).map(|package| &package.version);
    let changed: Vec<json::Changed> = changeset
        .releases
        .iter()
        .zip(&versions)
        .filter_map(|(named, to)| Some(json::Changed::of(named, from(&named.package)?, to)))
        .collect();
    let shown = release::changed(&changed);
    let change = json::Change::of(&file, changed, changeset);
    let json = json::Body { change: Some(change), ..json::Body::default() };
    if run.global.dry_run {
        run.ui.note(&format!("{shown}{file} would be written:\n"));
        return Ok(Report { outcome: Outcome::Planned, text, is_data: true, json, ..Report::default() });
    }
    let mut hints = Vec::new();
    if is_new && packages.has_own_program() && !tree.files.contains_key(".changeset/config.json") {
        hints.push(
            "the folder .changeset is new: @changesets/cli asks for its configuration with: npx changeset init".into(),
        );
    } else if is_new {
        hints.push("the folder .changeset is new: nothing else is needed in it".into());
    }
    hints.push(format!("commit it with the change: git add {}", shell(&file)));
    let text = format!("{shown}{file} is written.\n");
    Ok(Report { outcome: Outcome::Done, text, json, hints, ..Report::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_called_as_the_working_folder_sees_it() {
        let seen = |here: &str| {
            let (here, file) = (Path::new(here), Path::new("/shop/.changeset/a.md"));
            seen_from(here, Path::new("/shop"), file).display().to_string()
        };
        assert_eq!(seen("/shop"), ".changeset/a.md");
        assert_eq!(seen("/shop/packages/app"), "../../.changeset/a.md");
        assert_eq!(seen("/elsewhere"), "/shop/.changeset/a.md");
    }
}
