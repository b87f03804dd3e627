//! No case is forgotten: what the suites offer is in the lists here.

use std::collections::BTreeSet;
use std::path::Path;

#[test]
fn every_case_of_every_suite_is_run_over_some_adapter_and_some_fake() {
    for port in [
        "application_repository",
        "delivery",
        "deployment_platform",
        "deployment_repository",
        "image_registry",
        "release_platform",
    ] {
        let read = |path: &str| {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
            std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        };
        let suite = read(&format!("../crates/embark-core/src/testing/contract/{port}.rs"));
        let offered: BTreeSet<&str> =
            suite.split("pub async fn ").skip(1).filter_map(|rest| rest.split('(').next()).collect();
        assert!(offered.len() > 10, "the cases of {port} are found: {offered:?}");
        let lists = read(&format!("tests/contract/{port}.rs"));
        let words: BTreeSet<&str> = lists.split(|char: char| !char.is_alphanumeric() && char != '_').collect();
        let forgotten: Vec<_> = offered.difference(&words).collect();
        assert!(forgotten.is_empty(), "{port}: {forgotten:?} are run over nothing");
    }
}
