//! Environments, found by the words in the names of files and folders.

use std::collections::BTreeMap;

use embark_core::{EnvironmentName, FilePath, TagKind};

use super::files::{file_name, stem};

/// Words for environments, each with the name that is proposed, in the order in which an image passes them.
const WORDS: [(&str, &str); 24] = [
    ("sandbox", "sandbox"),
    ("dev", "dev"),
    ("develop", "dev"),
    ("development", "dev"),
    ("int", "int"),
    ("integration", "integration"),
    ("tst", "test"),
    ("test", "test"),
    ("testing", "test"),
    ("qa", "qa"),
    ("nonprod", "nonprod"),
    ("nonproduction", "nonprod"),
    ("uat", "uat"),
    ("acc", "acceptance"),
    ("acceptance", "acceptance"),
    ("stg", "staging"),
    ("stage", "staging"),
    ("staging", "staging"),
    ("preprod", "preprod"),
    ("preproduction", "preprod"),
    ("prd", "production"),
    ("prod", "production"),
    ("production", "production"),
    ("live", "live"),
];

/// Files that differ in the word for the environment alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Group {
    /// Their path with `*` for that word.
    pub(super) pattern: String,
    /// Name and file of each, in the order in which an image passes them.
    pub(super) environments: Vec<(EnvironmentName, FilePath)>,
}

/// An environment as it is proposed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Planned {
    pub(super) name: EnvironmentName,
    pub(super) values_file: FilePath,
    pub(super) tag: TagKind,
    pub(super) promotes_from: Option<EnvironmentName>,
}

/// Puts together what differs in the word for the environment alone.
pub(super) fn groups<'a>(paths: impl Iterator<Item = &'a str>) -> Vec<Group> {
    let mut found: BTreeMap<String, Vec<(usize, String, FilePath)>> = BTreeMap::new();
    for path in paths {
        let (Some(place), Ok(file)) = (find(path), path.parse::<FilePath>()) else { continue };
        let pattern = format!("{}*{}", &path[..place.start], &path[place.end..]);
        found.entry(pattern).or_default().push((place.rank, path[place.start..place.end].to_lowercase(), file));
    }
    let group = |(pattern, mut files): (String, Vec<(usize, String, FilePath)>)| {
        files.sort();
        let proposed: Vec<&str> = files.iter().map(|(rank, ..)| WORDS[*rank].1).collect();
        let name = |at: usize, word: &str| {
            let is_only = proposed.iter().filter(|other| **other == proposed[at]).count() == 1;
            let name = if is_only { proposed[at].to_owned() } else { word.replace(['_', '.'], "-") };
            name.parse::<EnvironmentName>().ok()
        };
        let named = files.iter().enumerate().filter_map(|(at, (_, word, file))| Some((name(at, word)?, file.clone())));
        Group { environments: named.collect(), pattern }
    };
    found.into_iter().map(group).collect()
}

/// Gives each environment its kind of tag, and each that is like production its source: the last one above it that is
/// not. Behind them stands what a person has to see to.
pub(super) fn plan(environments: Vec<(EnvironmentName, FilePath)>) -> (Vec<Planned>, Vec<String>) {
    let mut notes = Vec::new();
    let is_known =
        |(name, _): &(EnvironmentName, FilePath)| is_like_production(name.as_str()) || rank_in(name.as_str()).is_some();
    let last = environments.last().map(|(name, _)| name.clone());
    // Of names that say nothing the last one is meant to be production: whoever names them gives their order.
    let guess = last.filter(|_| !environments.iter().any(is_known));
    if let Some(name) = &guess {
        notes.push(format!("no name tells which environment is production: {name} is taken for it, as the last one"));
    }
    let mut source: Option<EnvironmentName> = None;
    let mut planned = Vec::new();
    for (name, values_file) in environments {
        let is_production = guess.as_ref() == Some(&name) || is_like_production(name.as_str());
        let promotes_from = source.clone().filter(|_| is_production);
        if is_production && promotes_from.is_none() {
            notes.push(format!(
                "{name} takes every commit, verified or not: name an environment above it, and that one in its \
                 promotesFrom"
            ));
        }
        if !is_production {
            source = Some(name.clone());
        }
        let tag = if promotes_from.is_some() { TagKind::Version } else { TagKind::Commit };
        planned.push(Planned { name, values_file, tag, promotes_from });
    }
    (planned, notes)
}

/// Tells whether a name begins or ends with a word for production, as `prod-eu` does and `pre-prod` does not.
fn is_like_production(name: &str) -> bool {
    let is_word = |word: &str| matches!(word, "prd" | "prod" | "production" | "live");
    let is_before = ["pre-", "non-"].iter().any(|before| name.starts_with(before));
    let mut words = name.split('-');
    !is_before && (words.next().is_some_and(is_word) || words.next_back().is_some_and(is_word))
}

/// Where the word for the environment stands in a path.
struct Place {
    start: usize,
    end: usize,
    rank: usize,
}

/// Finds the word for the environment: in the name of the file, else in the innermost folder that has one.
fn find(path: &str) -> Option<Place> {
    let name = file_name(path);
    let mut end = path.len() - name.len() + stem(name).unwrap_or_default().len();
    let mut start = path.len() - name.len();
    loop {
        if let Some((range, rank)) = rank_in(&path[start..end]) {
            return Some(Place { start: start + range.start, end: start + range.end, rank });
        }
        end = start.checked_sub(1)?;
        start = path[..end].rfind('/').map_or(0, |at| at + 1);
    }
}

/// Finds the word for an environment in a name: its place, and its number in [`WORDS`].
fn rank_in(name: &str) -> Option<(std::ops::Range<usize>, usize)> {
    let mut words = Vec::new();
    let mut start = 0;
    for word in name.split(['-', '_', '.']) {
        words.push(start..start + word.len());
        start += word.len() + 1;
    }
    let rank = |range: &std::ops::Range<usize>| {
        let word = name[range.clone()].to_lowercase().replace(['-', '_', '.'], "");
        WORDS.iter().position(|(known, _)| *known == word)
    };
    // `pre-prod` is one word, and not `prod`.
    let pairs = words.windows(2).map(|pair| pair[0].start..pair[1].end);
    pairs.chain(words.iter().cloned()).find_map(|range| rank(&range).map(|rank| (range, rank)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(paths: &[&str]) -> Vec<(String, Vec<String>)> {
        let groups = groups(paths.iter().copied()).into_iter();
        let shown = groups.map(|group| {
            let pairs = group.environments.iter().map(|(name, file)| format!("{name}={file}"));
            (group.pattern.clone(), pairs.collect())
        });
        shown.collect()
    }

    #[test]
    fn files_of_every_usual_name_are_found_in_the_order_of_the_way() {
        let cases: [(&[&str], &str, &[&str]); 7] = [
            (
                &["prod.yaml", "dev.yaml", "staging.yaml"],
                "*.yaml",
                &["dev=dev.yaml", "staging=staging.yaml", "production=prod.yaml"],
            ),
            (&["values-qa.yaml", "values-dev.yaml"], "values-*.yaml", &["dev=values-dev.yaml", "qa=values-qa.yaml"]),
            (
                &["values.live.yaml", "values.test.yaml"],
                "values.*.yaml",
                &["test=values.test.yaml", "live=values.live.yaml"],
            ),
            (
                &["prod/values.yaml", "uat/values.yaml"],
                "*/values.yaml",
                &["uat=uat/values.yaml", "production=prod/values.yaml"],
            ),
            (
                &["overlays/stage/kustomization.yaml", "overlays/production/kustomization.yaml"],
                "overlays/*/kustomization.yaml",
                &["staging=overlays/stage/kustomization.yaml", "production=overlays/production/kustomization.yaml"],
            ),
            (
                &["environments/pre-prod.yaml", "environments/prod.yml", "environments/prod.yaml"],
                "environments/*.yaml",
                &["preprod=environments/pre-prod.yaml", "production=environments/prod.yaml"],
            ),
            (&["e/prod.yaml", "e/production.yaml"], "e/*.yaml", &["prod=e/prod.yaml", "production=e/production.yaml"]),
        ];
        for (paths, pattern, expected) in cases {
            let groups = found(paths);
            let group = groups.iter().find(|(found, _)| found == pattern);
            assert_eq!(
                group.map(|(_, pairs)| pairs.as_slice()),
                Some(&expected.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>()[..]),
                "{groups:?}"
            );
        }
    }

    #[test]
    fn a_word_inside_another_is_none() {
        assert_eq!(found(&["devices.yaml", "products/values.yaml", "values.yaml", "latest.yaml"]), []);
    }

    fn planned(names: &[&str]) -> Vec<String> {
        let environments = names.iter().map(|name| (name.parse().unwrap(), format!("{name}.yaml").parse().unwrap()));
        let show = |planned: &Planned| match (&planned.tag, &planned.promotes_from) {
            (TagKind::Commit, None) => format!("{}: commit", planned.name),
            (_, from) => format!("{}: version from {from:?}", planned.name),
        };
        plan(environments.collect()).0.iter().map(show).collect()
    }

    #[test]
    fn production_gets_versions_from_the_one_before_it() {
        assert_eq!(planned(&["dev", "qa", "prod"]), ["dev: commit", "qa: commit", "prod: version from Some(\"qa\")"]);
        assert_eq!(planned(&["one", "two"]), ["one: commit", "two: version from Some(\"one\")"]);
        assert_eq!(planned(&["production"]), ["production: commit"]);
        assert_eq!(planned(&["dev", "staging"]), ["dev: commit", "staging: commit"]);
        assert_eq!(planned(&["prod", "dev"]), ["prod: commit", "dev: commit"]);
    }
    #[test]
    fn every_production_is_promoted_to_from_the_last_one_that_is_none() {
        let from = |name: &str| format!("{name}: version from Some(\"staging\")");
        assert_eq!(
            planned(&["pre-prod", "staging", "prod", "live"]),
            ["pre-prod: commit".into(), "staging: commit".into(), from("prod"), from("live")]
        );
        assert_eq!(
            planned(&["staging", "prod-eu", "us-prod"]),
            ["staging: commit".into(), from("prod-eu"), from("us-prod")]
        );
    }

    #[test]
    fn a_production_that_is_open_or_guessed_is_told() {
        let notes = |names: &[&str]| {
            let pairs = names.iter().map(|name| (name.parse().unwrap(), format!("{name}.yaml").parse().unwrap()));
            plan(pairs.collect()).1.join("\n")
        };
        assert!(notes(&["prod", "dev"]).starts_with("prod takes every commit"));
        assert!(notes(&["prod-eu", "prod-us"]).contains("\nprod-us takes every commit"));
        assert!(notes(&["one", "two"]).contains("two is taken for it"));
        assert_eq!(notes(&["dev", "staging", "prod"]), "");
    }
}
