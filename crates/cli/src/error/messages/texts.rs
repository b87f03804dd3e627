//! Texts that are not what they should be, as they stand in configurations, files and records.

use std::fmt::Display;
use std::str::FromStr;

use embark_core::{
    AppVersion, BranchName, Commit, ComponentName, DeploymentId, Digest, EnvironmentName, FilePath, GitTag, Image,
    ImageReference, MediaType, PullRequestTemplate, Record, Repository, Revision, State, Tag, Template, Timestamp,
    TreeId, VersionFormat,
};
use embark_github::{ApiUrl, AppError, RepositoryName, TokenError};
use embark_gitops::{RefName, RemoteUrl};
use serde_json::json;

use super::compare_text;
use super::sample::parse;
use crate::notify::{WebhookError, address_in};

#[test]
fn texts() {
    let mut lines = vec![
        of::<AppVersion>("v1.4.0"),
        of::<AppVersion>("1.4.0+build.7"),
        of::<Commit>("4be1d0f"),
        of::<Revision>("HEAD"),
        of::<ComponentName>("Frontend"),
        of::<EnvironmentName>(""),
        of::<DeploymentId>("17"),
        of::<State>("failed"),
        of::<Timestamp>("yesterday"),
        of::<VersionFormat>("v1"),
        of::<FilePath>("../prod.yaml"),
        of::<FilePath>("staging\\values.yaml"),
        of::<Digest>("sha256:1c77"),
        of::<Digest>("md5:d41d8cd98f00b204e9800998ecf8427e"),
        of::<Digest>("latest"),
        of::<Tag>("feature/login"),
        of::<Repository>("registry.example.com/acme/frontend:1.4.0"),
        of::<Repository>("Frontend"),
        of::<ImageReference>("registry.example.com/acme/frontend"),
        of::<ImageReference>("registry.example.com/acme/frontend@sha256:1c77"),
        of::<Image>("registry.example.com/acme/frontend:1.4.0"),
        of::<MediaType>("text/html"),
        of::<embark_values::Path>("frontend..tag"),
        of::<embark_values::Path>("images[name].newTag"),
        of::<embark_values::Path>("images[01].newTag"),
        of::<embark_values::Path>("\"a.b"),
        of::<RepositoryName>("https://github.com/acme/shop"),
        of::<ApiUrl>("api.github.com"),
        of::<ApiUrl>("https://ada:secret@api.github.com"),
        of::<RefName>("my branch"),
        of::<RemoteUrl>("git@github.com:acme/shop-deployment.git"),
        of::<RemoteUrl>("https://ada:secret@github.com/acme/shop-deployment.git"),
        of::<embark_values::Path>("a[b=c"),
        of::<BranchName>("my branch"),
        of::<GitTag>("v1..2"),
        of::<TreeId>("4be1d0f"),
    ];
    let url: RemoteUrl = parse("http://git.example.com/acme/shop-deployment.git");
    lines.push(url.with_token("secret".into()).expect_err("it is sent in clear text").to_string());
    lines.extend([AppError::Id, AppError::NoPem, AppError::NoRsa].map(|error| error.to_string()));
    lines.push(TokenError::Unavailable("it answers 502 Bad Gateway".into()).to_string());
    for payload in [json!({ "schema": 7 }), json!({ "schema": 1, "id": "17" })] {
        let error = Record::from_payload(&parse("staging"), &json!({ "embark": payload })).expect_err("it is wrong");
        lines.push(error.to_string());
    }
    let template = Template::parse("Release {versoin}", PullRequestTemplate::TITLE);
    lines.push(template.expect_err("it is wrong").to_string());
    lines.extend(webhooks());
    compare_text("texts", &(lines.join("\n") + "\n"));
}

/// Why a webhook was not told.
fn webhooks() -> impl Iterator<Item = String> {
    let addresses = [None, Some("hooks.example.com/secret"), Some("http://hooks.example.com/secret")];
    let wrong = addresses.map(|address| {
        let address = address.map(|address| address.to_owned().into());
        address_in("EMBARK_NOTIFY_URL", address).expect_err("it is wrong")
    });
    // What is no address is not sent to either.
    let nowhere = reqwest::Client::new().get("nowhere").build().expect_err("it is wrong");
    let others = [WebhookError::Answered(reqwest::StatusCode::NOT_FOUND), WebhookError::Unavailable(nowhere)];
    wrong.into_iter().chain(others).map(|error| error.to_string())
}

fn of<T: FromStr<Err: Display>>(text: &str) -> String {
    text.parse::<T>().err().map(|error| error.to_string()).expect(text)
}
