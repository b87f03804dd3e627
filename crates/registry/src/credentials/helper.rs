//! The protocol of docker's credential helpers: the server's address on stdin, JSON on stdout.

use std::io;
use std::process::Stdio;
use std::time::Duration;

use serde::Deserialize;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Command;

use super::{CredentialsError, Login};
use crate::words;

const PATIENCE: Duration = Duration::from_secs(10);
const LIMIT: u64 = 64 << 10;

/// What a helper says, by the protocol, where it knows nothing.
const NOT_FOUND: &str = "credentials not found";
/// The user name that marks the secret as an identity token.
const TOKEN_USER: &str = "<token>";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    username: String,
    secret: secrecy::SecretString,
}

/// Prepares a helper. It is a program of others: what is embark's own is not told.
pub(super) fn program(name: &str) -> Command {
    let mut command = Command::new(format!("docker-credential-{name}"));
    for (variable, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("EMBARK_")) {
        command.env_remove(variable);
    }
    command
}

/// Asks a helper for the login of a server.
pub(super) async fn get(name: &str, command: Command, server: &str) -> Result<Option<Login>, CredentialsError> {
    get_within(PATIENCE, name, command, server).await
}

async fn get_within(
    patience: Duration,
    name: &str,
    command: Command,
    server: &str,
) -> Result<Option<Login>, CredentialsError> {
    let error = |reason: String| CredentialsError(format!("the credential helper docker-credential-{name} {reason}"));
    let (succeeded, output) = match tokio::time::timeout(patience, run(command, server)).await {
        Ok(Ok(ended)) => ended,
        Ok(Err(failure)) if failure.kind() == io::ErrorKind::NotFound => return Err(error("is not installed".into())),
        Ok(Err(failure)) => return Err(error(format!("cannot be run: {failure}"))),
        Err(_) => return Err(error(format!("did not answer in {patience:?}"))),
    };
    if !succeeded {
        let said = words::one_line(&String::from_utf8_lossy(&output));
        return if said.contains(NOT_FOUND) { Ok(None) } else { Err(error(format!("failed: {said}"))) };
    }
    // What it wrote is a secret, and a parser's message may quote it.
    let answer: Answer = serde_json::from_slice(&output).map_err(|_| error("gave an answer that is none".into()))?;
    Ok(match (answer.username.as_str(), answer.secret) {
        (TOKEN_USER, token) => Some(Login::IdentityToken(token)),
        ("", _) => None,
        (user, password) => Some(Login::Password { user: user.into(), password }),
    })
}

async fn run(mut command: Command, server: &str) -> io::Result<(bool, Vec<u8>)> {
    // Whoever stops waiting, stops the helper.
    command.kill_on_drop(true).arg("get").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // A helper that ends without reading has its reasons; it tells them on stdout.
        drop(stdin.write_all(server.as_bytes()).await);
    }
    let mut output = Vec::new();
    if let Some(stdout) = child.stdout.take() {
        stdout.take(LIMIT).read_to_end(&mut output).await?;
    }
    Ok((child.wait().await?.success(), output))
}

#[cfg(all(test, unix))]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    async fn ask(script: &str, patience: Duration) -> Result<Option<Login>, CredentialsError> {
        let mut command = Command::new("sh");
        command.args(["-c", script, "docker-credential-test"]);
        get_within(patience, "test", command, "gcr.io").await
    }

    const LONG: Duration = Duration::from_secs(10);

    #[tokio::test]
    async fn a_helper_gets_the_server_and_gives_the_login() {
        let script =
            r#"read -r server; echo "{\"ServerURL\":\"$server\",\"Username\":\"$1\",\"Secret\":\"of $server\"}""#;
        let Some(Login::Password { user, password }) = ask(script, LONG).await.unwrap() else { panic!("no password") };
        assert_eq!((user.as_str(), password.expose_secret()), ("get", "of gcr.io"));
    }

    #[tokio::test]
    async fn the_user_token_marks_an_identity_token() {
        let login = ask(r#"echo '{"ServerURL":"","Username":"<token>","Secret":"t"}'"#, LONG).await.unwrap();
        assert!(matches!(login, Some(Login::IdentityToken(token)) if token.expose_secret() == "t"));
    }

    #[tokio::test]
    async fn a_helper_that_knows_nothing_means_no_login() {
        let login = ask("echo 'credentials not found in native keychain'; exit 1", LONG).await.unwrap();
        assert!(login.is_none());
    }

    #[tokio::test]
    async fn a_helper_that_fails_is_told_with_its_words() {
        let error = ask("echo 'log in first'; exit 1", LONG).await.unwrap_err().to_string();
        assert_eq!(error, "the credential helper docker-credential-test failed: log in first");
    }

    #[tokio::test]
    async fn a_helper_that_hangs_is_given_up() {
        let error = ask("exec sleep 60", Duration::from_millis(50)).await.unwrap_err().to_string();
        assert_eq!(error, "the credential helper docker-credential-test did not answer in 50ms");
    }

    #[tokio::test]
    async fn a_helper_that_is_missing_is_named() {
        let error = get("nope", Command::new("docker-credential-nope"), "gcr.io").await.unwrap_err().to_string();
        assert_eq!(error, "the credential helper docker-credential-nope is not installed");
    }

    #[tokio::test]
    async fn an_answer_that_is_none_is_not_shown() {
        let error = ask(r#"echo '{"Secret":"hunter2","Username":7}'"#, LONG).await.unwrap_err().to_string();
        assert!(!error.contains("hunter2"), "{error}");
    }
}
