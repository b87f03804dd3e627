//! A blob that is hashed as it passes. The last bytes are held back until the hash is known to be right.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use embark_core::ports::BoxError;
use embark_core::{Algorithm, Digest};
use futures::StreamExt as _;
use sha2::Digest as _;

use super::BlobStream;

/// What is wrong with the source of a blob.
#[derive(Debug)]
pub(super) enum Fault {
    /// The bytes are not those that the digest and the size name.
    Lies(String),
    /// No more bytes come.
    BreaksOff(BoxError),
}

/// What is wrong with the source, once that is known.
#[derive(Clone, Default)]
pub(super) struct Verdict(Arc<Mutex<Option<Fault>>>);

impl Verdict {
    pub(super) fn take(&self) -> Option<Fault> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Keeps the fault, and returns an error that ends the stream: who writes it has nobody else to blame.
    fn fail(&self, fault: Fault) -> BoxError {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(fault);
        "the source of the blob fails".into()
    }

    fn lies(&self, reason: String) -> BoxError {
        self.fail(Fault::Lies(reason))
    }
}

enum Hasher {
    Sha256(sha2::Sha256),
    Sha512(sha2::Sha512),
}

impl Hasher {
    fn new(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Sha256 => Self::Sha256(sha2::Sha256::new()),
            Algorithm::Sha512 => Self::Sha512(sha2::Sha512::new()),
        }
    }

    fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha256(hasher) => hasher.update(bytes),
            Self::Sha512(hasher) => hasher.update(bytes),
        }
    }

    fn hex(self) -> String {
        let bytes = match self {
            Self::Sha256(hasher) => hasher.finalize().to_vec(),
            Self::Sha512(hasher) => hasher.finalize().to_vec(),
        };
        bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }
}

struct State {
    source: BlobStream,
    digest: Digest,
    size: u64,
    passed: u64,
    hasher: Hasher,
    held: Option<Bytes>,
    verdict: Verdict,
}

/// Passes a blob on, and fails in place of its last bytes if it is not the one that `digest` and `size` name.
pub(super) fn checked(source: BlobStream, digest: Digest, size: u64, verdict: Verdict) -> BlobStream {
    let hasher = Hasher::new(digest.algorithm());
    let state = State { source, digest, size, passed: 0, hasher, held: None, verdict };
    futures::stream::try_unfold(Some(state), |state| async move {
        let Some(mut state) = state else { return Ok(None) };
        while let Some(bytes) = state.source.next().await {
            let bytes = bytes.map_err(|error| state.verdict.fail(Fault::BreaksOff(error)))?;
            state.hasher.update(&bytes);
            state.passed += bytes.len() as u64;
            if state.passed > state.size {
                return Err(state.verdict.lies(format!("{} is larger than {} bytes", state.digest, state.size)));
            }
            if let Some(held) = state.held.replace(bytes) {
                return Ok(Some((held, Some(state))));
            }
        }
        let State { digest, size, passed, hasher, held, verdict, .. } = state;
        let hex = hasher.hex();
        if passed != size {
            return Err(verdict.lies(format!("{digest} has {passed} bytes, not {size}")));
        }
        if hex != digest.hex() {
            return Err(verdict.lies(format!("the bytes of {digest} hash to {}:{hex}", digest.algorithm().name())));
        }
        Ok(held.map(|held| (held, None)))
    })
    .boxed()
}

#[cfg(test)]
mod tests {
    use futures::TryStreamExt as _;

    use super::*;

    async fn pass(chunks: &[&'static str], digest: &Digest, size: u64) -> (Vec<String>, Option<String>) {
        let chunks: Vec<_> = chunks.iter().map(|chunk| Ok(Bytes::from(*chunk))).collect();
        let verdict = Verdict::default();
        let source = futures::stream::iter(chunks).boxed();
        let mut stream = checked(source, digest.clone(), size, verdict.clone());
        let mut passed = Vec::new();
        while let Ok(Some(bytes)) = stream.try_next().await {
            passed.push(String::from_utf8(bytes.to_vec()).unwrap());
        }
        let reason = verdict.take().map(|fault| match fault {
            Fault::Lies(reason) => reason,
            Fault::BreaksOff(error) => panic!("{error}"),
        });
        (passed, reason)
    }

    #[tokio::test]
    async fn the_right_bytes_pass_in_either_algorithm() {
        for algorithm in [Algorithm::Sha256, Algorithm::Sha512] {
            let digest = Digest::of(algorithm, b"a layer");
            assert_eq!(
                pass(&["a ", "lay", "er"], &digest, 7).await,
                (vec!["a ".into(), "lay".into(), "er".into()], None)
            );
            assert_eq!(pass(&[], &Digest::of(algorithm, b""), 0).await, (vec![], None));
        }
    }

    #[tokio::test]
    async fn wrong_bytes_never_pass_whole() {
        let digest = Digest::sha256(b"a layer");
        for (chunks, size, reason) in [
            (&["a ", "liar"][..], 6, "hash to"),
            (&["a "], 7, "has 2 bytes, not 7"),
            (&["a ", "layer", "and more"], 7, "larger than 7 bytes"),
        ] {
            let (passed, verdict) = pass(chunks, &digest, size).await;
            assert!(passed.len() < chunks.len(), "{passed:?}");
            assert!(verdict.is_some_and(|verdict| verdict.contains(reason)), "{reason}");
        }
    }

    #[tokio::test]
    async fn a_source_that_breaks_off_is_told_from_one_that_lies() {
        let chunks = [Ok(Bytes::from("a layer")), Err(BoxError::from("reset by peer"))];
        let verdict = Verdict::default();
        let source = futures::stream::iter(chunks).boxed();
        let stream = checked(source, Digest::sha256(b"a layer"), 7, verdict.clone());
        assert!(stream.try_collect::<Vec<_>>().await.is_err());
        assert!(matches!(verdict.take(), Some(Fault::BreaksOff(error)) if error.to_string() == "reset by peer"));
    }
}
