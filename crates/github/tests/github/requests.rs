//! What is sent, to whom, and how often.

use embark_core::ports::{ApplicationError, ApplicationRepository as _};
use serde_json::json;
use wiremock::matchers::{any, header};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::{TOKEN, commit, get, github, names, of_commit, open};

#[tokio::test]
async fn every_request_names_what_it_wants_and_who_asks() {
    let server = MockServer::start().await;
    let bearer = format!("Bearer {TOKEN}");
    get("/repos/acme/app")
        .and(header("accept", "application/vnd.github+json"))
        .and(header("x-github-api-version", "2022-11-28"))
        .and(header("user-agent", concat!("embark/", env!("CARGO_PKG_VERSION"))))
        .and(header("authorization", bearer.as_str()))
        .respond_with(crate::json(&json!({})))
        .expect(2)
        .mount(&server)
        .await;
    github(&server).look().await.expect("it is there");
    // What is read from a file often ends in a line break.
    open(&server, Some(&format!("{TOKEN}\n"))).look().await.expect("it is there");
}

#[tokio::test]
async fn a_redirect_to_another_host_gets_no_token() {
    let (server, elsewhere) = (MockServer::start().await, MockServer::start().await);
    Mock::given(any()).respond_with(crate::json(&json!({}))).mount(&elsewhere).await;
    let moved = ResponseTemplate::new(301).insert_header("location", format!("{}/renamed", elsewhere.uri()).as_str());
    get("/repos/acme/app").respond_with(moved).mount(&server).await;
    github(&server).look().await.expect("it is there");
    let asked = elsewhere.received_requests().await.expect("they are recorded");
    assert_eq!(asked.len(), 1);
    assert!(asked[0].headers.get("authorization").is_none(), "{asked:?}");
}

#[tokio::test]
async fn a_renamed_repository_is_followed_with_the_token() {
    let server = MockServer::start().await;
    let moved =
        ResponseTemplate::new(301).insert_header("location", format!("{}/repositories/1", server.uri()).as_str());
    get("/repos/acme/app").respond_with(moved).mount(&server).await;
    let bearer = format!("Bearer {TOKEN}");
    get("/repositories/1")
        .and(header("authorization", bearer.as_str()))
        .respond_with(crate::json(&json!({})))
        .mount(&server)
        .await;
    github(&server).look().await.expect("it is there");
}

#[tokio::test]
async fn the_next_page_is_not_asked_of_another_host() {
    let (server, elsewhere) = (MockServer::start().await, MockServer::start().await);
    let next = format!("<{}/page/2>; rel=\"next\"", elsewhere.uri());
    let first = crate::json(&json!({ "check_runs": [] })).insert_header("link", next.as_str());
    get(&of_commit("check-runs")).respond_with(first).mount(&server).await;
    get(&of_commit("status")).respond_with(crate::json(&json!({ "statuses": [] }))).mount(&server).await;
    let answer = github(&server).checks(&commit(), names(&["e2e"])).await;
    assert!(matches!(answer, Err(ApplicationError::Malformed { .. })), "{answer:?}");
    assert_eq!(elsewhere.received_requests().await.expect("they are recorded").len(), 0);
}

#[tokio::test]
async fn a_next_page_that_cannot_be_read_is_no_end_of_the_list() {
    let server = MockServer::start().await;
    let first = crate::json(&json!({ "check_runs": [] })).insert_header("link", "<page 2>; rel=\"next\"");
    get(&of_commit("check-runs")).respond_with(first).mount(&server).await;
    get(&of_commit("status")).respond_with(crate::json(&json!({ "statuses": [] }))).mount(&server).await;
    let answer = github(&server).checks(&commit(), names(&["e2e"])).await;
    assert!(matches!(answer, Err(ApplicationError::Malformed { .. })), "{answer:?}");
}

#[tokio::test]
async fn a_server_that_fails_is_asked_again_and_not_for_ever() {
    for status in [500, 502, 503] {
        let server = MockServer::start().await;
        get("/repos/acme/app").respond_with(ResponseTemplate::new(status)).up_to_n_times(1).mount(&server).await;
        get("/repos/acme/app").respond_with(crate::json(&json!({}))).expect(1).mount(&server).await;
        github(&server).look().await.expect("it is there");
    }
    let server = MockServer::start().await;
    get("/repos/acme/app").respond_with(ResponseTemplate::new(502)).expect(3).mount(&server).await;
    let error = github(&server).look().await.expect_err("it fails");
    assert!(matches!(error, ApplicationError::Unavailable { .. }), "{error:?}");
}

#[tokio::test]
async fn a_short_limit_is_waited_for() {
    let server = MockServer::start().await;
    let limit = ResponseTemplate::new(429).insert_header("retry-after", "1");
    get("/repos/acme/app").respond_with(limit).up_to_n_times(1).mount(&server).await;
    get("/repos/acme/app").respond_with(crate::json(&json!({}))).expect(1).mount(&server).await;
    github(&server).look().await.expect("it is there");
}
