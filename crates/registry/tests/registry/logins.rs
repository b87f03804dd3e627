//! Passwords: where they come from, and where they never go.

use std::path::Path;

use embark_core::ports::{ImageRegistry as _, RegistryError};
use embark_registry::{Credentials, Registries};
use serde_json::json;
use wiremock::ResponseTemplate;

use crate::support::{Door, Fake, Image, anonymous, by_tag, error, logged_in, of, user_and_password};

const BASIC: &str = "Basic dTpw";

async fn behind_a_password() -> (Fake, Image) {
    let (fake, image) = (Fake::behind(Door::Basic(BASIC)).await, Image::single("image"));
    fake.push("acme/x", "built", &image);
    fake.push("acme/y", "built", &image);
    (fake, image)
}

async fn refused(registry: &Registries, fake: &Fake) -> String {
    match registry.resolve(&fake.repository("acme/x"), &by_tag("built")).await {
        Err(RegistryError::Unauthorized { reason, .. }) => reason,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_password_is_sent_once_it_was_demanded_and_then_at_once() {
    let (fake, _) = behind_a_password().await;
    let registry = logged_in(&user_and_password(&fake));
    for name in ["acme/x", "acme/y"] {
        registry.resolve(&fake.repository(name), &by_tag("built")).await.unwrap();
    }
    let log = fake.take_log();
    let sent: Vec<Vec<&str>> = log.iter().map(|logged| logged.headers("authorization")).collect();
    assert_eq!(sent, [vec![], vec![BASIC], vec![BASIC]]);
}

#[tokio::test]
async fn credentials_that_are_missing_are_told_with_the_host() {
    let (fake, _) = behind_a_password().await;
    let expected = format!("there are no credentials for {}, which says: 401 Unauthorized", fake.host());
    assert_eq!(refused(&anonymous(), &fake).await, expected);
    let elsewhere = json!({ "auths": { "registry.example.com": { "auth": "dTpw" } } });
    assert_eq!(refused(&logged_in(&elsewhere), &fake).await, expected);
    let nowhere = Credentials::docker(Path::new("/nowhere/.docker"));
    let registry = Registries::new(reqwest::Client::new(), nowhere, Path::new("."));
    assert_eq!(refused(&registry, &fake).await, expected);
}

#[tokio::test]
async fn a_wrong_password_is_told_in_the_words_of_the_registry() {
    let (fake, _) = behind_a_password().await;
    let wrong = json!({ "auths": { (fake.host()): { "username": "u", "password": "hunter2" } } });
    let result = logged_in(&wrong).manifest(&fake.repository("acme/x"), &by_tag("built")).await;
    let Err(RegistryError::Unauthorized { reason, .. }) = result else { panic!("{result:?}") };
    assert_eq!(reason, format!("{} says: who are you?", fake.host()));
    assert_eq!(fake.take_log().len(), 2, "it is not tried again");
}

#[tokio::test]
async fn an_identity_token_is_no_password() {
    let (fake, _) = behind_a_password().await;
    let config = json!({ "auths": { (fake.host()): { "identitytoken": "t" } } });
    assert!(refused(&logged_in(&config), &fake).await.contains(&fake.host()));
    assert_eq!(fake.take_log().len(), 1);
}

#[tokio::test]
async fn the_first_file_with_a_login_counts_and_no_other_is_read_after_it() {
    let (fake, _) = behind_a_password().await;
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: String| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let others = json!({ "auths": { "registry.example.com": { "auth": "bm86bm8=" } } });
    let files = vec![
        folder.path().join("is-not-there.json"),
        file("config.json", others.to_string()),
        file("auth.json", user_and_password(&fake).to_string()),
        file("malformed.json", "{".into()),
    ];
    let registry = Registries::new(reqwest::Client::new(), Credentials::files(files.clone()), Path::new("."));
    registry.resolve(&fake.repository("acme/x"), &by_tag("built")).await.unwrap();
    let without_it = Credentials::files([&files[..2], &files[3..]].concat());
    let registry = Registries::new(reqwest::Client::new(), without_it, Path::new("."));
    assert!(refused(&registry, &fake).await.contains("malformed.json is malformed at line 1"));
}

#[tokio::test]
async fn a_configuration_that_cannot_be_read_is_named() {
    let (fake, _) = behind_a_password().await;
    let config = json!({ "auths": { (fake.host()): "hunter2" } });
    let reason = refused(&logged_in(&config), &fake).await;
    assert!(reason.contains("config.json is malformed at line 1"), "{reason}");
    assert!(!reason.contains("hunter2"), "{reason}");
}

#[tokio::test]
async fn a_helper_that_is_missing_is_named() {
    let (fake, _) = behind_a_password().await;
    for config in [json!({ "credsStore": "is-not-there" }), json!({ "credHelpers": { (fake.host()): "is-not-there" } })]
    {
        let reason = refused(&logged_in(&config), &fake).await;
        assert!(reason.contains("docker-credential-is-not-there is not installed"), "{reason}");
    }
}

#[tokio::test]
async fn the_configuration_is_not_read_before_it_is_needed() {
    let fake = Fake::start().await;
    fake.push("acme/x", "built", &Image::single("image"));
    let registry = logged_in(&json!("no configuration at all"));
    registry.resolve(&fake.repository("acme/x"), &by_tag("built")).await.unwrap();
}

#[tokio::test]
async fn a_login_of_an_unknown_kind_is_told() {
    let fake = Fake::start().await;
    fake.fails(|_| Some(error(401, "UNAUTHORIZED", "use Kerberos").insert_header("WWW-Authenticate", "Negotiate")));
    let registry = logged_in(&user_and_password(&fake));
    assert!(refused(&registry, &fake).await.contains("of a kind that is not known"));
}

/// The client strips them, as long as it is built as reqwest's is by default.
#[tokio::test]
async fn a_redirect_to_another_host_carries_no_credentials() {
    let (fake, image) = behind_a_password().await;
    let elsewhere = Fake::start().await;
    elsewhere.push("acme/x", "built", &image);
    let target = format!("{}/v2/acme/x/manifests/built", elsewhere.url());
    let registry = logged_in(&user_and_password(&fake));
    registry.resolve(&fake.repository("acme/x"), &by_tag("built")).await.unwrap();
    fake.fails(of("GET", "manifests/built", move || {
        ResponseTemplate::new(307).insert_header("Location", target.as_str())
    }));
    let fetched = registry.manifest(&fake.repository("acme/x"), &by_tag("built")).await.unwrap();
    assert_eq!(fetched, image.manifest);
    let log = elsewhere.take_log();
    assert_eq!(log.len(), 1);
    assert_eq!(log[0].headers("authorization"), [""; 0]);
}

/// It would otherwise be told where to get a token with the credentials of the host that redirected.
#[tokio::test]
async fn a_host_to_which_a_request_is_redirected_cannot_demand_a_login() {
    for is_known in [true, false] {
        let (fake, _) = behind_a_password().await;
        let elsewhere = Fake::start().await;
        let realm = format!("Bearer realm=\"{}/token\"", elsewhere.url());
        elsewhere.fails(move |_| {
            Some(error(401, "UNAUTHORIZED", "who is it").insert_header("WWW-Authenticate", realm.as_str()))
        });
        let registry = logged_in(&user_and_password(&fake));
        if is_known {
            registry.resolve(&fake.repository("acme/x"), &by_tag("built")).await.unwrap();
        }
        let target = elsewhere.url();
        fake.fails(of("GET", "manifests/built", move || {
            ResponseTemplate::new(307).insert_header("Location", target.as_str())
        }));
        let result = registry.manifest(&fake.repository("acme/x"), &by_tag("built")).await;
        assert!(matches!(&result, Err(RegistryError::Unauthorized { reason, .. }) if reason == "who is it"));
        let log = elsewhere.take_log();
        assert_eq!(log.len(), 1, "no token is asked for: {log:?}");
        assert_eq!(log[0].headers("authorization"), [""; 0]);
    }
}

#[tokio::test]
async fn nothing_that_is_printed_holds_a_secret() {
    let (fake, _) = behind_a_password().await;
    let config = json!({ "auths": { (fake.host()): { "username": "u", "password": "hunter2" } } });
    let registry = logged_in(&config);
    let error = registry.resolve(&fake.repository("acme/x"), &by_tag("built")).await.unwrap_err();
    let printed = format!("{error} {error:?} {registry:?} {:?}", Credentials::docker(Path::new("here")));
    assert!(!printed.contains("hunter2") && !printed.contains("dTpodW50ZXIy"), "{printed}");
}
