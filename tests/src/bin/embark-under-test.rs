//! The binary `embark`, built here so that cargo builds it for the tests.

fn main() -> std::process::ExitCode {
    embark_cli::main()
}
