//! The table of edge cases names tests that there are.

use std::path::Path;

#[test]
fn every_edge_case_has_the_tests_that_it_names() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let table = std::fs::read_to_string(folder.join("EDGE-CASES.md")).unwrap();
    let rows = table.lines().filter(|line| line.starts_with("| ")).skip(2);
    let mut cases = 0;
    for row in rows.filter(|row| !row.starts_with("| **")) {
        let [_, _, _, tests, _] = row.split('|').collect::<Vec<_>>()[..] else { panic!("three columns: {row}") };
        for test in tests.split(',') {
            let name = test.trim().strip_prefix('`').and_then(|test| test.strip_suffix('`'));
            let (module, name) = name.and_then(|name| name.split_once("::")).unwrap_or_else(|| panic!("a test: {row}"));
            let code = std::fs::read_to_string(folder.join(format!("tests/registry/{module}.rs"))).unwrap();
            let is_there = ["#[test]\nfn", "#[tokio::test]\nasync fn"]
                .iter()
                .any(|start| code.contains(&format!("{start} {name}() {{")));
            assert!(is_there, "there is no test {module}::{name}");
        }
        cases += 1;
    }
    assert!(cases > 30, "the table is read: {cases}");
}
