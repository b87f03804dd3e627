//! What GitHub refuses, and what is said of it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use embark_core::Checks;
use embark_core::ports::{ApplicationError, ApplicationRepository as _};
use serde_json::json;
use wiremock::{MockServer, ResponseTemplate};

use crate::{TOKEN, commit, get, github, names, of_commit, open};

fn refusal(status: u16, message: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(json!({ "message": message }))
}

/// Asks for checks where check runs are answered so.
async fn asked(answer: ResponseTemplate, token: Option<&str>) -> Result<Checks, ApplicationError> {
    let server = MockServer::start().await;
    get(&of_commit("check-runs")).respond_with(answer).mount(&server).await;
    get(&of_commit("status")).respond_with(crate::json(&json!({ "statuses": [] }))).mount(&server).await;
    open(&server, token).checks(&commit(), names(&["e2e"])).await
}

async fn error(answer: ResponseTemplate, token: Option<&str>) -> ApplicationError {
    let error = asked(answer, token).await.expect_err("it fails");
    assert!(!format!("{error} {error:?}").contains(TOKEN), "{error:?}");
    error
}

#[tokio::test]
async fn a_token_that_is_not_valid_is_told() {
    let error = error(refusal(401, "Bad credentials"), Some(TOKEN)).await;
    let ApplicationError::Unauthorized { reason, .. } = &error else { panic!("{error:?}") };
    assert_eq!(reason, "the token is not valid (401 Unauthorized: Bad credentials)");
}

#[tokio::test]
async fn a_permission_that_is_missing_is_named() {
    let message = "Resource not accessible by integration";
    let error = error(refusal(403, message), Some(TOKEN)).await;
    let ApplicationError::Unauthorized { reason, .. } = &error else { panic!("{error:?}") };
    assert_eq!(reason, &format!("the token needs the permission \"Checks: read\" (403 Forbidden: {message})"));

    let server = MockServer::start().await;
    get(&of_commit("check-runs")).respond_with(crate::json(&json!({ "check_runs": [] }))).mount(&server).await;
    get(&of_commit("status")).respond_with(refusal(403, message)).mount(&server).await;
    let error = github(&server).checks(&commit(), names(&["e2e"])).await.expect_err("it fails");
    assert!(error.to_string().contains("\"Commit statuses: read\""), "{error}");

    let server = MockServer::start().await;
    get(&format!("/repos/acme/app/compare/{0}...{0}", commit()))
        .respond_with(refusal(403, message))
        .mount(&server)
        .await;
    let error = github(&server).is_ancestor(&commit(), &commit()).await.expect_err("it fails");
    assert!(error.to_string().contains("\"Contents: read\""), "{error}");
}

#[tokio::test]
async fn a_token_that_is_missing_is_told() {
    for status in [401, 403, 404] {
        let error = error(refusal(status, "Not Found"), None).await;
        let ApplicationError::Unauthorized { reason, .. } = &error else { panic!("{status}: {error:?}") };
        assert!(reason.starts_with("there is no token"), "{reason}");
    }
}

#[tokio::test]
async fn a_token_that_is_none_is_told_without_asking() {
    let server = MockServer::start().await;
    let error = open(&server, Some("two\nlines")).look().await.expect_err("it fails");
    assert!(matches!(&error, ApplicationError::Unauthorized { .. }), "{error:?}");
    assert!(!format!("{error:?}").contains("lines"), "{error:?}");
    assert_eq!(server.received_requests().await.expect("they are recorded").len(), 0);
}

#[tokio::test]
async fn a_commit_that_is_not_there_is_told_from_a_repository_that_is_not_there() {
    for status in [404, 422] {
        let server = MockServer::start().await;
        let absent = refusal(status, "No commit found for SHA");
        get(&of_commit("check-runs")).respond_with(absent.clone()).mount(&server).await;
        get(&of_commit("status")).respond_with(absent).mount(&server).await;
        let absent = github(&server).checks(&commit(), names(&["e2e"])).await;
        assert!(matches!(absent, Err(ApplicationError::NotFound { .. })), "{absent:?}");
        get("/repos/acme/app").respond_with(crate::json(&json!({ "id": 1 }))).mount(&server).await;
        let absent = github(&server).checks(&commit(), names(&["e2e"])).await.expect("asked");
        assert_eq!(absent, Checks::Unknown);
    }
}

#[tokio::test]
async fn a_limit_is_told_with_the_time_to_wait() {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
    let used_up = refusal(403, "API rate limit exceeded").insert_header("x-ratelimit-remaining", "0");
    for (answer, least) in [
        (refusal(429, "slow down").insert_header("retry-after", "120"), Some(120)),
        (refusal(403, "secondary rate limit").insert_header("retry-after", "60"), Some(60)),
        (used_up.insert_header("x-ratelimit-reset", (now + 900).to_string().as_str()), Some(600)),
        (refusal(429, "slow down"), Some(60)),
    ] {
        let error = error(answer, Some(TOKEN)).await;
        let ApplicationError::RateLimited { retry_after, .. } = &error else { panic!("{error:?}") };
        assert_eq!(retry_after.is_some(), least.is_some(), "{error}");
        assert!(retry_after.is_none_or(|wait| wait >= Duration::from_secs(least.unwrap_or_default())), "{error}");
    }
}

#[tokio::test]
async fn what_is_no_answer_of_the_api_is_told() {
    for answer in [
        ResponseTemplate::new(200).set_body_string("<html>Please log in</html>"),
        ResponseTemplate::new(200).set_body_string(""),
        crate::json(&json!({ "checks": [] })),
        refusal(418, "a teapot"),
        ResponseTemplate::new(200).set_body_bytes(vec![b' '; (32 << 20) + 1]),
    ] {
        let error = error(answer, Some(TOKEN)).await;
        assert!(matches!(error, ApplicationError::Malformed { .. }), "{error:?}");
    }
}
