//! Runs rustdoc with its unstable options, and nothing else of a build: cargo builds all anew that asks for
//! `RUSTC_BOOTSTRAP` where cargo itself has it.

use std::process::{Command, ExitCode};

fn main() -> std::io::Result<ExitCode> {
    let status = Command::new("rustdoc").args(std::env::args_os().skip(1)).env("RUSTC_BOOTSTRAP", "1").status()?;
    Ok(ExitCode::from(u8::from(!status.success())))
}
