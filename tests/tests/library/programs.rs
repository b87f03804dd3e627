//! Which programs embark starts, and where: nothing that comes from outside meets a shell.

use std::collections::BTreeSet;

use crate::sources::below;

/// Where a program is started. Each is on the page of threats: who adds one says there what it is told.
const STARTS: [&str; 5] = [
    "crates/cli/src/versioning/child.rs",
    "crates/gitops/src/program.rs",
    "crates/gitops/src/signing.rs",
    "crates/registry/src/credentials/helper.rs",
    "crates/render/src/program.rs",
];

/// The one shell, which reads what this user has set as `GIT_SSH_COMMAND`, as git does.
const SHELL: &str = "crates/gitops/src/remote/ssh.rs";

#[test]
fn programs_are_started_in_few_places_and_through_no_shell() {
    let sources = below(&["crates"]);
    let sources: Vec<_> = sources.iter().filter(|source| source.path.contains("/src/")).collect();
    assert!(sources.len() > 200, "the sources are found: {}", sources.len());
    let with = |patterns: &[&str]| -> BTreeSet<&str> {
        let has = |text: &str| patterns.iter().any(|pattern| text.contains(pattern));
        sources.iter().filter(|source| has(source.for_use())).map(|source| source.path.as_str()).collect()
    };
    assert_eq!(with(&["= Command::new(", "process::Command::new(", "(Command::new("]), BTreeSet::from(STARTS));
    assert_eq!(
        with(&["\"sh\"", "/bin/sh\"", "\"bash\"", "\"cmd\"", "\"-c\""]),
        BTreeSet::from([
            // Settings of git, one argument each.
            "crates/gitops/src/plumbing.rs",
            SHELL,
        ])
    );
    let ssh = sources.iter().find(|source| source.path == SHELL).expect("it is there");
    // What is put behind the user's own line are positional parameters, each in quotes.
    assert!(ssh.text.contains(r#"shell.args(["-c", &format!("{command} \"$@\""), "ssh"]);"#), "{}", ssh.path);
}
