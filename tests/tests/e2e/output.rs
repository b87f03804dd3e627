//! What people and GitHub Actions see: colours, progress, annotations, manual pages.

use std::fs;
use std::net::TcpListener;
use std::time::Duration;

use embark_tests::harness::{Setup, World};

use crate::EMBARK;

const GREEN: &str = "\u{1b}[32m";

/// A world in which one commit has gone to staging.
fn staged() -> World {
    let world = World::new(EMBARK, Setup::Embedded);
    let commit = world.commits[0].as_str();
    world.build(commit, "1", "1");
    world.embark.json(&["release", "staging", "--commit", commit, "--deploy"]).ended(0, "done");
    world
}

#[test]
fn colour_adds_nothing_to_the_words_and_stays_away_where_it_is_not_wanted() {
    let world = staged();
    let coloured = world.embark.text(&["status", "--color", "always"]).succeeded("status").text();
    assert!(coloured.contains(&format!("{GREEN}yes")), "{coloured:?}");
    let forced = world.embark.clone().with("FORCE_COLOR", "1");
    assert!(forced.text(&["status"]).text().contains(GREEN));

    // How long ago may have changed in between.
    let columns = |text: &str| text.lines().map(|line| line.split("  ").next().map(str::to_owned)).collect::<Vec<_>>();
    for plain in [
        world.embark.text(&["status"]),
        world.embark.text(&["status", "--color", "never"]),
        forced.clone().with("NO_COLOR", "1").text(&["status"]),
    ] {
        assert!(!plain.text().contains('\u{1b}'), "{:?}", plain.text());
        assert_eq!(columns(&plain.text()), columns(&coloured), "the words are the same");
    }
    let json = forced.json(&["status"]).ended(0, "unchanged");
    assert!(!json.json.to_string().contains('\u{1b}'));
}

#[test]
fn what_a_values_file_holds_is_printed_byte_for_byte() {
    let world = World::new(EMBARK, Setup::Embedded);
    fs::write(world.app().join("odd.yaml"), "a: \"\\e[31mred\"\n").expect("the folder can be written");
    for colour in ["always", "never"] {
        let printed = world.embark.text(&["values", "get", "odd.yaml", "a", "--color", colour]);
        assert_eq!(printed.succeeded("values get").text(), "\u{1b}[31mred\n");
    }
}

#[test]
fn what_is_wrong_is_annotated_in_github_actions_and_there_alone() {
    let world = staged();
    let actions = world.embark.clone().with("GITHUB_ACTIONS", "true");
    let annotations = |arguments: &[&str]| -> Vec<String> {
        let lines = actions.text(arguments).stderr;
        lines.lines().filter(|line| line.starts_with("::")).map(str::to_owned).collect()
    };
    assert_eq!(annotations(&["status"]), Vec::<String>::new());

    let refused = ["release", "production", "--commit", &world.commits[0]];
    let expected = ["frontend", "backend"].map(|component| {
        format!(
            "::error title={component} in production refused::production gets only what staging has verified%0A%0A\
             hint: promote what is verified with: embark promote production"
        )
    });
    assert_eq!(annotations(&refused), expected);
    assert_eq!(annotations(&[&refused[..], &["-q", "-o", "json"]].concat()), expected, "quiet is for people");
    assert!(!world.embark.text(&refused).stderr.contains("::error"), "nobody else is told");

    world.configure("application: backstage", "application: backstage\nenvironment: dev");
    let wrong = annotations(&["status"]);
    assert_eq!(wrong.len(), 1, "{wrong:?}");
    let place = format!("::error file={},line=2,col=1,title=embark status failed::", world.config_path().display());
    assert!(wrong[0].starts_with(&place), "{wrong:?}");
    assert!(wrong[0].ends_with("hint: is environments meant?"), "{wrong:?}");
}

#[test]
fn wrong_arguments_are_told_to_github_actions_too_and_help_is_not() {
    let world = World::new(EMBARK, Setup::Embedded);
    let file = |name: &str| world.app().join(name);
    let actions = world
        .embark
        .clone()
        .with("GITHUB_ACTIONS", "true")
        .with("GITHUB_OUTPUT", &file("outputs").display().to_string())
        .with("GITHUB_STEP_SUMMARY", &file("summary").display().to_string());
    let help = actions.text(&["release", "--help"]).succeeded("help");
    assert_eq!((help.stderr.as_str(), file("outputs").exists(), file("summary").exists()), ("", false, false));

    let wrong = actions.text(&["release", "dev", "--commit", "4be1d0f"]);
    assert_eq!(wrong.code, 2, "{wrong:?}");
    let annotations: Vec<&str> = wrong.stderr.lines().filter(|line| line.starts_with("::")).collect();
    assert_eq!(annotations.len(), 1, "{annotations:?}");
    assert!(
        annotations[0].starts_with("::error title=embark failed::error: invalid value '4be1d0f'"),
        "{annotations:?}"
    );
    assert_eq!(fs::read_to_string(file("outputs")).expect("there are outputs"), "outcome=failed\n");
    let summary = fs::read_to_string(file("summary")).expect("there is a summary");
    assert!(summary.starts_with("### embark: failed\n\n```text\nerror: invalid value '4be1d0f'"), "{summary}");
    let elsewhere = world.embark.text(&["release", "dev", "--commit", "4be1d0f"]);
    assert!(elsewhere.code == 2 && !elsewhere.stderr.contains("::error"), "{elsewhere:?}");
}

#[test]
fn broken_promises_are_annotated() {
    let world = staged();
    let strict = world.embark.clone().with("GITHUB_ACTIONS", "true").text(&["verify", "--strict"]);
    assert_eq!(strict.code, 11);
    let found = strict.stderr.lines().filter(|line| line.starts_with("::error title=the invariant does not hold for "));
    assert_eq!(found.count(), 2, "{}", strict.stderr);
}

#[test]
fn what_takes_long_shows_progress_on_a_terminal_and_clears_it_away() {
    let world = World::new(EMBARK, Setup::Embedded);
    // It takes the connection, and never answers.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let url = format!("http://{}/shop.git", silent.local_addr().expect("it is bound"));
    world.configure("../git/deployment.git", &url);
    let server = std::thread::spawn(move || {
        let connection = silent.accept().expect("somebody asks");
        std::thread::sleep(Duration::from_millis(2_500));
        drop(connection);
    });
    let shown = world.embark.at_terminal(&["status"], b"");
    server.join().expect("it served");
    let text = shown.text();
    assert!(text.contains(&format!("reading from {url}")), "{text:?}");
    assert!(text.contains("(1 request)"), "{text:?}");
    let (progress, rest) = text.split_once("error:").expect("it ends in an error");
    assert!(progress.contains("\u{1b}[2K"), "the line is cleared: {progress:?}");
    assert!(!rest.contains("reading from"), "{rest:?}");
}

#[test]
fn every_command_has_a_manual_page() {
    let world = World::new(EMBARK, Setup::Embedded);
    let pages = world.app().join("man");
    let done = world.embark.json(&["man", "--dir", "man"]).ended(0, "done");
    assert_eq!(done.json["directory"], "man");
    let help = world.embark.text(&["--help"]).text();
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let commands = commands.filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    for command in commands.filter(|command| !command.is_empty() && *command != "help") {
        let page = fs::read_to_string(pages.join(format!("embark-{command}.1"))).expect(command);
        assert!(page.contains(&format!(".TH embark-{command} 1")), "{page}");
    }
    let printed = world.embark.text(&["man"]).succeeded("man").text();
    assert_eq!(printed, fs::read_to_string(pages.join("embark.1")).expect("it is there"));
}

#[test]
fn a_commit_that_nobody_gave_is_told() {
    let world = World::new(EMBARK, Setup::Embedded);
    let head = world.commits[2].as_str();
    world.build(head, "1", "1");
    let told = format!("No commit is given: it is {head}, the HEAD of {}.", world.app().display());
    let released = world.embark.text(&["release", "dev"]).succeeded("release");
    assert!(released.stderr.contains(&told), "{}", released.stderr);
    let given = world.embark.text(&["release", "dev", "--commit", head]).succeeded("release");
    assert_eq!(given.stderr, "");
}
