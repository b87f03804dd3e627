//! How a run that fails must end.

use embark_tests::harness::World;

/// Runs a command that must fail with `code`, as text and as JSON: it names each of `words` in the error, says what
/// to do about it, and writes nothing anywhere.
#[track_caller]
pub(crate) fn assert_fails(world: &World, command: &[&str], code: i32, words: &[&str]) {
    let before = world.state();
    let report = world.embark.json(command);
    assert_eq!(world.state(), before, "embark {} writes nothing: {:#}", report.command, report.json);
    let report = report.ended(code, "failed");
    let (message, hint) = report.error();
    assert!(!message.is_empty() && !hint.is_empty(), "{:#}", report.json);
    let error = report.json["error"].to_string();
    for word in words {
        assert!(error.contains(word), "{word} is named: {:#}", report.json);
    }

    let finished = world.embark.text(command);
    assert_eq!(finished.code, code, "{}", finished.stderr);
    let (error, hint) = finished.stderr.split_once("\n\nhint: ").unwrap_or_default();
    let shape = "the error, an empty line and a hint are on stderr";
    assert!(error.contains("error: ") && !hint.trim().is_empty(), "{shape}, not: {}", finished.stderr);
    for word in words {
        assert!(finished.stderr.contains(word), "{word} is word: {}", finished.stderr);
    }
    assert_eq!(world.state(), before, "nothing is written");
}

/// Runs a command whose arguments are wrong: exit code 2, an error that names `named` on stderr, and nothing written.
#[track_caller]
pub(crate) fn assert_wrong_arguments(world: &World, command: &[&str], named: &str) {
    let before = world.state();
    let finished = world.embark.text(command);
    assert_eq!(finished.code, 2, "embark {}: {}{}", command.join(" "), finished.text(), finished.stderr);
    assert_eq!(finished.text(), "", "an error is no data");
    assert!(finished.stderr.contains("error: "), "{}", finished.stderr);
    assert!(finished.stderr.contains(named), "{named} is named: {}", finished.stderr);
    assert_eq!(world.state(), before, "nothing is written");
}
