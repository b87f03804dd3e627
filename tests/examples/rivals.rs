//! Counts what other clients ask a registry to give the digest of a multi-platform image another tag.
//!
//! Prints rows of a table. A client that is not installed has none.

use std::io::Write as _;
use std::process::Command;

use embark_tests::harness::{BearerFront, Image, Registry, Store, program, run};

fn main() -> std::io::Result<()> {
    let image = Image::multi("rivals");
    for (name, arguments) in [
        ("crane", &["tag", "--insecure", "{source}", "{tag}"][..]),
        (
            "skopeo",
            &[
                "--insecure-policy",
                "copy",
                "--quiet",
                "--all",
                "--preserve-digests",
                "--src-tls-verify=false",
                "--dest-tls-verify=false",
                "docker://{source}",
                "docker://{target}",
            ][..],
        ),
    ] {
        let registry = Registry::start(false);
        let front = BearerFront::start(registry.address());
        let store = Store::Registry(registry);
        store.push("app", "staging", &image);
        let at = |tag: &str| format!("{}/acme/app:{tag}", front.address());
        let fill = |text: &&str| {
            text.replace("{source}", &at("staging")).replace("{target}", &at("1.4.0")).replace("{tag}", "1.4.0")
        };
        if !is_installed(name) {
            writeln!(std::io::stderr(), "{name} is not installed")?;
            continue;
        }
        let home = tempfile::tempdir()?;
        let mut command = program(name);
        command.env("HOME", home.path()).args(arguments.iter().map(fill));
        run(&mut command, b"").succeeded(name);
        assert_eq!(store.raw("app", "1.4.0").as_deref(), Some(image.bytes.as_slice()), "{name} keeps the bytes");
        let traffic = front.take_traffic();
        writeln!(
            std::io::stdout(),
            "| {name} | {} | {} | {} | {} |",
            traffic.requests(),
            traffic.connections(),
            traffic.up(),
            traffic.down()
        )?;
        writeln!(std::io::stderr(), "{name}:\n{traffic}")?;
    }
    Ok(())
}

fn is_installed(name: &str) -> bool {
    Command::new(name).arg("--version").output().is_ok()
}
