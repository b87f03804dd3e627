//! A GitHub that does not end: each of its answers ends in an error, within bounded memory and time.

use embark_core::ports::{ApplicationError, ApplicationRepository as _};
use serde_json::json;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::{commit, get, github, names, of_commit};

#[tokio::test]
async fn an_answer_that_is_too_large_is_given_up() {
    for status in [200, 403, 500] {
        let server = MockServer::start().await;
        let large = ResponseTemplate::new(status).set_body_bytes(vec![b'['; 33 << 20]);
        Mock::given(any()).respond_with(large).mount(&server).await;
        let error = github(&server).look().await.expect_err("it is given up").to_string();
        assert!(status == 500 || error.contains("larger than"), "{error}");
    }
}

#[tokio::test]
async fn what_github_nests_without_end_is_an_error_and_no_more() {
    for body in ["[".repeat(1 << 20), "{\"check_runs\":[".repeat(1 << 18), "{\"message\":".repeat(1 << 18)] {
        for status in [200, 403] {
            let server = MockServer::start().await;
            let deep = ResponseTemplate::new(status).set_body_string(body.clone());
            Mock::given(any()).respond_with(deep).mount(&server).await;
            let error = github(&server).checks(&commit(), names(&["e2e"])).await.expect_err("it is no answer");
            assert!(error.to_string().len() < 1000, "{error}");
        }
    }
}

#[tokio::test]
async fn redirects_and_pages_without_end_are_given_up() {
    let server = MockServer::start().await;
    let again = ResponseTemplate::new(307).insert_header("location", "/again");
    Mock::given(any()).respond_with(again).mount(&server).await;
    github(&server).look().await.expect_err("it is given up");
    assert!(server.received_requests().await.expect("they are recorded").len() < 50);

    let server = MockServer::start().await;
    let next = format!("<{}{}?page=2>; rel=\"next\"", server.uri(), of_commit("check-runs"));
    let runs = json!({ "total_count": 1, "check_runs": [] });
    let page = crate::json(&runs).insert_header("link", next.as_str());
    get(&of_commit("check-runs")).respond_with(page).mount(&server).await;
    get(&of_commit("status")).respond_with(crate::json(&json!({ "statuses": [] }))).mount(&server).await;
    let error = github(&server).checks(&commit(), names(&["e2e"])).await.expect_err("it is given up");
    assert!(matches!(error, ApplicationError::Malformed { .. }), "{error:?}");
    assert!(server.received_requests().await.expect("they are recorded").len() < 50);
}
