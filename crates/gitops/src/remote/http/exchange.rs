//! Requests as gix writes them, and answers as it reads them: piece by piece.

use std::io::{self, BufRead, Cursor, Read, Write};
use std::sync::{Arc, Mutex};

use gix_error::ErrorExt as _;
use gix_transport::client::blocking_io::http as git;
use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use super::{Http, lock};
use crate::store::StoreError;

/// An answer.
#[derive(Default)]
pub(in crate::remote) struct Answer {
    pub(super) headers: Vec<u8>,
    pub(super) body: Vec<u8>,
    /// Where it came from, after redirects.
    pub(super) final_url: Option<reqwest::Url>,
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
pub(in crate::remote) struct Exchange {
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
pub(in crate::remote) enum Part {
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
pub(in crate::remote) struct Body(Arc<Mutex<Exchange>>);

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
