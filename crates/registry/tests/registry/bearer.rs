//! Bearer tokens: how many requests they cost, and what a token that does not serve leads to.

use std::time::Duration;

use embark_core::ports::{ImageRegistry as _, RegistryError};
use embark_core::{Manifest, Repository};
use embark_registry::Registries;
use serde_json::json;
use wiremock::ResponseTemplate;

use crate::support::{
    Door, Fake, Image, Logged, Proxy, anonymous, by_tag, error, free, logged_in, of, retag, user_and_password,
};

async fn behind_tokens() -> (Fake, Image) {
    let (fake, image) = (Fake::behind(Door::bearer()).await, Image::multi("image"));
    fake.push("acme/x", "built", &image);
    (fake, image)
}

fn count(log: &[Logged], line: &str) -> usize {
    log.iter().filter(|logged| logged.line == line).count()
}

/// What promote does: it fetches staging's tag, looks at the target, and tags.
async fn promoted(registry: &Registries, repository: &Repository) -> Result<Manifest, RegistryError> {
    let manifest = registry.manifest(repository, &by_tag("built")).await?;
    retag(registry, repository, &manifest, "1.0.0").await?;
    Ok(manifest)
}

#[tokio::test]
async fn a_retag_takes_six_requests_on_one_connection() {
    let (fake, image) = behind_tokens().await;
    let proxy = Proxy::start(fake.host()).await;
    let repository = format!("{}/acme/x", proxy.address).parse().unwrap();
    promoted(&anonymous(), &repository).await.unwrap();
    assert_eq!(
        fake.take_lines(),
        [
            "GET manifests/built",
            "GET /token",
            "GET manifests/built",
            "HEAD manifests/1.0.0",
            "PUT manifests/1.0.0",
            "HEAD manifests/1.0.0"
        ]
    );
    assert_eq!(proxy.connections(), 1);
    assert_eq!(fake.get("acme/x", "1.0.0").unwrap().1, image.manifest.bytes());
}

#[tokio::test]
async fn concurrent_requests_share_one_challenge_and_one_token() {
    let (fake, _) = behind_tokens().await;
    let (registry, repository, reference) = (anonymous(), fake.repository("acme/x"), by_tag("built"));
    futures::future::try_join_all((0..8).map(|_| registry.resolve(&repository, &reference))).await.unwrap();
    let log = fake.take_log();
    assert_eq!(count(&log, "GET /token"), 1);
    assert_eq!(count(&log, "HEAD manifests/built"), 1 + 8);
}

#[tokio::test]
async fn another_repository_takes_a_token_and_no_challenge() {
    let (fake, image) = behind_tokens().await;
    let names = ["acme/x", "acme/y", "acme/z"];
    for name in names {
        fake.push(name, "built", &image);
    }
    let (registry, reference) = (anonymous(), by_tag("built"));
    let repositories = names.map(|name| fake.repository(name));
    futures::future::try_join_all(repositories.iter().map(|repository| registry.resolve(repository, &reference)))
        .await
        .unwrap();
    let log = fake.take_log();
    assert_eq!(count(&log, "GET /token"), 3);
    assert_eq!(count(&log, "HEAD manifests/built"), 1 + 3);
}

#[tokio::test]
async fn a_registry_that_wants_no_login_is_never_pinged() {
    let fake = Fake::start().await;
    fake.push("acme/x", "built", &Image::single("image"));
    let (registry, repository, reference) = (anonymous(), fake.repository("acme/x"), by_tag("built"));
    futures::future::try_join_all((0..8).map(|_| registry.resolve(&repository, &reference))).await.unwrap();
    assert_eq!(fake.take_lines(), ["HEAD manifests/built"; 8]);
}

#[tokio::test]
async fn a_token_is_asked_for_with_service_and_both_actions() {
    let (fake, _) = behind_tokens().await;
    anonymous().resolve(&fake.repository("acme/x"), &by_tag("built")).await.unwrap();
    let log = fake.take_log();
    let token = log.iter().find(|logged| logged.line == "GET /token").unwrap();
    let query = reqwest::Url::parse(&format!("http://localhost/?{}", token.query)).unwrap();
    let pairs: Vec<(String, String)> = query.query_pairs().into_owned().collect();
    let expected = [("service", "a \"registry\", or so"), ("scope", "repository:acme/x:pull,push")];
    assert_eq!(pairs, expected.map(|(key, value)| (key.to_owned(), value.to_owned())));
    assert_eq!(token.headers("authorization"), [""; 0], "nobody is logged in");
}

#[tokio::test]
async fn a_token_that_ends_is_replaced_before_it_is_used() {
    let (fake, _) = behind_tokens().await;
    fake.change_door(|door| door.tokens().expires_in = 1);
    let (registry, repository) = (anonymous(), fake.repository("acme/x"));
    registry.resolve(&repository, &by_tag("built")).await.unwrap();
    registry.resolve(&repository, &by_tag("built")).await.unwrap();
    assert_eq!(count(&fake.take_log(), "GET /token"), 1);
    tokio::time::sleep(Duration::from_millis(800)).await;
    registry.resolve(&repository, &by_tag("built")).await.unwrap();
    assert_eq!(fake.take_lines(), ["GET /token", "HEAD manifests/built"]);
}

#[tokio::test]
async fn a_token_that_was_revoked_is_replaced_once() {
    let (fake, image) = behind_tokens().await;
    let (registry, repository) = (anonymous(), fake.repository("acme/x"));
    registry.resolve(&repository, &by_tag("built")).await.unwrap();
    fake.change_door(|door| door.tokens().tokens.clear());
    fake.take_log();
    assert_eq!(registry.resolve(&repository, &by_tag("built")).await.unwrap(), *image.digest());
    assert_eq!(fake.take_lines(), ["HEAD manifests/built", "GET /token", "HEAD manifests/built"]);
}

#[tokio::test]
async fn a_token_that_never_serves_is_not_replaced_for_ever() {
    let (fake, _) = behind_tokens().await;
    fake.change_door(|door| door.tokens().grants = "nothing");
    let result = anonymous().resolve(&fake.repository("acme/x"), &by_tag("built")).await;
    let Err(RegistryError::Unauthorized { reason, .. }) = result else { panic!("{result:?}") };
    assert!(reason.contains(&fake.host()), "{reason}");
    let log = fake.take_log();
    assert_eq!((count(&log, "GET /token"), count(&log, "HEAD manifests/built")), (2, 3));
}

#[tokio::test]
async fn who_may_only_pull_pulls_and_learns_that_in_the_words_of_the_registry() {
    let (fake, image) = behind_tokens().await;
    fake.change_door(|door| door.tokens().grants = "pull");
    let (registry, repository) = (logged_in(&user_and_password(&fake)), fake.repository("acme/x"));
    let free = free(&registry, &repository, "1.0.0").await;
    fake.take_log();
    let result = registry.tag(&repository, &image.manifest, &free).await;
    let Err(RegistryError::Unauthorized { reason, .. }) = result else { panic!("{result:?}") };
    assert_eq!(reason, format!("{} says: authentication required", fake.host()));
    assert_eq!(fake.take_lines(), ["PUT manifests/1.0.0", "GET /token", "PUT manifests/1.0.0"]);
}

#[tokio::test]
async fn a_token_server_that_refuses_pushing_is_asked_for_pulling() {
    let (fake, image) = behind_tokens().await;
    fake.change_door(|door| {
        door.tokens().grants = "pull";
        door.tokens().refuses = true;
    });
    let (registry, repository) = (anonymous(), fake.repository("acme/x"));
    registry.manifest(&repository, &by_tag("built")).await.unwrap();
    assert_eq!(
        fake.take_lines(),
        ["GET manifests/built", "GET /token", "GET /token", "GET manifests/built"],
        "pull and push, then pull"
    );
    // Now that pushing is granted, the challenge of the write leads to a token that covers it.
    fake.change_door(|door| {
        door.tokens().grants = "pull,push";
        door.tokens().refuses = false;
    });
    retag(&registry, &repository, &image.manifest, "1.0.0").await.unwrap();
    assert_eq!(count(&fake.take_log(), "GET /token"), 1);
}

#[tokio::test]
async fn a_token_server_is_not_asked_over_plain_http() {
    let fake = Fake::start().await;
    fake.fails(|_| {
        let challenge = "Bearer realm=\"http://tokens.example.com/token?secret=1\",service=\"x\"";
        Some(error(401, "UNAUTHORIZED", "log in").insert_header("WWW-Authenticate", challenge))
    });
    let registry = logged_in(&user_and_password(&fake));
    let result = registry.resolve(&fake.repository("acme/x"), &by_tag("built")).await;
    let Err(RegistryError::Unauthorized { reason, .. }) = result else { panic!("{result:?}") };
    assert!(reason.contains("tokens.example.com") && !reason.contains("secret"), "{reason}");
    assert_eq!(fake.take_log().len(), 1);
}

#[tokio::test]
async fn a_token_goes_before_a_password_in_whatever_header() {
    let (fake, image) = behind_tokens().await;
    let mut challenged = false;
    fake.fails(move |request| {
        let first = !std::mem::replace(&mut challenged, true);
        let host = request.headers["host"].to_str().unwrap();
        first.then(|| {
            ResponseTemplate::new(401).append_header("WWW-Authenticate", "Negotiate").append_header(
                "WWW-Authenticate",
                format!("Basic realm=\"x, y\", Bearer realm=\"http://{host}/token\""),
            )
        })
    });
    let digest = anonymous().resolve(&fake.repository("acme/x"), &by_tag("built")).await.unwrap();
    assert_eq!(digest, *image.digest());
}

#[tokio::test]
async fn the_password_goes_to_the_token_server_and_the_token_to_the_registry() {
    let (fake, _) = behind_tokens().await;
    fake.change_door(|door| door.tokens().login = Some("Basic dTpw"));
    let registry = logged_in(&user_and_password(&fake));
    registry.resolve(&fake.repository("acme/x"), &by_tag("built")).await.unwrap();
    let log = fake.take_log();
    let sent: Vec<Vec<&str>> = log.iter().map(|logged| logged.headers("authorization")).collect();
    assert_eq!(sent, [vec![], vec!["Basic dTpw"], vec!["Bearer secret-token-0"]]);
}

#[tokio::test]
async fn a_wrong_password_is_told_in_the_words_of_the_token_server() {
    let (fake, _) = behind_tokens().await;
    fake.change_door(|door| door.tokens().login = Some("Basic another"));
    let registry = logged_in(&user_and_password(&fake));
    let result = registry.resolve(&fake.repository("acme/x"), &by_tag("built")).await;
    let Err(RegistryError::Unauthorized { reason, .. }) = result else { panic!("{result:?}") };
    assert_eq!(reason, format!("{} says: wrong password", fake.host()));
}

#[tokio::test]
async fn an_identity_token_is_exchanged() {
    let (fake, _) = behind_tokens().await;
    let config = json!({ "auths": { (fake.host()): { "identitytoken": "a-refresh-token" } } });
    logged_in(&config).resolve(&fake.repository("acme/x"), &by_tag("built")).await.unwrap();
    let log = fake.take_log();
    assert_eq!(log[1].line, "POST /token");
    assert_eq!(log[1].query, "");
    assert_eq!(log[1].headers("content-type"), ["application/x-www-form-urlencoded"]);
    let form = String::from_utf8(log[1].body.clone()).unwrap();
    assert!(form.contains("scope=repository%3Aacme%2Fx%3Apull%2Cpush"), "{form}");
}

#[tokio::test]
async fn an_identity_token_follows_no_redirect() {
    let (fake, _) = behind_tokens().await;
    let elsewhere = Fake::start().await;
    let target = format!("{}/token", elsewhere.url());
    fake.fails(of("POST", "/token", move || ResponseTemplate::new(307).insert_header("Location", target.as_str())));
    let config = json!({ "auths": { (fake.host()): { "identitytoken": "a-refresh-token" } } });
    logged_in(&config).resolve(&fake.repository("acme/x"), &by_tag("built")).await.unwrap_err();
    assert_eq!(elsewhere.take_lines(), [""; 0]);
}

#[tokio::test]
async fn a_token_server_that_gives_none_is_told() {
    for (answer, words) in [
        (ResponseTemplate::new(200).set_body_string("{}"), "gave no token"),
        (ResponseTemplate::new(200).set_body_string("{\"token\":\"x\"".to_owned() + &" ".repeat(1 << 20)), "larger"),
        (ResponseTemplate::new(404), "404"),
    ] {
        let (fake, _) = behind_tokens().await;
        fake.fails(of("GET", "/token", move || answer.clone()));
        let result = anonymous().resolve(&fake.repository("acme/x"), &by_tag("built")).await;
        let Err(RegistryError::Malformed { reason, .. }) = result else { panic!("{result:?}") };
        assert!(reason.contains(words), "{reason}");
    }
}
