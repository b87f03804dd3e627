//! `git http-backend` behind a small HTTP server.

use std::io::{BufReader, Read as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::certificates::Certificates;
use super::command::{program, run};
use super::cuts::{Cut, Cuts};
use super::http::{Request, Response, Sent, read_headers};
use super::server::Server;
use super::traffic::Traffic;

/// What a server does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The packs that it sends are damaged.
    CorruptPack,
    /// It sends a push on to somebody else, who says that it is done.
    PushRedirected,
    /// It carries a push out and closes the connection instead of answering.
    PushAnswerLost,
    /// It has no use for a pack that leaves out what it has already.
    NoThin,
}

/// How a server is reached.
#[derive(Debug, Clone, Copy, Default)]
pub struct Serving<'a> {
    /// What it demands as basic auth, if anything.
    pub token: Option<&'a str>,
    /// Whether it takes no notice of the header `Git-Protocol`, and speaks version 0 only, as some fronts do.
    pub without_versions: bool,
    /// What it proves itself with; without it there is no TLS.
    pub certificates: Option<&'a Certificates>,
}

/// The server of every repository in a folder; it stops when it is dropped.
pub struct GitServer {
    server: Server,
    scheme: &'static str,
    fault: Arc<Mutex<Option<Fault>>>,
    cuts: Arc<Cuts>,
    delay: Arc<Mutex<Duration>>,
}

impl GitServer {
    /// Starts a server of the repositories in `root`; with a `token` it demands that as basic auth, as GitHub does.
    pub fn start(root: &Path, token: Option<&str>) -> Self {
        Self::start_with(root, &Serving { token, ..Serving::default() })
    }

    /// Starts a server of the repositories in `root`.
    pub fn start_with(root: &Path, serving: &Serving<'_>) -> Self {
        let basic = |token| format!("Basic {}", STANDARD.encode(format!("x-access-token:{token}")));
        let (authorization, knows_versions) = (serving.token.map(basic), !serving.without_versions);
        let root: PathBuf = root.into();
        let fault = Arc::new(Mutex::new(None));
        let cuts: Arc<Cuts> = Arc::default();
        let delay: Arc<Mutex<Duration>> = Arc::default();
        let (shared, planned, waits) = (Arc::clone(&fault), Arc::clone(&cuts), Arc::clone(&delay));
        let tls = serving.certificates.map(Certificates::server_config);
        let scheme = if tls.is_some() { "https" } else { "http" };
        let server = Server::start_with(tls, move |request| {
            let delay = *waits.lock().unwrap_or_else(PoisonError::into_inner);
            if !delay.is_zero() {
                std::thread::sleep(delay);
            }
            if let Some(place) = moved(request) {
                return Response::new(301, "").with("Location", &place);
            }
            if request.path().starts_with("/false/") {
                return done();
            }
            if authorization.is_some() && request.header("authorization") != authorization.as_deref() {
                return Response::new(401, "Invalid username or token.\n")
                    .with("Content-Type", "text/plain")
                    .with("WWW-Authenticate", "Basic realm=\"git\"");
            }
            let fault = *shared.lock().unwrap_or_else(PoisonError::into_inner);
            if fault == Some(Fault::PushRedirected) && request.path().ends_with("/git-receive-pack") {
                let port = request.header("host").and_then(|host| host.rsplit_once(':')).map_or("", |(_, port)| port);
                return Response::new(307, "")
                    .with("Location", format!("http://localhost:{port}/false/git-receive-pack"));
            }
            planned.pass(request, |request| spoil(request, backend(request, &root, knows_versions), fault))
        });
        Self { server, scheme, fault, cuts, delay }
    }

    /// Returns where it listens.
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Returns the address of a repository.
    pub fn url(&self, repository: &str) -> String {
        format!("{}://{}/{repository}", self.scheme, self.server.address())
    }

    /// Hands out what passed since it was last asked.
    pub fn take_traffic(&self) -> Traffic {
        self.server.take_traffic()
    }

    /// Does something wrong from now on, or no longer.
    pub fn set_fault(&self, fault: Option<Fault>) {
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = fault;
    }

    /// Lets each request wait this long from now on, as a server that is far away does.
    pub fn set_delay(&self, delay: Duration) {
        *self.delay.lock().unwrap_or_else(PoisonError::into_inner) = delay;
    }

    /// Lets so many requests pass, and cuts the connection of the next one, or of all that come then. Those to the front of a
    /// registry in the same world count, too.
    pub fn cut(&self, requests_before: usize, cut: Cut, for_good: bool) {
        self.cuts.plan(requests_before, cut, for_good);
    }

    /// Returns the cuts, for another server whose requests are to count as well.
    pub(super) fn cuts(&self) -> Arc<Cuts> {
        Arc::clone(&self.cuts)
    }

    /// Cuts no more.
    pub fn heal(&self) {
        self.cuts.heal();
    }
}

/// Returns where a repository has moved to: all are below `moved`, and, under another name of this machine, below
/// `elsewhere`, too.
fn moved(request: &Request) -> Option<String> {
    if let Some(rest) = request.target.strip_prefix("/moved/") {
        return Some(format!("/{rest}"));
    }
    let rest = request.target.strip_prefix("/elsewhere/")?;
    let port = request.header("host")?.rsplit_once(':')?.1;
    Some(format!("http://localhost:{port}/{rest}"))
}

/// Answers a push of the branch as one that is done.
fn done() -> Response {
    let line = |text: &str| format!("{:04x}{text}", text.len() + 4);
    let report = line("unpack ok\n") + &line("ok refs/heads/main\n") + "0000";
    let body = line(&format!("\u{1}{report}")) + "0000";
    Response::new(200, body).with("Content-Type", "application/x-git-receive-pack-result")
}

/// Runs the CGI program, see `git help http-backend`.
fn backend(request: &Request, root: &Path, knows_versions: bool) -> Response {
    let mut command = program("git");
    command
        .arg("http-backend")
        .env("GIT_PROJECT_ROOT", root)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("REQUEST_METHOD", &request.method)
        .env("PATH_INFO", request.path())
        .env("QUERY_STRING", request.query())
        .env("REMOTE_USER", "pusher")
        .env("REMOTE_ADDR", "127.0.0.1")
        .env("CONTENT_LENGTH", request.body.len().to_string());
    for (header, variable) in [
        ("content-type", "CONTENT_TYPE"),
        ("content-encoding", "HTTP_CONTENT_ENCODING"),
        ("git-protocol", "GIT_PROTOCOL"),
    ] {
        if let Some(value) = request.header(header).filter(|_| knows_versions || variable != "GIT_PROTOCOL") {
            command.env(variable, value);
        }
    }
    let finished = run(&mut command, &request.body);
    let mut reader = BufReader::new(finished.stdout.as_slice());
    let mut headers = read_headers(&mut reader).unwrap_or_default();
    let mut body = Vec::new();
    reader.read_to_end(&mut body).expect("a buffer can be read");
    let is_status = |name: &str| name.eq_ignore_ascii_case("status");
    let status = headers
        .iter()
        .find(|(name, _)| is_status(name))
        .map_or(200, |(_, value)| value.split_whitespace().next().and_then(|code| code.parse().ok()).unwrap_or(500));
    headers.retain(|(name, _)| !is_status(name));
    Response { status, headers, body, sent: Sent::Whole }
}

fn spoil(request: &Request, mut response: Response, fault: Option<Fault>) -> Response {
    match fault {
        Some(Fault::CorruptPack) if request.path().ends_with("/git-upload-pack") => {
            let pack = response.body.windows(4).position(|window| window == b"PACK");
            if let Some(byte) = pack.and_then(|at| response.body.get_mut(at + 16)) {
                *byte ^= 0xff;
            }
        }
        Some(Fault::PushAnswerLost) if request.path().ends_with("/git-receive-pack") => response.sent = Sent::Nothing,
        Some(Fault::NoThin) if request.path().ends_with("/info/refs") => {
            // The line keeps its length: what nobody here uses makes room.
            let (old, new) = (b"report-status-v2", b"no-thin no-thin ");
            if let Some(at) = response.body.windows(old.len()).position(|window| window == old) {
                response.body[at..at + new.len()].copy_from_slice(new);
            }
        }
        _ => {}
    }
    response
}
