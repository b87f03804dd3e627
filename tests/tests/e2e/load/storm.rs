//! Three processes on one repository, of which some are killed and others asked to end, while one in a hundred of all
//! requests and answers meets a reset. When it is over, nothing is lost, and what a run has told is so.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use embark_tests::harness::{
    BACKEND, COMPONENTS, Entry, FRONTEND, Finished, Git, Image, Rough, Running, Setup, Traffic, Weather, World,
};
use serde_json::Value;

use super::{binary, given};

const LEDGER: &str = "refs/embark/ledger";

/// So many images were built; each commit has one of them.
const BUILT: usize = 8;

/// How a run ended that was neither killed nor at fault: done, refused, a lost race, a server that went away, a signal.
const EXPECTED: [i32; 6] = [0, 10, 12, 21, 130, 143];

/// Numbers that look like those of a dice: `SplitMix64`.
struct Dice(u64);

impl Dice {
    fn next(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % below
    }
}

struct Storm {
    world: World,
    commits: Vec<String>,
    /// The newest commit that somebody has begun to release.
    newest: AtomicUsize,
    versions: AtomicUsize,
    /// How runs ended, by what they were.
    ends: Mutex<BTreeMap<(String, i32), usize>>,
    told: Mutex<Told>,
}

/// What runs said before they ended, however they ended.
#[derive(Default)]
struct Told {
    /// The deployments that they named.
    deployments: BTreeSet<String>,
    /// The deployments that had succeeded, and the commits of which they were told to be.
    successes: BTreeSet<(String, String)>,
}

impl Told {
    /// Takes in what a run wrote. One that was killed may have written half an object, which says nothing.
    fn hear(&mut self, finished: &Finished) {
        let Ok(report) = serde_json::from_slice::<Value>(&finished.stdout) else { return };
        for deployment in report["deployments"].as_array().into_iter().flatten() {
            let Some(id) = deployment["id"].as_str() else { continue };
            self.deployments.insert(id.to_owned());
            if let (Some("success"), Some(commit)) = (deployment["state"].as_str(), deployment["commit"].as_str()) {
                self.successes.insert((id.to_owned(), commit.to_owned()));
            }
        }
    }
}

impl Storm {
    fn new(commits: usize) -> Self {
        let world = World::new(&binary(), Setup::GitServer);
        for number in 0..BUILT {
            let tag = format!("built-{number}");
            world.store.push(FRONTEND, &tag, &Image::single(&tag));
            world.store.push(BACKEND, &tag, &Image::multi(&tag));
        }
        let git = Git::at(&world.app());
        let mut stream = String::new();
        for number in 0..commits {
            let from = if number == 0 { "from refs/heads/main^0\n" } else { "" };
            let _ = write!(
                stream,
                "commit refs/heads/main\ncommitter A Person <person@example.com> {} +0000\ndata 5\nMerge\n{from}M 100644 \
                 inline main.js\ndata 8\n{number:>8}\n\n",
                1_700_000_000 + number
            );
        }
        git.fast_import(&stream);
        let listed = git.run(&["rev-list", "--reverse", "--max-count", &commits.to_string(), "refs/heads/main"]);
        let commits = listed.lines().map(str::to_owned).collect();
        let (newest, versions) = (AtomicUsize::new(0), AtomicUsize::new(0));
        Self { world, commits, newest, versions, ends: Mutex::default(), told: Mutex::default() }
    }

    /// The arguments that release a commit.
    fn release(&self, number: usize, environment: &str) -> Vec<String> {
        let mut arguments: Vec<String> =
            ["release", environment, "--commit", &self.commits[number], "--deploy"].map(str::to_owned).into();
        for component in COMPONENTS {
            let built = format!("{component}={}:built-{}", self.world.image(component), number % BUILT);
            arguments.extend(["--image".to_owned(), built]);
        }
        arguments
    }

    /// What one of those who work here does next.
    fn next(&self, dice: &mut Dice) -> Vec<String> {
        let last = self.commits.len() - 1;
        match dice.next(10) {
            0..3 => self.release((self.newest.fetch_add(1, Ordering::SeqCst) + 1).min(last), "dev"),
            3..6 => self.release(self.newest.load(Ordering::SeqCst).min(last), "staging"),
            6..8 => {
                let version = self.versions.fetch_add(1, Ordering::SeqCst) + 1;
                let commit = &self.commits[self.newest.load(Ordering::SeqCst).min(last)];
                let version = format!("1.{version}.0");
                ["promote", "production", "--version", &version, "--commit", commit, "--deploy"]
                    .map(str::to_owned)
                    .into()
            }
            _ => ["deploy", "--pending"].map(str::to_owned).into(),
        }
    }

    fn work(&self, seed: u64, until: Instant) {
        let mut dice = Dice(seed);
        while Instant::now() < until {
            let arguments = self.next(&mut dice);
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            let mut running = Running::start(&self.world.embark, &[&["--output", "json"], &arguments[..]].concat());
            let (fate, patience) = (dice.next(10), Duration::from_millis(dice.next(1_500)));
            let signal = match fate {
                0..3 => Some("KILL"),
                3 => Some("TERM"),
                4 => Some("INT"),
                _ => None,
            };
            if let Some(signal) = signal {
                let begun = Instant::now();
                while begun.elapsed() < patience && !running.has_ended() {
                    std::thread::sleep(Duration::from_millis(5));
                }
                if !running.has_ended() {
                    running.signal(signal);
                }
            }
            let (finished, _) = running.end();
            let said = format!("embark {}: {}\n{}", arguments.join(" "), finished.text(), finished.stderr);
            let is_expected = EXPECTED.contains(&finished.code) || finished.code > 1_000;
            assert!(is_expected, "exit code {}: {said}", finished.code);
            self.told.lock().expect("nobody panics with it").hear(&finished);
            let mut ends = self.ends.lock().expect("nobody panics with it");
            *ends.entry((arguments[0].to_owned(), finished.code)).or_default() += 1;
        }
    }

    /// What one release to dev costs now, when all is quiet.
    fn cost(&self) -> Traffic {
        let server = self.world.server.as_ref().expect("it is served");
        let number = (self.newest.fetch_add(1, Ordering::SeqCst) + 1).min(self.commits.len() - 1);
        server.take_traffic();
        let arguments = self.release(number, "dev");
        self.world.embark.json(&arguments.iter().map(String::as_str).collect::<Vec<_>>()).ended(0, "done");
        server.take_traffic()
    }

    /// Reads all entries of the ledger with two processes of git.
    fn ledger(&self) -> Vec<Entry> {
        let git = &self.world.repo.git;
        let listed = git.run(&["ls-tree", "-r", "--format=%(objectname) %(path)", LEDGER, "deployments/"]);
        let files: Vec<(&str, &str)> = listed.lines().filter_map(|line| line.split_once(' ')).collect();
        let ids: Vec<&str> = files.iter().map(|(id, _)| *id).collect();
        let told = git.input(&["cat-file", "--batch"], (ids.join("\n") + "\n").as_bytes());
        let mut rest = told.as_str();
        let mut entries = Vec::new();
        for (_, path) in files {
            let (head, body) = rest.split_once('\n').expect("each object has a head");
            let size: usize = head.rsplit(' ').next().and_then(|size| size.parse().ok()).expect("a size");
            entries.push(Entry::parse(path, &body[..size]));
            rest = body.get(size + 1..).unwrap_or_default();
        }
        entries
    }

    /// Lists the deployments that commits of the branch name, and those commits.
    fn landed(&self) -> Vec<(String, String)> {
        let format = "--format=%H %(trailers:key=Embark-Deployment,valueonly,separator=%x2C)";
        let log = self.world.repo.git.run(&["log", "--first-parent", format, "refs/heads/main"]);
        let named =
            log.lines().filter_map(|line| line.split_once(' ')).filter(|(_, deployment)| !deployment.is_empty());
        named.map(|(commit, deployment)| (deployment.to_owned(), commit.to_owned())).collect()
    }

    /// Fails unless what runs told of deployments is so now that it is over.
    fn assert_true(&self, known: &BTreeSet<String>, landed: &BTreeMap<String, String>) {
        let told = std::mem::take(&mut *self.told.lock().expect("nobody panics with it"));
        assert!(!told.successes.is_empty(), "some run told of a success");
        let lost: Vec<&String> = told.deployments.difference(known).collect();
        assert!(lost.is_empty(), "what was told to be created is in the ledger, but for {lost:?}");
        let on_branch: BTreeSet<&String> = landed.values().collect();
        for (deployment, commit) in &told.successes {
            // Another one's commit is told where that had brought the same.
            let is_so = landed.get(deployment).map_or(on_branch.contains(commit), |its| its == commit);
            assert!(is_so, "{deployment} was told to be of {commit}, and the branch has {:?}", landed.get(deployment));
        }
    }
}

#[test]
#[ignore = "needs git http-backend: run ./tests/run"]
fn three_processes_that_are_killed_and_cut_off_lose_nothing() {
    let seconds = given("EMBARK_TEST_SECONDS", 6);
    let storm = Storm::new(20 + seconds * 8);
    let world = &storm.world;
    // The first one of all has nothing to look at.
    storm.cost();
    let before = storm.cost();
    let server = world.server.as_ref().expect("it is served");
    let rough = Rough::before(server.address(), 11);
    rough.set(Weather { resets: 10, ..Weather::default() });
    let (quiet, way) = (server.url("deployment.git"), format!("http://{}/deployment.git", rough.address()));
    world.configure(&quiet, &way);
    let until = Instant::now() + Duration::from_secs(seconds as u64);
    std::thread::scope(|scope| {
        for seed in 1..=3 {
            let storm = &storm;
            scope.spawn(move || storm.work(seed, until));
        }
    });
    world.configure(&way, &quiet);
    let ends = std::mem::take(&mut *storm.ends.lock().expect("nobody panics with it"));
    let runs: usize = ends.values().sum();
    println!("{seconds} s, {runs} runs, {} resets; how they ended: {ends:?}", rough.resets());

    // What was begun is finished, and the newest commit is brought everywhere.
    let finished = world.embark.json(&["deploy", "--pending"]);
    assert!([0, 10].contains(&finished.code), "{:#}", finished.json);
    let after = storm.cost();
    let last = storm.newest.load(Ordering::SeqCst).min(storm.commits.len() - 1);
    let release = storm.release(last, "staging");
    world.embark.json(&release.iter().map(String::as_str).collect::<Vec<_>>()).ended_with(0);
    let newest = storm.commits[last].as_str();
    let version = format!("2.{seconds}.0");
    let promote = ["promote", "production", "--version", &version, "--commit", newest, "--deploy"];
    world.embark.json(&promote).ended_with(0);
    world.embark.json(&["deploy", "--pending"]).ended(0, "unchanged");
    world.embark.json(&["verify", "--strict"]).ended(0, "unchanged");
    world.embark.json(&["audit"]).ended(0, "unchanged");
    for environment in ["dev", "staging"] {
        let named = world.repo.values(environment).matches(newest).count();
        assert_eq!(named, COMPONENTS.len(), "{environment} names {newest}: {}", world.repo.values(environment));
    }

    let entries = storm.ledger();
    let landed = storm.landed();
    let once: BTreeMap<String, String> = landed.iter().cloned().collect();
    assert_eq!(once.len(), landed.len(), "nothing landed twice");
    let mut closed = BTreeMap::new();
    for entry in &entries {
        let end = entry.state().unwrap_or_default();
        let place = format!("{} {:#}", entry.path(), entry.json);
        assert!(["success", "inactive", "failure"].contains(&end.as_str()), "each has come to an end: {place}");
        assert!(entry.successes() <= 1, "each succeeds once: {place}");
        let has_landed = once.contains_key(&entry.id);
        assert!(!has_landed || entry.successes() == 1, "what has landed has succeeded: {place}");
        *closed.entry(end).or_insert(0) += 1;
    }
    let known: BTreeSet<String> = entries.iter().map(|entry| entry.id.clone()).collect();
    assert!(once.keys().all(|id| known.contains(id)), "each commit has its deployment");
    storm.assert_true(&known, &once);
    world.repo.git.assert_sound();
    println!("{} deployments came to {closed:?}, {} commits", entries.len(), landed.len());
    for (when, traffic) in [("before", &before), ("after", &after)] {
        println!("one release to dev {when}: {}", traffic.to_string().lines().last().unwrap_or_default());
    }
    assert!(after.requests() <= before.requests() + 2, "before {before}\nafter {after}");
    let pushed = |traffic: &Traffic| -> usize {
        traffic.0.iter().filter(|one| one.target.ends_with("/git-receive-pack")).map(|one| one.up).sum()
    };
    // Trees of the ledger are sent whole up to 256 bytes, and as deltas above: of each component one, in two pushes.
    assert!(pushed(&after) <= pushed(&before) + 4 * 256, "before {before}\nafter {after}");
    // Read are twice 64 entries of each component and environment, where there are so many. Each is asked for in a line
    // of 50 bytes. What more is pushed, and two requests more, are bounded above; of its own one has 256 bytes at most.
    let read = entries.len().min(3 * COMPONENTS.len() * 2 * 64);
    let most = before.up() + 50 * read + 4 * 256 + 2 * 256;
    assert!(after.up() <= most, "{most} bytes at most\nbefore {before}\nafter {after}");
    // What is read has the id of each deployment there ever was, and those entries.
    let most = before.down() + 64 * entries.len() + 3 * COMPONENTS.len() * 2 * 64 * 512;
    assert!(after.down() <= most, "{most} bytes at most\nbefore {before}\nafter {after}");
}
