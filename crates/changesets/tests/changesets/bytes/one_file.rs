//! Manifests of one file, as people and programs write them.

use super::edited::{Places, assert_versioned};

#[test]
fn of_manifests_of_npm_every_byte_stays() {
    let cases: [(&str, Places); 3] = [
        (include_str!("../real/npm/tabs.json"), &[("\n\t\"version\": \"«4.17.3»\",\n\t\"type\"", "4.18.0")]),
        (include_str!("../real/npm/spaces.json"), &[("«\"4\\u002e17.3\"»", "\"4.18.0\"")]),
        (include_str!("../real/npm/minified.json"), &[("\"version\":\"«4.17.3»\",\"browserslist\"", "4.18.0")]),
    ];
    for (text, places) in cases {
        assert_versioned("package.json", "@acme/shop", &[("package.json", text, places)]);
    }
}

#[test]
fn of_manifests_of_python_every_byte_stays() {
    let project: Places = &[("version   =   \"\"\"«4.17.3»\"\"\"", "4.18.0")];
    let poetry: Places = &[("\"version\" = \"«4.17.3»\"\n", "4.18.0")];
    for (text, places) in
        [(include_str!("../real/python/project.toml"), project), (include_str!("../real/python/poetry.toml"), poetry)]
    {
        assert_versioned("pyproject.toml", "application", &[("pyproject.toml", text, places)]);
    }
}

#[test]
fn of_charts_every_byte_stays() {
    let plain: Places = &[("\nappVersion: «4.17.3»   # renovate", "4.18.0"), ("\nversion: «4.17.3»\n\ntype", "4.18.0")];
    let quoted: Places = &[("'version' : \"«4.17.3»\"", "4.18.0"), ("\n\"appVersion\": '«4.17.3»'", "4.18.0")];
    for (text, places) in
        [(include_str!("../real/chart/plain.yaml"), plain), (include_str!("../real/chart/quoted.yaml"), quoted)]
    {
        assert_versioned("charts/shop/Chart.yaml", "application", &[("charts/shop/Chart.yaml", text, places)]);
    }
    // One version is enough.
    for text in ["name: shop\nversion: 4.17.3\n", "appVersion: 4.17.3\n"] {
        let places: Places = if text.starts_with("app") {
            &[("appVersion: «4.17.3»", "4.18.0")]
        } else {
            &[("\nversion: «4.17.3»", "4.18.0")]
        };
        assert_versioned("Chart.yaml", "application", &[("Chart.yaml", text, places)]);
    }
}

#[test]
fn of_files_with_the_version_alone_every_byte_stays() {
    for text in ["4.17.3", "4.17.3\n", "\n\n  4.17.3\t\n", "4.17.3\n\n\n", "4.17.3\u{a0}\n"] {
        for path in ["VERSION", ".version", "src/version.txt"] {
            assert_versioned(path, "application", &[(path, text, &[("«4.17.3»", "4.18.0")])]);
        }
    }
}
