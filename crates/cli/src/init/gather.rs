//! The images of all environments, put together: one candidate for each place in the values files.

use std::collections::BTreeMap;

use embark_core::{EnvironmentName, FilePath};
use embark_values::{Document, Path};

use super::InitError;
use super::components::{self, Found, Keys, Reading};
use super::files::{Files, file_name, folder, stem};
use super::images::is_place;
use super::names::fitting;
use super::proposal::UNNAMED;

/// An image that values files name, and what each environment says of it.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    /// The name that is proposed; fits, and stands once.
    pub(super) name: String,
    pub(super) keys: Keys,
    pub(super) is_pinned: bool,
    /// By environment, in their order.
    pub(super) seen: Vec<Seen>,
}

/// What one environment says of an image.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen {
    /// Where the image is, by the values file or by what it is based on.
    pub(super) repository: Option<String>,
    /// Whether the values file itself says so.
    pub(super) names_repository: bool,
    /// The tag that stands there; none where the key does not.
    pub(super) tag: Option<String>,
    /// Whether the key can be created.
    pub(super) has_parent: bool,
}

/// An image that no values file of an environment names.
pub(super) struct Elsewhere {
    pub(super) file: String,
    pub(super) found: Found,
}

/// What all environments say.
pub(super) struct Gathered {
    pub(super) candidates: Vec<Candidate>,
    pub(super) elsewhere: Vec<Elsewhere>,
}

/// Puts together what the values files of `environments` say of images.
pub(super) fn gather(
    files: &Files,
    environments: &[(EnvironmentName, FilePath)],
    application: &str,
) -> Result<Gathered, InitError> {
    let mut readings = Vec::new();
    for (_, file) in environments {
        readings.push(read(files, file.as_str())?);
    }
    let own: Vec<&str> = environments.iter().map(|(_, file)| file.as_str()).collect();
    let bases = bases(files, &own);
    let mut found: Vec<&Found> = Vec::new();
    for image in readings.iter().flat_map(|reading| &reading.images) {
        match found.iter_mut().find(|other| other.keys.main() == image.keys.main()) {
            None => found.push(image),
            // The file that says most counts.
            Some(other) if knows(other) < knows(image) => *other = image,
            Some(_) => {}
        }
    }
    let names = names(&found, application);
    let candidates = found.into_iter().zip(names).map(|(image, name)| {
        let main = image.keys.main();
        let based = based_on(&bases, main);
        let seen = readings.iter().map(|reading| seen(reading, main, based.as_deref()));
        let is_pinned = readings.iter().any(|reading| at(reading, main).is_some_and(|found| found.is_pinned));
        Candidate { name, keys: image.keys.clone(), is_pinned, seen: seen.collect() }
    });
    let candidates: Vec<Candidate> = candidates.collect();
    let is_known = |path: &Path| candidates.iter().any(|candidate| candidate.keys.main() == path);
    let elsewhere = bases.iter().flat_map(|(file, reading)| {
        let images = reading.images.iter().filter(|found| {
            let alias = under(file, found.keys.main());
            !is_known(found.keys.main()) && !alias.is_some_and(|alias| is_known(&alias))
        });
        images.map(|found| Elsewhere { file: file.clone(), found: found.clone() })
    });
    let elsewhere = elsewhere.collect();
    Ok(Gathered { candidates, elsewhere })
}

/// Reads one file; none that is no YAML.
pub(super) fn read(files: &Files, file: &str) -> Result<Reading, InitError> {
    let text = files.text(file).unwrap_or_default();
    let document = Document::parse(text);
    let document = document.map_err(|source| InitError::Malformed { file: file.to_owned(), source })?;
    Ok(components::read(file, &document))
}

fn knows(found: &Found) -> usize {
    match &found.keys {
        Keys::Apart { repository, digest, .. } => {
            usize::from(found.has_tag) + usize::from(repository.is_some()) + usize::from(digest.is_some())
        }
        Keys::Whole(_) => usize::from(found.is_pinned),
    }
}

fn at<'r>(reading: &'r Reading, main: &Path) -> Option<&'r Found> {
    reading.images.iter().find(|found| found.keys.main() == main)
}

fn seen(reading: &Reading, main: &Path, based: Option<&str>) -> Seen {
    let own = at(reading, main);
    let repository = own.and_then(|found| found.repository.clone());
    Seen {
        names_repository: repository.is_some(),
        repository: repository.or_else(|| based.map(ToOwned::to_owned)),
        tag: own.filter(|found| found.has_tag).map(|found| found.tag.clone()),
        has_parent: reading.has_parent(main),
    }
}

/// Reads the files whose values those of the environments are laid over: `values.yaml` of charts, and other
/// kustomizations. One that cannot be read says nothing.
fn bases(files: &Files, own: &[&str]) -> BTreeMap<String, Reading> {
    let names = ["values.yaml", "values.yml", "kustomization.yaml", "kustomization.yml", "Kustomization"];
    let all: Vec<&str> = files.named(&names).into_iter().map(|(path, _)| path).collect();
    let all: Vec<&str> = all.into_iter().filter(|path| !own.contains(path)).collect();
    // In a repo of many applications only what is below the folder that all values files share.
    let root = shared_folder(own);
    let is_near = |path: &&&str| root.is_empty() || path.starts_with(&format!("{root}/"));
    let near: Vec<&str> = all.iter().filter(is_near).copied().collect();
    let bases = if near.is_empty() { all } else { near };
    bases.into_iter().filter_map(|path| Some((path.to_owned(), read(files, path).ok()?))).collect()
}

fn shared_folder(paths: &[&str]) -> String {
    let mut shared: Option<Vec<&str>> = None;
    for path in paths {
        let parts: Vec<&str> = folder(path).split('/').filter(|part| !part.is_empty()).collect();
        shared = Some(match shared {
            None => parts,
            Some(shared) => shared.iter().zip(&parts).take_while(|(a, b)| a == b).map(|(a, _)| *a).collect(),
        });
    }
    shared.unwrap_or_default().join("/")
}

/// Returns where an image is by the bases, if all of them that say so agree.
fn based_on(bases: &BTreeMap<String, Reading>, main: &Path) -> Option<String> {
    let mapping = main.parent()?;
    let of = |(file, reading): (&String, &Reading)| {
        let is_meant = |path: &Path| *path == mapping || under(file, path).is_some_and(|alias| alias == mapping);
        let found = reading.places.iter().find(|(path, _)| is_meant(path));
        found.map(|(_, repository)| repository.clone()).filter(|repository| is_place(repository))
    };
    let mut repositories: Vec<String> = bases.iter().filter_map(of).collect();
    repositories.dedup();
    let only = repositories.pop()?;
    repositories.is_empty().then_some(only)
}

/// Returns the path by which the chart above names a value of the chart in the folder of `file`.
fn under(file: &str, path: &Path) -> Option<Path> {
    stem(file_name(file)).filter(|stem| *stem == "values")?;
    let chart = file_name(folder(file));
    if chart.is_empty() {
        return None;
    }
    format!("{}.{path}", Path::key(chart)).parse().ok()
}

/// Names components: by the key above, else by the last part of where the image is, else as the application. Of two
/// of one name each gets the outermost key in front.
fn names(found: &[&Found], application: &str) -> Vec<String> {
    let own = |found: &&Found| {
        let is_item = found.keys.main().to_string().contains('[');
        let of_repository = found.repository.as_deref().filter(|_| is_item);
        let last = of_repository.and_then(|repository| repository.rsplit('/').next());
        let name = found.name.as_deref().and_then(fitting).or_else(|| last.and_then(fitting));
        name.or_else(|| fitting(application)).unwrap_or_else(|| UNNAMED.into())
    };
    let mut names: Vec<String> = found.iter().map(own).collect();
    let clash = |names: &[String], at: usize| names.iter().filter(|name| **name == names[at]).count() > 1;
    let clashing: Vec<usize> = (0..names.len()).filter(|at| clash(&names, *at)).collect();
    for at in clashing {
        let outermost = std::iter::successors(Some(found[at].keys.main().clone()), Path::parent).last();
        let key = outermost.and_then(|path| path.last_key().map(ToOwned::to_owned)).unwrap_or_default();
        if let Some(name) = fitting(&format!("{key}-{}", names[at])) {
            names[at] = name;
        }
    }
    for at in 0..names.len() {
        let count = names[..at].iter().filter(|name| **name == names[at]).count();
        if count > 0 {
            names[at] = format!("{}-{}", names[at], count + 1);
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gathered(files: &[(&str, &str)], environments: &[(&str, &str)]) -> Gathered {
        let files = Files::new(files.iter().map(|(path, text)| ((*path).into(), (*text).into())));
        let environments: Vec<_> =
            environments.iter().map(|(name, file)| (name.parse().unwrap(), file.parse().unwrap())).collect();
        gather(&files, &environments, "Shop").unwrap()
    }

    const TWO: [(&str, &str); 2] = [("staging", "staging.yaml"), ("production", "prod.yaml")];

    #[test]
    fn the_repository_comes_from_the_chart_where_the_values_file_does_not_name_it() {
        let gathered = gathered(
            &[
                ("chart/values.yaml", "web: { image: { repository: ghcr.io/acme/web, tag: '' } }"),
                ("staging.yaml", "web: { image: { tag: a } }"),
                ("prod.yaml", "web: { image: { tag: b, repository: ghcr.io/prod/web } }"),
            ],
            &TWO,
        );
        let [web] = &gathered.candidates[..] else { panic!("{:?}", gathered.candidates) };
        let repositories: Vec<_> = web.seen.iter().map(|seen| seen.repository.as_deref().unwrap()).collect();
        assert_eq!((web.name.as_str(), repositories), ("web", vec!["ghcr.io/acme/web", "ghcr.io/prod/web"]));
        assert!(!web.seen[0].names_repository && web.seen[1].names_repository);
        assert!(gathered.elsewhere.is_empty());
    }

    #[test]
    fn the_values_of_a_chart_inside_another_are_found_below_its_name() {
        let gathered = gathered(
            &[
                ("charts/web/values.yaml", "image: { repository: ghcr.io/acme/web, tag: '' }"),
                ("charts/api/values.yaml", "image: { repository: ghcr.io/acme/api, tag: '' }"),
                ("staging.yaml", "web: { image: { tag: a } }\n"),
                ("prod.yaml", "web: { image: { tag: a } }\n"),
            ],
            &TWO,
        );
        assert_eq!(gathered.candidates[0].seen[0].repository.as_deref(), Some("ghcr.io/acme/web"));
        let elsewhere: Vec<_> = gathered.elsewhere.iter().map(|elsewhere| elsewhere.file.as_str()).collect();
        assert_eq!(elsewhere, ["charts/api/values.yaml"]);
    }

    #[test]
    fn a_key_that_one_environment_lacks_can_be_created_only_beside_others() {
        let gathered = gathered(
            &[
                ("staging.yaml", "a: { image: { tag: x } }\nb: { image: { tag: x } }\n"),
                ("prod.yaml", "a: { image: { pullPolicy: Always } }\n"),
            ],
            &TWO,
        );
        let lacks: Vec<_> = gathered.candidates.iter().map(|one| (&one.seen[1].tag, one.seen[1].has_parent)).collect();
        assert_eq!(lacks, [(&None, true), (&None, false)]);
    }

    #[test]
    fn names_stand_once_and_fall_back_to_the_application() {
        let text = "image: { tag: a }\nx: { web: { image: { tag: a } } }\ny: { web: { image: { tag: a } } }\n";
        let gathered = gathered(&[("staging.yaml", text)], &TWO[..1]);
        let names: Vec<_> = gathered.candidates.iter().map(|candidate| candidate.name.as_str()).collect();
        assert_eq!(names, ["shop", "x-web", "y-web"]);
    }
}
