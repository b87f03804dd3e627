//! Repositories with one package, made by numbers.

use super::comparison::{Outcome, version, version_as};
use super::dice::Dice;
use super::front_matter::{EMPTY, changeset};
use super::repository::Repository;
use super::tally::Tally;
use super::texts::{BROKEN, CHANGELOGS, CONFIGS, NAMES, OTHERS, PRIVATE, SUMMARIES, VERSIONS};

const BUMPS: [&str; 5] = ["patch", "patch", "minor", "major", "none"];

/// A repository, and what its package is called.
pub(super) struct Generated {
    pub(super) repository: Repository,
    pub(super) name: &'static str,
    /// What the real one is to have for a configuration, where embark has a default of its own.
    config: Option<&'static str>,
}

/// Makes a repository with a package, a changelog and a configuration.
pub(super) fn package(dice: &mut Dice) -> Generated {
    let mut repository = Repository::new();
    let name = *dice.pick(&NAMES);
    let is_private = dice.one_in(5);
    let config = *dice.pick(if is_private { &PRIVATE } else { &CONFIGS });
    let (config, of_the_real) = if is_private && dice.one_in(2) { ("{}", Some(PRIVATE[0])) } else { (config, None) };
    let json = manifest(dice, name, is_private);
    repository.write("package.json", &json);
    let quoted = serde_json::to_string(name).expect("it is text");
    repository.write(".changeset/config.json", &config.replace("\"NAME\"", &quoted));
    if !dice.one_in(4) {
        repository.write("CHANGELOG.md", dice.pick::<&str>(&CHANGELOGS));
    }
    if dice.one_in(3) {
        repository.write("docs/CHANGELOG.md", "# Of something else\n\n## 1.0.0\n");
    }
    repository.commit("Begin");
    Generated { repository, name, config: of_the_real }
}

/// Writes a `package.json`, as people and programs do.
fn manifest(dice: &mut Dice, name: &str, is_private: bool) -> String {
    let version = serde_json::to_string(dice.pick(&VERSIONS)).expect("it is text");
    let mut fields = vec![
        format!("\"name\": {}", serde_json::to_string(name).expect("it is text")),
        format!("\"version\": {version}"),
        "\"description\": \"A \\u00fcber-shop with a \\\"version\\\": \\\\ and / \\/\"".to_owned(),
        "\"scripts\": { \"version\": \"echo 1.2.3\", \"build\": \"a && b\" }".to_owned(),
        "\"dependencies\": {\"left\": \"^1.0.0\", \"version\": \"1.3.0\"}".to_owned(),
        "\"files\": [ \"version\", {\"version\": \"9.9.9\"}, 1.50, -0, 1e3, null ]".to_owned(),
    ];
    if is_private {
        fields.push("\"private\": true".into());
    }
    let kept = fields.len() - dice.below(3);
    fields.truncate(kept.max(if is_private { fields.len() } else { 2 }));
    if dice.one_in(3) {
        fields.reverse();
    }
    let (before, between, after) = *dice.pick(&[
        ("{\n  ", ",\n  ", "\n}\n"),
        ("{\n    ", ",\n    ", "\n}\n"),
        ("{\n\t", ",\n\t", "\n}"),
        ("{", ",", "}"),
        ("{\r\n  ", ",\r\n  ", "\r\n}\r\n"),
        ("\n{ ", "\n, ", "\n\n}\n\n"),
    ]);
    let text = format!("{before}{}{after}", fields.join(between));
    if dice.one_in(5) { text.replace("\"version\": ", "\"version\" :\t") } else { text }
}

/// Adds changesets, some in one commit and some in many, and returns how many.
pub(super) fn changesets(dice: &mut Dice, made: &mut Generated, prefix: &str) -> usize {
    const WORDS: [&str; 6] = ["red-cats-jump", "a", "a-b", "Z", "ab", "wild_dogs.bark"];
    let count = 1 + dice.below(6);
    for number in 0..count {
        let folder = if dice.one_in(12) { ".changeset/pre" } else { ".changeset" };
        let path = format!("{folder}/{prefix}{}-{number}.md", dice.pick(&WORDS));
        let text = if dice.one_in(8) {
            (*dice.pick(&EMPTY)).to_owned()
        } else {
            let (bump, summary) = (*dice.pick(&BUMPS), *dice.pick(&SUMMARIES));
            changeset(dice, made.name, bump, summary)
        };
        made.repository.write(&path, &text);
        if !dice.one_in(3) {
            made.repository.commit(&path);
        }
        if dice.one_in(4) {
            made.repository.add("src/main.js", &format!("// {prefix}{number}\n"));
        }
    }
    made.repository.commit("More");
    count
}

/// Breaks something in a repository.
fn spoil(dice: &mut Dice, made: &mut Generated) {
    let quoted = serde_json::to_string(made.name).expect("it is text");
    let inner = quoted.trim_matches('"');
    let (path, text) = *dice.pick(&BROKEN);
    let text = text.replace("\"NAME\"", &quoted).replace("NAME", inner);
    made.config = made.config.filter(|_| path != ".changeset/config.json");
    made.repository.add(if path == "ID" { ".changeset/broken.md" } else { path }, &text);
}

fn compare(seed: u64) -> Result<Outcome, String> {
    let mut dice = Dice::new(seed);
    let mut made = package(&mut dice);
    if !dice.one_in(12) {
        changesets(&mut dice, &mut made, "");
    }
    for _ in 0..dice.below(3) {
        let (path, text) = *dice.pick(&OTHERS);
        made.repository.add(path, text);
    }
    match dice.below(8) {
        0 => made.repository.add(".changeset/pre.json", "{\n  \"mode\": \"pre\",\n  \"tag\": \"beta\"\n}\n"),
        1 => made.repository.add(".changeset/pre.json", "{\"tag\":\"next\",\"mode\":\"exit\"}"),
        _ => {}
    }
    if dice.one_in(5) {
        spoil(&mut dice, &mut made);
    }
    version_as(&made.repository, made.config)
}

#[test]
#[ignore = "needs the changesets program: run ./tests/run"]
fn generated_repositories_are_versioned_as_the_real_one_does() {
    let tally = Tally::of(120, |seed| vec![(format!("repository {seed}"), compare(seed))]);
    let (equal, nothing, refused) = tally.close("generated repositories");
    assert!(equal >= 70 && nothing >= 6 && refused >= 15, "{equal} equal, {nothing} nothing, {refused} refused");
}

#[test]
#[ignore = "needs the changesets program: run ./tests/run"]
fn what_is_broken_is_refused_for_the_same_reason() {
    const NO_NUMBER: (&str, &str) = ("package.json", "{ \"name\": \"shop\", \"version\": \"1.0.0-beta.x\" }\n");
    const NO_VERSION: (&str, &str) = ("package.json", "{ \"name\": \"shop\", \"version\": \"one\" }\n");
    let all = [&BROKEN[..], &[NO_NUMBER, NO_VERSION]].concat();
    let tally = Tally::of(u64::try_from(all.len()).expect("it is small"), |number| {
        let (path, text) = all[usize::try_from(number).expect("it is small")];
        let mut repository = Repository::new();
        repository.write("package.json", "{ \"name\": \"shop\", \"version\": \"1.0.0\" }\n");
        repository.write(".changeset/config.json", "{}\n");
        repository.write(".changeset/good.md", "---\nshop: minor\n---\n\nGood\n");
        // Where a prerelease is made its number must be there.
        repository.write(".changeset/pre.json", "{ \"mode\": \"pre\", \"tag\": \"beta\" }\n");
        let path = if path == "ID" { ".changeset/broken.md" } else { path };
        repository.write(path, &text.replace("NAME", "shop"));
        repository.commit("Begin");
        vec![(format!("{path} {text:?}"), version(&repository))]
    });
    let (_, _, refused) = tally.close("broken files");
    assert_eq!(refused, all.len());
    for reason in super::reason::ALL {
        assert!(tally.count(|outcome| outcome == Outcome::Refused(reason)) > 0, "nothing is refused for {reason:?}");
    }
}
