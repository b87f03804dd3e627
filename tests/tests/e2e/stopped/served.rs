//! The binary is cut off at each of its requests, to the registry and to the git server: all of them are counted together,
//! and from one on nothing comes through any more.

use std::fmt::Write as _;

use embark_tests::harness::{Cut, Exchange, Git, Setup, World, check_generated};
use tempfile::TempDir;

use super::case::{CASES, Case};
use super::seen::Seen;
use crate::EMBARK;

/// How many of the commands need servers; the others have to do with files alone.
const SERVED: usize = 8;

/// A world with servers, which is put back after each run.
struct Served {
    case: &'static Case,
    world: World,
    arguments: Vec<String>,
    refs: String,
    images: TempDir,
    before: Seen,
    after: Seen,
    requests: Vec<Exchange>,
}

impl Served {
    fn new(case: &'static Case) -> Self {
        let world = World::new(EMBARK, Setup::Bearer);
        (case.before)(&world);
        let arguments = (case.command)(&world);
        let (refs, images, before) = (world.repo.git.refs(), world.store.registry().keep(), Seen::of(&world));
        let traffic = || {
            let git = world.server.as_ref().expect("it is served").take_traffic().0;
            let images = world.front.as_ref().expect("it has a front").take_traffic().0;
            git.into_iter().chain(images).collect::<Vec<_>>()
        };
        traffic();
        let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
        world.embark.json(&words).ended(0, "done");
        let requests = traffic();
        let after = Seen::of(&world);
        assert_ne!(before, after, "{} does something", case.name);
        Self { case, world, arguments, refs, images, before, after, requests }
    }

    fn put_back(&self) {
        self.world.store.registry().put_back(&self.images);
        put_refs_back(&self.world.repo.git, &self.refs);
    }

    fn cut_at(&self, request: usize, cut: Cut) {
        self.put_back();
        let (world, place) = (&self.world, format!("{}, {cut:?} request {request}", self.case.name));
        let server = world.server.as_ref().expect("it is served");
        let words: Vec<&str> = self.arguments.iter().map(String::as_str).collect();
        server.cut(request, cut, true);
        let first = world.embark.json(&words);
        server.heal();
        // Where only the last answers are lost, it knows already, or it was a look that nothing depends on.
        assert!([0, 21].contains(&first.code), "{place}: {:#}\n{}", first.json, first.stderr);
        let between = Seen::of(world);
        between.assert_between(&self.before, &self.after, &place);
        let outcome = first.json["outcome"].as_str().unwrap_or_default();
        assert!(outcome != "done" || between == self.after, "{place}: it says no more than what is so");
        world.repo.git.assert_sound();
        let verified = world.embark.json(&["verify"]);
        assert_eq!(verified.code, 0, "{place}: {:#}", verified.json);
        let second = world.embark.json(&words);
        assert_eq!(second.code, 0, "{place}: {:#}\nthen {:#}", first.json, second.json);
        Seen::of(world).assert_is(&self.after, &place);
        world.repo.git.assert_sound();
        let refs = world.repo.git.refs();
        world.embark.json(&words).ended(0, "unchanged");
        assert_eq!(world.repo.git.refs(), refs, "{place}: it comes to rest");
    }
}

fn put_refs_back(git: &Git, refs: &str) {
    let there = |text: &str| -> Vec<(String, String)> {
        let pairs = text.lines().filter_map(|line| line.split_once(' '));
        pairs.map(|(name, id)| (name.to_owned(), id.to_owned())).collect()
    };
    for (name, _) in there(&git.refs()) {
        git.run(&["update-ref", "-d", &name]);
    }
    for (name, id) in there(refs) {
        git.run(&["update-ref", &name, &id]);
    }
}

/// Cuts a command before and after each request, and makes its row.
fn row(case: &'static Case) -> (String, [usize; 3]) {
    let served = Served::new(case);
    for request in 0..served.requests.len() {
        for cut in [Cut::Before, Cut::Unanswered] {
            served.cut_at(request, cut);
        }
    }
    let (all, writes) = (served.requests.len(), served.requests.iter().filter(|one| is_write(one)).count());
    (format!("| {} | {all} | {writes} | {} | 0 |", case.name, 2 * all), [all, writes, 2 * all])
}

fn is_write(request: &Exchange) -> bool {
    request.target.ends_with("/git-receive-pack") || ["PUT", "PATCH"].contains(&request.method.as_str())
}

/// All of it takes minutes: `tests/measure` asks for it.
#[test]
#[ignore = "needs docker-registry, skopeo and git http-backend: run ./tests/run"]
fn what_is_cut_off_at_any_request_is_finished_by_the_next_run() {
    if std::env::var_os(super::EVERYWHERE).is_none() {
        let served = Served::new(&CASES[4]);
        for request in (0..served.requests.len()).rev().take(2) {
            served.cut_at(request, Cut::Unanswered);
        }
        return;
    }
    let halves = CASES[..SERVED].chunks(SERVED / 2);
    let rows: Vec<(String, [usize; 3])> = std::thread::scope(|scope| {
        let threads: Vec<_> = halves.map(|some| scope.spawn(|| some.iter().map(row).collect::<Vec<_>>())).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("each is finished")).collect()
    });
    let mut table =
        "| command | requests | of them, writes | cut off | not mended |\n| --- | ---: | ---: | ---: | ---: |\n"
            .to_owned();
    let mut sums = [0; 3];
    for (line, numbers) in rows {
        let _ = writeln!(table, "{line}");
        sums.iter_mut().zip(numbers).for_each(|(sum, number)| *sum += number);
    }
    let _ = writeln!(table, "| together | {} | {} | {} | 0 |", sums[0], sums[1], sums[2]);
    check_generated("docs/reliability.md", "a crash over servers", &table);
}
