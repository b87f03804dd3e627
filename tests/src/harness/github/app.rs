//! A [GitHub App](https://docs.github.com/en/rest/apps/apps) in the double: it must prove itself, and its tokens open no
//! more than they were asked for.

use std::collections::VecDeque;
use std::fs;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::answer::{GRAPHQL, refuse, tell};
use crate::harness::command::{program, run};
use crate::harness::http::{Request, Response};

/// The id of the app.
pub const APP_ID: &str = "12345";

const INSTALLATION: u64 = 678;

/// The key of an app, made by Debian's `openssl`.
pub struct AppKey {
    folder: TempDir,
}

impl AppKey {
    /// Makes a key.
    pub fn make() -> Self {
        let key = Self { folder: tempfile::tempdir().expect("there is room for a folder") };
        key.openssl("genrsa -traditional -out key.pem 2048").succeeded("openssl");
        key.openssl("rsa -in key.pem -pubout -out public.pem").succeeded("openssl");
        key
    }

    /// Returns the text of its file, as GitHub hands it out.
    pub fn pem(&self) -> String {
        fs::read_to_string(self.path("key.pem")).expect("openssl wrote a key")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn openssl(&self, arguments: &str) -> crate::harness::Finished {
        let mut command = program("openssl");
        command.current_dir(self.folder.path()).args(arguments.split(' '));
        run(&mut command, b"")
    }

    /// Reads what a proof claims, if it was signed with the key.
    fn claims(&self, proof: &str) -> Option<Value> {
        let (signed, signature) = proof.rsplit_once('.')?;
        fs::write(self.path("signed"), signed).expect("the folder can be written");
        fs::write(self.path("signature"), URL_SAFE_NO_PAD.decode(signature).ok()?).expect("the folder can be written");
        let verified = self.openssl("dgst -sha256 -verify public.pem -signature signature signed");
        let (header, claims) = signed.split_once('.').filter(|_| verified.code == 0)?;
        let read = |part: &str| serde_json::from_slice::<Value>(&URL_SAFE_NO_PAD.decode(part).ok()?).ok();
        read(header).filter(|header| header["alg"] == "RS256")?;
        read(claims)
    }
}

/// An app that is installed for `acme`, and the tokens that it was handed out.
pub struct App {
    key: AppKey,
    /// The repositories on which it is installed.
    pub installed_on: Vec<String>,
    /// What it was granted, such as `contents: write`.
    pub granted: Vec<(String, String)>,
    /// How many minutes the next tokens last; the others last an hour.
    pub minutes: VecDeque<i64>,
    /// What the next tokens are; the others are long.
    pub texts: VecDeque<String>,
    /// After so many requests all tokens are withdrawn.
    pub withdrawn_after: Option<usize>,
    /// Whether it is taken off the repositories when they are.
    pub is_uninstalled_then: bool,
    /// What was asked for with each token.
    pub asked: Vec<Value>,
    /// What it has proved itself with, and its tokens: nobody else may see them.
    pub secrets: Vec<String>,
    tokens: Vec<Token>,
}

struct Token {
    text: String,
    until: i64,
    asked: Value,
}

impl App {
    /// Installs an app on repositories of `acme`.
    pub fn new(key: AppKey, installed_on: &[&str], granted: &[(&str, &str)]) -> Self {
        Self {
            key,
            installed_on: installed_on.iter().map(|name| (*name).into()).collect(),
            granted: granted.iter().map(|(key, level)| ((*key).into(), (*level).into())).collect(),
            minutes: VecDeque::new(),
            texts: VecDeque::new(),
            withdrawn_after: None,
            is_uninstalled_then: false,
            asked: Vec::new(),
            secrets: Vec::new(),
            tokens: Vec::new(),
        }
    }

    /// Returns the text of its key.
    pub fn pem(&self) -> String {
        self.key.pem()
    }

    /// Answers what an app asks for itself, and refuses what its tokens do not open.
    pub(super) fn answer(&mut self, request: &Request) -> Option<Response> {
        let Some(given) = request.header("authorization").and_then(|given| given.strip_prefix("Bearer ")) else {
            return Some(refuse(401, "Requires authentication"));
        };
        let path = request.path().strip_prefix("/api/v3/").unwrap_or_default();
        let segments: Vec<&str> = path.split('/').collect();
        match (request.method.as_str(), &segments[..]) {
            ("GET", ["repos", owner, name, "installation"]) => {
                Some(self.prove(given).unwrap_or_else(|| self.installation(owner, name)))
            }
            ("POST", ["app", "installations", id, "access_tokens"]) => {
                Some(self.prove(given).unwrap_or_else(|| self.issue(id, request)))
            }
            _ => self.open(given, request, &segments),
        }
    }

    /// Refuses a proof that is none, or not of now.
    fn prove(&mut self, proof: &str) -> Option<Response> {
        self.secrets.push(proof.into());
        let Some(claims) = self.key.claims(proof) else {
            return Some(refuse(401, "A JSON web token could not be decoded"));
        };
        let time = |name: &str| claims[name].as_i64().unwrap_or_default();
        if claims["iss"] != APP_ID {
            return Some(refuse(404, "Integration not found"));
        }
        if time("iat") > now() {
            return Some(refuse(
                401,
                "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued",
            ));
        }
        if time("exp") <= now() {
            return Some(refuse(
                401,
                "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires",
            ));
        }
        (time("exp") > now() + 600).then(|| refuse(401, "'Expiration time' claim ('exp') is too far in the future"))
    }

    fn installation(&self, owner: &str, name: &str) -> Response {
        if !self.installed_on.contains(&format!("{owner}/{name}")) {
            return refuse(404, "Not Found");
        }
        let api = "https://api.github.com";
        let account = json!({
            "login": owner, "id": 1, "node_id": "O_1", "avatar_url": api, "gravatar_id": "", "url": api,
            "html_url": api, "followers_url": api, "following_url": api, "gists_url": api, "starred_url": api,
            "subscriptions_url": api, "organizations_url": api, "repos_url": api, "events_url": api,
            "received_events_url": api, "type": "Organization", "site_admin": false,
        });
        tell(&json!({
            "id": INSTALLATION, "account": account, "repository_selection": "selected",
            "access_tokens_url": format!("{api}/app/installations/{INSTALLATION}/access_tokens"),
            "repositories_url": format!("{api}/installation/repositories"), "html_url": api, "app_id": 12345,
            "target_id": 1, "target_type": "Organization", "permissions": self.granted(), "events": [],
            "created_at": "2026-11-25T00:00:00Z", "updated_at": "2026-11-25T00:00:00Z", "single_file_name": null,
            "app_slug": "embark", "suspended_at": null, "suspended_by": null,
        }))
    }

    fn granted(&self) -> Value {
        self.granted.iter().map(|(key, level)| (key.clone(), json!(level))).collect::<serde_json::Map<_, _>>().into()
    }

    fn issue(&mut self, id: &str, request: &Request) -> Response {
        if id != INSTALLATION.to_string() || self.installed_on.is_empty() {
            return refuse(404, "Not Found");
        }
        let Ok(asked) = serde_json::from_slice::<Value>(&request.body) else {
            return refuse(400, "Problems parsing JSON");
        };
        let is_here = |name: &Value| self.installed_on.contains(&format!("acme/{}", name.as_str().unwrap_or_default()));
        if !asked["repositories"].as_array().is_some_and(|names| names.iter().all(is_here)) {
            return refuse(
                422,
                "There is at least one repository that does not exist or is not accessible to the parent installation.",
            );
        }
        let permissions = asked["permissions"].as_object().cloned().unwrap_or_default();
        let is_granted =
            |(key, level): (&String, &Value)| allows(&self.granted(), key, level.as_str().unwrap_or_default());
        if permissions.is_empty() || !permissions.iter().all(is_granted) {
            return refuse(422, "The permissions requested are not granted to this installation.");
        }
        let long = format!("ghs_{APP_ID}_{}{}", "eyJhbGciOiJSUzI1NiJ9.".repeat(30), self.tokens.len());
        let text = self.texts.pop_front().unwrap_or(long);
        let until = now() + self.minutes.pop_front().unwrap_or(60) * 60;
        self.asked.push(asked.clone());
        self.secrets.push(text.clone());
        let expires_at = time(until);
        let body = json!({ "token": text, "expires_at": expires_at, "permissions": asked["permissions"], "repository_selection": "selected" });
        self.tokens.push(Token { text, until, asked });
        Response { status: 201, ..tell(&body) }
    }

    /// Refuses what a token does not open.
    fn open(&mut self, given: &str, request: &Request, segments: &[&str]) -> Option<Response> {
        if let Some(left) = self.withdrawn_after {
            self.withdrawn_after = left.checked_sub(1);
            if left == 0 {
                self.tokens.clear();
                if self.is_uninstalled_then {
                    self.installed_on.clear();
                }
            }
        }
        let token = self.tokens.iter().find(|token| token.text == given && token.until > now());
        let Some(Token { asked, .. }) = token else { return Some(refuse(401, "Bad credentials")) };
        let needed = match (request.method.as_str(), segments) {
            _ if request.path() == GRAPHQL => ("deployments", "read"),
            ("GET", ["repos", _, _, "deployments", ..]) => ("deployments", "read"),
            (_, ["repos", _, _, "deployments", ..]) => ("deployments", "write"),
            (_, ["repos", _, _, "environments", ..]) => ("actions", "read"),
            (_, ["repos", _, _, "compare", ..]) => ("contents", "read"),
            (_, ["repos", _, _, "commits", _, "check-runs"]) => ("checks", "read"),
            (_, ["repos", _, _, "commits", _, "status"]) => ("statuses", "read"),
            _ => ("metadata", "read"),
        };
        if let ["repos", _, name, ..] = segments
            && !asked["repositories"].as_array().is_some_and(|names| names.contains(&json!(name)))
        {
            return Some(refuse(404, "Not Found"));
        }
        let is_open = allows(&asked["permissions"], needed.0, needed.1);
        (!is_open).then(|| refuse(403, "Resource not accessible by integration"))
    }
}

fn allows(permissions: &Value, key: &str, level: &str) -> bool {
    let granted = permissions[key].as_str();
    granted == Some(level) || level == "read" && granted == Some("write") || key == "metadata" && level == "read"
}

fn now() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970");
    i64::try_from(now.as_secs()).expect("it is before the end of time")
}

/// Writes seconds since 1970 as RFC 3339, by [Hinnant's algorithm](https://howardhinnant.github.io/date_algorithms.html).
fn time(seconds: i64) -> String {
    let (days, rest) = (seconds.div_euclid(86_400) + 719_468, seconds.rem_euclid(86_400));
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", rest / 3_600, rest / 60 % 60, rest % 60)
}
