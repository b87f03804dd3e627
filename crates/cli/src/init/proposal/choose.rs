//! Which files are the values files.

use embark_core::{EnvironmentName, FilePath};

use super::super::environments::{Group, groups};
use super::super::files::is_kustomization;
use super::super::gather::read;
use super::{Files, Flags, InitError, Surroundings};
use crate::ask::Ask;
use crate::quote::shell;

/// The environments, and the pattern by which they were found.
pub(super) struct Chosen {
    pub(super) environments: Vec<(EnvironmentName, FilePath)>,
    pub(super) pattern: Option<String>,
}

/// Finds the environments: by flags, by the names of files, or by asking.
pub(super) fn environments(
    files: &Files,
    flags: &Flags,
    around: &Surroundings,
    ask: &mut dyn Ask,
) -> Result<Chosen, InitError> {
    if !flags.environments.is_empty() {
        let chosen = Chosen { environments: flags.environments.clone(), pattern: None };
        return is_there(files, chosen, around);
    }
    let all = groups(files.paths());
    let with_images: Vec<Group> = all.iter().filter(|group| has_images(files, group)).cloned().collect();
    let groups = best(if with_images.is_empty() { all } else { with_images });
    match &groups[..] {
        [] => nothing(files, around, ask),
        [group] => Ok(chosen(group)),
        several => {
            let options: Vec<String> = several.iter().map(shown).collect();
            let question = "Several sets of files look like the values files of environments. Which one is meant?";
            match ask.choose(question, &options) {
                Some(at) => Ok(chosen(&several[at])),
                None => Err(InitError::Unanswered {
                    question: format!(
                        "several sets of files look like the values files of environments: {}",
                        options.join("; ")
                    ),
                    example: example(around, &several[0].environments),
                }),
            }
        }
    }
}

fn chosen(group: &Group) -> Chosen {
    Chosen { environments: group.environments.clone(), pattern: Some(group.pattern.clone()) }
}

fn shown(group: &Group) -> String {
    let names: Vec<&str> = group.environments.iter().map(|(name, _)| name.as_str()).collect();
    format!("{} ({})", group.pattern, names.join(", "))
}

/// Keeps the groups that say most: of several environments rather than of one, then kustomizations and files called
/// values rather than others.
fn best(mut groups: Vec<Group>) -> Vec<Group> {
    let rank = |group: &Group| {
        let kind = match &group.environments[..] {
            [(_, file), ..] if is_kustomization(file.as_str()) => 2,
            [(_, file), ..] if file.as_str().rsplit('/').next().is_some_and(|name| name.contains("values")) => 1,
            _ => 0,
        };
        (group.environments.len() > 1, kind)
    };
    groups.retain(|group| !group.environments.is_empty());
    let highest = groups.iter().map(rank).max();
    groups.retain(|group| Some(rank(group)) == highest);
    groups
}

fn has_images(files: &Files, group: &Group) -> bool {
    let has = |file: &FilePath| read(files, file.as_str()).is_ok_and(|reading| !reading.images.is_empty());
    group.environments.iter().any(|(_, file)| has(file))
}

/// Asks for the values files where no name says which they are.
fn nothing(files: &Files, around: &Surroundings, ask: &mut dyn Ask) -> Result<Chosen, InitError> {
    let question = "No file is named after an environment. Which are the values files, in their order, as NAME=FILE?";
    if let Some(answer) = ask.text(question) {
        let pairs: Option<Vec<_>> = answer.split([' ', ',']).filter(|word| !word.is_empty()).map(pair).collect();
        if let Some(environments) = pairs.filter(|pairs| !pairs.is_empty()) {
            return is_there(files, Chosen { environments, pattern: None }, around);
        }
    }
    Err(InitError::Unanswered {
        question: format!("no file of {} is named after an environment", around.name),
        example: example(around, &guess(files)),
    })
}

fn pair(text: &str) -> Option<(EnvironmentName, FilePath)> {
    let (name, file) = text.split_once('=')?;
    Some((name.parse().ok()?, file.parse().ok()?))
}

/// Takes any two files, those with images first: an example, and no proposal.
fn guess(files: &Files) -> Vec<(EnvironmentName, FilePath)> {
    let mut paths: Vec<&str> = files.paths().collect();
    let has_images = |path: &str| read(files, path).is_ok_and(|reading| !reading.images.is_empty());
    paths.sort_by_key(|path| !has_images(path));
    let paths = if paths.is_empty() { vec!["staging.yaml", "prod.yaml"] } else { paths };
    let names = if paths.len() > 1 { &["staging", "production"][..] } else { &["production"] };
    names.iter().zip(paths).filter_map(|(name, path)| Some((name.parse().ok()?, path.parse().ok()?))).collect()
}

fn is_there(files: &Files, chosen: Chosen, around: &Surroundings) -> Result<Chosen, InitError> {
    let absent = chosen.environments.iter().find(|(_, file)| files.text(file.as_str()).is_none());
    let Some((name, file)) = absent else { return Ok(chosen) };
    Err(InitError::Unanswered {
        question: format!("{} has no YAML file {file} for the environment {name}", around.name),
        example: example(around, &guess(files)),
    })
}

fn example(around: &Surroundings, environments: &[(EnvironmentName, FilePath)]) -> String {
    let flags = environments.iter().map(|(name, file)| format!(" --environment {}", shell(&format!("{name}={file}"))));
    format!("{}{}", around.command, flags.collect::<String>())
}
