//! The binary `embark`, built here so that cargo builds it for the tests.

use std::time::Duration;

/// Names a variable with whose value another thread panics while embark works: what is told of a bug is seen so.
const PANICS_WITH: &str = "EMBARK_TESTS_PANIC_WITH";

fn main() -> std::process::ExitCode {
    if let Ok(name) = std::env::var(PANICS_WITH) {
        std::thread::spawn(move || panic(&name));
    }
    embark_cli::main()
}

#[expect(clippy::panic, reason = "it is what is tried")]
fn panic(name: &str) {
    std::thread::sleep(Duration::from_millis(300));
    panic!("{}\u{1b}[2J", std::env::var(name).unwrap_or_default());
}
