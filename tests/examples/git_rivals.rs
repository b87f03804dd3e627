//! Has embark and others write one change into a git repository on a server, and counts what they ask and take.
//!
//! `git_rivals EMBARK [RUNS]` prints a table for each size of repository, and one of embark over all of them.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use embark_tests::harness::{BACKEND, Setup, Traffic, World, program, watch};

/// What each request waits, in milliseconds.
const DELAYS: [u64; 2] = [0, 50];

/// Files and commits.
const SIZES: [(usize, usize); 4] = [(200, 2_000), (20_000, 2_000), (200_000, 2_000), (20_000, 50_000)];

/// A way to write the change: its name, and the script that does it in an empty folder. `$URL` is the repository, and
/// `$FILE` the path in it.
struct Way(&'static str, &'static str);

/// Edits the values file as `sed` can.
const EDIT: &str = "s/legacy-7/released/";

const WAYS: [Way; 6] = [
    Way(
        "git plumbing, blobless, depth 1",
        r#"git clone -q --bare --depth 1 --single-branch --filter=blob:none "$URL" repo; cd repo; plumb"#,
    ),
    Way(
        "git clone --depth 1",
        r#"git clone -q --depth 1 "$URL" repo; cd repo; edit; git commit -qam Change; git push -q origin HEAD:main"#,
    ),
    // gitops-promoter: a clone without blobs, never checked out, and trees made by plumbing.
    Way(
        "blobless clone, whole history",
        r#"git clone -q --no-checkout --filter=blob:none "$URL" repo; cd repo; plumb"#,
    ),
    // Argo CD Image Updater: the default branch is asked for, fetched and checked out.
    Way(
        "init, fetch --depth 1, checkout",
        r#"git init -q repo; cd repo; git remote add origin "$URL"; git remote show origin >/dev/null
           git fetch -q --depth 1 --force --prune origin main; git checkout -q -B main FETCH_HEAD
           edit; git commit -qam Change; git push -q origin main"#,
    ),
    // gitopscli: a shallow clone, and a rebase before the one push.
    Way(
        "clone --depth 1, pull --rebase",
        r#"git clone -q --depth 1 "$URL" repo; cd repo; edit; git commit -qam Change
           git ls-remote -q "$URL" main >/dev/null; git pull -q --rebase origin main; git push -q origin HEAD:main"#,
    ),
    // Kargo: all of the history, a work tree, and a rebase before the push.
    Way(
        "bare clone, worktree, pull --rebase",
        r#"git clone -q --bare "$URL" repo; cd repo; git worktree add -q ../tree main; cd ../tree
           edit; git commit -qam Change; git ls-remote -q "$URL" main >/dev/null
           git pull -q --rebase "$URL" main; git push -q "$URL" HEAD:main"#,
    ),
];

/// What the scripts share.
const PRELUDE: &str = r#"set -eu
edit() { sed -i "$EDIT" "$FILE"; }
plumb() {
    export GIT_INDEX_FILE="$PWD/new-index"
    blob=$(git cat-file blob "HEAD:$FILE" | sed "$EDIT" | git hash-object -w --stdin)
    git read-tree HEAD; git update-index --cacheinfo "100644,$blob,$FILE"
    commit=$(git commit-tree -p HEAD -m Change "$(git write-tree --missing-ok)")
    git push -q "$URL" "$commit:refs/heads/main"
}
"#;

/// What a way needed for the change.
#[derive(Default)]
struct Row {
    name: &'static str,
    traffic: Traffic,
    /// The median for each delay.
    times: Vec<Duration>,
    /// The peak of the resident memory of its largest process, in KiB.
    peak: u64,
}

/// A repository of one size, in which a deployment waits.
struct Subject {
    world: World,
    refs: [(&'static str, String); 2],
}

impl Subject {
    fn new(binary: &str, files: usize, commits: usize) -> Self {
        let mut world = World::new(binary, Setup::GitServer);
        world.repo.grow(files, commits);
        // As hosts do from time to time.
        world.repo.git.run(&["repack", "-a", "-d", "-q", "--write-bitmap-index"]);
        world.build(&world.commits[0], "1", "1");
        let release = ["release", "dev", "--commit", &world.commits[0], "--component", BACKEND];
        world.embark.json(&release).ended(0, "done");
        let tip = |name| (name, world.repo.git.tip(name).expect("the reference is there"));
        let refs = ["refs/heads/main", "refs/embark/ledger"].map(tip);
        Self { world, refs }
    }

    /// Runs one way on the repository as it was at first; returns what passed, how long it took and its peak.
    fn run(&self, script: Option<&str>) -> (Traffic, Duration, u64) {
        let World { repo, embark, .. } = &self.world;
        for (name, id) in &self.refs {
            repo.git.run(&["update-ref", name, id]);
        }
        let server = self.world.server.as_ref().expect("it is served");
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let mut command = match script {
            None => embark.command(&["deploy", "--pending", "dev"]),
            Some(script) => self.script(script),
        };
        if script.is_some() {
            command.current_dir(folder.path());
        }
        server.take_traffic();
        let started = Instant::now();
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().expect("it can be run");
        let (status, peak) = watch(child);
        let took = started.elapsed();
        assert!(status.success(), "{status}: {script:?}");
        let traffic = server.take_traffic();
        assert_eq!(repo.commits_since(&self.refs[0].1).len(), 1, "{script:?}");
        assert_ne!(repo.values("dev"), self.before(), "{script:?}");
        (traffic, took, peak)
    }

    fn before(&self) -> String {
        let path = self.world.repo.values_path("dev");
        self.world.repo.git.file(&self.refs[0].1, &path).expect("the values file is there")
    }

    fn script(&self, script: &str) -> Command {
        let mut command = program("sh");
        command.args(["-c", &format!("{PRELUDE}{script}")]).env("EDIT", EDIT).env("URL", self.world.url());
        command.env("FILE", self.world.repo.values_path("dev"));
        for who in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{who}_NAME"), "A Person").env(format!("GIT_{who}_EMAIL"), "person@example.com");
        }
        command
    }

    /// Has each way write the change in turn, so that what else the machine does meets all of them.
    fn measure(&self, runs: usize) -> Vec<Row> {
        let ways = [("embark", None)].into_iter().chain(WAYS.iter().map(|Way(name, script)| (*name, Some(*script))));
        let ways: Vec<_> = ways.collect();
        let mut rows: Vec<Row> = ways.iter().map(|(name, _)| Row { name, ..Row::default() }).collect();
        for delay in DELAYS {
            self.world.server.as_ref().expect("it is served").set_delay(Duration::from_millis(delay));
            let mut times = vec![Vec::new(); ways.len()];
            for _ in 0..runs {
                for (at, (_, script)) in ways.iter().enumerate() {
                    let (traffic, took, peak) = self.run(*script);
                    times[at].push(took);
                    rows[at].traffic = traffic;
                    rows[at].peak = rows[at].peak.max(peak);
                }
            }
            for (row, mut times) in rows.iter_mut().zip(times) {
                times.sort_unstable();
                row.times.push(times[times.len() / 2]);
            }
        }
        rows
    }
}

fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let binary = arguments.next().ok_or_else(|| std::io::Error::other("usage: git_rivals EMBARK [RUNS]"))?;
    let runs = arguments.next().and_then(|runs| runs.parse().ok()).unwrap_or(3);
    let mut out = std::io::stdout();
    let mut curve = Vec::new();
    for (files, commits) in SIZES {
        let mut rows = Subject::new(&binary, files, commits).measure(runs);
        writeln!(out, "### {files} files and {commits} commits\n")?;
        writeln!(
            out,
            "| way | requests | connections | bytes up | bytes down | time | at {} ms | peak, MiB |",
            DELAYS[1]
        )?;
        writeln!(out, "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")?;
        for Row { name, traffic, times, peak } in &rows {
            let (requests, connections) = (traffic.requests(), traffic.connections());
            write!(out, "| {name} | {requests} | {connections} | {} | {} ", traffic.up(), traffic.down())?;
            for (time, own) in times.iter().zip(&rows[0].times) {
                write!(out, "| {:.1} ", time.as_secs_f64() / own.as_secs_f64())?;
            }
            writeln!(out, "| {} |", peak / 1024)?;
        }
        writeln!(out)?;
        out.flush()?;
        curve.push((files, commits, rows.swap_remove(0)));
    }
    writeln!(out, "### embark over the sizes\n")?;
    writeln!(out, "| files | commits | requests | bytes up | bytes down | ms | ms at {} ms | peak, MiB |", DELAYS[1])?;
    writeln!(out, "| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")?;
    for (files, commits, Row { traffic, times, peak, .. }) in curve {
        write!(out, "| {files} | {commits} | {} | {} | {} ", traffic.requests(), traffic.up(), traffic.down())?;
        writeln!(out, "| {} | {} | {} |", times[0].as_millis(), times[1].as_millis(), peak / 1024)?;
    }
    writeln!(out)
}
