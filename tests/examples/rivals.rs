//! Has embark and other clients do the same jobs at one registry, and counts what they ask and how long they take.
//!
//! `rivals EMBARK [RUNS]` prints a table for each job. A client that is not installed has no row.

use std::io::Write as _;
use std::process::Command;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use embark_tests::harness::{Fleet, Image, Traffic, program, run};

const CLIENTS: [&str; 4] = ["embark", "crane", "regctl", "skopeo"];
/// What each request waits, in milliseconds.
const DELAYS: [u64; 2] = [0, 20];
/// Processes at a time, where a client needs many.
const AT_ONCE: usize = 8;
const COMPONENTS: usize = 200;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Job {
    Retag,
    Copy,
    Looks,
}

impl Job {
    fn title(self) -> &'static str {
        match self {
            Self::Retag => "Another tag in the same repository",
            Self::Copy => "A copy to another repository of the same registry, three platforms of four layers",
            Self::Looks => "400 look-ups: 200 components in two environments",
        }
    }

    fn images(self) -> Vec<Image> {
        match self {
            Self::Retag | Self::Copy => vec![Image::wide("rivals")],
            Self::Looks => (0..COMPONENTS).map(|number| Image::single(&number.to_string())).collect(),
        }
    }

    /// Has a client do it, and returns how long that took.
    fn run(self, fleet: &Fleet, client: &str, version: &str) -> Duration {
        // Each run writes to a place of its own.
        let repository = match self {
            Self::Copy => format!("{client}-{version}/c"),
            Self::Retag | Self::Looks => "acme/c".to_owned(),
        };
        let tag = if client == "embark" { version.to_owned() } else { format!("{client}-{version}") };
        let target = format!("{}/{repository}0:{tag}", fleet.front.address());
        let commands = match (self, client) {
            (Self::Looks, "embark") => vec![fleet.embark.command(&["verify"])],
            (_, "embark") => {
                fleet.have_production_in(&repository);
                vec![fleet.embark.command(&Fleet::promotion(version))]
            }
            (Self::Looks, _) => {
                let production = |number| format!("{}/acme/c{number}:1.0.0", fleet.front.address());
                let images = (0..COMPONENTS).flat_map(|number| [fleet.staging(number), production(number)]);
                images.map(|image| look(client, &image, fleet)).collect()
            }
            (Self::Retag | Self::Copy, _) => vec![copy(self, client, &fleet.staging(0), &target, fleet)],
        };
        let started = Instant::now();
        run_all(client, commands);
        let took = started.elapsed();
        if self != Self::Looks {
            fleet.assert_holds(&format!("{repository}0"), &tag, 0);
        }
        took
    }
}

fn look(client: &str, image: &str, fleet: &Fleet) -> Command {
    match client {
        "crane" => with(client, &["digest", "--insecure", image]),
        "regctl" => with(client, &["--host", &plain_http(fleet), "image", "digest", image]),
        _ => with(client, &["inspect", "--raw", "--tls-verify=false", &format!("docker://{image}")]),
    }
}

fn copy(job: Job, client: &str, source: &str, target: &str, fleet: &Fleet) -> Command {
    let tag = target.rsplit(':').next().unwrap_or_default();
    match (client, job) {
        ("crane", Job::Retag) => with(client, &["tag", "--insecure", source, tag]),
        ("crane", _) => with(client, &["copy", "--insecure", source, target]),
        ("regctl", _) => with(client, &["--host", &plain_http(fleet), "image", "copy", source, target]),
        _ => {
            let (source, target) = (format!("docker://{source}"), format!("docker://{target}"));
            let options = ["--all", "--preserve-digests", "--src-tls-verify=false", "--dest-tls-verify=false"];
            with(client, &[&["--insecure-policy", "copy", "--quiet"], &options[..], &[&source, &target]].concat())
        }
    }
}

fn plain_http(fleet: &Fleet) -> String {
    format!("reg={},tls=disabled", fleet.front.address())
}

fn with(client: &str, arguments: &[&str]) -> Command {
    let mut command = program(client);
    // Nobody's logins are there.
    command.env("HOME", "/nonexistent").args(arguments);
    command
}

fn run_all(client: &str, commands: Vec<Command>) {
    let queue = Mutex::new(commands.into_iter());
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                let next = || queue.lock().expect("no thread panics with the queue").next();
                while let Some(mut command) = next() {
                    run(&mut command, b"").succeeded(client);
                }
            });
        }
    });
}

/// What a client needed for a job.
struct Row {
    client: &'static str,
    traffic: Traffic,
    /// The median for each delay.
    times: [Duration; DELAYS.len()],
}

/// Has each client do the job in turn, so that what else the machine does meets all of them.
fn measure(job: Job, clients: &[&'static str], binary: &str, runs: usize) -> Vec<Row> {
    let fleet = Fleet::new(binary, job.images());
    if job == Job::Looks {
        fleet.embark.json(&[&Fleet::promotion("1.0.0")[..], &["--deploy"]].concat()).ended(0, "done");
    }
    let mut traffic = vec![Traffic::default(); clients.len()];
    let mut times = vec![DELAYS.map(|_| Vec::new()); clients.len()];
    for (at, delay) in DELAYS.into_iter().enumerate() {
        fleet.front.set_delay(Duration::from_millis(delay));
        for number in 0..runs {
            for (client, name) in clients.iter().enumerate() {
                fleet.front.take_traffic();
                times[client][at].push(job.run(&fleet, name, &format!("1.{delay}.{}", number + 1)));
                traffic[client] = fleet.front.take_traffic();
            }
        }
    }
    let median = |mut times: Vec<Duration>| {
        times.sort_unstable();
        times[times.len() / 2]
    };
    let rows = clients.iter().zip(traffic).zip(times);
    rows.map(|((client, traffic), times)| Row { client, traffic, times: times.map(median) }).collect()
}

fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let binary = arguments.next().ok_or_else(|| std::io::Error::other("usage: rivals EMBARK [RUNS]"))?;
    let runs = arguments.next().and_then(|runs| runs.parse().ok()).unwrap_or(5);
    let is_there = |client: &&str| *client == "embark" || Command::new(client).arg("--version").output().is_ok();
    let clients: Vec<&'static str> = CLIENTS.into_iter().filter(is_there).collect();
    let mut out = std::io::stdout();
    for job in [Job::Retag, Job::Copy, Job::Looks] {
        let rows = measure(job, &clients, &binary, runs);
        let own = rows[0].times;
        writeln!(out, "### {}\n", job.title())?;
        writeln!(
            out,
            "Median of {runs}: embark takes {} ms, and {} ms where each request waits for {} ms.\n",
            own[0].as_millis(),
            own[1].as_millis(),
            DELAYS[1]
        )?;
        writeln!(out, "| client | requests | connections | bytes up | bytes down | time | at {} ms |", DELAYS[1])?;
        writeln!(out, "| --- | ---: | ---: | ---: | ---: | ---: | ---: |")?;
        for Row { client, traffic, times } in rows {
            let (requests, connections) = (traffic.requests(), traffic.connections());
            write!(out, "| {client} | {requests} | {connections} | {} | {} ", traffic.up(), traffic.down())?;
            let ratios = times.iter().zip(own).map(|(time, own)| time.as_secs_f64() / own.as_secs_f64());
            for ratio in ratios {
                write!(out, "| {ratio:.1} ")?;
            }
            writeln!(out, "|")?;
        }
        writeln!(out)?;
    }
    Ok(())
}
