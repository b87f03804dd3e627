//! A repository on a server through git's own programs: for servers that do not speak protocol v2, or have no filters.
//!
//! The branch and the ledger are fetched whole into a repository in a temporary folder, which is read and written as any
//! on disk. That costs what it costs; what comes of it is the same.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use gix_hash::ObjectId;
use secrecy::SecretString;
use tempfile::TempDir;

use crate::authorities;
use crate::local::Local;
use crate::program::{self, Done};
use crate::remote::{RemoteUrl, judge, one_line};
use crate::store::{Extent, NewObject, Object, RefUpdate, Refs, SHA256, Store, StoreError};
use crate::walk::{Passed, Walk};

/// The variable from which git takes the header with the credentials.
const AUTHORIZATION: &str = "EMBARK_AUTHORIZATION";

/// How long one run of git may take.
const PATIENCE: Duration = Duration::from_mins(15);

/// A repository on a server, and its copy.
pub(crate) struct Plumbing {
    url: String,
    /// Settings of git, as arguments.
    settings: Vec<String>,
    /// Environment variables of git: credentials are no arguments, which anybody on the machine can list.
    variables: Vec<(String, String)>,
    /// A file with authorities that are trusted beside the system's.
    authorities: Option<PathBuf>,
    copy: Option<(TempDir, Local)>,
    /// The refs as they were asked for last, and as they were when they were fetched.
    refs: Refs,
    fetched: Refs,
}

impl Plumbing {
    /// Reaches a server; a token that does not last is the one of this moment.
    pub(crate) fn over_http(url: &RemoteUrl, token: Option<&SecretString>) -> Self {
        let header = token.and_then(|token| url.authorization(token));
        let header = header.as_ref().and_then(|header| header.to_str().ok());
        let variables = header.map(|header| (AUTHORIZATION.to_owned(), format!("Authorization: {header}")));
        // A redirected request would take the header along to whoever it leads to.
        let mut settings = vec!["-c".to_owned(), "http.followRedirects=false".to_owned()];
        if variables.is_some() {
            settings.push(format!("--config-env=http.{}.extraHeader={AUTHORIZATION}", url.as_str()));
        }
        let plumbing = Self::new(url.as_str(), variables.into_iter().collect());
        Self { settings, authorities: url.authorities().map(PathBuf::from), ..plumbing }
    }

    pub(crate) fn over_ssh(url: &str, command: &str) -> Self {
        // Which it is need not be found out by running it.
        Self::new(url, vec![("GIT_SSH_COMMAND".into(), command.into()), ("GIT_SSH_VARIANT".into(), "ssh".into())])
    }

    fn new(url: &str, variables: Vec<(String, String)>) -> Self {
        let (settings, authorities) = (Vec::new(), None);
        Self { url: url.into(), settings, variables, authorities, copy: None, refs: Refs::new(), fetched: Refs::new() }
    }

    /// Runs git on the copy.
    fn git(&mut self, arguments: &[&str]) -> Result<Output, StoreError> {
        let folder = self.copy()?.0.path().to_owned();
        let mut command = program::git(&folder);
        command.env("GIT_DIR", &folder);
        self.run(command, arguments)
    }

    fn run(&self, mut command: Command, arguments: &[&str]) -> Result<Output, StoreError> {
        command.args(&self.settings).args(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        tracing::debug!(arguments = arguments.join(" "), "git");
        let run = command.spawn().and_then(|child| program::finish(child, Vec::new(), PATIENCE));
        let done = run.map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => {
                StoreError::Unavailable("there is no git program, which is needed for a server like this".into())
            }
            _ => StoreError::Other { operation: "run git for", source: error.into() },
        })?;
        let late = || StoreError::Unavailable(format!("git did not end within {} s", PATIENCE.as_secs()).into());
        let Done { is_success, stdout, stderr } = done.ok_or_else(late)?;
        Ok(Output { success: is_success, stdout, stderr })
    }

    /// Returns the copy, as it was when it was last fetched.
    fn copy(&mut self) -> Result<&mut (TempDir, Local), StoreError> {
        if self.copy.is_none() {
            let failed = |error: std::io::Error| StoreError::Other { operation: "copy", source: error.into() };
            let folder = tempfile::Builder::new().prefix("embark-").tempdir().map_err(failed)?;
            let mut command = program::git(folder.path());
            // Whatever this user's repositories are by default.
            command.env("GIT_DEFAULT_HASH", "sha1").env("GIT_DEFAULT_REF_FORMAT", "files");
            self.run(command, &["init", "--quiet", "--bare", "--template="])?.succeeded()?;
            if let Some(own) = &self.authorities {
                let path = folder.path().join("authorities.pem");
                authorities::write(own, &path).map_err(failed)?;
                // The server has been reached with these, whatever else git is configured to trust.
                self.variables.push(("GIT_SSL_CAINFO".into(), path.display().to_string()));
            }
            let local = Local::new(folder.path());
            self.copy = Some((folder, local));
        }
        self.copy.as_mut().ok_or_else(|| StoreError::Malformed("there is no copy of it".into()))
    }

    fn local(&mut self) -> Result<&mut Local, StoreError> {
        self.copy().map(|(_, local)| local)
    }

    /// Fetches what the refs have now, unless it is there.
    fn fetch(&mut self) -> Result<&mut Local, StoreError> {
        if self.fetched != self.refs {
            let kept = |(at, name): (usize, &String)| format!("+{name}:refs/embark/{at}");
            let wanted: Vec<String> = self.refs.keys().enumerate().map(kept).collect();
            let wanted = wanted.iter().map(String::as_str);
            let url = self.url.clone();
            let options = ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance", "--"];
            let arguments: Vec<&str> = options.into_iter().chain([url.as_str()]).chain(wanted).collect();
            self.git(&arguments)?.succeeded()?;
            self.fetched.clone_from(&self.refs);
        }
        self.local()
    }

    /// Asks the copy, and once more when it has been fetched, if something is not there.
    fn ask<T>(&mut self, ask: impl Fn(&mut Local) -> Result<T, StoreError>) -> Result<T, StoreError> {
        match ask(self.local()?) {
            Err(StoreError::NotFound(_)) => ask(self.fetch()?),
            done => done,
        }
    }
}

/// What git said.
struct Output {
    success: bool,
    stdout: String,
    stderr: String,
}

impl Output {
    fn succeeded(self) -> Result<String, StoreError> {
        if self.success { Ok(self.stdout) } else { Err(self.failure()) }
    }

    /// Sorts what git says: its exit code tells no more than that it failed.
    fn failure(&self) -> StoreError {
        let has = |parts: &[&str]| parts.iter().any(|part| self.stderr.contains(part));
        if has(&["Authentication failed", "could not read Username", "could not read Password", "returned error: 401"])
        {
            return StoreError::Unauthorized(one_line(&self.stderr));
        }
        if has(&["returned error: 403", "The requested URL returned error: 403"]) {
            return StoreError::Rejected(one_line(&self.stderr));
        }
        if has(&["Could not resolve host", "Failed to connect", "Couldn't connect", "returned error: 5"]) {
            return StoreError::Unavailable(one_line(&self.stderr).into());
        }
        if has(&["mismatched algorithms"]) {
            return StoreError::Malformed(SHA256.into());
        }
        let said = judge(&self.stderr);
        said.unwrap_or_else(|| StoreError::Malformed("git failed, and did not say why".into()))
    }

    /// Collects the words of the server, and git's own for each ref that was refused.
    fn refusal(&self) -> StoreError {
        let remote = self.stderr.lines().filter_map(|line| line.strip_prefix("remote:")).map(str::trim);
        let refs = self.stdout.lines().filter_map(|line| {
            let mut fields = line.strip_prefix("!\t")?.splitn(2, '\t');
            let (names, reason) = (fields.next()?, fields.next()?);
            Some(format!("{} {reason}", names.rsplit_once(':').map_or(names, |(_, name)| name)))
        });
        let refs: Vec<String> = refs.collect();
        // The server has broken off its report: that is no refusal.
        if refs.iter().any(|reason| reason.contains("[remote failure]")) {
            return StoreError::Unavailable(one_line(&self.stderr).into());
        }
        if refs.is_empty() {
            return self.failure();
        }
        let words: Vec<String> = remote.filter(|line| !line.is_empty()).map(str::to_owned).chain(refs).collect();
        StoreError::Rejected(one_line(&words.join("; ")))
    }
}

impl Store for Plumbing {
    fn name(&self) -> &str {
        &self.url
    }

    fn refs(&mut self, names: &[&str]) -> Result<Refs, StoreError> {
        let url = self.url.clone();
        let listed = self.git(&[&["ls-remote", "--quiet", "--", &url], names].concat())?.succeeded()?;
        let mut refs = Refs::new();
        for line in listed.lines() {
            let Some((id, name)) = line.split_once('\t') else { continue };
            // What ends with the name is listed as well.
            if names.contains(&name) {
                let id = ObjectId::from_hex(id.as_bytes()).map_err(|_| match id.len() {
                    64 => StoreError::Malformed(SHA256.into()),
                    _ => StoreError::Malformed(format!("it lists {}", one_line(line))),
                })?;
                refs.insert(name.to_owned(), id);
            }
        }
        self.refs.clone_from(&refs);
        Ok(refs)
    }

    fn load(&mut self, ids: &[ObjectId], extent: Extent) -> Result<(), StoreError> {
        self.ask(|copy| copy.load(ids, extent))
    }

    fn get(&self, id: &ObjectId) -> Option<&Object> {
        self.copy.as_ref()?.1.get(id)
    }

    fn forget(&mut self, ids: &[ObjectId]) {
        if let Some((_, copy)) = &mut self.copy {
            copy.forget(ids);
        }
    }

    fn load_commits(&mut self, ids: &[ObjectId]) -> Result<(), StoreError> {
        self.fetch()?.load_commits(ids)
    }

    fn chain(&mut self, from: ObjectId, until: Option<ObjectId>, limit: usize) -> Result<Vec<ObjectId>, StoreError> {
        self.ask(|copy| copy.chain(from, until, limit))
    }

    fn walk(&mut self, walk: &Walk<'_>) -> Result<Vec<Passed>, StoreError> {
        self.ask(|copy| copy.walk(walk))
    }

    fn on_way(&mut self, tip: ObjectId, ids: &[ObjectId]) -> Result<BTreeSet<ObjectId>, StoreError> {
        self.ask(|copy| copy.on_way(tip, ids))
    }

    fn is_atomic(&mut self) -> Result<bool, StoreError> {
        // Where the server cannot, the branch is pushed first, as on disk.
        Ok(true)
    }

    fn send(&mut self, objects: &[NewObject], updates: &[RefUpdate]) -> Result<(), StoreError> {
        self.local()?.write(objects)?;
        let url = self.url.clone();
        let mut push = |updates: &[RefUpdate]| {
            let leases = updates.iter().map(|update| {
                let old = update.old.map(|old| old.to_string()).unwrap_or_default();
                format!("--force-with-lease={}:{old}", update.name)
            });
            let refs = updates.iter().map(|update| format!("{}:{}", update.new, update.name));
            let arguments: Vec<String> = leases.chain(["--".into(), url.clone()]).chain(refs).collect();
            let options = ["push", "--porcelain", "--no-verify", "--atomic"];
            let options = &options[..options.len() - usize::from(updates.len() == 1)];
            let arguments: Vec<&str> = options.iter().copied().chain(arguments.iter().map(String::as_str)).collect();
            self.git(&arguments)
        };
        let mut pushed = push(updates)?;
        if !pushed.success && pushed.stderr.contains("does not support --atomic") {
            for update in updates {
                pushed = push(std::slice::from_ref(update))?;
                if !pushed.success {
                    break;
                }
            }
        }
        if pushed.success { Ok(()) } else { Err(pushed.refusal()) }
    }
}
