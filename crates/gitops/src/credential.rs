//! [git's credential helpers](https://git-scm.com/docs/git-credential), the last resort for credentials.

use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::remote::RemoteUrl;
use crate::store::StoreError;

/// Asks the helpers that are configured for git, and no person. `None` where git is not there, or no helper knows any.
pub(crate) fn fill(url: &RemoteUrl) -> Result<Option<RemoteUrl>, StoreError> {
    let mut command = Command::new("git");
    command.args(["credential", "fill"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    command.env("GIT_TERMINAL_PROMPT", "0").env("GIT_ASKPASS", "").env("SSH_ASKPASS", "");
    let Ok(mut child) = command.spawn() else { return Ok(None) };
    tracing::debug!(url = url.as_str(), "asking git's credential helpers");
    if let Some(mut stdin) = child.stdin.take() {
        // Where it does not read to the end, it has said why.
        let _ = stdin.write_all(url.credential_request().as_bytes());
    }
    let answer = child.wait_with_output();
    let answer = answer.map_err(|error| StoreError::Other { operation: "run git for", source: error.into() })?;
    let text = String::from_utf8_lossy(&answer.stdout);
    let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
    let Some(password) = field("password").filter(|_| answer.status.success()) else { return Ok(None) };
    let url = url.clone().with_user(field("username").unwrap_or_default());
    let url = url.with_token(password.to_owned().into());
    url.map(Some).map_err(|error| StoreError::Unauthorized(error.to_string()))
}
