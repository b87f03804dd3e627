//! A request, before it is sent.

use bytes::Bytes;
use futures::Stream;
use futures::stream::TryStream;
use reqwest::header::HeaderMap;
use reqwest::{Body, Method, Url};

use crate::auth::Scopes;
use crate::copy::BlobStream;

/// A request, which can be sent again unless its payload is a stream.
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) payload: Payload,
    /// What a token must cover beyond the repository itself.
    pub(crate) scopes: Scopes,
    /// Whether it counts as one of the few requests that a host gets at a time.
    ///
    /// What somebody waits for who holds a permit does not: a token, which has a limit of its own, and the upload that
    /// a download feeds.
    pub(crate) takes_permit: bool,
    /// Whether another host to which it is redirected is worth another try.
    pub(crate) retries_elsewhere: bool,
}

/// The body of a request.
pub(crate) enum Payload {
    None,
    Bytes(Bytes),
    /// What is small, and must not be sent twice.
    Stream(Body),
    /// What takes as long as it must.
    Blob(BlobStream),
    /// A stream or a blob that was sent.
    Spent,
}

impl Payload {
    pub(crate) fn stream<S>(stream: S) -> Self
    where
        S: TryStream + Stream + Send + 'static,
        S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
        Bytes: From<S::Ok>,
    {
        Self::Stream(Body::wrap_stream(stream))
    }

    /// Takes it for one try: a stream and a blob are spent then.
    pub(super) fn take(&mut self) -> Self {
        match self {
            Self::None => Self::None,
            Self::Bytes(bytes) => Self::Bytes(bytes.clone()),
            Self::Stream(_) | Self::Blob(_) | Self::Spent => std::mem::replace(self, Self::Spent),
        }
    }
}

impl Request {
    pub(crate) fn new(method: Method, url: Url) -> Self {
        let (headers, scopes) = (HeaderMap::new(), Scopes::default());
        Self { method, url, headers, payload: Payload::None, scopes, takes_permit: true, retries_elsewhere: true }
    }

    /// Tells whether sending it twice does what sending it once does, and is worth it.
    pub(super) fn is_idempotent(&self) -> bool {
        matches!(self.method, Method::GET | Method::HEAD)
    }

    pub(super) fn is_spent(&self) -> bool {
        matches!(self.payload, Payload::Spent)
    }
}
