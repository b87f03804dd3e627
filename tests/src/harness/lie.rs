//! What a registry can answer wrongly.

use super::http::{Request, Response, Sent};

/// A wrong answer to each request with one method for one path.
#[derive(Debug, Clone)]
pub struct Lie {
    /// The method.
    pub method: &'static str,
    /// The end of the path.
    pub path: String,
    /// What is wrong.
    pub told: Told,
}

/// What is wrong in an answer.
#[derive(Debug, Clone)]
pub enum Told {
    /// `Docker-Content-Digest` reads so in each answer that is a success.
    Digest(String),
    /// Other bytes come, and the digest is still stated that was.
    Bytes(&'static str),
    /// Other bytes come, and no digest is stated.
    BytesAlone(&'static str),
    /// The connection ends in the middle of the bytes.
    Half,
    /// It is there, with this digest, whether it is or not. No bytes come.
    There(String),
    /// It was written, with this digest; it was not.
    Written(String),
}

const DIGEST: &str = "Docker-Content-Digest";

impl Lie {
    pub(crate) fn concerns(&self, request: &Request) -> bool {
        request.method == self.method && request.path().ends_with(&self.path)
    }

    /// Answers in place of the registry, which is not asked, where the lie is of that kind.
    pub(crate) fn answer(&self) -> Option<Response> {
        let (status, digest) = match &self.told {
            Told::There(digest) => (200, digest),
            Told::Written(digest) => (201, digest),
            _ => return None,
        };
        let media_type = "application/vnd.oci.image.manifest.v1+json";
        Some(Response::new(status, "").with("Content-Type", media_type).with(DIGEST, digest))
    }

    /// Changes the registry's own answer.
    pub(crate) fn change(&self, response: &mut Response) {
        if !(200..300).contains(&response.status) {
            return;
        }
        let (bytes, unstated) = match &self.told {
            Told::Digest(digest) => {
                response.headers.retain(|(name, _)| !name.eq_ignore_ascii_case(DIGEST));
                response.headers.push((DIGEST.into(), digest.clone()));
                return;
            }
            Told::Half => {
                response.sent = Sent::Part(response.body.len() / 2);
                return;
            }
            Told::Bytes(bytes) => (bytes, ""),
            Told::BytesAlone(bytes) => (bytes, DIGEST),
            Told::There(_) | Told::Written(_) => return,
        };
        response.body = bytes.as_bytes().to_vec();
        let gone = |name: &str| [unstated, "content-length", "etag"].iter().any(|one| name.eq_ignore_ascii_case(one));
        response.headers.retain(|(name, _)| !gone(name));
    }
}
