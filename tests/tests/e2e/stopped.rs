//! The binary is killed at each of its effects on the disk: what it leaves is sound, and the same command, run again,
//! finishes.

mod case;
mod seen;
mod served;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};

use embark_tests::harness::{Finished, Report, Setup, Stopper, World, check_generated};

use self::case::{CASES, Case};
use self::seen::Seen;
use crate::EMBARK;

/// With it each command is killed wherever a file or folder is made, named, removed, or written under its own name. It takes
/// minutes: `tests/measure` asks for it.
const EVERYWHERE: &str = "EMBARK_CRASH_EVERYWHERE";

/// The first of the commands that are killed in any case: those before it do in parts what these do.
const OTHERS: usize = 4;

/// Where the configuration is from a folder beside the application's, whose paths lead to the same.
const CONFIGURATION: &str = "../home/embark.yaml";

/// What is done to files, in the columns of the table, and the system calls that do it.
const KINDS: [(&str, &[&str]); 5] = [
    ("made", &["create", "mkdir", "link", "symlink"]),
    ("written", &["write", "truncate"]),
    ("renamed", &["rename"]),
    ("removed", &["unlink", "rmdir"]),
    ("mode set", &["chmod"]),
];

/// A world that waits for a command, and how that ends if nothing stops it.
struct Smooth {
    case: &'static Case,
    world: World,
    arguments: Vec<String>,
    before: Seen,
    after: Seen,
    effects: Vec<String>,
}

impl Smooth {
    fn new(case: &'static Case, stopper: &Stopper) -> Self {
        let world = World::new(EMBARK, Setup::Embedded);
        (case.before)(&world);
        // A command may write the configuration itself.
        std::fs::copy(world.config_path(), world.app().join(CONFIGURATION)).expect("the configuration can be copied");
        let arguments = (case.command)(&world);
        let smooth = world.copied();
        let (finished, effects) = stopper.effects(&smooth.embark, &texts(&arguments));
        finished.succeeded(case.name);
        let (before, after) = (Seen::of(&world), Seen::of(&smooth));
        assert_ne!(before, after, "{} does something", case.name);
        Self { case, world, arguments, before, after, effects }
    }

    /// Kills it before one effect, and has it run again; tells whether there were so many.
    fn stop_at(&self, stopper: &Stopper, effect: usize) -> bool {
        let world = self.world.copied();
        let stopped = stopper.stop(&world.embark, &texts(&self.arguments), effect);
        let of = self.effects.get(effect).map(String::as_str).unwrap_or_default();
        let place = format!("{}, killed before effect {effect}, {of}", self.case.name);
        if let Err(Finished { code, stderr, .. }) = &stopped {
            assert_eq!(*code, 0, "{place}: {stderr}");
        }
        let between = Seen::of(&world);
        between.assert_between(&self.before, &self.after, &place);
        assert_sound(&world, &place);
        if self.case.adds && between.has_all_of(&self.after) {
            return stopped.is_ok();
        }
        self.run(&world, &place);
        Seen::of(&world).assert_is(&self.after, &place);
        world.repo.git.assert_sound();
        if !self.case.adds {
            let state = world.state();
            let third = self.run(&world, &place);
            assert_eq!(third.json["outcome"], self.case.again, "{place}: {:#}", third.json);
            assert_eq!(world.state(), state, "{place}: it comes to rest");
        }
        stopped.is_ok()
    }

    fn run(&self, world: &World, place: &str) -> Report {
        let arguments = texts(&self.arguments);
        let report = world.embark.json(&arguments);
        assert_eq!(report.code, 0, "{place}: {:#}\n{}", report.json, report.stderr);
        report
    }

    /// Kills it at each effect that there is, or at those that others see, and returns how often that was.
    fn stop_everywhere(&self, stopper: &Stopper, everywhere: bool) -> usize {
        let (next, stopped) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let work = || {
            loop {
                let effect = next.fetch_add(1, Ordering::SeqCst);
                let is_left_out = if everywhere { is_unnamed } else { is_hidden };
                if self.effects.get(effect).is_some_and(|effect| is_left_out(effect)) {
                    continue;
                }
                if !self.stop_at(stopper, effect) {
                    break;
                }
                stopped.fetch_add(1, Ordering::SeqCst);
            }
        };
        std::thread::scope(|scope| {
            // A good part of it is waiting for processes to begin and to end.
            let threads = 2 * std::thread::available_parallelism().map_or(1, usize::from);
            (0..threads).for_each(|_| drop(scope.spawn(work)));
        });
        stopped.into_inner()
    }

    /// Counts the effects of each kind.
    fn kinds(&self) -> Vec<usize> {
        let mut calls: BTreeMap<&str, usize> = BTreeMap::new();
        for effect in self.effects.iter().filter(|effect| !is_by_chance(effect)) {
            *calls.entry(effect.split(' ').next().unwrap_or_default()).or_default() += 1;
        }
        let of = |names: &[&str]| names.iter().filter_map(|name| calls.get(name)).sum();
        let kinds: Vec<usize> = KINDS.iter().map(|(_, names)| of(names)).collect();
        assert_eq!(kinds.iter().sum::<usize>(), calls.values().sum::<usize>(), "each is of a kind: {calls:?}");
        kinds
    }
}

/// A folder of git's objects is made where it is missing: which ones are is chance.
fn is_by_chance(effect: &str) -> bool {
    effect.starts_with("mkdir ") && effect.contains("/objects/")
}

/// What is written into a file that will have its name later: no matter how far that has come.
fn is_unnamed(effect: &str) -> bool {
    let name = effect.rsplit('/').next().unwrap_or_default();
    effect.starts_with("write ") && [".tmp", ".embark-"].iter().any(|prefix| name.starts_with(prefix))
}

/// What is done to a file under a name that nobody looks for, or to objects of git before a ref leads to them: no matter
/// how far that has come.
fn is_hidden(effect: &str) -> bool {
    let name = effect.rsplit('/').next().unwrap_or_default();
    name.starts_with(".embark-") || effect.contains("/objects/")
}

fn texts(arguments: &[String]) -> Vec<&str> {
    arguments.iter().map(String::as_str).collect()
}

/// Fails unless git and the layouts are sound, and `verify` finds nothing broken.
fn assert_sound(world: &World, place: &str) {
    world.repo.git.assert_sound();
    seen::assert_layouts_sound(world, place);
    let verified = world.embark.json(&["verify", "--config", CONFIGURATION]);
    assert_eq!(verified.code, 0, "{place}: {:#}", verified.json);
}

#[test]
fn what_is_killed_at_any_effect_on_the_disk_is_finished_by_the_next_run() {
    let (stopper, everywhere) = (Stopper::new(), std::env::var_os(EVERYWHERE).is_some());
    let mut table = format!("| command |{}", KINDS.map(|(name, _)| format!(" {name} |")).concat());
    let _ = writeln!(table, " effects | killed at | not mended |\n| --- |{}", " ---: |".repeat(KINDS.len() + 3));
    let mut sums = vec![0; KINDS.len() + 2];
    let mut line = |name: &str, numbers: &[usize]| {
        let numbers: Vec<String> = numbers.iter().map(usize::to_string).collect();
        let _ = writeln!(table, "| {name} | {} | 0 |", numbers.join(" | "));
    };
    for case in if everywhere { &CASES[..] } else { &CASES[OTHERS..] } {
        let started = std::time::Instant::now();
        let smooth = Smooth::new(case, &stopper);
        let stopped = smooth.stop_everywhere(&stopper, everywhere);
        eprintln!("{}: killed at {stopped} of {} in {:?}", case.name, smooth.effects.len(), started.elapsed());
        let kinds = smooth.kinds();
        let sum: usize = kinds.iter().sum();
        let killed = smooth.effects.iter().filter(|effect| !is_by_chance(effect) && !is_unnamed(effect)).count();
        let numbers: Vec<usize> = kinds.into_iter().chain([sum, killed]).collect();
        line(case.name, &numbers);
        sums.iter_mut().zip(numbers).for_each(|(sum, number)| *sum += number);
    }
    line("together", &sums);
    if everywhere {
        check_generated("docs/reliability.md", "a crash on the disk", &table);
    }
}
