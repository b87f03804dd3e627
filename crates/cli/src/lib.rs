#![doc = include_str!("../README.md")]

mod address;
mod args;
mod ask;
mod bug;
mod clock;
mod commands;
mod config;
mod env;
mod error;
mod exit_code;
mod foreign;
mod http;
mod init;
mod notify;
mod output;
mod progress;
mod quote;
#[cfg(test)]
mod reference;
mod run;
mod stopping;
mod temporary;
#[cfg(feature = "test-support")]
pub mod testing;
mod trigger;
mod ui;
mod version_file;
mod versioning;
mod wiring;

use std::process::ExitCode;

use clap::Parser as _;

use crate::args::{Cli, Command, Format, Global};
use crate::error::Error;
use crate::exit_code::Exit;
use crate::output::{Outcome, Problem, Report, actions, json};
use crate::progress::Progress;
use crate::run::Run;
use crate::stopping::Stopping;

/// Runs the program: reads the command line and the environment, does what is asked, and tells how it ended.
pub fn main() -> ExitCode {
    bug::listen();
    std::panic::catch_unwind(run).unwrap_or_else(|_| Exit::Unexpected.into())
}

fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return untyped(&error),
    };
    let Cli { global, command } = cli;
    // What is told line by line needs no other progress, and a question must not be written over.
    let is_asking = matches!(command, Command::Init(_) | Command::Change(_));
    let is_shown = !global.quiet && global.verbose == 0 && !is_asking;
    let progress = Progress::start(is_shown);
    trace(&global, &progress);
    let name = command.name();
    let env = env::Env::read();
    let stopping = command.ending().map(Stopping::listen).unwrap_or_default();
    let mut run = Run::new(global, env);
    run.stopping = stopping;
    let result = dispatch(command, &run);
    progress.end();
    let exit = match result {
        Ok(report) => finish(&run, name, &report),
        Err(error) => fail(&run, name, &error),
    };
    if run.ui.has_lost() { Exit::Unexpected.into() } else { exit.into() }
}

/// Tells what clap says in place of a command: help, or what is wrong with the arguments.
fn untyped(error: &clap::Error) -> ExitCode {
    let text = error.render().to_string();
    let seen = foreign::seen(&text);
    if seen == text {
        // clap knows which it is, and writes each where it belongs.
        let _ = error.print();
    } else {
        // An argument may be what somebody else has called something.
        ui::Ui::warn(seen.trim_end());
    }
    if error.use_stderr() {
        let env = env::Env::read();
        let problem = Problem { title: "embark failed".into(), text: text.trim_end().into(), place: None };
        let report = Report { outcome: Outcome::Failed, text, problems: vec![problem], ..Report::default() };
        if let Err(error) = tell_actions(&env, "embark", &report) {
            ui::Ui::warn(&summary_is_lost(&error));
        }
    }
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}

/// Tells warnings, and as much more as is asked for. Only embark's own crates tell: what others trace may hold headers.
fn trace(global: &Global, progress: &Progress) {
    use tracing_subscriber::filter::filter_fn;
    use tracing_subscriber::prelude::*;

    let told = match (global.quiet, global.verbose) {
        (true, _) => tracing::Level::ERROR,
        (false, 0) => tracing::Level::WARN,
        (false, 1) => tracing::Level::INFO,
        (false, _) => tracing::Level::DEBUG,
    };
    let is_told = move |metadata: &tracing::Metadata<'_>| is_of_embark(metadata) && *metadata.level() <= told;
    let lines =
        tracing_subscriber::fmt::layer().with_writer(progress.clone()).with_target(global.verbose > 0).without_time();
    tracing_subscriber::registry()
        .with(lines.with_filter(filter_fn(is_told)))
        .with(tracing_subscriber::Layer::with_filter(progress.clone(), filter_fn(is_of_embark)))
        .init();
}

fn is_of_embark(metadata: &tracing::Metadata<'_>) -> bool {
    metadata.target().starts_with("embark")
}

fn dispatch(command: Command, run: &Run) -> Result<Report, Error> {
    // Nothing is started for a command that needs no system.
    match command {
        Command::Values(args) => commands::values::run(args, run),
        Command::Completions(args) => Ok(commands::completions::run(&args)),
        Command::Man(args) => commands::man::run(args, run),
        Command::Config(args) => on_runtime(run, Box::pin(commands::config::run(&args, run))),
        Command::Demo(args) => on_runtime(run, Box::pin(commands::demo::run(args, run))),
        Command::Init(args) => on_runtime(run, Box::pin(commands::init::run(args, run))),
        Command::Release(args) => on_runtime(run, Box::pin(commands::release::run(args, run))),
        Command::Deploy(args) => on_runtime(run, Box::pin(commands::deploy::run(args, run))),
        Command::Promote(args) => on_runtime(run, Box::pin(commands::promote::run(args, run))),
        Command::Change(args) => on_runtime(run, Box::pin(commands::change::run(args, run))),
        Command::ReleasePr(args) => on_runtime(run, Box::pin(commands::release_pr::run(args, run))),
        Command::Notes(args) => on_runtime(run, Box::pin(commands::notes::run(args, run))),
        Command::Verify(args) => on_runtime(run, Box::pin(commands::verify::run(args, run))),
        Command::Audit(args) => on_runtime(run, Box::pin(commands::audit::run(args, run))),
        Command::Rollback(args) => on_runtime(run, Box::pin(commands::rollback::run(args, run))),
        Command::Hold(args) => on_runtime(run, Box::pin(commands::hold::hold(args, run))),
        Command::Resume(args) => on_runtime(run, Box::pin(commands::hold::resume(args, run))),
        Command::Status(args) => on_runtime(run, Box::pin(commands::status::run(args, run))),
        Command::Wait(args) => on_runtime(run, Box::pin(commands::wait::run(args, run))),
    }
}

/// Runs a command that asks systems, until it is done or is asked to end and has had its time.
fn on_runtime(run: &Run, work: impl Future<Output = Result<Report, Error>> + Unpin) -> Result<Report, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Error::Start(Box::new(error)))?;
    let result = runtime.block_on(run.stopping.until(work));
    // A thread that waits for a server must not keep a run that was asked to end.
    runtime.shutdown_background();
    result
}

fn finish(run: &Run, command: &str, report: &Report) -> Exit {
    match run.ui.format {
        Format::Text => {
            if report.is_data {
                run.ui.data(&report.text);
            } else {
                run.ui.table(&report.text);
            }
            for hint in &report.hints {
                run.ui.hint(hint);
            }
        }
        Format::Json => run.ui.result(&json::report(command, report.outcome, &report.json)),
    }
    write_for_actions(run, command, report);
    report.exit
}

fn fail(run: &Run, command: &str, error: &Error) -> Exit {
    let outcome = error.outcome();
    let told = json::Error::of(error, &run.queue());
    let json::Error { message, causes, hint } = &told;
    run.ui.error(message, causes, hint);
    let text = std::iter::once(message).chain(causes).map(String::as_str).collect::<Vec<_>>().join("\n  caused by: ");
    let text = format!("{text}\n\nhint: {hint}");
    if run.ui.format == Format::Json {
        run.ui.result(&json::failure(command, outcome, told));
    }
    let problem =
        Problem { place: error.place(), title: format!("embark {command} {}", outcome.as_str()), text: text.clone() };
    write_for_actions(run, command, &Report { outcome, text, problems: vec![problem], ..Report::default() });
    error.exit()
}

fn write_for_actions(run: &Run, command: &str, report: &Report) {
    if let Err(error) = tell_actions(&run.env, &format!("embark {command}"), report) {
        run.ui.note(&summary_is_lost(&error));
    }
}

fn tell_actions(env: &env::Env, title: &str, report: &Report) -> std::io::Result<()> {
    if env.github_actions {
        for problem in &report.problems {
            ui::Ui::annotate(&actions::annotation(problem));
        }
    }
    actions::write(env, title, report)
}

fn summary_is_lost(error: &std::io::Error) -> String {
    format!("warning: the summary for GitHub Actions cannot be written: {error}")
}
