//! The commits that changelogs name, of changesets that were moved, copied, mended, taken away and merged.

use super::comparison::{Outcome, version};
use super::dice::Dice;
use super::histories::HISTORIES;
use super::repository::Repository;
use super::tally::Tally;

/// A text that is half like that of its neighbours.
pub(super) fn text(number: usize) -> String {
    const LINES: [&str; 5] = [
        "Carts are kept when the window is closed.",
        "Orders are sent twice no more.",
        "The list of shops is sorted by distance.",
        "Prices are shown with taxes.",
        "A fault in the search is mended, which found nothing after midnight.",
    ];
    let line = |at: usize| LINES[at % LINES.len()];
    format!("---\n\"shop\": minor\n---\n\n{}\n\n{}\n\n{} {number}\n", line(number), line(number / 5), line(number / 2))
}

/// Makes a repository without changesets.
fn begin() -> Repository {
    let mut repository = Repository::new();
    repository.write("package.json", "{ \"name\": \"shop\", \"version\": \"1.0.0\" }\n");
    repository.write(".changeset/config.json", "{}\n");
    repository.commit("Begin");
    repository
}

/// Does something by chance to a history.
fn step(dice: &mut Dice, repository: &mut Repository, number: usize) {
    let changesets =
        repository.files().into_keys().filter(|path| path.rsplit_once('.').is_some_and(|(_, end)| end == "md"));
    let changesets: Vec<String> = changesets.collect();
    let new = format!(".changeset/{}{number}.md", dice.pick(&["", "pre/", "a-", "z-"]));
    let Some(old) = (!changesets.is_empty()).then(|| dice.pick(&changesets).clone()) else {
        return repository.add(&new, &text(dice.below(50)));
    };
    let mended = |text: &str, by: usize| text.replacen("---\n\n", &format!("---\n\n{}\n\n", "Mended. ".repeat(by)), 1);
    match dice.below(12) {
        0 | 1 => repository.write(&new, &text(dice.below(50))),
        2 => repository.rename(&old, &new),
        3 => {
            let text = repository.read(&old);
            repository.remove(&old);
            repository.write(&new, &mended(&text, dice.below(40)));
        }
        4 => repository.write(&new, &repository.read(&old)),
        5 => repository.write(&new, &mended(&repository.read(&old), dice.below(20))),
        6 => repository.write(&old, &mended(&repository.read(&old), dice.below(20))),
        7 => {
            // One is used, and another one comes.
            repository.remove(&old);
            repository.write(&new, &text(dice.below(50)));
        }
        8 => repository.remove(&old),
        9 => {
            let outside = format!("notes/{number}.txt");
            repository.rename(&old, &outside);
            repository.commit("Out");
            repository.rename(&outside, &new);
        }
        _ => {
            let side = format!("side-{number}");
            repository.git(&["switch", "--quiet", "--create", &side]);
            repository.add(&new, &text(dice.below(50)));
            if dice.one_in(2) {
                repository.rename(&new, &format!(".changeset/{side}.md"));
                repository.commit("Rename");
            }
            repository.git(&["switch", "--quiet", "main"]);
            if dice.one_in(2) {
                repository.time -= 150;
            }
            repository.add("src/main.js", &format!("// {number}\n"));
            return repository.merge(&side);
        }
    }
    if !dice.one_in(4) {
        repository.commit("Step");
    }
}

fn by_chance(seed: u64) -> Result<Outcome, String> {
    let mut dice = Dice::new(3_000 + seed);
    let mut repository = begin();
    for number in 0..6 + dice.below(14) {
        step(&mut dice, &mut repository, number);
        repository.commit("Step");
    }
    repository.write(".changeset/last.md", &text(99));
    repository.commit("Last");
    let outcome = version(&repository);
    outcome.map_err(|told| format!("{told}\n{}", repository.git(&["log", "--name-status", "-M", "--format=%h %s"])))
}

#[test]
#[ignore = "needs the changesets program: run ./tests/run"]
fn changelogs_name_the_commits_that_the_real_one_names() {
    let tally = Tally::of(u64::try_from(HISTORIES.len()).expect("it is small"), |number| {
        let (name, make) = HISTORIES[usize::try_from(number).expect("it is small")];
        let mut repository = begin();
        make(&mut repository);
        vec![(name.into(), version(&repository))]
    });
    let (equal, ..) = tally.close("histories");
    assert_eq!(equal, HISTORIES.len());
}

#[test]
#[ignore = "needs the changesets program: run ./tests/run"]
fn histories_by_chance_name_the_commits_that_the_real_one_names() {
    let tally = Tally::of(20, |seed| vec![(format!("history {seed}"), by_chance(seed))]);
    let (equal, ..) = tally.close("histories by chance");
    assert!(equal >= 20, "{equal} equal");
}
