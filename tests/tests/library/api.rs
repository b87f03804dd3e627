//! The public API of each library, as `crates/*/api.txt` has it. `EMBARK_BLESS=1` writes it anew.

use std::path::{Path, PathBuf};
use std::process::Command;

use public_api::PublicApi;
use serde_json::Value;

/// A package of the workspace that others may depend on: all of `crates` but the program.
struct Library {
    /// The folder of the package.
    folder: PathBuf,
    /// What rustdoc writes of it.
    json: PathBuf,
}

#[test]
fn the_public_api_of_each_library_is_the_recorded_one() {
    let libraries = document();
    assert!(libraries.len() >= 5, "the libraries are found");
    let changed: Vec<String> = libraries.iter().filter_map(Library::compare).collect();
    assert!(changed.is_empty(), "EMBARK_BLESS=1 records what is meant to change:\n{}", changed.join("\n"));
}

/// Has rustdoc write what is public, and returns the libraries.
fn document() -> Vec<Library> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("it is in the target folder");
    // All packages, as `cargo doc` of the whole workspace takes them: then they share what is built.
    let mut doc = cargo("doc");
    doc.args(["--workspace", "--lib", "--no-deps", "--quiet", "--target-dir"]).arg(target);
    doc.env("RUSTDOC", env!("CARGO_BIN_EXE_rustdoc-json"));
    doc.env("RUSTDOCFLAGS", "-Z unstable-options --output-format json --cap-lints allow");
    output(doc);

    let mut metadata = cargo("metadata");
    metadata.args(["--no-deps", "--format-version", "1"]);
    let metadata: Value = serde_json::from_slice(&output(metadata)).expect("it is JSON");
    let packages = metadata["packages"].as_array().expect("there are packages");
    packages.iter().filter_map(|package| Library::of(package, target)).collect()
}

impl Library {
    fn of(package: &Value, target: &Path) -> Option<Self> {
        let folder = Path::new(package["manifest_path"].as_str()?).parent()?;
        let is_library = folder.parent()?.ends_with("crates") && package["name"] != "embark-cli";
        let name = package["name"].as_str()?.replace('-', "_");
        is_library.then(|| Self { folder: folder.into(), json: target.join("doc").join(name).with_extension("json") })
    }

    /// Records what is public, or tells where it differs from what is recorded.
    fn compare(&self) -> Option<String> {
        let builder = public_api::Builder::from_rustdoc_json(&self.json)
            .omit_blanket_impls(true)
            .omit_auto_trait_impls(true)
            .omit_auto_derived_impls(true);
        let api = builder.build().expect("rustdoc has written a format that public-api reads");
        let recorded = self.folder.join("api.txt");
        let text = text(&api);
        if std::env::var_os("EMBARK_BLESS").is_some() {
            std::fs::write(&recorded, text).expect("it can be written");
            return None;
        }
        let old = std::fs::read_to_string(&recorded).unwrap_or_default();
        let gone = old.lines().filter(|line| !text.lines().any(|other| other == *line)).map(|line| format!("-{line}"));
        let new = text.lines().filter(|line| !old.lines().any(|other| other == *line)).map(|line| format!("+{line}"));
        let lines: Vec<String> = gone.chain(new).collect();
        (old != text).then(|| format!("{}:\n{}", recorded.display(), lines.join("\n")))
    }
}

/// Lists the items, one a line. What an implementation of a trait consists of is told by the trait.
fn text(api: &PublicApi) -> String {
    let mut text = String::new();
    let mut is_in_trait = false;
    for line in api.items().map(ToString::to_string) {
        if line.starts_with("impl") {
            is_in_trait = line.contains(" for ");
        } else if !is_associated(&line) {
            is_in_trait = false;
        } else if is_in_trait {
            continue;
        }
        text.push_str(&as_written(&line));
        text.push('\n');
    }
    text
}

/// Tells whether an item belongs to a type.
fn is_associated(line: &str) -> bool {
    let path = line.split(' ').find(|word| word.contains("::")).unwrap_or_default();
    let path = path.split(['(', '<']).next().unwrap_or_default().trim_end_matches(':');
    let owner = path.rsplit("::").nth(1).unwrap_or_default();
    owner.starts_with(char::is_uppercase)
}

/// Writes an async function of a port as its source does, and not as `async_trait` expands it.
fn as_written(line: &str) -> String {
    const FUTURE: &str = "core::pin::Pin<alloc::boxed::Box<(dyn core::future::future::Future<Output = ";
    let parts = line.split_once(FUTURE).and_then(|(head, tail)| {
        let (name, head) = head.split_once('<')?;
        let arguments = head.split_once('>')?.1.split("'life");
        let arguments = arguments.map(|part| part.trim_start_matches(char::is_numeric).trim_start());
        let output = tail.split_once("> + core::marker::Send + 'async_trait")?.0;
        Some((name.replacen("pub fn", "pub async fn", 1), arguments.collect::<String>(), output))
    });
    parts.map_or_else(|| line.to_owned(), |(name, arguments, output)| format!("{name}{arguments}{output}"))
}

fn cargo(command: &str) -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args([command, "--locked"]).current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    cargo
}

fn output(mut command: Command) -> Vec<u8> {
    let output = command.output().expect("cargo can be run");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}
