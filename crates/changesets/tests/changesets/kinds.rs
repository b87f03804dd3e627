//! Each kind of version file, and what is wrong with one.

use std::time::{Duration, Instant};

use embark_changesets::{Changeset, Error, Tree, VersionFile, plan, section};

fn tree(file: &str, text: &str, package: &str) -> Tree {
    let mut tree = Tree::new("shop", file);
    tree.add(file, text);
    tree.add(".changeset/a.md", format!("---\n\"{package}\": minor\n---\n\nText\n"));
    tree
}

#[test]
fn every_byte_that_is_not_the_version_stays() {
    for (file, text) in [
        ("VERSION", "\n1.2.3 \r\n"),
        ("pyproject.toml", "# c\r\n[project]\r\nname = 'x'\r\nversion = '1.2.3' # v\r\n"),
        ("pyproject.toml", "[tool.poetry]\nversion   =  \"1.2.3\"\n\n"),
        ("Chart.yaml", "name: shop # c\nversion: 1.2.3\nappVersion: \"1.2.3\""),
        ("Cargo.toml", "[package]\nname = \"shop\"\nversion = \"1.2.3\"\n\n[dependencies]\nserde = \"1\"\n"),
        ("package.json", "{\"a\":{\"version\":\"9.9.9\"},\r\n\t\"version\" : \"1.2.3\"}"),
    ] {
        let plan = plan(&tree(file, text, "shop")).expect(file);
        assert_eq!(plan.edits[file].as_deref(), Some(text.replace("1.2.3", "1.3.0").as_str()), "{file}");
    }
}

#[test]
fn members_that_inherit_the_version_move_together() {
    let root = "[workspace]\nmembers = [\"a\", \"b\"]\n[workspace.package]\nversion = \"0.1.0\"\n[workspace.dependencies]\na = { path = \"a\", version = \"0.1.0\" }\n";
    let mut tree = tree("Cargo.toml", root, "a");
    tree.add("a/Cargo.toml", "[package]\nname = \"a\"\nversion.workspace = true\n");
    tree.add(
        "b/Cargo.toml",
        "[package]\nname = \"b\"\nversion = \"3.0.0\"\n[dependencies]\na = { path = \"../a\", version = \"0.1\" }\n",
    );
    let lock = "[[package]]\nname = \"a\"\nversion = \"0.1.0\"\n\n[[package]]\nname = \"b\"\nversion = \"3.0.0\"\n";
    tree.add("Cargo.lock", lock);
    let plan = plan(&tree).expect("it is right");
    assert_eq!(plan.edits["Cargo.toml"], Some(root.replace("0.1.0", "0.2.0")));
    assert_eq!(plan.edits["Cargo.lock"], Some(lock.replace("0.1.0", "0.2.0")));
    assert_eq!(plan.edits["b/Cargo.toml"], Some(tree.files["b/Cargo.toml"].replace("\"0.1\"", "\"0.2.0\"")));
    assert!(!plan.edits.contains_key("a/Cargo.toml"));
}

#[test]
fn what_is_wrong_is_told_with_its_line() {
    let wrong = |text: &str| {
        let mut tree = tree("VERSION", "1.0.0", "shop");
        tree.add(".changeset/b.md", text);
        plan(&tree).expect_err(text)
    };
    assert!(matches!(wrong("---\nshop: patch\nother: patch\n---\n"), Error::UnknownPackage { line: 3, .. }));
    assert!(matches!(wrong("---\nshop: big\n---\n"), Error::Malformed { line: 2, .. }));
    assert!(matches!(wrong("shop: patch\n"), Error::Malformed { line: 1, .. }));
    assert!(matches!(wrong("---\n- shop\n---\n"), Error::Malformed { .. }));
    assert!(VersionFile::Plain.read("VERSION", " \n").is_err());
    assert!(matches!(plan(&tree("VERSION", "v1", "shop")), Err(Error::NoVersion { .. })));
}

#[test]
fn a_section_is_read_out_of_any_changelog() {
    let text = "# Changelog\n\n## [Unreleased]\n\n## [1.2.3] - 2026-05-03\n\n### Added\n\n- x\n\n```\n## 1.0.0\n```\n\n## 1.2.2\n";
    assert_eq!(section(text, "1.2.3"), Some("### Added\n\n- x\n\n```\n## 1.0.0\n```"));
    assert_eq!(section(text, "1.2.2"), Some(""));
    assert_eq!(section(text, "1.0.0"), None);
}

#[test]
fn headings_in_blocks_of_code_are_none() {
    let text = "## 1.2.3\n\n````md\n```\n## 1.2.2\n````\n\n```inline``` code\n\n~~~\n```\n## 1.2.2\n~~~ no end\n~~~~\n\n## 1.2.2\n\nOld\n";
    let (first, rest) = text.rsplit_once("\n\n## 1.2.2").expect("it is there");
    assert_eq!(section(text, "1.2.3"), first.strip_prefix("## 1.2.3\n\n"));
    assert_eq!(section(text, "1.2.2"), Some(rest.trim()));
}

#[test]
fn a_long_changeset_takes_no_longer_for_each_of_its_lines() {
    let started = Instant::now();
    for line in ["--- x\n", "---", "\n", "\n ---x", "\n---\u{85}\r"] {
        let rest = line.repeat(200_000);
        let changeset = Changeset::parse("a.md", &format!("---\nshop: minor\n---\n\nText\n{rest}")).expect(line);
        assert!(changeset.summary.starts_with("Text"));
        // Here nothing ends the front matter.
        assert!(Changeset::parse("a.md", &format!("---\nshop: minor\n{rest}")).is_err(), "{line:?}");
    }
    // Quadratic search takes minutes.
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
}

#[test]
fn a_workspace_of_npm_is_refused_and_settings_of_pnpm_are_none() {
    let planned = |path: &str, text: &str| {
        let mut tree = tree("package.json", "{ \"name\": \"shop\", \"version\": \"1.2.3\" }", "shop");
        tree.add(path, text);
        plan(&tree)
    };
    for (path, text) in [
        ("pnpm-workspace.yaml", "packages:\n  - packages/*\n"),
        ("pnpm-workspace.yaml", "packages: [\n"),
        ("lerna.json", "{}\n"),
        ("rush.json", "{}\n"),
    ] {
        let error = planned(path, text).expect_err(path);
        assert!(matches!(&error, Error::OwnProgram { file, .. } if file == path), "{error}");
    }
    for text in ["onlyBuiltDependencies:\n  - esbuild\n", "# nothing\n", "packages:\n"] {
        let plan = planned("pnpm-workspace.yaml", text).expect(text);
        assert_eq!(plan.version.to_string(), "1.3.0");
    }
}
