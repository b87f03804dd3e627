//! [git's credential helpers](https://git-scm.com/docs/git-credential), the last resort for credentials.

use std::process::Stdio;
use std::time::Duration;

use crate::program;
use crate::remote::RemoteUrl;
use crate::store::StoreError;

/// How long a helper may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// Asks the helpers that are configured for git, and no person. `None` where git is not there, or no helper knows any.
pub(crate) fn fill(url: &RemoteUrl) -> Result<Option<RemoteUrl>, StoreError> {
    let failed = |error: std::io::Error| StoreError::Other { operation: "run git for", source: error.into() };
    // There is no repository in an empty folder, and no configuration but the user's and the machine's.
    let folder = tempfile::Builder::new().prefix("embark-").tempdir().map_err(failed)?;
    let mut command = program::git(folder.path());
    command.args(["credential", "fill"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let Ok(child) = command.spawn() else { return Ok(None) };
    tracing::debug!(url = url.as_str(), "asking git's credential helpers");
    let answer = program::finish(child, url.credential_request().into_bytes(), PATIENCE).map_err(failed)?;
    let Some(answer) = answer.filter(|answer| answer.is_success) else { return Ok(None) };
    let field = |name: &str| answer.stdout.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
    let Some(password) = field("password") else { return Ok(None) };
    let url = url.clone().with_user(field("username").unwrap_or_default());
    let url = url.with_token(password.to_owned().into());
    url.map(Some).map_err(|error| StoreError::Unauthorized(error.to_string()))
}
