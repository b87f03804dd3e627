#![doc = include_str!("../README.md")]

mod args;
mod clock;
mod commands;
mod config;
mod env;
mod error;
mod exit_code;
mod http;
mod output;
mod run;
mod ui;
mod version_file;
mod wiring;

use std::process::ExitCode;

use clap::Parser as _;

use crate::args::{Cli, Command, Format};
use crate::error::Error;
use crate::exit_code::Exit;
use crate::output::{Outcome, Report, actions, json};
use crate::run::Run;

/// Runs the program: reads the command line and the environment, does what is asked, and tells how it ended.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // clap knows whether it is help or an error, and writes each where it belongs.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let Cli { global, command } = cli;
    trace(global.verbose);
    let name = command.name();
    let env = env::Env::read();
    let run = Run { ui: ui::Ui::new(&global, &env), env, global };
    let exit = match dispatch(command, &run) {
        Ok(report) => finish(&run, name, &report),
        Err(error) => fail(&run, name, &error),
    };
    if run.ui.has_lost() { Exit::Unexpected.into() } else { exit.into() }
}

fn trace(verbose: u8) {
    use tracing_subscriber::prelude::*;

    let level = match verbose {
        0 => return,
        1 => tracing::Level::INFO,
        _ => tracing::Level::DEBUG,
    };
    // Only embark's own crates: what others trace may hold headers.
    let embark = tracing_subscriber::filter::filter_fn(move |metadata| {
        metadata.target().starts_with("embark") && *metadata.level() <= level
    });
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).without_time().with_filter(embark);
    tracing_subscriber::registry().with(layer).init();
}

fn dispatch(command: Command, run: &Run) -> Result<Report, Error> {
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Error::Start(Box::new(error)))
    };
    // Nothing is started for a command that needs no system.
    match command {
        Command::Values(args) => commands::values::run(args, run),
        Command::Completions(args) => Ok(commands::completions::run(&args)),
        Command::Config(args) if args.is_online() => runtime()?.block_on(Box::pin(commands::config::online(run))),
        Command::Config(args) => commands::config::run(&args, run),
        Command::Demo(args) => runtime()?.block_on(Box::pin(commands::demo::run(args, run))),
        Command::Release(args) => runtime()?.block_on(Box::pin(commands::release::run(args, run))),
        Command::Deploy(args) => runtime()?.block_on(Box::pin(commands::deploy::run(args, run))),
        Command::Promote(args) => runtime()?.block_on(Box::pin(commands::promote::run(args, run))),
        Command::Verify(args) => runtime()?.block_on(Box::pin(commands::verify::run(args, run))),
        Command::Rollback(args) => runtime()?.block_on(Box::pin(commands::rollback::run(args, run))),
        Command::Hold(args) => runtime()?.block_on(Box::pin(commands::hold::hold(args, run))),
        Command::Resume(args) => runtime()?.block_on(Box::pin(commands::hold::resume(args, run))),
        Command::Status(args) => runtime()?.block_on(Box::pin(commands::status::run(args, run))),
    }
}

fn finish(run: &Run, command: &str, report: &Report) -> Exit {
    match run.ui.format {
        Format::Text => {
            run.ui.result(&report.text);
            for hint in &report.hints {
                run.ui.note(&format!("\nhint: {hint}"));
            }
        }
        Format::Json => run.ui.result(&json::report(command, report.outcome, &report.json)),
    }
    write_for_actions(run, command, report);
    report.exit
}

fn fail(run: &Run, command: &str, error: &Error) -> Exit {
    let outcome = if error.exit() == Exit::Refused { Outcome::Refused } else { Outcome::Failed };
    let (message, causes, hint) = (error.to_string(), error::causes(error), error.hint());
    run.ui.error(&message, &causes, &hint);
    let text = std::iter::once(&message).chain(&causes).map(String::as_str).collect::<Vec<_>>().join("\n  caused by: ");
    if run.ui.format == Format::Json {
        run.ui.result(&json::failure(command, outcome, json::Error { message, causes, hint }));
    }
    write_for_actions(run, command, &Report { outcome, text, ..Report::default() });
    error.exit()
}

fn write_for_actions(run: &Run, command: &str, report: &Report) {
    if let Err(error) = actions::write(&run.env, command, report) {
        run.ui.note(&format!("warning: the summary for GitHub Actions cannot be written: {error}"));
    }
}
