//! The reference in `docs/reference`, generated from the code: it cannot drift.
//!
//! Each test compares the generated parts of a page. With `EMBARK_BLESS=1` it writes them instead.

mod command_line;
mod configuration;
mod output;
mod page;
mod schema;

use page::Part;

use crate::env::VARIABLES;
use crate::exit_code::Exit;

#[test]
fn the_page_of_the_command_line_is_generated() {
    let mut parts = command_line::parts();
    parts.extend([exit_codes(), variables()]);
    page::check("docs/reference/command-line.md", &parts);
}

#[test]
fn the_readme_has_the_exit_codes() {
    page::check("README.md", &[exit_codes()]);
}

#[test]
fn the_page_of_the_configuration_is_generated() {
    page::check("docs/reference/configuration.md", &configuration::parts());
}

#[test]
fn the_page_of_json_is_generated() {
    page::check("docs/reference/json.md", &output::parts());
}

#[test]
fn the_schemas_are_generated() {
    for (path, schema) in [
        ("docs/reference/embark.schema.json", crate::config::schema()),
        ("docs/reference/output.schema.json", output::schema()),
    ] {
        page::check_whole(path, &(serde_json::to_string_pretty(&schema).unwrap() + "\n"));
    }
}

fn exit_codes() -> Part {
    let rows = Exit::all().map(|exit| [exit.code().to_string(), exit.meaning().into()]);
    Part::table("exit codes", &["exit", "meaning"], &rows)
}

fn variables() -> Part {
    let name = |name: &&str| format!("`{name}`");
    let rows =
        VARIABLES.map(|(names, meaning)| [names.iter().map(name).collect::<Vec<_>>().join(", "), meaning.into()]);
    Part::table("environment variables", &["variable", "meaning"], &rows)
}
