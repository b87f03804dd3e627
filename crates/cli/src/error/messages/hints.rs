//! Hints work when they are typed.

use clap::{CommandFactory as _, Parser as _};
use embark_core::ImageReference;

use super::Case;
use crate::args::Cli;

/// What a person fills in.
const PLACEHOLDERS: [(&str, &str); 10] = [
    ("FOLDER", "charts/shop"),
    ("ENVIRONMENT", "production"),
    ("COMPONENT", "frontend"),
    ("REFERENCE", "registry.example.com/acme/frontend:build-17"),
    ("SHA", "4be1d0f3a27c9158e6d2b07f41c3a95d8e60b712"),
    ("TEXT", "because"),
    ("TAG", "1.4.0"),
    ("DIR", "shop"),
    ("FILE", "embark.yaml"),
    ("NAME", "shop"),
];

/// The programs that hints may name.
const PROGRAMS: [&str; 14] = [
    "embark",
    "git",
    "gh",
    "skopeo",
    "docker",
    "helm",
    "kustomize",
    "ls",
    "cat",
    "rm",
    "ulimit",
    "npm",
    "pnpm",
    "yarn",
];

#[test]
fn every_command_of_a_hint_works_when_typed() {
    let cases = super::all();
    let embarks: usize = cases.iter().map(works).sum();
    assert!(embarks > 30, "commands are found: {embarks}");
}

/// Demands that what a hint says can be typed, and returns how many commands of embark it has.
pub(super) fn works(case: &Case) -> usize {
    let hint = case.hint.as_deref().unwrap_or_default();
    let commands = commands(hint);
    for command in &commands {
        let problem = wrong(&words(&fill(command)));
        assert!(problem.is_none(), "{hint:?} does not work when typed: {}", problem.unwrap_or_default());
    }
    let shown = commands.iter().filter(|command| command.starts_with("embark ")).count();
    assert_eq!(subcommands(hint), shown, "a command stands at the end of its sentence, behind a colon: {hint:?}");
    let rest = commands.iter().fold(hint.to_owned(), |rest, command| rest.replacen(command, "", 1));
    for option in rest.split_whitespace().filter_map(|word| word.strip_prefix("--")) {
        assert!(has_option(&Cli::command(), option.trim_end_matches([',', ';'])), "{hint:?} names --{option}");
    }
    shown
}

#[test]
fn what_does_not_work_is_found() {
    for wrong_one in [
        "embark deploy --pending staging production",
        "embark promote",
        "embark release --commit abc",
        "docker login oci:images",
        "skopeo inspect --raw docker://registry.example.com/acme/frontend",
        "git push --force",
    ] {
        assert!(wrong(&words(wrong_one)).is_some(), "{wrong_one}");
    }
    assert_eq!(commands("do it with: embark status"), ["embark status"]);
    assert_eq!(subcommands("do it with embark status, now"), 1);
    assert_eq!(commands("do it with embark status, now"), [""; 0]);
}

/// Finds the commands of a hint: each begins behind a colon, and ends with its sentence.
fn commands(hint: &str) -> Vec<&str> {
    let starts = hint.match_indices(": ").map(|(at, colon)| &hint[at + colon.len()..]);
    let is_command = |text: &&str| text.split(' ').next().is_some_and(|word| PROGRAMS.contains(&word));
    let end = |text: &str| ["; ", ", or with: "].iter().filter_map(|end| text.find(end)).min().unwrap_or(text.len());
    starts.filter(is_command).flat_map(|text| text[..end(text)].split(" && ")).collect()
}

/// Counts how often a subcommand of embark is named.
fn subcommands(hint: &str) -> usize {
    let cli = Cli::command();
    let names: Vec<&str> = cli.get_subcommands().map(clap::Command::get_name).collect();
    let follows = hint.split("embark ").skip(1).filter_map(|rest| rest.split([' ', ',', ';']).next());
    follows.filter(|word| names.contains(word)).count()
}

fn fill(command: &str) -> String {
    PLACEHOLDERS.iter().fold(command.to_owned(), |text, (name, value)| text.replace(name, value))
}

/// Splits as a shell does, as far as hints need it.
fn words(command: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (at, part) in command.split('\'').enumerate() {
        if at % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(ToOwned::to_owned));
        }
    }
    words
}

/// Tells what is wrong with a command.
fn wrong(words: &[String]) -> Option<String> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let is_path = |text: &str| !text.is_empty() && !text.contains(':');
    let is_right = match words.as_slice() {
        ["embark", ..] => return Cli::try_parse_from(words).err().map(|error| error.to_string()),
        ["git", "fetch", "origin", name] => name.starts_with("refs/"),
        ["git", "log", "FETCH_HEAD"]
        | ["ulimit", "-a"]
        | ["git", "fetch", "--unshallow"]
        | ["npm", "ci"]
        | ["npm", "install", "--save-dev", "@changesets/cli"]
        | ["pnpm", "install", "--frozen-lockfile"]
        | ["pnpm", "add", "--save-dev", "--workspace-root", "@changesets/cli"]
        | ["yarn", "install", "--immutable"]
        | ["yarn", "add", "--dev", "@changesets/cli"] => true,
        ["git", "log", "--all-match", "--grep", environment, "--grep", component] => {
            environment.starts_with("^Embark-Environment: ") && component.starts_with("^Embark-Component: ")
        }
        ["gh", "api", path] => path.starts_with("repos/"),
        ["git", "ls-remote", url] => ["https://", "git@", "/"].iter().any(|start| url.starts_with(start)),
        ["skopeo", "inspect", "--raw", image] => {
            image.strip_prefix("docker://").is_some_and(|image| image.parse::<ImageReference>().is_ok())
        }
        ["docker", "login", host] => is_path(host) && !host.contains('/') && host.contains('.'),
        ["helm", "template", chart, "--values", file] => is_path(chart) && is_path(file),
        ["helm", "dependency", "build", folder] | ["kustomize", "build", folder] => is_path(folder),
        ["ls", "-l" | "-ld", path] | ["cat" | "rm", path] => is_path(path),
        _ => false,
    };
    (!is_right).then(|| words.join(" "))
}

fn has_option(command: &clap::Command, name: &str) -> bool {
    command.get_arguments().any(|argument| argument.get_long() == Some(name))
        || command.get_subcommands().any(|command| has_option(command, name))
}
