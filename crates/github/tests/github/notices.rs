//! Notices on pull requests: which one is told, and what is said where it cannot be.

use embark_core::ports::ApplicationError;
use embark_core::{Digest, State, Timestamp};
use embark_github::{Credentials, Notice, PullRequests};
use serde_json::{Value, json};
use wiremock::matchers::{body_string_contains, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::{TOKEN, commit, get, json as told, of_commit};

fn notice() -> Notice {
    Notice {
        environment: "dev".parse().expect("a name"),
        component: "frontend".parse().expect("a name"),
        tag: "1.4.0".parse().expect("a tag"),
        digest: Digest::sha256(b"an image"),
        state: State::Success,
        commit: None,
        page: None,
        at: Timestamp::from_unix(1_795_000_000),
    }
}

async fn tell(server: &MockServer) -> Result<Option<u64>, ApplicationError> {
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    let api = server.uri().parse().expect("this machine is safe");
    let pulls = PullRequests::new(http, api, "acme/app".parse().expect("a name"), Credentials::Token(TOKEN.into()));
    pulls.tell(&commit(), &[notice()]).await
}

/// Answers that a commit is of these pull requests.
async fn serve(server: &MockServer, pulls: Value) {
    get(&of_commit("pulls")).respond_with(told(&pulls)).mount(server).await;
}

fn pull(number: u64, merged: bool, merge: &str) -> Value {
    json!({ "number": number, "merged_at": merged.then_some("2026-11-25T00:00:00Z"), "merge_commit_sha": merge })
}

fn comments(number: u64) -> String {
    format!("/repos/acme/app/issues/{number}/comments")
}

fn refusal(status: u16) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(json!({ "message": "Resource not accessible by integration" }))
}

#[tokio::test]
async fn of_several_pull_requests_the_one_whose_merge_it_is_else_the_newest_merged_one_is_told() {
    let other = "b".repeat(40);
    let own = commit().to_string();
    for (pulls, expected) in [
        (json!([pull(5, true, &own), pull(9, true, &other), pull(11, false, &own)]), Some(5)),
        (json!([pull(5, true, &other), pull(9, true, &other)]), Some(9)),
        (json!([pull(11, false, &own)]), None),
        (json!([]), None),
    ] {
        let server = MockServer::start().await;
        serve(&server, pulls).await;
        if let Some(number) = expected {
            get(&comments(number)).respond_with(told(&json!([]))).expect(1).mount(&server).await;
            Mock::given(method("POST"))
                .and(path(comments(number)))
                .and(body_string_contains("<!-- embark -->"))
                .respond_with(ResponseTemplate::new(201).set_body_json(json!({ "id": 1 })))
                .expect(1)
                .mount(&server)
                .await;
        }
        assert_eq!(tell(&server).await.expect("it is told"), expected);
    }
}

#[tokio::test]
async fn the_permission_is_named_whichever_request_is_refused() {
    let named = |error: &ApplicationError| {
        let ApplicationError::Unauthorized { reason, .. } = error else { panic!("{error:?}") };
        assert!(reason.contains("\"Pull requests: write\""), "{reason}");
    };
    let server = MockServer::start().await;
    get(&of_commit("pulls")).respond_with(refusal(403)).mount(&server).await;
    named(&tell(&server).await.expect_err("it is refused"));

    let server = MockServer::start().await;
    serve(&server, json!([pull(5, true, "")])).await;
    get(&comments(5)).respond_with(refusal(403)).mount(&server).await;
    named(&tell(&server).await.expect_err("it is refused"));

    for status in [403, 404] {
        let server = MockServer::start().await;
        serve(&server, json!([pull(5, true, "")])).await;
        get(&comments(5)).respond_with(told(&json!([]))).mount(&server).await;
        Mock::given(method("POST")).respond_with(refusal(status)).mount(&server).await;
        named(&tell(&server).await.expect_err("it is refused"));

        let server = MockServer::start().await;
        serve(&server, json!([pull(5, true, "")])).await;
        let own =
            json!({ "id": 7, "body": "<!-- embark -->", "author_association": "NONE", "user": { "type": "Bot" } });
        get(&comments(5)).respond_with(told(&json!([own]))).mount(&server).await;
        Mock::given(method("PATCH"))
            .and(path("/repos/acme/app/issues/comments/7"))
            .respond_with(refusal(status))
            .expect(1)
            .mount(&server)
            .await;
        named(&tell(&server).await.expect_err("it is refused"));
    }
}

#[tokio::test]
async fn a_commit_that_is_not_there_is_told_from_a_repository_that_is_not_there() {
    for status in [404, 422] {
        let server = MockServer::start().await;
        get(&of_commit("pulls")).respond_with(refusal(status)).mount(&server).await;
        assert!(matches!(tell(&server).await, Err(ApplicationError::NotFound { .. })));
        get("/repos/acme/app").respond_with(told(&json!({ "id": 1 }))).mount(&server).await;
        assert_eq!(tell(&server).await.expect("asked"), None);
    }
}
