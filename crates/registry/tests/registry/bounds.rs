//! A registry that does not end: each of its answers ends in an error, within bounded memory and time.

use std::time::{Duration, Instant};

use embark_core::ports::{ImageRegistry as _, RegistryError};
use embark_core::{Digest, Manifest};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::support::{anonymous, answering, by_tag};

/// More than any answer may have, and no more than a test should take.
const MUCH: usize = 8 << 20;

/// Answers each request with a head, and then with a piece over and over, until nobody takes it or it is much.
async fn endless(head: &'static str, piece: &'static str) -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut request = Vec::new();
                while !request.ends_with(b"\r\n\r\n") {
                    request.push(client.read_u8().await.unwrap_or(b'\n'));
                }
                let piece = piece.repeat((64 << 10) / piece.len());
                let mut sent = client.write_all(head.as_bytes()).await;
                for _ in 0..MUCH / piece.len() {
                    if sent.is_err() {
                        return;
                    }
                    sent = client.write_all(piece.as_bytes()).await;
                }
            });
        }
    });
    address
}

async fn fetched(address: std::net::SocketAddr) -> Result<Manifest, RegistryError> {
    let begun = Instant::now();
    let told = anonymous().manifest(&format!("{address}/acme/x").parse().unwrap(), &by_tag("built")).await;
    assert!(begun.elapsed() < Duration::from_mins(1), "{:?} {told:?}", begun.elapsed());
    told
}

#[tokio::test]
async fn an_answer_without_end_is_given_up_whatever_it_is_made_of() {
    for (head, piece) in [
        ("HTTP/1.1 200 OK\r\nContent-Type: application/vnd.oci.image.manifest.v1+json\r\n\r\n", "{\"a\":"),
        ("HTTP/1.1 500 Oh\r\n\r\n", "no "),
        ("HTTP/1.1 401 Who\r\nWWW-Authenticate: Bearer realm=\"http://127.0.0.1:1/\"\r\n\r\n", "no "),
        ("HTTP/1.1 200 OK\r\n", "X-One: more\r\n"),
        ("HTTP/1.1 200 OK\r\nX-Long: ", "a"),
        ("HTTP/1.1 200 ", "OK "),
    ] {
        let error = fetched(endless(head, piece).await).await.unwrap_err();
        let is_told = matches!(
            error,
            RegistryError::Malformed { .. } | RegistryError::Unavailable { .. } | RegistryError::Unauthorized { .. }
        );
        assert!(is_told, "{head:?}: {error:?}");
        assert!(error.to_string().len() < 1000, "{head:?}: {error}");
    }
}

#[tokio::test]
async fn redirects_without_end_are_given_up() {
    let address = answering(b"HTTP/1.1 307 On\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n".to_vec()).await;
    let error = fetched(address).await.unwrap_err();
    assert!(matches!(error, RegistryError::Unavailable { .. }), "{error:?}");
}

#[tokio::test]
async fn what_a_registry_nests_without_end_is_an_error_and_no_more() {
    for body in ["[".repeat(1 << 20), "{\"a\":".repeat(1 << 19), "{\"tags\":[".repeat(1 << 18)] {
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.oci.image.index.v1+json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        let address = answering([head.as_bytes(), body.as_bytes()].concat()).await;
        let repository = format!("{address}/acme/x").parse().unwrap();
        assert!(matches!(anonymous().tags(&repository).await, Err(RegistryError::Malformed { .. })));
        let referrers = anonymous().referrers(&repository, &Digest::sha256(b"x")).await;
        assert!(matches!(referrers, Err(RegistryError::Malformed { .. })), "{referrers:?}");
    }
}
