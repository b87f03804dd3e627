//! Standard streams that are closed, full, or read by nobody.

use embark_tests::harness::{COMPONENTS, Setup};

use super::{assert_finished, waiting};

/// What becomes of the streams, the exit code, and what is told.
const CASES: [(&str, &str, i32, &str); 8] = [
    ("a closed stdout", "exec \"$0\" \"$@\" >&-", 0, ""),
    ("a reader that has gone", "{ \"$0\" \"$@\"; echo \"code $?\" >&2; } | :", 0, "code 0"),
    (
        "a full stdout",
        "exec \"$0\" \"$@\" >/dev/full",
        1,
        "error: the standard output cannot be written: No space left on device",
    ),
    ("a closed stderr", "exec \"$0\" \"$@\" 2>&-", 0, ""),
    ("a full stderr", "exec \"$0\" \"$@\" 2>/dev/full", 0, ""),
    ("a closed stdin", "exec \"$0\" \"$@\" <&-", 0, ""),
    ("all closed", "exec \"$0\" \"$@\" <&- >&- 2>&-", 0, ""),
    ("both full", "exec \"$0\" \"$@\" >/dev/full 2>/dev/full", 1, ""),
];

#[test]
fn a_deployment_is_carried_out_whatever_becomes_of_its_output() {
    for (what, script, code, told) in CASES {
        let world = waiting(Setup::Embedded);
        let finished = world.embark.in_shell(script, &["-vv", "deploy", "--pending"]);
        assert_eq!(finished.code, code, "{what}: {}", finished.stderr);
        assert!(finished.stderr.contains(told), "{what}: {}", finished.stderr);
        assert!(!finished.stderr.contains("panicked"), "{what}: {}", finished.stderr);
        assert_finished(&world, COMPONENTS.len(), what);
    }
}

#[test]
fn what_fails_is_told_by_its_code_where_nobody_reads() {
    let world = waiting(Setup::Embedded);
    for (what, script, _, _) in CASES {
        // A pipe has the code of its reader.
        let code = if script.ends_with("| :") { 0 } else { 2 };
        for arguments in [&["status", "nowhere"][..], &["no-command"]] {
            let finished = world.embark.in_shell(script, arguments);
            assert_eq!(finished.code, code, "{what}, {arguments:?}: {}", finished.stderr);
        }
        for arguments in [&["--help"][..], &["--version"], &["completions", "bash"], &["man"]] {
            let finished = world.embark.in_shell(script, arguments);
            assert!([0, 1].contains(&finished.code), "{what}, {arguments:?}: {} {}", finished.code, finished.stderr);
            assert!(!finished.stderr.contains("panicked"), "{what}: {}", finished.stderr);
        }
    }
}

/// What GitHub Actions shows is no part of the work.
#[test]
fn a_summary_that_cannot_be_written_is_a_warning() {
    for file in ["/dev/full", "/proc/none/summary"] {
        let world = waiting(Setup::Embedded);
        let embark = world.embark.clone().with("GITHUB_STEP_SUMMARY", file).with("GITHUB_OUTPUT", file);
        let finished = embark.text(&["deploy", "--pending"]);
        assert_eq!(finished.code, 0, "{}", finished.stderr);
        assert!(finished.stderr.contains("warning: the summary for GitHub Actions cannot be written"), "{file}");
        assert_finished(&world, COMPONENTS.len(), file);
    }
}
