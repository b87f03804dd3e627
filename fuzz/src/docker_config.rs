//! Docker's `config.json`.

use embark_core::Repository;
use embark_registry::testing::docker_config as read;
use serde_json::Value;

use super::input::first_line;

/// No error shows a secret, and no helper is a path.
///
/// The first line has the repository; the file follows.
pub fn docker_config(data: &[u8]) {
    let Some((head, file)) = first_line(data) else { return };
    let Ok(repository) = head.parse::<Repository>() else { return };
    let logins = match read(file, &repository) {
        Ok(logins) => logins,
        Err(message) => return hidden(head, file, &message),
    };
    if let Some(helper) = &logins.helper {
        let is_name = |char: char| char.is_ascii_alphanumeric() || "-_.".contains(char);
        assert!(!helper.is_empty() && helper.chars().all(is_name), "{helper:?}");
    }
    match &logins.login {
        Ok(Some((None, token))) => assert!(!token.is_empty(), "an empty token is none"),
        Ok(_) => {}
        Err(message) => hidden(head, file, message),
    }
}

/// Compares a message with all secrets of a file: what cannot even be parsed is told by its place alone. The repository that
/// is asked for may be shown, whatever it looks like.
fn hidden(repository: &str, file: &[u8], message: &str) {
    // In what is passed over no text is looked at, which can be read here only if it is one.
    if str::from_utf8(file).is_err() {
        return;
    }
    let Ok(value) = serde_json::from_slice::<Value>(file) else {
        let place = message.strip_prefix("config.json is malformed at line ").expect("it is no JSON");
        let is_place = |char: char| char.is_ascii_digit() || " ,column".contains(char);
        assert!(place.chars().all(is_place), "{message}");
        return;
    };
    // What may be shown: hosts, helpers, and the words around them.
    let mut shown = String::from(
        "config.json is malformed at line , column names the helper has no Base64 text user:password in its for",
    );
    shown.push_str(repository);
    let (mut secrets, none) = (Vec::new(), serde_json::Map::new());
    for (host, entry) in value["auths"].as_object().unwrap_or(&none) {
        shown.push_str(&host.to_lowercase());
        shown.push_str(host);
        let fields = ["auth", "password", "identitytoken"].iter().filter_map(|field| entry[*field].as_str());
        secrets.extend(fields.chain(entry.as_str()));
    }
    let helpers = value["credHelpers"].as_object().unwrap_or(&none).values();
    for helper in helpers.chain([&value["credsStore"]]) {
        shown.push_str(&format!("{:?}", helper.as_str().unwrap_or_default()));
    }
    let is_shown = |secret: &&str| secret.len() > 4 && message.contains(*secret) && !shown.contains(*secret);
    assert_eq!(secrets.into_iter().find(is_shown), None, "{message}");
}
