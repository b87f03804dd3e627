//! The fuzz targets of `fuzz`, on the toolchain of the workspace: each takes its seeds, what was found, and a few thousand
//! mutations of both. Those are the same in every run.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

#[path = "../../../fuzz/src/lib.rs"]
#[expect(unreachable_pub, reason = "it is a library of its own, too")]
mod targets;

/// How many mutations a target takes; `EMBARK_FUZZ_MUTATIONS` asks for more.
const MUTATIONS: usize = 2_000;

/// No input becomes longer by a mutation.
const LONGEST: usize = 4_096;

macro_rules! each {
    ($($target:ident),* $(,)?) => {
        $(
            #[test]
            fn $target() {
                replay(stringify!($target), targets::$target);
            }
        )*

        #[test]
        fn no_target_is_forgotten() {
            let mut names: Vec<&str> = targets::TARGETS.iter().map(|(name, _)| *name).collect();
            names.sort_unstable();
            assert_eq!(names, [$(stringify!($target)),*]);
            for name in names {
                let program = root().join("fuzz_targets").join(format!("{name}.rs"));
                let program = fs::read_to_string(&program).unwrap_or_default();
                assert!(program.contains(&format!("embark_fuzz::{name}(")), "libFuzzer calls {name}");
            }
        }
    };
}

each!(
    challenge,
    changesets,
    configuration,
    docker_config,
    links,
    manifests,
    packs,
    pkt_lines,
    values_editor,
    values_path,
    webhook,
);

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz"))
}

fn replay(name: &str, target: targets::Target) {
    let seeds = files(&root().join("seeds").join(name));
    assert!(seeds.len() >= 3, "{name} has seeds");
    let inputs = [seeds, files(&root().join("found").join(name))].concat();
    for input in &inputs {
        run(name, target, input);
    }
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let asked = std::env::var("EMBARK_FUZZ_MUTATIONS").ok().and_then(|asked| asked.parse().ok());
    for _ in 0..asked.unwrap_or(MUTATIONS) {
        let mut input = inputs[random.below(inputs.len())].clone();
        for _ in 0..=random.below(4) {
            random.mutate(&mut input, &inputs);
        }
        input.truncate(LONGEST);
        run(name, target, &input);
    }
}

/// Reads the files of a folder, in the order of their names.
fn files(folder: &Path) -> Vec<Vec<u8>> {
    let mut paths: Vec<_> = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths.into_iter().map(|path| fs::read(path).expect("it can be read")).collect()
}

/// Runs a target, and tells which bytes it fails on.
fn run(name: &str, target: targets::Target, input: &[u8]) {
    let ran = catch_unwind(AssertUnwindSafe(|| target(input)));
    assert!(ran.is_ok(), "{name} fails on b\"{}\"", input.escape_ascii());
}

/// [SplitMix64](https://prng.di.unimi.it/splitmix64.c).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// Chooses a number below another one, and 0 below 0.
    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() >> 33).unwrap_or_default() % end.max(1)
    }

    fn mutate(&mut self, input: &mut Vec<u8>, inputs: &[Vec<u8>]) {
        const BYTES: &[u8] = b"\0\x01\x7f\x80\xff\n\r\t \"'\\#:,;<>[]{}=-0&*!|%@";
        let at = self.below(input.len() + 1);
        let end = (at + 1 + self.below(16)).min(input.len());
        match self.below(6) {
            0 if at < input.len() => input[at] ^= 1 << self.below(8),
            1 if at < input.len() => input[at] = BYTES[self.below(BYTES.len())],
            2 => input.insert(at, BYTES[self.below(BYTES.len())]),
            3 => drop(input.drain(at.min(end)..end)),
            4 => {
                let part = input[at.min(end)..end].to_vec();
                input.splice(at..at, part);
            }
            _ => {
                let other = &inputs[self.below(inputs.len())];
                let from = self.below(other.len());
                let to = (from + self.below(64)).min(other.len());
                input.splice(at..at, other[from.min(to)..to].iter().copied());
            }
        }
    }
}
