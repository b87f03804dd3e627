//! Files that have no version, two, or one that is none: what is told, in full, and nothing is planned.

use embark_changesets::{Packages, Tree, plan};

fn tree(path: &str, text: &str) -> Tree {
    let mut tree = Tree::new("shop", path);
    tree.add(path, text);
    tree.add(".changeset/a.md", "---\nshop: minor\n---\n\nText\n");
    tree
}

/// Demands what is told, by a plan and by the list of packages.
#[track_caller]
fn assert_told(path: &str, text: &str, told: &str) {
    let tree = tree(path, text);
    let told = format!("{path}, line {told}");
    assert_eq!(plan(&tree).expect_err(text).to_string(), told, "{text}");
    assert_eq!(Packages::of(&tree).expect_err(text).to_string(), told, "{text}");
}

#[test]
fn a_broken_manifest_of_npm_is_told() {
    for (text, told) in [
        ("{\n  \"version\": \"1.0.0\",\n}\n", "3: it is no JSON: trailing comma; mend it by hand"),
        (
            "{\n<<<<<<< HEAD\n  \"version\": \"1.0.0\"\n=======\n",
            "2: it is no JSON: key must be a string; mend it by hand",
        ),
        ("", "1: it is no JSON: EOF while parsing a value; mend it by hand"),
        ("[\"version\"]\n", "1: it is no JSON object; mend it by hand"),
        ("{\n  \"name\": \"shop\"\n}\n", "1: it has no `version`; write one into it, as in 1.4.0"),
        ("{\n  \"name\": \"shop\",\n  \"version\": 1.4\n}\n", "3: its `version` is no string; put it in quotes"),
        (
            "{\n  \"name\": \"shop\",\n  \"version\": \"\"\n}\n",
            "3: its version is empty; write one into it, as in 1.4.0",
        ),
        (
            "{\n  \"version\": \"1.0.0\",\n  \"name\": \"shop\",\n  \"\\u0076ersion\": \"1.1.0\"\n}\n",
            "4: `version` stands in it twice, first on line 2; keep one of them",
        ),
        (
            "{\r\n  \"name\": \"shop\",\r\n  \"version\": \"v1.4.0\"\r\n}\r\n",
            "3: `v1.4.0` is no version: unexpected character 'v' while parsing major version number; write one as in 1.4.0",
        ),
    ] {
        assert_told("package.json", text, told);
    }
}

#[test]
fn a_broken_manifest_of_cargo_is_told() {
    for (text, told) in [
        ("[package]\nname = \"shop\"\nversion = 1.4.0\n", "3: it is no TOML: "),
        ("[package]\nname = \"shop\"\nversion = \"1.4.0\"\nversion = \"1.4.1\"\n", "4: it is no TOML: duplicate key"),
    ] {
        let error = plan(&tree("Cargo.toml", text)).expect_err(text).to_string();
        assert!(error.starts_with(&format!("Cargo.toml, line {told}")), "{error}");
        assert!(error.ends_with("; mend it by hand") && !error.contains('\n'), "{error}");
    }
    for (text, told) in [
        (
            "[dependencies]\nserde = \"1\"\n",
            "1: it has neither `package.version` nor `workspace.package.version`; write one into it, as in 1.4.0",
        ),
        (
            "# c\n\n[package]\nname = \"shop\"\n",
            "3: it has neither `package.version` nor `workspace.package.version`; write one into it, as in 1.4.0",
        ),
        ("[package]\nname = \"shop\"\nversion = 1.4\n", "3: its version is no string; put it in quotes"),
        ("[package]\nname = \"shop\"\nversion = \"\"\n", "3: its version is empty; write one into it, as in 1.4.0"),
        (
            "[package]\nname = \"shop\"\nversion = \"1.4\"\n",
            "3: `1.4` is no version: unexpected end of input while parsing minor version number; write one as in 1.4.0",
        ),
        (
            "[package]\nname = \"shop\"\nversion.workspace = true\n",
            "1: its version is that of a workspace, which is in another file; name the file that has it with version.file \
             in embark.yaml",
        ),
        (
            "[workspace.package]\nversion = \"1.4.0\"\n\n[package]\nname = \"shop\"\nversion = \"1.3.0\"\n",
            "6: it has two versions, `package.version` and `workspace.package.version`; keep one of them",
        ),
    ] {
        assert_told("Cargo.toml", text, told);
    }
}

#[test]
fn a_broken_lock_is_told_before_anything_is_planned() {
    let mut tree = tree("app/Cargo.toml", "[package]\nname = \"shop\"\nversion = \"1.4.0\"\n");
    tree.add("app/Cargo.lock", "version = 4\n<<<<<<< HEAD\n[[package]]\n");
    let error = plan(&tree).expect_err("it is broken").to_string();
    assert!(error.starts_with("app/Cargo.lock, line 2: it is no TOML: "), "{error}");
    let mend = "; take it from a commit in which it is right, or delete it and run: cargo generate-lockfile";
    assert!(error.ends_with(mend), "{error}");
}

#[test]
fn a_broken_manifest_of_python_is_told() {
    for (text, told) in [
        (
            "[build-system]\nrequires = []\n\n[project]\nname = \"shop\"\ndynamic = [\"readme\", \"version\"]\n",
            "4: its version is dynamic, and told by another file; name the file that has it with version.file in \
             embark.yaml",
        ),
        (
            "[tool.poetry]\nname = \"shop\"\n",
            "1: it has neither `project.version` nor `tool.poetry.version`; write one into it, as in 1.4.0",
        ),
        (
            "[project]\nversion = \"1.4.0\"\n[tool.poetry]\nversion = \"1.4.0\"\n",
            "4: it has two versions, `project.version` and `tool.poetry.version`; keep one of them",
        ),
        (
            "[project]\nversion = \"1.4.0rc1\"\n",
            "2: `1.4.0rc1` is no version: unexpected character 'r' after patch version number; write one as in 1.4.0",
        ),
    ] {
        assert_told("pyproject.toml", text, told);
    }
}

#[test]
fn a_broken_chart_is_told() {
    for (text, told) in [
        ("", "1: it has neither `appVersion` nor `version`; write one into it, as in 1.4.0"),
        ("name: shop\ntype: app\n", "1: it has neither `appVersion` nor `version`; write one into it, as in 1.4.0"),
        (
            "name: shop\nversion: 1.4.0\nappVersion: 1.4.0\nversion: 1.4.1\n",
            "4: `version` can mean two places: line 2 and line 4; keep one of them",
        ),
        (
            "name: shop\nversion:\n  major: 1\n",
            "2: `version` at line 2 is a mapping, not a scalar; write one in its place, as in 1.4.0",
        ),
        ("name: shop\nappVersion:\nversion: 1.4.0\n", "2: its version is empty; write one into it, as in 1.4.0"),
        (
            "name: shop\nversion: &v 1.4.0\nappVersion: *v\n",
            "3: `version` is shared: the anchor `&v` is used again at line 3, and would change there too; write the \
             version out where it stands",
        ),
        (
            "name: shop\nversion: 1.10\n",
            "2: `1.10` is no version: unexpected end of input while parsing minor version number; write one as in 1.4.0",
        ),
    ] {
        let error = plan(&tree("Chart.yaml", text)).expect_err(text).to_string();
        assert_eq!(error, format!("Chart.yaml, line {told}"), "{text}");
    }
    let error = plan(&tree("Chart.yaml", "name: shop\nversion: [\n")).expect_err("it is broken").to_string();
    assert!(error.starts_with("Chart.yaml, line ") && error.contains(": it is no YAML: "), "{error}");
    assert!(error.ends_with("; mend it by hand") && !error.contains('\n'), "{error}");
}

#[test]
fn a_broken_file_with_a_version_alone_is_told() {
    let more = "it holds more than the version; write the version alone into it, as in 1.4.0";
    for (text, told) in [
        ("", "1: its version is empty; write one into it, as in 1.4.0"),
        ("\n \r\n", "1: its version is empty; write one into it, as in 1.4.0"),
        ("1.4.0\n1.5.0\n", &format!("2: {more}")),
        ("\n# the version\n1.4.0\n", &format!("2: {more}")),
        ("1.4.0 # the version\n", &format!("1: {more}")),
        (
            "\n1.4.0.1\n",
            "2: `1.4.0.1` is no version: unexpected character '.' after patch version number; write one as in 1.4.0",
        ),
    ] {
        assert_told("VERSION", text, told);
    }
}
