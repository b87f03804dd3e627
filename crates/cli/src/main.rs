//! The program `embark`.

fn main() -> std::process::ExitCode {
    embark_cli::main()
}
