//! The words of servers.

use crate::store::StoreError;

/// How much of an error page is told, in characters.
const MAX_WORDS: usize = 200;

/// Returns what a server says in an [error packet](https://git-scm.com/docs/pack-protocol#_error_packet) in place of an answer.
pub(super) fn server_error(body: &[u8]) -> Option<StoreError> {
    let length = usize::from_str_radix(str::from_utf8(body.get(..4)?).ok()?, 16).ok()?;
    let words = body.get(4..length)?.strip_prefix(b"ERR ")?;
    Some(said_by_server(&String::from_utf8_lossy(words)))
}

/// Sorts the words of an error packet.
pub(crate) fn said_by_server(words: &str) -> StoreError {
    let words = one_line(words);
    // The one thing that protocol v2 says with no code of its own.
    match words.split_once("not our ref ") {
        Some((_, id)) => StoreError::NotFound(format!("object {id}")),
        None => StoreError::Malformed(words),
    }
}

/// Puts a text of somebody else on one line, and not a long one.
pub(crate) fn one_line(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let line: String = line.chars().filter(|character| !character.is_control()).collect();
    if line.chars().count() <= MAX_WORDS {
        return line;
    }
    line.chars().take(MAX_WORDS - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_packet_is_told_with_the_words_of_the_server() {
        let packet = |words: &str| format!("{:04x}ERR {words}", words.len() + 8).into_bytes();
        assert!(
            matches!(server_error(&packet("filter 'x' not supported")), Some(StoreError::Malformed(words)) if words.contains("'x'"))
        );
        assert!(
            matches!(server_error(&packet("upload-pack: not our ref 12ab")), Some(StoreError::NotFound(what)) if what == "object 12ab")
        );
        for other in [&b""[..], b"0000", b"000dpackfile\n", b"zzzzERR a", b"ffffERR a", b"0002ERR a"] {
            assert!(server_error(other).is_none(), "{other:?}");
        }
    }

    #[test]
    fn words_of_others_stay_on_one_short_line() {
        assert_eq!(one_line(" a\n\tb\u{7}  c "), "a b c");
        assert_eq!(one_line(&"x".repeat(1_000)).chars().count(), MAX_WORDS);
    }
}
