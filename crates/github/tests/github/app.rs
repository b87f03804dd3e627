//! A GitHub App: how it proves itself, and the tokens that it is handed out.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use embark_core::Timestamp;
use embark_core::ports::{ApplicationError, ApplicationRepository as _};
use embark_github::{App, GitHub, Permission, TokenError};
use serde_json::{Value, json};
use wiremock::matchers::{body_json, header, method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::{commit, get, names, of_commit};

/// What stands before a key of 2048 bits in PKCS#8.
const PREFIX: usize = 26;

struct Key(KeyPair);

impl Key {
    fn new() -> Self {
        Self(KeyPair::generate(KeySize::Rsa2048).expect("a key"))
    }

    fn pkcs8(&self) -> String {
        let der: Pkcs8V1Der<'_> = self.0.as_der().expect("a key");
        pem("PRIVATE KEY", der.as_ref())
    }

    fn pkcs1(&self) -> String {
        let der: Pkcs8V1Der<'_> = self.0.as_der().expect("a key");
        pem("RSA PRIVATE KEY", &der.as_ref()[PREFIX..])
    }

    /// Reads what an app says of itself, which it must have signed.
    fn claims(&self, request: &Request) -> Value {
        let header = request.headers["authorization"].to_str().expect("text");
        let (signed, signature) = header.trim_start_matches("Bearer ").rsplit_once('.').expect("two dots");
        let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).expect("base64");
        let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, self.0.public_key().as_ref());
        public.verify(signed.as_bytes(), &decode(signature)).expect("the app has signed it");
        let (head, claims) = signed.split_once('.').expect("a dot");
        let head: Value = serde_json::from_slice(&decode(head)).expect("JSON");
        assert_eq!(head, json!({ "alg": "RS256", "typ": "JWT" }));
        serde_json::from_slice(&decode(claims)).expect("JSON")
    }
}

fn pem(kind: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> = (0..text.len()).step_by(64).map(|at| &text[at..text.len().min(at + 64)]).collect();
    format!("-----BEGIN {kind}-----\n{}\n-----END {kind}-----\n", lines.join("\n"))
}

fn http() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().expect("a client")
}

fn app(server: &MockServer, key: &str) -> App {
    let (id, key) = ("12345".parse().expect("an id"), key.parse().expect("a key"));
    App::new(http(), server.uri().parse().expect("this machine is safe"), id, key)
}

fn repository(app: &App, server: &MockServer, name: &str) -> GitHub {
    let api = server.uri().parse().expect("this machine is safe");
    GitHub::new(http(), api, name.parse().expect("a name"), app.clone())
}

fn unix() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    i64::try_from(now.as_secs()).expect("before the end of time")
}

fn installed(name: &str) -> wiremock::MockBuilder {
    get(&format!("/repos/{name}/installation"))
}

fn installation() -> ResponseTemplate {
    crate::json(&json!({ "id": 7, "permissions": { "contents": "write", "checks": "read", "metadata": "read" } }))
}

fn asked_for_a_token() -> wiremock::MockBuilder {
    Mock::given(method("POST")).and(path("/app/installations/7/access_tokens"))
}

fn token(text: &str, minutes: i64) -> ResponseTemplate {
    let until = Timestamp::from_unix(unix() + minutes * 60).to_string();
    ResponseTemplate::new(201).set_body_json(json!({ "token": text, "expires_at": until }))
}

/// Lets a repository be seen with this token alone.
async fn guard(server: &MockServer, name: &str, token: &str) {
    let refused = ResponseTemplate::new(401).set_body_json(json!({ "message": "Bad credentials" }));
    let bearer = format!("Bearer {token}");
    let seen = get(&format!("/repos/{name}")).and(header("authorization", bearer.as_str()));
    seen.respond_with(crate::json(&json!({}))).with_priority(1).mount(server).await;
    get(&format!("/repos/{name}")).respond_with(refused).mount(server).await;
}

async fn count(server: &MockServer, path: &str) -> usize {
    let all = server.received_requests().await.expect("they are recorded");
    all.iter().filter(|request| request.url.path() == path).count()
}

const TOKENS: &str = "/app/installations/7/access_tokens";

#[tokio::test]
async fn one_narrow_token_serves_both_repositories_of_an_owner() {
    let (server, key) = (MockServer::start().await, Key::new());
    installed("acme/app").respond_with(installation()).expect(1).mount(&server).await;
    let body = json!({
        "repositories": ["app", "deployment"],
        "permissions": { "checks": "read", "contents": "write", "metadata": "read" },
    });
    asked_for_a_token().and(body_json(body)).respond_with(token("ghs_one", 60)).expect(1).mount(&server).await;
    for name in ["acme/app", "acme/deployment"] {
        guard(&server, name, "ghs_one").await;
    }
    let of = |name: &str| name.parse().expect("a name");
    let app = app(&server, &key.pkcs1()).wanting(vec![
        (of("acme/app"), Permission::Checks),
        (of("acme/app"), Permission::Statuses),
        (of("acme/deployment"), Permission::Contents),
        (of("Acme/Deployment"), Permission::WriteContents),
        (of("elsewhere/app"), Permission::Deployments),
    ]);
    let both = ["acme/app", "acme/deployment"].map(|name| repository(&app, &server, name));
    let (one, other) = futures::join!(both[0].look(), both[1].look());
    one.expect("it is there");
    other.expect("it is there");

    let all = server.received_requests().await.expect("they are recorded");
    let proofs: Vec<Value> = all[..2].iter().map(|request| key.claims(request)).collect();
    for claims in proofs {
        let (issued, expires) = (claims["iat"].as_i64().expect("a time"), claims["exp"].as_i64().expect("a time"));
        assert_eq!(claims["iss"], "12345");
        assert!((unix() - 65..=unix() - 60).contains(&issued), "{claims}");
        assert!(expires - issued <= 600 && expires > unix() + 300, "{claims}");
    }
}

#[tokio::test]
async fn a_key_is_read_in_each_of_its_forms() {
    let key = Key::new();
    let line = key.pkcs1().trim_end().replace('\n', "\\n");
    for text in [key.pkcs1(), key.pkcs8(), line, key.pkcs1().replace('\n', "\r\n")] {
        let server = MockServer::start().await;
        installed("acme/app").respond_with(installation()).mount(&server).await;
        asked_for_a_token().respond_with(token("ghs_one", 60)).mount(&server).await;
        guard(&server, "acme/app", "ghs_one").await;
        repository(&app(&server, &text), &server, "acme/app").look().await.expect("it is there");
        key.claims(&server.received_requests().await.expect("they are recorded")[0]);
    }
}

#[tokio::test]
async fn a_token_is_asked_for_anew_before_its_end() {
    for (minutes, asked) in [(6, 1), (4, 3)] {
        let (server, key) = (MockServer::start().await, Key::new());
        installed("acme/app").respond_with(installation()).mount(&server).await;
        asked_for_a_token().respond_with(token("ghs_one", minutes)).mount(&server).await;
        guard(&server, "acme/app", "ghs_one").await;
        let github = repository(&app(&server, &key.pkcs8()), &server, "acme/app");
        for _ in 0..3 {
            github.look().await.expect("it is there");
        }
        assert_eq!(count(&server, TOKENS).await, asked, "{minutes} minutes are left");
    }
}

#[tokio::test]
async fn a_token_that_is_refused_is_replaced_once() {
    let (server, key) = (MockServer::start().await, Key::new());
    installed("acme/app").respond_with(installation()).mount(&server).await;
    asked_for_a_token().respond_with(token("ghs_one", 60)).up_to_n_times(1).mount(&server).await;
    asked_for_a_token().respond_with(token("ghs_two", 60)).mount(&server).await;
    for at in ["check-runs", "status"] {
        let two = get(&of_commit(at)).and(header("authorization", "Bearer ghs_two"));
        let none = json!({ "check_runs": [], "statuses": [] });
        two.respond_with(crate::json(&none)).with_priority(1).mount(&server).await;
        get(&of_commit(at)).respond_with(ResponseTemplate::new(401)).expect(1).mount(&server).await;
    }
    let github = repository(&app(&server, &key.pkcs8()), &server, "acme/app");
    github.checks(&commit(), names(&["e2e"])).await.expect("asked");
    assert_eq!(count(&server, TOKENS).await, 2, "two requests were refused one token");
}

#[tokio::test]
async fn a_refusal_of_every_token_is_told() {
    let (server, key) = (MockServer::start().await, Key::new());
    installed("acme/app").respond_with(installation()).mount(&server).await;
    asked_for_a_token().respond_with(token("ghs_one", 60)).up_to_n_times(1).mount(&server).await;
    asked_for_a_token().respond_with(token("ghs_two", 60)).mount(&server).await;
    guard(&server, "acme/app", "ghs_another").await;
    let error = repository(&app(&server, &key.pkcs8()), &server, "acme/app").look().await.expect_err("refused");
    assert!(matches!(&error, ApplicationError::Unauthorized { .. }), "{error:?}");
    assert!(!format!("{error} {error:?}").contains("ghs_"), "{error:?}");
    assert_eq!((count(&server, TOKENS).await, count(&server, "/repos/acme/app").await), (2, 2));
}

/// Asks for a token where this is answered, and returns what is said of it.
async fn refused(installed_on: &[&str], answer: ResponseTemplate) -> String {
    let (server, key) = (MockServer::start().await, Key::new());
    for name in installed_on {
        installed(name).respond_with(installation()).mount(&server).await;
    }
    let absent = ResponseTemplate::new(404).set_body_json(json!({ "message": "Not Found" }));
    Mock::given(method("GET")).respond_with(absent).with_priority(9).mount(&server).await;
    asked_for_a_token().respond_with(answer).mount(&server).await;
    let wanted = ["acme/app", "acme/deployment"].map(|name| (name.parse().expect("a name"), Permission::Contents));
    let app = app(&server, &key.pkcs8()).wanting(wanted.into());
    let error = app.token(&wanted_name(), None).await.expect_err("refused");
    let TokenError::Refused(reason) = error else { panic!("{error:?}") };
    let told = repository(&app, &server, "acme/app").look().await.expect_err("refused");
    assert!(matches!(&told, ApplicationError::Unauthorized { reason: same, .. } if *same == reason), "{told:?}");
    reason
}

fn wanted_name() -> embark_github::RepositoryName {
    "acme/app".parse().expect("a name")
}

#[tokio::test]
async fn what_github_refuses_an_app_is_told() {
    let answer =
        |status: u16, message: &str| ResponseTemplate::new(status).set_body_json(json!({ "message": message }));
    let unused = || answer(500, "not asked");
    assert_eq!(refused(&[], unused()).await, "the app 12345 is not installed on acme/app (404 Not Found: Not Found)");
    assert_eq!(
        refused(&["acme/app"], answer(422, "There is at least one repository that does not exist")).await,
        "the app 12345 is not installed on acme/deployment (404 Not Found: Not Found)"
    );
    assert_eq!(
        refused(&["acme/app"], answer(403, "This installation has been suspended")).await,
        "the app 12345 gets no token for acme/app (403 Forbidden: This installation has been suspended)"
    );
    assert_eq!(
        refused(&["acme/app"], answer(401, "A JSON web token could not be decoded")).await,
        "GitHub does not take the key for one of the app 12345 (401 Unauthorized: A JSON web token could not be decoded)"
    );
}

#[tokio::test]
async fn a_server_that_fails_is_no_refusal() {
    let (server, key) = (MockServer::start().await, Key::new());
    installed("acme/app").respond_with(installation()).mount(&server).await;
    asked_for_a_token().respond_with(ResponseTemplate::new(502)).expect(3).mount(&server).await;
    let error = app(&server, &key.pkcs8()).token(&wanted_name(), None).await.expect_err("it fails");
    assert!(matches!(error, TokenError::Unavailable(_)), "{error:?}");
}

#[tokio::test]
async fn a_clock_that_is_wrong_is_put_right_by_githubs() {
    let (server, key) = (MockServer::start().await, Key::new());
    let there = SystemTime::now() + Duration::from_hours(1);
    let date = jiff::Timestamp::try_from(there).expect("a time").strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let refusal = ResponseTemplate::new(401)
        .set_body_json(json!({ "message": "'Expiration time' claim ('exp') must be in the future" }))
        .insert_header("date", date.as_str());
    installed("acme/app").respond_with(refusal).up_to_n_times(1).mount(&server).await;
    installed("acme/app").respond_with(installation()).mount(&server).await;
    asked_for_a_token().respond_with(token("ghs_one", 120)).mount(&server).await;
    let app = app(&server, &key.pkcs8());
    app.token(&wanted_name(), None).await.expect("handed out");
    app.token(&wanted_name(), None).await.expect("kept");
    let all = server.received_requests().await.expect("they are recorded");
    assert_eq!(all.len(), 3);
    let early = key.claims(&all[0])["iat"].as_i64().expect("a time");
    for request in &all[1..] {
        let late = key.claims(request)["iat"].as_i64().expect("a time");
        assert!((3595..=3605).contains(&(late - early)), "{early} {late}");
    }
}

#[tokio::test]
async fn an_app_shows_nothing_of_its_key() {
    let (server, key) = (MockServer::start().await, Key::new());
    let shown = format!("{:?}", app(&server, &key.pkcs8()));
    assert_eq!(shown, "App { id: AppId(\"12345\"), .. }");
}
