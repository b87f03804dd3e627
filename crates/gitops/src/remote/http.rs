//! gix's HTTP over the one client of the process.
//!
//! Answers are read whole: a connection whose answer was read to its end is used again, and what is asked for is small.
//! What goes wrong is kept as what it is, since gix hands on no more than texts.

use std::io::{self, BufRead, Cursor, Read, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use gix_error::ErrorExt as _;
use gix_transport::client::blocking_io::http as git;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, StatusCode};

use super::RemoteUrl;
use crate::store::StoreError;

/// The largest answer that is taken, in bytes.
pub(super) const MAX_ANSWER: usize = 256 << 20;

/// How much of an error page is told, in characters.
const MAX_WORDS: usize = 200;

/// The client, with the credentials of one repository.
#[derive(Clone)]
pub(super) struct Http {
    client: reqwest::Client,
    authorization: Option<HeaderValue>,
    failure: Arc<Mutex<Option<StoreError>>>,
    /// Where the repository has moved to, as the answer to the first request told.
    moved: Arc<Mutex<Option<String>>>,
}

/// Tells that a request came to no answer.
#[derive(Debug, thiserror::Error)]
#[error("no answer after {:.1} s", after.as_secs_f32())]
struct NoAnswer {
    after: Duration,
    source: reqwest::Error,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Http {
    pub(super) fn new(client: reqwest::Client, url: &RemoteUrl) -> Self {
        Self { client, authorization: url.authorization(), failure: Arc::default(), moved: Arc::default() }
    }

    /// Returns what went wrong: what was seen here, else what gix says.
    pub(super) fn failure(&self, said: impl std::fmt::Display) -> StoreError {
        let seen = lock(&self.failure).take();
        seen.unwrap_or_else(|| StoreError::Malformed(one_line(&said.to_string())))
    }

    /// Sends the credentials of `url` from now on.
    pub(super) fn authorized_as(self, url: &RemoteUrl) -> Self {
        Self { authorization: url.authorization(), ..self }
    }

    pub(super) fn is_authorized(&self) -> bool {
        self.authorization.is_some()
    }

    fn exchange(&self, method: Method, url: &str, headers: HeaderMap, body: Vec<u8>) -> Result<Answer, StoreError> {
        let runtime = tokio::runtime::Handle::current();
        let sent = runtime.spawn(self.clone().send(method, url.to_owned(), headers, body));
        let failed = |error: tokio::task::JoinError| StoreError::Other { operation: "reach", source: error.into() };
        runtime.block_on(sent).unwrap_or_else(|error| Err(failed(error)))
    }

    async fn send(self, method: Method, url: String, headers: HeaderMap, body: Vec<u8>) -> Result<Answer, StoreError> {
        let started = Instant::now();
        let no_answer = |source: reqwest::Error| {
            let (after, source) = (started.elapsed(), source.without_url());
            StoreError::Unavailable(Box::new(NoAnswer { after, source }))
        };
        tracing::debug!(%method, %url, bytes = body.len(), "request");
        let mut request = self.client.request(method, &url).headers(headers).body(body);
        if let Some(authorization) = &self.authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        let mut response = request.send().await.map_err(no_answer)?;
        let status = response.status();
        let final_url = response.url().clone();
        let content_type = response.headers().get(CONTENT_TYPE).cloned();
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(no_answer)? {
            if bytes.len() + chunk.len() > MAX_ANSWER {
                return Err(StoreError::Malformed(format!("its answer has more than {MAX_ANSWER} bytes")));
            }
            bytes.extend_from_slice(&chunk);
        }
        // Lets the connection go back to where the next request takes it from.
        tokio::task::yield_now().await;
        tracing::debug!(%status, bytes = bytes.len(), "answer");
        let content_type = content_type.as_ref().and_then(|value| value.to_str().ok()).unwrap_or_default();
        if !status.is_success() {
            let is_write = url.contains("git-receive-pack");
            return Err(self.refusal(status, is_write, content_type, &bytes));
        }
        if let Some(words) = server_error(&bytes) {
            return Err(words);
        }
        if !content_type.starts_with("application/x-git-") {
            return Err(StoreError::Malformed(format!(
                "it answers with {content_type:?}, and not as a git server does"
            )));
        }
        Ok(Answer {
            headers: format!("content-type: {content_type}\n").into_bytes(),
            body: bytes,
            final_url: Some(final_url),
        })
    }

    /// Notes where a repository has moved to, as git does: the first request alone may be redirected. Credentials stay
    /// with their server.
    fn follow(&self, url: &str, base_url: &str, answer: Answer) -> Result<Answer, StoreError> {
        let Some(end) = answer.final_url.as_ref().filter(|end| end.as_str() != url) else { return Ok(answer) };
        let base = url.strip_prefix(base_url).and_then(|rest| end.as_str().strip_suffix(rest));
        let base =
            base.ok_or_else(|| StoreError::Malformed(format!("it redirects to {end}, where no repository is")))?;
        let begin = reqwest::Url::parse(url).ok();
        let is_same = begin.is_some_and(|begin| {
            begin.host() == end.host() && (begin.origin() == end.origin() || end.scheme() == "https")
        });
        if !is_same {
            return Err(StoreError::Malformed(format!("it has moved to {base}: name that in its place")));
        }
        tracing::info!(from = base_url, to = base, "the repository has moved");
        *lock(&self.moved) = Some(base.to_owned());
        Ok(answer)
    }

    fn refusal(&self, status: StatusCode, is_write: bool, content_type: &str, body: &[u8]) -> StoreError {
        let is_text = content_type.starts_with("text/plain") || content_type.contains("json");
        let words = if is_text { one_line(&String::from_utf8_lossy(body)) } else { String::new() };
        let words = if words.is_empty() { format!("HTTP {status}") } else { format!("HTTP {status}: {words}") };
        match status {
            StatusCode::UNAUTHORIZED if self.authorization.is_none() => {
                StoreError::Unauthorized(format!("none are given, and it asks for some ({words})"))
            }
            StatusCode::FORBIDDEN if is_write => StoreError::Rejected(words),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => StoreError::Unauthorized(words),
            StatusCode::NOT_FOUND => StoreError::NotFound("git repository, or none that may be seen,".into()),
            status if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => {
                StoreError::Unavailable(words.into())
            }
            _ => StoreError::Malformed(words),
        }
    }
}

/// Returns what a server says in an [error packet](https://git-scm.com/docs/pack-protocol#_error_packet) in place of an answer.
fn server_error(body: &[u8]) -> Option<StoreError> {
    let length = usize::from_str_radix(str::from_utf8(body.get(..4)?).ok()?, 16).ok()?;
    let words = body.get(4..length)?.strip_prefix(b"ERR ")?;
    Some(said_by_server(&String::from_utf8_lossy(words)))
}

/// Sorts the words of an error packet.
pub(super) fn said_by_server(words: &str) -> StoreError {
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

#[derive(Default)]
pub(super) struct Answer {
    headers: Vec<u8>,
    body: Vec<u8>,
    /// Where it came from, after redirects.
    final_url: Option<reqwest::Url>,
}

impl Answer {
    /// Refuses what another place than the one that was asked says, e.g. of a push.
    fn of(self, url: &str) -> Result<Self, StoreError> {
        match &self.final_url {
            Some(end) if end.as_str() != url => {
                let place = end.origin().ascii_serialization();
                Err(StoreError::Malformed(format!("it redirects a request to {place}, which is not believed")))
            }
            _ => Ok(self),
        }
    }
}

/// A request whose body is still being written, until somebody reads the answer.
pub(super) struct Exchange {
    http: Http,
    url: String,
    headers: HeaderMap,
    body: Vec<u8>,
    answer: Option<Answer>,
}

impl Exchange {
    /// Sends the request, once. What comes after a failure is empty: gix reads the rest of an answer before it asks again.
    fn answer(&mut self) -> io::Result<&mut Answer> {
        if self.answer.is_none() {
            let (headers, body) = (std::mem::take(&mut self.headers), std::mem::take(&mut self.body));
            self.answer = Some(Answer::default());
            let answer = self.http.exchange(Method::POST, &self.url, headers, body);
            let answer = answer.and_then(|answer| answer.of(&self.url)).map_err(|failure| {
                *lock(&self.http.failure) = Some(failure);
                io::Error::other("the request failed")
            })?;
            self.answer = Some(answer);
        }
        Ok(self.answer.get_or_insert_default())
    }
}

/// The headers or the body of an answer, which is asked for when it is first read.
pub(super) enum Part {
    Waiting(Arc<Mutex<Exchange>>, fn(&mut Answer) -> Vec<u8>),
    There(Cursor<Vec<u8>>),
}

impl Part {
    fn there(&mut self) -> io::Result<&mut Cursor<Vec<u8>>> {
        if let Self::Waiting(exchange, take) = self {
            let bytes = take(lock(exchange).answer()?);
            *self = Self::There(Cursor::new(bytes));
        }
        match self {
            Self::There(cursor) => Ok(cursor),
            Self::Waiting(..) => Err(io::ErrorKind::WouldBlock.into()),
        }
    }
}

impl Read for Part {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.there()?.read(buffer)
    }
}

impl BufRead for Part {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.there()?.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        if let Self::There(cursor) = self {
            cursor.consume(amount);
        }
    }
}

/// The body of a request.
pub(super) struct Body(Arc<Mutex<Exchange>>);

impl Write for Body {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        lock(&self.0).body.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn header_map(lines: impl IntoIterator<Item = impl AsRef<str>>) -> HeaderMap {
    let pair = |line: &str| {
        let (name, value) = line.split_once(':')?;
        Some((HeaderName::try_from(name).ok()?, HeaderValue::try_from(value.trim()).ok()?))
    };
    lines.into_iter().filter_map(|line| pair(line.as_ref())).collect()
}

impl git::Http for Http {
    type Headers = Part;
    type ResponseBody = Part;
    type PostBody = Body;

    fn get(
        &mut self,
        url: &str,
        base_url: &str,
        headers: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> gix_error::Result<git::GetResponse<Part, Part>> {
        let answer = self.exchange(Method::GET, url, header_map(headers), Vec::new());
        match answer.and_then(|answer| self.follow(url, base_url, answer)) {
            Ok(Answer { headers, body, .. }) => Ok(git::GetResponse {
                headers: Part::There(Cursor::new(headers)),
                body: Part::There(Cursor::new(body)),
            }),
            Err(failure) => {
                *lock(&self.failure) = Some(failure);
                Err(gix_error::message("the request failed").raise())
            }
        }
    }

    fn post(
        &mut self,
        url: &str,
        base_url: &str,
        headers: impl IntoIterator<Item = impl AsRef<str>>,
        _body: git::PostBodyDataKind,
    ) -> gix_error::Result<git::PostResponse<Part, Part, Body>> {
        let moved = lock(&self.moved).clone();
        let url = match (moved, url.strip_prefix(base_url)) {
            (Some(base), Some(rest)) => format!("{base}{rest}"),
            _ => url.to_owned(),
        };
        let exchange = Arc::new(Mutex::new(Exchange {
            http: self.clone(),
            url,
            headers: header_map(headers),
            body: Vec::new(),
            answer: None,
        }));
        Ok(git::PostResponse {
            post_body: Body(exchange.clone()),
            headers: Part::Waiting(exchange.clone(), |answer| std::mem::take(&mut answer.headers)),
            body: Part::Waiting(exchange, |answer| std::mem::take(&mut answer.body)),
        })
    }

    fn configure(&mut self, _config: &dyn std::any::Any) -> gix_error::Result {
        Ok(())
    }
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
