//! gix's HTTP over the one client of the process.
//!
//! Answers are read whole: a connection whose answer was read to its end is used again, and what is asked for is small.
//! What goes wrong is kept as what it is, since gix hands on no more than texts.

mod again;
mod exchange;
mod words;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap};
use reqwest::{Method, StatusCode};
use secrecy::SecretString;

use self::exchange::Answer;
pub(crate) use self::words::one_line;
pub(super) use self::words::said_by_server;
use self::words::server_error;
use super::RemoteUrl;
use crate::store::StoreError;

/// The largest answer that is taken, in bytes.
pub(super) const MAX_ANSWER: usize = 256 << 20;

/// How long one answer may take from its beginning to its end: whoever sends a byte now and then would never end.
const PATIENCE: Duration = Duration::from_mins(15);

/// The client, with the credentials of one repository.
#[derive(Clone)]
pub(super) struct Http {
    client: reqwest::Client,
    remote: RemoteUrl,
    failure: Arc<Mutex<Option<StoreError>>>,
    /// Where the repository has moved to, as the answer to the first request told.
    moved: Arc<Mutex<Option<String>>>,
    patience: Duration,
}

/// Tells that a request came to no answer.
#[derive(Debug, thiserror::Error)]
#[error("no answer after {:.1} s", after.as_secs_f32())]
struct NoAnswer {
    after: Duration,
    source: reqwest::Error,
}

/// Why a request was not answered as it should be.
enum Failed {
    /// The connection was not made, or was lost.
    Lost(reqwest::Error),
    /// The server said so.
    Told(StoreError),
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Self::Told(error)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Http {
    pub(super) fn new(client: reqwest::Client, remote: RemoteUrl) -> Self {
        Self { client, remote, failure: Arc::default(), moved: Arc::default(), patience: PATIENCE }
    }

    /// Returns what went wrong: what was seen here, else what gix says.
    pub(super) fn failure(&self, said: impl std::fmt::Display) -> StoreError {
        let seen = lock(&self.failure).take();
        seen.unwrap_or_else(|| StoreError::Malformed(one_line(&said.to_string())))
    }

    /// Returns the address, with what lets in.
    pub(super) fn remote(&self) -> &RemoteUrl {
        &self.remote
    }

    /// Sends the credentials of `remote` from now on.
    pub(super) fn authorized_as(self, remote: RemoteUrl) -> Self {
        Self { remote, ..self }
    }

    pub(super) fn is_authorized(&self) -> bool {
        self.remote.has_token()
    }

    fn exchange(&self, method: Method, url: &str, headers: HeaderMap, body: Vec<u8>) -> Result<Answer, StoreError> {
        let runtime = tokio::runtime::Handle::current();
        let sent = runtime.spawn(self.clone().send(method, url.to_owned(), headers, body));
        let failed = |error: tokio::task::JoinError| StoreError::Other { operation: "reach", source: error.into() };
        runtime.block_on(sent).unwrap_or_else(|error| Err(failed(error)))
    }

    /// Sends a request, and again where its connection was lost and that cannot do harm.
    async fn send(self, method: Method, url: String, headers: HeaderMap, body: Vec<u8>) -> Result<Answer, StoreError> {
        let is_write = method == Method::POST && url.ends_with("/git-receive-pack");
        let body = Bytes::from(body);
        let started = Instant::now();
        let mut tries = 0;
        loop {
            tries += 1;
            match self.send_once(&method, &url, &headers, &body).await {
                Ok(answer) => return Ok(answer),
                Err(Failed::Told(error)) => return Err(error),
                Err(Failed::Lost(source)) => match again::after_error(&source, is_write, tries) {
                    Some(pause) => tokio::time::sleep(pause).await,
                    None => {
                        let (after, source) = (started.elapsed(), source.without_url());
                        return Err(StoreError::Unavailable(Box::new(NoAnswer { after, source })));
                    }
                },
            }
        }
    }

    async fn send_once(&self, method: &Method, url: &str, headers: &HeaderMap, body: &Bytes) -> Result<Answer, Failed> {
        tracing::debug!(%method, %url, bytes = body.len(), "request");
        let request = |token: Option<&SecretString>| {
            let request = self.client.request(method.clone(), url).timeout(self.patience);
            let request = request.headers(headers.clone()).body(body.clone());
            let authorization = token.and_then(|token| self.remote.authorization(token));
            authorization.into_iter().fold(request, |request, value| request.header(AUTHORIZATION, value))
        };
        let token = self.remote.token().await?;
        let mut response = request(token.as_ref()).send().await.map_err(Failed::Lost)?;
        if let Some(refused) = token.filter(|_| response.status() == StatusCode::UNAUTHORIZED)
            && let Some(other) = self.remote.another(&refused).await?
        {
            response = request(Some(&other)).send().await.map_err(Failed::Lost)?;
        }
        let status = response.status();
        let final_url = response.url().clone();
        let content_type = response.headers().get(CONTENT_TYPE).cloned();
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(Failed::Lost)? {
            if bytes.len() + chunk.len() > MAX_ANSWER {
                return Err(StoreError::Malformed(format!("its answer has more than {MAX_ANSWER} bytes")).into());
            }
            bytes.extend_from_slice(&chunk);
        }
        // Lets the connection go back to where the next request takes it from.
        tokio::task::yield_now().await;
        tracing::debug!(%status, bytes = bytes.len(), "answer");
        let content_type = content_type.as_ref().and_then(|value| value.to_str().ok()).unwrap_or_default();
        if !status.is_success() {
            let is_write = url.contains("git-receive-pack");
            return Err(self.refusal(status, is_write, content_type, &bytes).into());
        }
        if let Some(words) = server_error(&bytes) {
            return Err(words.into());
        }
        if !content_type.starts_with("application/x-git-") {
            let reason = format!("it answers with {content_type:?}, and not as a git server does");
            return Err(StoreError::Malformed(reason).into());
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
            StatusCode::UNAUTHORIZED if !self.is_authorized() => {
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

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, BufReader, Write as _};
    use std::net::TcpListener;

    use super::*;

    /// Answers the first request with the head of an answer, and then with bytes one by one until nobody takes them.
    fn dripping(head: &'static str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = listener.local_addr().expect("it is bound");
        std::thread::spawn(move || {
            let (mut client, _) = listener.accept().expect("somebody asks");
            let _ = BufReader::new(&client).read_line(&mut String::new());
            let _ = client.write_all(head.as_bytes());
            while client.write_all(b"x").is_ok() {
                std::thread::sleep(Duration::from_millis(5));
            }
        });
        format!("http://{address}/a.git/info/refs")
    }

    #[tokio::test]
    async fn a_server_that_sends_a_byte_now_and_then_is_given_up() {
        for head in [
            "HTTP/1.1 200 OK\r\nContent-Type: application/x-git-upload-pack-result\r\n\r\n",
            "HTTP/1.1 200 OK\r\nX-Endless: ",
        ] {
            let url = dripping(head);
            let remote: RemoteUrl = url.parse().expect("an address");
            let http = Http { patience: Duration::from_millis(200), ..Http::new(reqwest::Client::new(), remote) };
            let begun = Instant::now();
            let answer = http.send(Method::GET, url, HeaderMap::new(), Vec::new()).await;
            assert!(matches!(answer, Err(StoreError::Unavailable(_))));
            assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
        }
    }
}
