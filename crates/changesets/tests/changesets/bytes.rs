//! Files as they are found in the wild, of which only what is the version's changes.

mod broken;
mod cargo;
mod changelogs;
mod edited;
mod noise;
mod noisy;
mod one_file;

use edited::{Places, assert_versioned};

#[test]
fn of_a_changelog_every_byte_stays() {
    let places: Places = &[("-------------\n\n«»##   4.17.3 (2026", "## 4.18.0\n\n### Minor Changes\n\n- Text\n\n")];
    let log = include_str!("../fixtures/CHANGELOG.md");
    assert_versioned(
        "VERSION",
        "application",
        &[("CHANGELOG.md", log, places), ("VERSION", "4.17.3\n", &[("«4.17.3»", "4.18.0")])],
    );
}

#[test]
fn of_a_manifest_of_npm_every_byte_stays() {
    let text = include_str!("../fixtures/package.json");
    assert_versioned(
        "package.json",
        "@acme/shop",
        &[("package.json", text, &[("\"version\" :  \"«4.17.3»\"", "4.18.0")])],
    );
}

#[test]
fn of_the_manifests_and_the_lock_of_a_workspace_every_byte_stays() {
    assert_versioned(
        "Cargo.toml",
        "shop-core",
        &[
            (
                "Cargo.toml",
                include_str!("../fixtures/Cargo.toml"),
                &[
                    ("version    = \"«4.17.3»\"", "4.18.0"),
                    ("shop-core = { path = \"crates/core\", version = \"«=4.17.3»\"", "=4.18.0"),
                    ("version = '«~4.17»'", "~4.18.0"),
                ],
            ),
            (
                "crates/core/Cargo.toml",
                include_str!("../fixtures/crates/core/Cargo.toml"),
                &[("version = \"«4.17.3»\"", "4.18.0")],
            ),
            ("crates/api/Cargo.toml", "[package]\nname = \"shop-api\"\nversion = { workspace = true }\n", &[]),
            (
                "tools/export/Cargo.toml",
                include_str!("../fixtures/tools/export/Cargo.toml"),
                &[("version = \"«^4.17.3»\"", "^4.18.0")],
            ),
            (
                "Cargo.lock",
                include_str!("../fixtures/Cargo.lock"),
                &[
                    ("name = \"shop-api\"\nversion = \"«4.17.3»\"", "4.18.0"),
                    ("name = \"shop-core\"\nversion = \"«4.17.3»\"\n\n", "4.18.0"),
                    ("\"left-pad\",\n \"shop-core «4.17.3»\"", "4.18.0"),
                    ("\"shop-api\",\n \"shop-core «4.17.3»\"", "4.18.0"),
                ],
            ),
        ],
    );
}

#[test]
fn of_a_manifest_of_python_every_byte_stays() {
    let text = include_str!("../fixtures/pyproject.toml");
    let places: Places = &[("version = '«4.17.3»' # read", "4.18.0")];
    assert_versioned("pyproject.toml", "application", &[("pyproject.toml", text, places)]);
}

#[test]
fn of_a_chart_every_byte_stays() {
    let text = include_str!("../fixtures/Chart.yaml");
    let places: Places = &[("version:   «4.17.3»", "4.18.0"), ("appVersion: '«4.17.3»'", "4.18.0")];
    assert_versioned("deploy/Chart.yaml", "application", &[("deploy/Chart.yaml", text, places)]);
}

#[test]
fn of_a_file_with_the_version_alone_every_byte_stays() {
    for text in ["4.17.3\n", " \n\t4.17.3  \n\n"] {
        assert_versioned("VERSION", "application", &[("VERSION", text, &[("«4.17.3»", "4.18.0")])]);
    }
}
