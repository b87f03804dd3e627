//! A disk that gets full, at every write of a promotion.

use std::path::PathBuf;

use embark_tests::harness::{Report, Setup, Shim, World, program, run};

use super::assert_true;
use crate::EMBARK;

/// A world on disk that can be put back.
struct Kept {
    world: World,
    root: PathBuf,
    prefix: usize,
}

impl Kept {
    /// Staging runs the first commit, which waits to be promoted.
    fn new() -> Self {
        let world = World::new(EMBARK, Setup::Embedded);
        let commit = world.commits[0].as_str();
        world.build(commit, "1", "1");
        world.embark.json(&["release", "staging", "--commit", commit, "--deploy"]).ended(0, "done");
        let root = world.app().join("..");
        let kept = Self { prefix: world.repo.commits().len(), world, root };
        kept.shell("mkdir kept && cp -a git images kept/");
        kept
    }

    fn put_back(&self) {
        self.shell("rm -rf git images && cp -a kept/git kept/images .");
    }

    fn shell(&self, script: &str) {
        run(program("sh").args(["-c", script]).current_dir(&self.root), b"").succeeded(script);
    }

    fn promotion(&self) -> [&str; 7] {
        ["promote", "production", "--version", "1.4.0", "--commit", &self.world.commits[0], "--deploy"]
    }
}

#[track_caller]
fn assert_finishes(kept: &Kept, place: &str) {
    let world = &kept.world;
    let again = world.embark.json(&kept.promotion());
    assert_eq!(again.code, 0, "the next run finishes: {place}\nthen {:#}", again.json);
    let again = world.embark.json(&["deploy", "--pending"]);
    assert_eq!(again.code, 0, "{place}\nthen {:#}", again.json);
    let verified = world.embark.json(&["verify", "--strict"]);
    assert_eq!(verified.code, 0, "{place}\nthen {:#}", verified.json);
    assert_eq!(world.repo.commits().len() - kept.prefix, 2, "one commit for each component: {place}");
    world.repo.git.assert_sound();
}

/// `EMBARK_TEST_EVERY=1` has the disk full at every write, and not at every ninth, which takes minutes.
#[test]
#[ignore = "needs cc: run ./tests/run"]
fn a_promotion_whose_disk_is_full_at_any_write_says_so_and_the_next_run_finishes() {
    let (kept, shim) = (Kept::new(), Shim::compile());
    let every = std::env::var("EMBARK_TEST_EVERY").ok().and_then(|text| text.parse().ok()).unwrap_or(9);
    let (mut writes, mut codes) = (0, std::collections::BTreeMap::new());
    loop {
        kept.put_back();
        let full = shim.disk(&kept.world.embark, writes);
        let first = full.json(&kept.promotion());
        if first.code == 0 {
            break;
        }
        let place = format!("full after {writes} writes: {:#}\n{}", first.json, first.stderr);
        assert!(first.json.to_string().contains("No space left on device"), "{place}");
        assert_true(&kept.world, &first, &place);
        *codes.entry(first.code).or_insert(0) += 1;
        assert_finishes(&kept, &place);
        writes += every;
    }
    println!("full at one of {writes} writes, every {every}th of them: the exit codes are {codes:?}");
    assert!(writes >= 90, "a promotion of two components writes more than {writes} times");
    assert_eq!(codes.keys().collect::<Vec<_>>(), [&1], "{codes:?}");
}

/// Another way to have no room, which needs no compiler: no file may grow at all, or by more than a few blocks.
#[test]
fn files_that_may_not_grow_are_told_and_the_next_run_finishes() {
    let kept = Kept::new();
    for blocks in [0, 1, 64] {
        kept.put_back();
        let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
        let arguments = [&["--output", "json"][..], &kept.promotion()].concat();
        let first = Report::read(&arguments, kept.world.embark.in_shell(&script, &arguments));
        let place = format!("{blocks} blocks: {:#}", first.json);
        assert_eq!(first.code, i32::from(blocks < 64), "{place}");
        assert!(blocks == 64 || first.json.to_string().contains("File too large"), "{place}");
        assert_finishes(&kept, &place);
    }
}
