//! The adapter against a scripted server.

use std::time::Duration;

use embark_argocd::{Application, ArgoCd};
use embark_core::ports::{Delivery as _, DeliveryError};
use embark_core::{Delivered, EnvironmentName, Health};
use serde_json::{Value, json};
use wiremock::matchers::{any, header, method, path, query_param};
use wiremock::{Mock, MockBuilder, MockServer, ResponseTemplate};

const TOKEN: &str = "argocd-token-that-nobody-may-see";

fn staging() -> EnvironmentName {
    "staging".parse().expect("a name")
}

fn application(server: &MockServer) -> Application {
    Application::new(server.uri().parse().expect("this machine is safe"), "shop-staging".parse().expect("a name"))
}

fn open(application: Application, token: Option<&str>) -> ArgoCd {
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    ArgoCd::new(http, token.map(Into::into)).with(&staging(), application)
}

async fn observe(server: &MockServer) -> Result<Delivered, DeliveryError> {
    let told = open(application(server), Some(TOKEN)).observe(&staging()).await;
    assert!(!format!("{told:?}").contains(TOKEN), "{told:?}");
    told
}

fn get() -> MockBuilder {
    Mock::given(method("GET")).and(path("/api/v1/applications/shop-staging"))
}

fn healthy() -> ResponseTemplate {
    of("shop-staging", "argocd", "shop")
}

/// One that is healthy, of this name, namespace and project.
fn of(name: &str, namespace: &str, project: &str) -> ResponseTemplate {
    let metadata = json!({ "name": name, "namespace": namespace });
    let status = json!({ "health": { "status": "Healthy" } });
    let body = json!({ "metadata": metadata, "spec": { "project": project }, "status": status });
    ResponseTemplate::new(200).set_body_json(body)
}

fn refusal(status: u16, code: u16, message: &str) -> ResponseTemplate {
    let body: Value = json!({ "error": message, "code": code, "message": message });
    ResponseTemplate::new(status).set_body_json(body)
}

#[tokio::test]
async fn a_request_has_the_token_and_nothing_that_was_not_configured() {
    let server = MockServer::start().await;
    let bearer = format!("Bearer {TOKEN}");
    get().and(header("authorization", bearer.as_str())).respond_with(healthy()).expect(2).mount(&server).await;
    assert_eq!(observe(&server).await.expect("observed").health, Health::Healthy);
    // What is read from a file often ends in a line break.
    open(application(&server), Some(&format!("{TOKEN}\n"))).observe(&staging()).await.expect("observed");
    let asked = server.received_requests().await.expect("they are recorded");
    assert!(asked.iter().all(|request| request.url.query().is_none()), "{asked:?}");
}

#[tokio::test]
async fn it_is_refreshed_only_where_that_is_configured() {
    let server = MockServer::start().await;
    get().and(query_param("refresh", "normal")).respond_with(healthy()).expect(1).mount(&server).await;
    open(application(&server), None).refresh(&staging()).await.expect("nothing is asked");
    open(application(&server).refreshed(true), None).refresh(&staging()).await.expect("it is there");
}

#[tokio::test]
async fn a_redirect_to_another_host_gets_no_token() {
    let (server, elsewhere) = (MockServer::start().await, MockServer::start().await);
    Mock::given(any()).respond_with(healthy()).mount(&elsewhere).await;
    let moved = ResponseTemplate::new(302).insert_header("location", format!("{}/login", elsewhere.uri()).as_str());
    get().respond_with(moved).mount(&server).await;
    let error = observe(&server).await.expect_err("what another host says is not Argo CD's word");
    assert!(error.to_string().contains(&format!("it redirects to {}", elsewhere.uri())), "{error}");
    let asked = elsewhere.received_requests().await.expect("they are recorded");
    assert!(asked.len() == 1 && asked[0].headers.get("authorization").is_none(), "{asked:?}");

    let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build();
    let argocd = ArgoCd::new(http.expect("a client"), Some(TOKEN.into())).with(&staging(), application(&server));
    let error = argocd.observe(&staging()).await.expect_err("it is not followed");
    assert!(error.to_string().contains(&format!("it redirects to {}", elsewhere.uri())), "{error}");
    assert_eq!(elsewhere.received_requests().await.expect("they are recorded").len(), 1);
}

#[tokio::test]
async fn an_answer_about_another_application_is_none() {
    let name = |text: &str| Some(text.parse::<embark_argocd::Name>().expect("a name"));
    for (answer, told) in [
        (of("other", "argocd", "shop"), "application argocd/other of project \"shop\""),
        (of("shop-staging", "evil", "shop"), "application evil/shop-staging"),
        (of("shop-staging", "argocd", "other"), "of project \"other\""),
    ] {
        let server = MockServer::start().await;
        get().respond_with(answer).mount(&server).await;
        let asked = application(&server).in_namespace(name("argocd")).of_project(name("shop"));
        let error = open(asked, None).observe(&staging()).await.expect_err("it is another");
        assert!(matches!(error, DeliveryError::Malformed { .. }) && error.to_string().contains(told), "{error}");
    }
}

#[tokio::test]
async fn refusals_are_told_apart_in_its_own_words() {
    for (answer, expected) in [
        (refusal(401, 16, "no session information"), "token is not valid (401 Unauthorized: no session information)"),
        (refusal(403, 7, "permission denied"), "may not be seen, or is not there: 403 Forbidden: permission denied"),
        (
            refusal(404, 5, "applications.argoproj.io \"shop-staging\" not found"),
            "there is no application shop-staging at",
        ),
        (refusal(400, 3, "multiple projects\nspecified"), "it answers 400 Bad Request: multiple projects specified"),
    ] {
        let server = MockServer::start().await;
        get().respond_with(answer).expect(1).mount(&server).await;
        let error = observe(&server).await.expect_err("it is refused");
        assert!(error.to_string().contains(expected) && !error.may_pass(), "{error}");
    }
}

#[tokio::test]
async fn a_token_that_is_missing_or_none_is_told() {
    let server = MockServer::start().await;
    get().respond_with(refusal(401, 16, "no session information")).expect(1).mount(&server).await;
    let error = open(application(&server), None).observe(&staging()).await.expect_err("it is refused");
    assert!(error.to_string().contains("there is no token"), "{error}");
    let error = open(application(&server), Some("two\nlines")).observe(&staging()).await.expect_err("it is none");
    assert!(
        matches!(error, DeliveryError::Unauthorized { .. }) && !format!("{error:?}").contains("lines"),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_server_that_fails_is_asked_again_and_not_for_ever() {
    for status in [500, 503, 429] {
        let server = MockServer::start().await;
        get().respond_with(refusal(status, 14, "unavailable")).up_to_n_times(1).mount(&server).await;
        get().respond_with(healthy()).expect(1).mount(&server).await;
        observe(&server).await.expect("the second time it is there");
    }
    let server = MockServer::start().await;
    get().respond_with(refusal(502, 14, "unavailable")).expect(3).mount(&server).await;
    let error = observe(&server).await.expect_err("it fails");
    assert!(error.may_pass() && matches!(error, DeliveryError::Unavailable { .. }), "{error:?}");
}

#[tokio::test]
async fn what_is_no_application_is_told() {
    let page = || ResponseTemplate::new(200).set_body_raw("<html>Log in</html>", "text/html");
    let nonsense = || ResponseTemplate::new(200).set_body_raw("[1, 2", "application/json");
    let wrong = || ResponseTemplate::new(200).set_body_json(json!({ "status": { "history": 7 } }));
    let nowhere = || ResponseTemplate::new(404).set_body_raw("404 page not found", "text/plain");
    for answer in [page(), nonsense(), wrong(), nowhere()] {
        let server = MockServer::start().await;
        get().respond_with(answer).expect(1).mount(&server).await;
        let error = observe(&server).await.expect_err("it is none");
        assert!(matches!(error, DeliveryError::Malformed { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn an_answer_without_end_is_not_read_to_its_end() {
    let server = MockServer::start().await;
    let body = format!("{{\"status\": {{}}, \"junk\": \"{}\"}}", "a".repeat(17 << 20));
    get().respond_with(ResponseTemplate::new(200).set_body_raw(body, "application/json")).mount(&server).await;
    let error = observe(&server).await.expect_err("it is too large");
    assert!(error.to_string().contains("larger than"), "{error}");
}

#[tokio::test]
async fn a_server_that_hangs_is_told_after_ten_seconds() {
    let server = MockServer::start().await;
    get().respond_with(healthy().set_delay(Duration::from_mins(1))).expect(1).mount(&server).await;
    let begun = std::time::Instant::now();
    let error = observe(&server).await.expect_err("it does not answer");
    assert!(error.may_pass() && begun.elapsed() < Duration::from_secs(30), "{error:?}");
    let source = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
    assert_eq!(source, "it does not answer within 10 s");
}

#[tokio::test]
async fn an_answer_of_argo_cd_without_end_is_given_up() {
    let deep = || "{\"status\":".repeat(1 << 18);
    for answer in [
        ResponseTemplate::new(200).set_body_raw(vec![b'['; 17 << 20], "application/json"),
        ResponseTemplate::new(403).set_body_raw(vec![b'['; 17 << 20], "application/json"),
        ResponseTemplate::new(200).set_body_raw(deep(), "application/json"),
        ResponseTemplate::new(403).set_body_raw(deep(), "application/json"),
        ResponseTemplate::new(307).insert_header("location", "/api/v1/applications/shop-staging"),
    ] {
        let server = MockServer::start().await;
        get().respond_with(answer).mount(&server).await;
        let error = observe(&server).await.expect_err("it is given up");
        assert!(error.to_string().len() < 1000, "{error}");
        assert!(server.received_requests().await.expect("they are recorded").len() < 50);
    }
}
