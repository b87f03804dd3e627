//! An upload: it may take as long as it must, if it goes on.

use std::pin::pin;
use std::time::Duration;

use futures::StreamExt as _;
use reqwest::{Body, RequestBuilder, Response};
use tokio::sync::watch;
use tokio::time::timeout;

use super::answer::Unanswered;
use super::pace::Pace;
use crate::copy::BlobStream;

/// How long an upload waits for the registry.
#[derive(Clone, Copy)]
pub(super) struct Patience {
    /// Until it takes more of what is sent. The source must time out sooner, so that a silent source is the one that is named.
    pub(super) standstill: Duration,
    /// Until it answers once it has everything: some registries hash it again, or move it.
    pub(super) answer: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { standstill: Duration::from_secs(90), answer: Duration::from_mins(5) }
    }
}

/// Sends `request` with a blob. The client must have no timeout of its own that begins with the request.
pub(super) async fn send(
    request: RequestBuilder,
    blob: BlobStream,
    patience: Patience,
) -> Result<Response, Unanswered> {
    let (taken, mut takes) = watch::channel(());
    let mut pace = Pace::begin();
    // It is dropped with the body, when that has been sent.
    let body = blob.map(move |chunk| {
        taken.send_replace(());
        let chunk = chunk?;
        pace.keep(chunk.len())?;
        Ok::<_, embark_core::ports::BoxError>(chunk)
    });
    let mut answer = pin!(request.body(Body::wrap_stream(body)).send());
    loop {
        tokio::select! {
            answer = &mut answer => return answer.map_err(Unanswered::from),
            took = timeout(patience.standstill, takes.changed()) => match took {
                Ok(Ok(())) => {}
                Ok(Err(_)) => break,
                Err(_) => return Err(Unanswered::StandsStill),
            },
        }
    }
    let answer = timeout(patience.answer, answer).await;
    answer.map_err(|_| Unanswered::Thinks)?.map_err(Unanswered::from)
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use bytes::Bytes;
    use embark_core::ports::BoxError;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::{TcpListener, TcpStream};

    use super::*;

    const SHORT: Duration = Duration::from_millis(1500);
    const LONG: Duration = Duration::from_secs(30);
    const SIZE: usize = 16 << 20;

    /// Sends 16 MiB in pieces to a server that does with a connection what `serves` says.
    async fn sent<F: Future<Output = ()> + Send + 'static>(
        patience: Patience,
        serves: impl FnOnce(TcpStream) -> F,
    ) -> Result<Response, Unanswered> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let request = reqwest::Client::new().put(url).header("content-length", SIZE);
        let piece = Bytes::from(vec![0; 64 << 10]);
        let pieces = futures::stream::iter((0..SIZE / piece.len()).map(move |_| Ok::<_, BoxError>(piece.clone())));
        let uploads = tokio::spawn(async move { send(request, pieces.boxed(), patience).await });
        serves(listener.accept().await.unwrap().0).await;
        uploads.await.unwrap()
    }

    /// Reads all that is sent, with pauses.
    async fn read(stream: &mut TcpStream, pause: Duration) {
        let (mut left, mut buffer) = (SIZE, vec![0; 512 << 10]);
        while left > 0 {
            tokio::time::sleep(pause).await;
            let count = stream.read(&mut buffer).await.unwrap();
            left = left.saturating_sub(count);
        }
    }

    #[tokio::test]
    async fn one_that_goes_on_takes_as_long_as_it_must() {
        let begun = Instant::now();
        let answer = sent(Patience { standstill: SHORT, answer: LONG }, |mut stream| async move {
            read(&mut stream, Duration::from_millis(100)).await;
            stream.write_all(b"HTTP/1.1 201 Created\r\ncontent-length: 0\r\n\r\n").await.unwrap();
        });
        assert_eq!(answer.await.unwrap().status(), 201);
        assert!(begun.elapsed() > SHORT, "it was quick: {:?}", begun.elapsed());
    }

    #[tokio::test]
    async fn one_that_stands_still_is_given_up() {
        let answer = sent(Patience { standstill: SHORT, answer: LONG }, |stream| async move {
            // What nobody reads fills the buffers between them.
            tokio::time::sleep(2 * SHORT).await;
            drop(stream);
        });
        insta::assert_snapshot!("stands_still", answer.await.unwrap_err());
    }

    #[tokio::test]
    async fn an_answer_that_does_not_come_is_given_up() {
        let answer = sent(Patience { standstill: LONG, answer: SHORT }, |mut stream| async move {
            read(&mut stream, Duration::ZERO).await;
            tokio::time::sleep(2 * SHORT).await;
        });
        insta::assert_snapshot!("thinks", answer.await.unwrap_err());
    }
}
