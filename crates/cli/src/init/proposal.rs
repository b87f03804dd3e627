//! The proposal: what the files say, what flags and answers say, and what is left out.

mod choose;
mod select;

use embark_core::{ComponentName, EnvironmentName, FilePath, Repository, TagKind};
use embark_values::Path;

use super::environments::{Planned, plan};
use super::gather::{Candidate, gather};
use super::images::is_version;
use super::{Files, InitError, files, names};
use crate::ask::Ask;

use select::Selected;

pub(crate) use select::KEYS;

/// What the flags say.
#[derive(Debug, Default, Clone)]
pub(crate) struct Flags {
    pub(crate) application: Option<String>,
    pub(crate) environments: Vec<(EnvironmentName, FilePath)>,
    pub(crate) components: Vec<(ComponentName, Repository)>,
    pub(crate) values: Vec<ValuesFlag>,
}

/// `NAME.KEY=PATH`: where a component's tag, digest, repository or whole reference stands.
#[derive(Debug, Clone)]
pub(crate) struct ValuesFlag {
    pub(crate) component: ComponentName,
    /// One of [`KEYS`].
    pub(crate) key: &'static str,
    pub(crate) path: Path,
}

/// What is known besides the files.
#[derive(Debug, Clone)]
pub(crate) struct Surroundings {
    /// How people call the deployment repo.
    pub(crate) name: String,
    pub(crate) url: String,
    pub(crate) branch: String,
    /// The file with the version, from the folder of the new file.
    pub(crate) version_file: Option<String>,
    /// The application's repository on GitHub, and the one that keeps the deployments there, where both are meant.
    pub(crate) github: Option<(String, String)>,
    /// The command as it was given, without `--component`, for examples.
    pub(crate) command: String,
}

/// A configuration as it is proposed.
#[derive(Debug)]
pub(crate) struct Proposal {
    pub(super) application: String,
    pub(super) components: Vec<Component>,
    pub(super) version_file: Option<String>,
    pub(super) version_format: Option<&'static str>,
    pub(super) environments: Vec<Planned>,
    pub(super) url: String,
    pub(super) branch: String,
    /// The application's repository on GitHub, and the one that keeps the deployments there.
    pub(super) github: Option<(String, String)>,
    /// What looks like an image, and is no component.
    pub(crate) left_out: Vec<LeftOut>,
    /// What has to be mended by hand.
    pub(crate) notes: Vec<String>,
}

/// A component as it is proposed.
#[derive(Debug, Clone)]
pub(super) struct Component {
    pub(super) name: ComponentName,
    pub(super) image: String,
    /// The environments whose images are elsewhere.
    pub(super) images: Vec<(EnvironmentName, String)>,
    /// `tag`, `digest` and so on with their paths, in the order in which they are written.
    pub(super) values: Vec<(&'static str, Path)>,
    pub(super) is_pinned: bool,
    /// The values files that lack the key.
    pub(super) create_in: Vec<FilePath>,
}

/// An image that is left out, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LeftOut {
    /// The name of the component that it would be.
    pub(crate) name: String,
    pub(crate) image: String,
    pub(crate) reason: String,
}

/// Makes the proposal.
pub(crate) fn propose(
    files: &Files,
    flags: &Flags,
    around: Surroundings,
    ask: &mut dyn Ask,
) -> Result<Proposal, InitError> {
    let chosen = choose::environments(files, flags, &around, ask)?;
    let application = application(files, flags, &around, chosen.pattern.as_deref());
    let gathered = gather(files, &chosen.environments, application.as_deref().unwrap_or(UNNAMED))?;
    let (environments, mut notes) = plan(chosen.environments.clone());
    let with_versions = || (0..environments.len()).filter(|at| environments[*at].tag == TagKind::Version);
    let has_v = |one: &Candidate| with_versions().any(|at| has_v(one, at));
    let with_v: Vec<String> = gathered.candidates.iter().filter(|one| has_v(one)).map(|one| one.name.clone()).collect();
    let selected = select::components(gathered, flags, &chosen.environments, &around, ask)?;
    let Selected { components, left_out, notes: of_components } = selected;
    notes.extend(of_components);
    // How others write their versions says nothing about one's own.
    let is_own = |name: &String| left_out.iter().all(|one| &one.name != name);
    let version_format = with_v.iter().any(is_own).then_some("v{version}");
    // Where nothing names the application its first component does.
    let first = components.first().map(|component| component.name.to_string());
    Ok(Proposal {
        application: application.or(first).unwrap_or_else(|| UNNAMED.into()),
        components,
        version_file: around.version_file,
        version_format,
        environments,
        url: around.url,
        branch: around.branch,
        github: around.github,
        left_out,
        notes,
    })
}

/// What is called so where nothing has a name.
pub(super) const UNNAMED: &str = "app";

/// Tells whether an environment has a version with a `v`.
fn has_v(candidate: &Candidate, environment: usize) -> bool {
    let tag = candidate.seen[environment].tag.as_deref().unwrap_or_default();
    tag.starts_with('v') && is_version(tag) && tag.split('.').count() == 3
}

fn application(files: &Files, flags: &Flags, around: &Surroundings, pattern: Option<&str>) -> Option<String> {
    let by_folder = || pattern.and_then(names::of_folders);
    let given = flags.application.clone();
    let by_repository = || [&around.url, &around.name].into_iter().find_map(|name| names::of_repository(name));
    given.or_else(by_folder).or_else(|| chart_name(files)).or_else(by_repository)
}

/// Returns the name of the outermost chart, if there is one alone.
fn chart_name(files: &Files) -> Option<String> {
    let charts = files.named(&["Chart.yaml"]);
    let depth = |path: &str| files::folder(path).matches('/').count() + usize::from(path.contains('/'));
    let (path, text) = *charts.first()?;
    if charts.get(1).is_some_and(|(other, _)| depth(other) == depth(path)) {
        return None;
    }
    let document = embark_values::Document::parse(text).ok()?;
    document.get(&Path::key("name")).ok().map(|name| name.value).filter(|name| !name.is_empty())
}

impl Proposal {
    /// Returns each environment that gets versions, and the one that it gets them from.
    pub(super) fn promotions(&self) -> impl Iterator<Item = (&EnvironmentName, &EnvironmentName)> {
        self.environments.iter().filter_map(|environment| match (environment.tag, &environment.promotes_from) {
            (TagKind::Version, Some(from)) => Some((&environment.name, from)),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests;
