//! Which lines of a file an edit changed.

/// Shows the lines that differ, as `diff` does. The edit added no line and took none away.
pub(super) fn lines(file: &str, before: &str, after: &str) -> String {
    let changed: Vec<_> = before.lines().zip(after.lines()).filter(|(old, new)| old != new).collect();
    let old = changed.iter().map(|(old, _)| format!("-{old}\n"));
    let new = changed.iter().map(|(_, new)| format!("+{new}\n"));
    format!("{file}\n{}", old.chain(new).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_the_same_is_not_shown() {
        assert_eq!(lines("a.yaml", "a: 1\nb: 2\nc: 3\n", "a: 1\nb: 4\nc: 5\n"), "a.yaml\n-b: 2\n-c: 3\n+b: 4\n+c: 5\n");
    }
}
