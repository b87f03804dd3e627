//! Whatever stands around a version stays.

use proptest::prelude::*;
use proptest::sample::select;

use super::edited::{ENTRY, edited};
use super::noise::{begin, keys, line_end, lines, members, space};

/// Lines of a changelog of which none begins a version.
const PROSE: &[&str] = &[
    "",
    "# Changelog",
    "## [4.17.3] - 2026-05-03",
    "## v4.17.3",
    "## Unreleased",
    "####### 4.17.3",
    "#4.17.3",
    " ## 4.17.3",
    "> ## 4.17.3",
    "4.17.3",
    "======",
    "---",
    "<!-- ## 4.17.3 -->",
    "[![a](b)](c) ü 🛒   ",
    "```",
    "    code",
    "[4.17.3]: https://forge.example/v4.17.3",
    "- a\rb",
    "\u{feff}",
];

/// Headings of versions, as they are known.
const HEADINGS: &[&str] =
    &["## 4.17.3", "# 4.17", "######\t4.17.3 (today)", "##   0.1.0-beta.1 [YANKED]", "### 4.17.3\r", "## 10.20.30"];

const TOML: &[&str] = &[
    "",
    "# version = \"4.17.3\"",
    "\t# [package]",
    "KEY = \"version = '4.17.3'\" # c",
    "KEY.version = \"4.17.3\"",
    "KEY = { version = \"4.17.3\", path = \"a\" }",
    "KEY = [\n  \"4.17.3\", # [package]\n  'version',\n]",
    "\"KEY \" = '''\nversion = \"4.17.3\"\n[project]\n'''",
    "KEY = 2026-05-03T10:00:00Z",
];

/// Tables of a file of TOML.
const TABLES: &[&str] = &[
    "",
    "[tool.KEY]\nversion = \"4.17.3\"",
    "[[KEY.list]]\nversion = \"4.17.3\"",
    "[\"KEY\".package]\nversion = '4.17.3'",
    "  [ KEY . a ] # c\n  version.workspace = true",
];

const YAML: &[&str] = &[
    "",
    "# version: 4.17.3",
    "   # appVersion: 4.17.3",
    "KEY: \"version: 4.17.3\" # c",
    "KEY:\n  version: 4.17.3\n  appVersion: [4.17.3]",
    "KEY: |\n  version: 4.17.3\n\n  appVersion: 4.17.3",
    "KEY: {version: '4.17.3', appVersion: x}",
    "KEY:\n- version: 4.17.3\n  name: redis\n-   - appVersion",
    "\"KEY\" : >-\n    version: 4.17.3",
    "KEY: ü 🛒 it's",
];

/// Takes the quotes of a string of TOML with what it holds.
fn quotes() -> impl Strategy<Value = &'static str> {
    select(vec!["\"", "'", "\"\"\"", "'''"])
}

fn check(path: &str, before: &str, after: &str) -> Result<(), TestCaseError> {
    let old = format!("{before}4.17.3{after}");
    prop_assert_eq!(edited(path, &old), format!("{before}4.18.0{after}"));
    Ok(())
}

proptest! {
    #[test]
    fn around_an_entry(
        begin in begin(), before in lines(PROSE), heading in select(HEADINGS), after in any::<String>(), end in line_end(),
    ) {
        // A heading must begin a line.
        let before = format!("{begin}# Log{end}{before}");
        let old = format!("{before}{heading}{end}{after}");
        prop_assert_eq!(edited("CHANGELOG.md", &old), format!("{before}{ENTRY}\n{heading}{end}{after}"));
    }

    #[test]
    fn below_a_title(begin in begin(), rest in lines(PROSE), end in line_end()) {
        let title = format!("{begin}# Log{}", end.trim_end_matches('\n'));
        prop_assert_eq!(edited("CHANGELOG.md", &format!("{title}\n{rest}")), format!("{title}\n\n{ENTRY}{rest}"));
    }

    #[test]
    fn around_the_version_of_npm(
        begin in begin(), before in members("a"), after in members("b"), spaces in [space(), space(), space(), space()],
        key in select(vec!["version", "\\u0076ersion", "vers\\u0069on"]),
    ) {
        let [a, b, c, d] = spaces;
        let before = format!("{begin}{a}{{{before}\"{key}\"{b}:{c}\"");
        // A comma begins what comes behind it, and ends none.
        let after = after.strip_suffix(',').map_or_else(String::new, |after| format!(",{after}"));
        check("package.json", &before, &format!("\"{d}{after}}}{a}"))?;
    }

    #[test]
    fn around_the_version_of_cargo_and_python(
        begin in begin(), top in keys(TOML, "t"), before in keys(TOML, "a"), after in keys(TOML, "b"),
        tables in keys(TABLES, "c"), more in keys(TABLES, "d"), end in line_end(), quotes in quotes(),
        (path, table) in select(vec![
            ("Cargo.toml", "[package]"), ("Cargo.toml", "[workspace . package]"), ("pyproject.toml", "[ project ] # c"),
            ("pyproject.toml", "[tool.\"poetry\"]"),
        ]),
        (key, tail) in select(vec![("version = ", ""), ("  'version'=", " # the version"), ("\"version\"\t=\t", "  ")]),
    ) {
        let before = format!("{begin}{top}{tables}{table}{end}{before}{key}{quotes}");
        check(path, &before, &format!("{quotes}{tail}{end}{after}{more}"))?;
    }

    #[test]
    fn around_the_versions_of_a_chart(
        begin in begin(), before in keys(YAML, "a"), between in keys(YAML, "b"), after in keys(YAML, "c"),
        (first, second) in select(vec![("version", "appVersion"), ("appVersion", "version"), ("\"version\" ", "'appVersion'")]),
        [one, two] in [select(vec!["", "\"", "'"]), select(vec!["", "\"", "'"])], end in line_end(),
    ) {
        let with = |version: &str| format!(
            "{begin}{before}{first}:  {one}{version}{one} # c{end}{between}{second}: {two}{version}{two}{end}{after}",
        );
        prop_assert_eq!(edited("Chart.yaml", &with("4.17.3")), with("4.18.0"));
    }

    #[test]
    fn around_a_version_alone(begin in begin(), before in "[ \t\r\n\u{a0}]{0,6}", after in "[ \t\r\n\u{2003}]{0,6}") {
        check("VERSION", &format!("{begin}{before}"), &after)?;
    }
}
