//! What is tried again, and what is not.

use std::time::{Duration, Instant};

use embark_core::ports::{ImageRegistry as _, RegistryError};
use wiremock::ResponseTemplate;

use crate::support::{Fake, Image, anonymous, by_tag};

/// Fails `times` times with `status`, and has the registry answer then.
async fn failing(times: usize, status: u16, retry_after: Option<&'static str>) -> Fake {
    let fake = Fake::start().await;
    fake.push("acme/x", "built", &Image::single("image"));
    let mut failed = 0;
    fake.fails(move |_| {
        failed += 1;
        let answer = ResponseTemplate::new(status);
        let answer = match retry_after {
            Some(value) => answer.insert_header("Retry-After", value),
            None => answer,
        };
        (failed <= times).then_some(answer)
    });
    fake
}

#[tokio::test]
async fn what_may_pass_is_tried_three_times() {
    for status in [429, 502, 503, 504] {
        let fake = failing(2, status, Some("0")).await;
        anonymous().resolve(&fake.repository("acme/x"), &by_tag("built")).await.unwrap();
        assert_eq!(fake.take_lines().len(), 3, "{status}");

        let fake = failing(9, status, Some("0")).await;
        anonymous().resolve(&fake.repository("acme/x"), &by_tag("built")).await.unwrap_err();
        assert_eq!(fake.take_lines().len(), 3, "{status}");
    }
}

#[tokio::test]
async fn a_registry_that_tells_no_time_gets_half_a_second() {
    let fake = failing(1, 503, None).await;
    let begin = Instant::now();
    anonymous().manifest(&fake.repository("acme/x"), &by_tag("built")).await.unwrap();
    assert!(begin.elapsed() >= Duration::from_millis(500), "{:?}", begin.elapsed());
}

#[tokio::test]
async fn nobody_waits_long() {
    let fake = failing(9, 429, Some("11")).await;
    let begin = Instant::now();
    let result = anonymous().resolve(&fake.repository("acme/x"), &by_tag("built")).await;
    assert!(matches!(result, Err(RegistryError::RateLimited { .. })), "{result:?}");
    assert_eq!(fake.take_lines().len(), 1);
    assert!(begin.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn a_connection_that_is_refused_is_told_at_once() {
    let begin = Instant::now();
    let absent = "127.0.0.1:1/acme/x".parse().unwrap();
    let result = anonymous().resolve(&absent, &by_tag("built")).await;
    let Err(RegistryError::Unavailable { source, .. }) = result else { panic!("{result:?}") };
    let causes: Vec<String> =
        std::iter::successors(Some(&*source as &dyn std::error::Error), |cause| (*cause).source())
            .map(ToString::to_string)
            .collect();
    assert!(causes.join(": ").contains("refused"), "{causes:?}");
    assert!(begin.elapsed() < Duration::from_millis(400), "{:?}", begin.elapsed());
}

#[tokio::test]
async fn a_host_gets_eight_requests_at_a_time() {
    let fake = Fake::start().await;
    let pause = Duration::from_millis(150);
    fake.fails(move |_| {
        let answer = ResponseTemplate::new(200).set_delay(pause);
        Some(answer.insert_header("Docker-Content-Digest", Image::single("image").digest().as_str()))
    });
    let (registry, repository) = (anonymous(), fake.repository("acme/x"));
    registry.resolve(&repository, &by_tag("built")).await.unwrap();
    let begin = Instant::now();
    let reference = by_tag("built");
    futures::future::try_join_all((0..16).map(|_| registry.resolve(&repository, &reference))).await.unwrap();
    assert!(begin.elapsed() >= 2 * pause, "{:?}", begin.elapsed());
}
