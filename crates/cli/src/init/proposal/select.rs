//! Which images are components, and where they are.

use embark_core::{ComponentName, EnvironmentName, FilePath};

use super::super::components::Keys;
use super::super::gather::{Candidate, Elsewhere, Gathered, Seen};
use super::super::images::{is_moving, is_place, is_version};
use super::{Component, Flags, InitError, LeftOut, Surroundings, ValuesFlag};
use crate::ask::Ask;
use crate::quote::shell;

/// The components, and what is none.
#[derive(Default)]
pub(super) struct Selected {
    pub(super) components: Vec<Component>,
    pub(super) left_out: Vec<LeftOut>,
    pub(super) notes: Vec<String>,
}

/// What is asked about.
struct Asked<'a> {
    environments: &'a [(EnvironmentName, FilePath)],
    flags: &'a Flags,
    around: &'a Surroundings,
}

/// Chooses among what was found: by flags, by what the files say, or by asking.
pub(super) fn components(
    gathered: Gathered,
    flags: &Flags,
    environments: &[(EnvironmentName, FilePath)],
    around: &Surroundings,
    ask: &mut dyn Ask,
) -> Result<Selected, InitError> {
    let asked = Asked { environments, flags, around };
    let mut selected = Selected::default();
    for Elsewhere { file, found } in gathered.elsewhere {
        let image = shown(found.repository.as_deref(), &found.tag);
        let path = found.keys.main();
        let reason = format!("only {file} names it ({path}), and no values file of an environment");
        selected.left_out.push(LeftOut { name: found.name.unwrap_or_else(|| path.to_string()), image, reason });
    }
    if flags.components.is_empty() {
        by_files(&asked, gathered.candidates, &mut selected, ask)?;
    } else {
        by_flags(&asked, gathered.candidates, &mut selected)?;
    }
    let is_component = |flag: &&ValuesFlag| !selected.components.iter().any(|one| one.name == flag.component);
    if let Some(flag) = flags.values.iter().find(is_component) {
        let question = format!("--values names the component {}, and nothing says where its image is", flag.component);
        let known = selected.components.iter().map(|one| (one.name.to_string(), Some(one.image.clone())));
        let all: Vec<_> = known.chain([(flag.component.to_string(), None)]).collect();
        return Err(asked.unanswered(question, &all));
    }
    Ok(selected)
}

impl Asked<'_> {
    /// Tells that a flag `--component` has to answer, with an example that names every component.
    fn unanswered(&self, question: String, components: &[(String, Option<String>)]) -> InitError {
        let flags = components.iter().map(|(name, repository)| {
            let place = repository.clone().unwrap_or_else(|| format!("registry.example.com/{name}"));
            format!(" --component {}", shell(&format!("{name}={place}")))
        });
        InitError::Unanswered { question, example: format!("{}{}", self.around.command, flags.collect::<String>()) }
    }

    fn files(&self) -> String {
        let files: Vec<&str> = self.environments.iter().map(|(_, file)| file.as_str()).collect();
        files.join(", ")
    }
}

/// Takes what looks like the team's own.
fn by_files(
    asked: &Asked<'_>,
    candidates: Vec<Candidate>,
    selected: &mut Selected,
    ask: &mut dyn Ask,
) -> Result<(), InitError> {
    // What lies beside an image that is surely the team's own is its own, too.
    let sure = candidates.iter().filter(|one| doubt(one).is_none());
    let folders: Vec<String> = sure.filter_map(Candidate::folder).collect();
    let mut own = Vec::new();
    for candidate in candidates {
        let is_beside = candidate.folder().is_some_and(|folder| folders.contains(&folder));
        if let Some(reason) = doubt(&candidate).filter(|_| !is_beside) {
            let image = candidate.shown();
            let question = format!("{} ({image}) has {reason}. Is it one of yours?", candidate.name);
            if ask.is_so(&question) != Some(true) {
                selected.left_out.push(LeftOut { name: candidate.name.clone(), image, reason });
                continue;
            }
        }
        own.push(candidate);
    }
    if own.is_empty() {
        return Err(nothing(asked, selected));
    }
    let known: Vec<_> = own.iter().map(|one| (one.name.clone(), one.place())).collect();
    for candidate in own {
        let place = candidate.place().or_else(|| {
            let question = format!("Where are the images of {}, as ghcr.io/acme/{0} or oci:PATH?", candidate.name);
            ask.text(&question)
        });
        let Some(place) = place.filter(|place| place.parse::<embark_core::Repository>().is_ok()) else {
            let question = format!("nothing in {} says where the images of {} are", asked.files(), candidate.name);
            return Err(asked.unanswered(question, &known));
        };
        take(asked, &candidate, &candidate.name, &place, candidate.place().is_some(), selected)?;
    }
    Ok(())
}

/// Tells that no image is found that would be a component.
fn nothing(asked: &Asked<'_>, selected: &Selected) -> InitError {
    match &selected.left_out[..] {
        [] => InitError::Unanswered {
            question: format!("nothing in {} looks like the tag of an image", asked.files()),
            example: format!(
                "{} --component app=registry.example.com/app --values app.tag=image.tag",
                asked.around.command
            ),
        },
        left_out => {
            let images: Vec<String> = left_out.iter().map(|one| format!("{} ({})", one.name, one.image)).collect();
            let question = format!("none of the images is surely one of yours: {}", images.join(", "));
            let repository = |image: &str| {
                let name = image.rsplit_once(':').map_or(image, |(name, _)| name);
                is_place(name).then(|| name.to_owned())
            };
            let all: Vec<_> = left_out.iter().map(|one| (one.name.clone(), repository(&one.image))).collect();
            asked.unanswered(question, &all)
        }
    }
}

/// Takes what the flags name.
fn by_flags(asked: &Asked<'_>, mut candidates: Vec<Candidate>, selected: &mut Selected) -> Result<(), InitError> {
    let is_alone = asked.flags.components.len() == 1 && candidates.len() == 1;
    for (name, repository) in &asked.flags.components {
        let found = candidates.iter().position(|one| one.name == name.as_str());
        // Of one image and one name each knows what is meant.
        let found = found.or_else(|| is_alone.then_some(0));
        let candidate = match found {
            Some(at) => candidates.remove(at),
            None => added(asked, name, &candidates)?,
        };
        take(asked, &candidate, name.as_str(), repository.as_str(), false, selected)?;
    }
    for candidate in candidates {
        let (image, reason) = (candidate.shown(), "--component does not name it".to_owned());
        selected.left_out.push(LeftOut { name: candidate.name, image, reason });
    }
    Ok(())
}

/// Makes a component of what `--values` says alone.
fn added(asked: &Asked<'_>, name: &ComponentName, candidates: &[Candidate]) -> Result<Candidate, InitError> {
    let path = |key: &str| {
        let mut flags = asked.flags.values.iter().filter(|flag| flag.component == *name && flag.key == key);
        flags.next().map(|flag| flag.path.clone())
    };
    let keys = match (path("image"), path("tag")) {
        (Some(image), _) => Keys::Whole(image),
        (None, Some(tag)) => Keys::Apart { tag, repository: path("repository"), digest: path("digest") },
        (None, None) => {
            let names: Vec<&str> = candidates.iter().map(|one| one.name.as_str()).collect();
            let found = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            let components = asked
                .flags
                .components
                .iter()
                .map(|(name, place)| format!(" --component {}", shell(&format!("{name}={place}"))));
            return Err(InitError::Unanswered {
                question: format!("nothing says where {name} stands in {}; found there: {found}", asked.files()),
                example: format!(
                    "{}{} --values {name}.tag={name}.image.tag",
                    asked.around.command,
                    components.collect::<String>()
                ),
            });
        }
    };
    let seen = asked.environments.iter().map(|_| Seen { tag: Some(String::new()), ..Seen::default() });
    Ok(Candidate { name: name.to_string(), keys, is_pinned: false, seen: seen.collect() })
}

/// Makes a component of what was found.
fn take(
    asked: &Asked<'_>,
    candidate: &Candidate,
    name: &str,
    image: &str,
    is_told: bool,
    selected: &mut Selected,
) -> Result<(), InitError> {
    let parsed = name.parse::<ComponentName>().map_err(|error| InitError::Unanswered {
        question: error.to_string(),
        example: format!("{} --component app={}", asked.around.command, shell(image)),
    })?;
    let mut values = Vec::new();
    match &candidate.keys {
        Keys::Whole(path) => values.push(("image", path.clone())),
        Keys::Apart { tag, repository, digest } => {
            let names_all = candidate.seen.iter().all(|seen| seen.names_repository);
            let repository = repository.as_ref().filter(|_| is_told && names_all);
            values.extend(repository.map(|path| ("repository", path.clone())));
            values.push(("tag", tag.clone()));
            values.extend(digest.as_ref().map(|path| ("digest", path.clone())));
        }
    }
    let mut is_pinned = candidate.is_pinned && matches!(candidate.keys, Keys::Whole(_));
    for flag in asked.flags.values.iter().filter(|flag| flag.component == parsed) {
        let key = flag.key;
        // The whole reference and its parts exclude each other.
        values.retain(|(other, _)| *other != key && (*other == "image") == (key == "image"));
        is_pinned &= key == "image";
        values.push((key, flag.path.clone()));
    }
    values.sort_by_key(|(key, _)| KEYS.iter().position(|known| known == key));
    let place = |seen: &Seen| seen.repository.clone().filter(|_| is_told).unwrap_or_else(|| image.to_owned());
    let named = asked.environments.iter().zip(&candidate.seen);
    let images = named.clone().map(|((name, _), seen)| (name.clone(), place(seen)));
    let images = images.filter(|(_, place)| place != image).collect();
    let lacks: Vec<_> = named.filter(|(_, seen)| seen.tag.is_none()).collect();
    let main = candidate.keys.main();
    for ((environment, file), _) in lacks.iter().filter(|(_, seen)| !seen.has_parent) {
        let parent = main.parent().map_or_else(|| main.to_string(), |parent| parent.to_string());
        selected
            .notes
            .push(format!("{file} has no {parent}: add it, or nothing of {name} can be deployed to {environment}"));
    }
    let create_in = lacks.into_iter().map(|((_, file), _)| file.clone()).collect();
    selected.components.push(Component { name: parsed, image: image.to_owned(), images, values, is_pinned, create_in });
    Ok(())
}

/// The keys of `values`, in the order in which they are written.
pub(crate) const KEYS: [&str; 4] = ["image", "repository", "tag", "digest"];

impl Candidate {
    /// Returns where most environments have the image: where the first one that says so has it.
    fn place(&self) -> Option<String> {
        let mut places = self.seen.iter().filter_map(|seen| seen.repository.as_deref());
        places.find(|place| is_place(place)).map(ToOwned::to_owned)
    }

    /// Returns the registry with all of the path but its last part.
    fn folder(&self) -> Option<String> {
        self.place()?.rsplit_once('/').map(|(folder, _)| folder.to_owned())
    }

    fn shown(&self) -> String {
        let repository = self.seen.iter().find_map(|seen| seen.repository.as_deref());
        let tag = self.seen.iter().find_map(|seen| seen.tag.as_deref()).unwrap_or_default();
        shown(repository, tag)
    }
}

fn shown(repository: Option<&str>, tag: &str) -> String {
    let repository = repository.unwrap_or("an image that is not named");
    let image = if tag.is_empty() { repository.to_owned() } else { format!("{repository}:{tag}") };
    // Whoever wrote the file, it is shown on a terminal.
    image.chars().filter(|character| !character.is_control()).collect()
}

/// Tells why an image may be somebody else's.
fn doubt(candidate: &Candidate) -> Option<String> {
    let tags: Vec<&str> = candidate.seen.iter().filter_map(|seen| seen.tag.as_deref()).collect();
    let first = *tags.first()?;
    let is_same = tags.iter().all(|tag| *tag == first);
    let repository = candidate.seen.iter().find_map(|seen| seen.repository.as_deref());
    let is_bare = repository.is_some_and(|repository| !is_place(repository));
    let is_one_of_several = candidate.seen.len() > 1 || is_bare;
    if is_same && is_version(first) && is_one_of_several {
        return Some("the same version in every environment, as images of others have".into());
    }
    (is_same && is_moving(first) && is_bare).then(|| "no version, and a name without a registry".into())
}
