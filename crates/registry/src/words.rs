//! What others say, made fit for a message.

use serde::Deserialize;

const LIMIT: usize = 200;

/// Puts a text on one line and cuts it.
pub(crate) fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split(|character: char| character.is_whitespace() || character.is_control()).collect();
    let line = words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LIMIT) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[derive(Deserialize)]
struct Errors {
    #[serde(default)]
    errors: Vec<Error>,
    /// What token servers say.
    #[serde(default)]
    details: String,
}

#[derive(Deserialize)]
struct Error {
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: String,
}

/// Reads the words of an error's body: those of its JSON, or the text itself unless it is a web page.
pub(crate) fn of_body(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let said = match serde_json::from_str::<Errors>(&text) {
        Ok(answer) if answer.errors.is_empty() => answer.details,
        Ok(answer) => {
            let said = answer.errors.into_iter().map(|error| match error.message.as_str() {
                "" => error.code,
                _ => error.message,
            });
            said.collect::<Vec<_>>().join("; ")
        }
        Err(_) if text.trim_start().starts_with(['<', '{', '[']) => String::new(),
        Err(_) => text.into_owned(),
    };
    one_line(&said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_messages_of_a_registry_are_read() {
        let body = br#"{"errors": [{"code": "DENIED", "message": "ask the\n owner", "detail": {}}, {"code": "X"}]}"#;
        assert_eq!(of_body(body), "ask the owner; X");
        assert_eq!(of_body(br#"{"details": "incorrect username or password"}"#), "incorrect username or password");
    }

    #[test]
    fn other_bodies_are_put_on_one_line_or_left_out() {
        assert_eq!(of_body(b"a teapot\r\n\tof tin\x1b[31m"), "a teapot of tin [31m");
        assert_eq!(of_body(b"<html>Please log in</html>"), "");
        assert_eq!(of_body(b""), "");
        assert_eq!(of_body(b"{}"), "");
    }

    #[test]
    fn long_words_are_cut() {
        assert_eq!(one_line(&"ä".repeat(300)).chars().count(), LIMIT + 1);
    }
}
