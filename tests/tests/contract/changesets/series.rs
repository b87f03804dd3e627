//! Series of prereleases on one repository: entered, versioned, left, and versioned again.

use embark_tests::harness::Finished;

use super::comparison::version;
use super::dice::Dice;
use super::generated::{Generated, changesets, package};
use super::program::changeset;
use super::tally::{Compared, Tally};

/// Has the real one change the mode, and commits that.
fn pre(made: &mut Generated, words: &[&str]) -> Finished {
    let finished = changeset(made.repository.folder(), &[&["pre"], words].concat());
    made.repository.commit("Change the mode");
    finished
}

/// Versions, and commits what the real one wrote.
fn round(made: &mut Generated, name: &str) -> Compared {
    let outcome = version(&made.repository);
    made.repository.commit("Version");
    (name.into(), outcome)
}

/// Makes a repository whose package has versions.
fn begin(dice: &mut Dice) -> Generated {
    loop {
        let made = package(dice);
        // The mode is about versions with a number.
        let manifest = made.repository.read("package.json");
        let config = made.repository.read(".changeset/config.json");
        let is_skipped = manifest.contains("\"private\"") && !config.contains("true");
        let is_skipped = is_skipped || config.contains("\"ignore\": [\"");
        if !is_skipped && !manifest.contains("next.12.x") {
            return made;
        }
    }
}

/// One series of rounds.
fn series(seed: u64) -> Vec<Compared> {
    let mut dice = Dice::new(1_000 + seed);
    let mut made = begin(&mut dice);
    let mut rounds = Vec::new();
    let told = |what: &str| format!("series {seed}, {what}");
    if dice.one_in(3) {
        changesets(&mut dice, &mut made, "early-");
        rounds.push(round(&mut made, &told("before it")));
    }
    for again in 0..=dice.below(2) {
        let tag = *dice.pick(&["beta", "rc", "next-1", "alpha", "beta", "rc", "next", "a.x"]);
        pre(&mut made, &["enter", tag]).succeeded("changeset pre enter");
        for number in 0..2 + dice.below(3) {
            // A round without new changesets changes nothing.
            if number == 0 || !dice.one_in(4) {
                changesets(&mut dice, &mut made, &format!("{again}{number}-"));
            }
            rounds.push(round(&mut made, &told(&format!("prerelease {again}.{number}"))));
        }
        let used = made
            .repository
            .files()
            .into_keys()
            .filter(|path| path.starts_with(".changeset/pre/") && path.contains('-'));
        if let Some(path) = used.max() {
            match dice.below(4) {
                0 => made.repository.remove(&path),
                1 => {
                    let text = made.repository.read(&path);
                    made.repository.write(&path, &format!("{text}\nTold again.\n"));
                }
                _ => {}
            }
            made.repository.commit("Tidy up");
        }
        pre(&mut made, &["exit"]).succeeded("changeset pre exit");
        if dice.one_in(3) {
            changesets(&mut dice, &mut made, "late-");
        }
        rounds.push(round(&mut made, &told("the release")));
    }
    changesets(&mut dice, &mut made, "after-");
    rounds.push(round(&mut made, &told("after it")));
    rounds
}

/// A series that version 2 has begun.
fn old_series(seed: u64) -> Vec<Compared> {
    let mut dice = Dice::new(2_000 + seed);
    let mut made = begin(&mut dice);
    let told = |what: &str| format!("series {seed} of version 2, {what}");
    changesets(&mut dice, &mut made, "old-");
    let all = made.repository.files();
    let names = all.keys().filter_map(|path| path.strip_prefix(".changeset/")?.strip_suffix(".md"));
    let used: Vec<&str> = names.filter(|name| name.starts_with("old-") && !dice.one_in(3)).collect();
    let used = serde_json::to_string(&used).expect("it is a list");
    let mode = if dice.one_in(2) { "pre" } else { "exit" };
    let state = format!(
        "{{\n  \"mode\": \"{mode}\",\n  \"tag\": \"beta\",\n  \"initialVersions\": {{\n    \"shop\": \"1.0.0\"\n  }},\n  \"changesets\": {used}\n}}\n"
    );
    made.repository.add(".changeset/pre.json", &state);
    // The real one may version while it still moves what version 2 listed. Asked to change the mode, it moves first.
    let ours = super::comparison::planned(&made.repository).map(|plan| plan.releases);
    if mode == "pre" {
        assert_ne!(pre(&mut made, &["enter", "beta"]).code, 0, "it is in that mode");
    } else {
        pre(&mut made, &["exit"]).succeeded("changeset pre exit");
    }
    let after = super::comparison::planned(&made.repository).map(|plan| plan.releases);
    let same = if ours == after { Ok(super::comparison::Outcome::Equal) } else { Err(format!("{ours:?}, {after:?}")) };
    let mut rounds = vec![(told("before and after the move"), same), round(&mut made, &told("the first"))];
    changesets(&mut dice, &mut made, "new-");
    rounds.push(round(&mut made, &told("the second")));
    if mode == "pre" {
        pre(&mut made, &["exit"]).succeeded("changeset pre exit");
        rounds.push(round(&mut made, &told("the release")));
    }
    rounds
}

#[test]
#[ignore = "needs the changesets program: run ./tests/run"]
fn series_of_prereleases_are_those_of_the_real_one() {
    let tally = Tally::of(12, series);
    let (equal, nothing, _) = tally.close("rounds of series");
    assert!(equal >= 45 && nothing >= 2, "{equal} equal, {nothing} nothing");
}

#[test]
#[ignore = "needs the changesets program: run ./tests/run"]
fn series_that_version_2_began_go_on_as_with_the_real_one() {
    let tally = Tally::of(12, old_series);
    let (equal, ..) = tally.close("rounds of series of version 2");
    assert!(equal >= 30, "{equal} equal");
}
