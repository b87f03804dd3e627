//! Blobs: looked for, mounted from a repository of the same registry, or streamed.

use embark_core::ports::RegistryError;
use embark_core::{Algorithm, Digest, Reference};
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderValue, LOCATION};
use reqwest::{Method, StatusCode, Url};

use super::Remote;
use crate::auth::Scopes;
use crate::client::{Answer, Payload, Refusal, Request};
use crate::copy::BlobStream;
use crate::endpoint::is_private;

impl Remote {
    /// Tells whether a blob is there.
    pub(crate) async fn has_blob(&self, digest: &Digest) -> Result<bool, RegistryError> {
        let request = Request::new(Method::HEAD, self.endpoint.blob_url(digest));
        let answer = self.client.send(&self.endpoint, request).await?;
        match self.success(answer, &Reference::Digest(digest.clone())).await {
            Ok(_) => Ok(true),
            Err(RegistryError::NotFound { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Reads a blob, whose bytes are not checked yet.
    pub(crate) async fn read_blob(&self, digest: &Digest) -> Result<BlobStream, RegistryError> {
        let request = Request::new(Method::GET, self.endpoint.blob_url(digest));
        let answer = self.client.send(&self.endpoint, request).await?;
        Ok(self.success(answer, &Reference::Digest(digest.clone())).await?.into_stream())
    }

    /// Has a blob mounted from another repository of the same registry; tells whether it was.
    ///
    /// Registries need not do it, and some do not let everybody: then it is streamed.
    pub(crate) async fn mount(&self, digest: &Digest, source: &Self) -> Result<bool, RegistryError> {
        // Distribution 2.8 grants a mount by another algorithm, and then does not have the blob by that name.
        if self.endpoint.host != source.endpoint.host || digest.algorithm() != Algorithm::Sha256 {
            return Ok(false);
        }
        let mut url = self.endpoint.uploads_url();
        url.query_pairs_mut().append_pair("mount", digest.as_str()).append_pair("from", &source.endpoint.name);
        let mut request = Request::new(Method::POST, url);
        request.scopes = Scopes::pull(&source.endpoint.name);
        let answer = match self.client.send(&self.endpoint, request).await {
            Err(RegistryError::Unauthorized { .. }) => return Ok(false),
            sent => sent?,
        };
        match answer.status() {
            StatusCode::CREATED => {
                answer.finish().await;
                Ok(true)
            }
            // An upload was begun in place of it, which nobody will end.
            StatusCode::ACCEPTED => {
                let place = self.place(&answer)?;
                answer.finish().await;
                self.cancel(place).await;
                Ok(false)
            }
            status if status.is_client_error() && status != StatusCode::TOO_MANY_REQUESTS => {
                answer.finish().await;
                Ok(false)
            }
            _ => Err(Refusal::read(answer).await.write_error(self.repository())),
        }
    }

    /// Streams a blob into the repository in one piece. What the stream yields must have been checked.
    pub(crate) async fn write_blob(&self, digest: &Digest, size: u64, blob: BlobStream) -> Result<(), RegistryError> {
        let begin = upload(Method::POST, self.endpoint.uploads_url());
        let answer = self.client.send(&self.endpoint, begin).await?;
        if answer.status() != StatusCode::ACCEPTED {
            return Err(Refusal::read(answer).await.write_error(self.repository()));
        }
        let place = self.place(&answer)?;
        answer.finish().await;
        let mut url = place.clone();
        url.query_pairs_mut().append_pair("digest", digest.as_str());
        let mut request = upload(Method::PUT, url);
        request.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
        request.headers.insert(CONTENT_LENGTH, HeaderValue::from(size));
        request.payload = Payload::Blob(blob);
        let written = self.client.send(&self.endpoint, request).await;
        let failure = match written {
            Ok(answer) if answer.status().is_success() => {
                answer.finish().await;
                return Ok(());
            }
            Ok(answer) => Refusal::read(answer).await.write_error(self.repository()),
            Err(error) => error,
        };
        self.cancel(place).await;
        Err(failure)
    }

    /// Reads where an upload goes on.
    fn place(&self, answer: &Answer) -> Result<Url, RegistryError> {
        let place = answer.header(LOCATION.as_str()).and_then(|location| self.endpoint.locate(location));
        let place = place.ok_or_else(|| self.malformed("it does not tell where to upload to".into()))?;
        if is_private(&place) { Ok(place) } else { Err(self.malformed("it wants an upload over plain HTTP".into())) }
    }

    /// Ends an upload that will not be completed. Registries also do that by themselves, later.
    async fn cancel(&self, place: Url) {
        if let Ok(answer) = self.client.send(&self.endpoint, upload(Method::DELETE, place)).await {
            answer.finish().await;
        }
    }
}

fn upload(method: Method, url: Url) -> Request {
    let mut request = Request::new(method, url);
    request.takes_permit = false;
    request
}
