//! The commands, from clap's tree.

use clap::{Arg, Command, CommandFactory as _};

use super::page::{Part, table};
use crate::args::Cli;

/// Returns the parts of the page: the help, the global options, and one for each command.
pub(super) fn parts() -> Vec<Part> {
    let mut root = Cli::command().term_width(100);
    let help = root.render_long_help().to_string();
    let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
    let mut root = Cli::command();
    root.build();
    let global: Vec<_> = root.get_arguments().filter(|arg| arg.is_global_set()).map(row).collect();
    let mut parts = vec![
        Part::new("help", format!("```text\n{}\n```", lines.join("\n").trim_end())),
        Part::table("global options", &["option", "meaning"], &global),
    ];
    for (name, mut command) in commands() {
        parts.push(Part::new(&format!("embark {name}"), section(&mut command)));
    }
    parts
}

/// Lists every command that does something, by its name as in `values get`.
pub(super) fn commands() -> Vec<(String, Command)> {
    let mut root = Cli::command();
    root.build();
    let mut found = Vec::new();
    collect("", &root, &mut found);
    found
}

fn collect(name: &str, command: &Command, found: &mut Vec<(String, Command)>) {
    for command in command.get_subcommands().filter(|command| command.get_name() != "help" && !command.is_hide_set()) {
        let name = format!("{name} {}", command.get_name()).trim_start().to_owned();
        if command.has_subcommands() {
            collect(&name, command, found);
        } else {
            found.push((name, command.clone()));
        }
    }
}

fn section(command: &mut Command) -> String {
    let usage = command.render_usage().to_string().replacen("Usage: ", "", 1);
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    let is_own = |arg: &&Arg| !arg.is_global_set() && !arg.is_hide_set() && arg.get_id() != "help";
    let mut own: Vec<&Arg> = command.get_arguments().filter(is_own).collect();
    own.sort_by_key(|arg| !arg.is_positional());
    let rows: Vec<_> = own.into_iter().map(row).collect();
    let arguments = if rows.is_empty() {
        "It has no arguments and no options of its own.\n".to_owned()
    } else {
        table(&["argument", "meaning"], &rows)
    };
    let end = if about.ends_with('?') { "" } else { "." };
    format!("`{usage}`\n\n{about}{end}\n\n{arguments}")
}

fn row(arg: &Arg) -> [String; 2] {
    let short = arg.get_short().map(|short| format!("`-{short}`, ")).unwrap_or_default();
    let whole = arg.to_string();
    [format!("{short}`{whole}`"), meaning(arg)]
}

fn meaning(arg: &Arg) -> String {
    let mut text = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let values = arg.get_possible_values();
    if !values.is_empty() && arg.get_action().takes_values() {
        let value = |value: &clap::builder::PossibleValue| {
            let help = value.get_help().map(|help| format!(" ({})", lower(&help.to_string()))).unwrap_or_default();
            format!("`{}`{help}", value.get_name())
        };
        text = format!("{text}: {}", values.iter().map(value).collect::<Vec<_>>().join(", "));
    }
    let default: Vec<_> = arg.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
    if !default.is_empty() && arg.get_action().takes_values() {
        text = format!("{text} [default: {}]", default.join(" "));
    }
    text
}

fn lower(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}
