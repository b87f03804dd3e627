//! What registries and layouts say when they do not do what they are asked, in full.

use std::error::Error;
use std::fs;
use std::path::Path;

use embark_core::Repository;
use embark_core::ports::{ImageRegistry as _, RegistryError};
use embark_registry::{Credentials, Layout, Registries};
use serde_json::json;
use wiremock::ResponseTemplate;

use crate::support::{Door, Fake, Image, anonymous, by_tag, error, referrers_tag, tag};

#[tokio::test]
async fn messages() {
    let folder = tempfile::tempdir().unwrap();
    let mut text = String::new();
    for (name, told) in layouts(folder.path()).into_iter().chain(layouts_as_repositories(folder.path()).await) {
        text.push_str(&format!(
            "## {name}\n{}\n\n",
            told.replace(&folder.path().display().to_string(), "/home/ada/shop")
        ));
    }
    for (name, host, told) in registries(folder.path()).await {
        let told = told.replace(&folder.path().display().to_string(), "/home/ada/.docker");
        text.push_str(&format!("## {name}\n{}\n\n", told.replace(&host, "registry.example.com")));
    }
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.set_snapshot_path(".");
    settings.bind(|| insta::assert_snapshot!("messages", text));
}

fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(&format!("\n  caused by: {error}"));
        source = error.source();
    }
    text
}

/// Makes layouts of which each has something wrong with it.
fn layouts(folder: &Path) -> Vec<(&'static str, String)> {
    let layout = Layout::create(&folder.join("images")).unwrap();
    layout.push(&tag("1.4.0"), &Image::single("image").manifest).unwrap();
    let not_found = layout.resolve(&by_tag("1.5.0")).unwrap_err();
    let taken = layout.tag(&tag("1.4.0"), &Image::single("another").manifest).unwrap_err();
    fs::create_dir(folder.join("empty")).unwrap();
    let no_layout = Layout::open(&folder.join("empty")).resolve(&by_tag("1.4.0")).unwrap_err();
    let absent = Layout::open(&folder.join("elsewhere")).resolve(&by_tag("1.4.0")).unwrap_err();
    let damaged = Layout::create(&folder.join("damaged")).unwrap();
    fs::write(folder.join("damaged/index.json"), "{").unwrap();
    let malformed = damaged.resolve(&by_tag("1.4.0")).unwrap_err();
    let unreadable = Layout::create(&folder.join("unreadable")).unwrap();
    fs::remove_file(folder.join("unreadable/index.json")).unwrap();
    fs::create_dir(folder.join("unreadable/index.json")).unwrap();
    let io = unreadable.resolve(&by_tag("1.4.0")).unwrap_err();
    vec![
        ("layout: no such tag", chain(&not_found)),
        ("layout: another image has the tag", chain(&taken)),
        ("layout: an empty folder", chain(&no_layout)),
        ("layout: nothing there", chain(&absent)),
        ("layout: a damaged index", chain(&malformed)),
        ("layout: an index that is no file", chain(&io)),
    ]
}

/// Asks for the same layouts as repositories.
async fn layouts_as_repositories(folder: &Path) -> Vec<(&'static str, String)> {
    let registries = Registries::new(reqwest::Client::new(), Credentials::anonymous(), folder);
    let mut told = Vec::new();
    for name in ["images", "empty", "elsewhere", "damaged", "unreadable"] {
        let repository: Repository = format!("oci:{name}").parse().unwrap();
        let error = registries.resolve(&repository, &by_tag("1.5.0")).await.unwrap_err();
        told.push((name, chain(&error)));
    }
    told
}

/// Asks registries of which each has another reason to refuse.
async fn registries(docker: &Path) -> Vec<(&'static str, String, String)> {
    let mut told = Vec::new();
    let refusals = [
        ("a server that fails", 500, "UNKNOWN", "the disk is full"),
        ("nobody is let in", 401, "UNAUTHORIZED", "authentication required"),
        ("somebody else's repository", 403, "DENIED", "requested access to the resource is denied"),
        ("no such tag", 404, "MANIFEST_UNKNOWN", "manifest unknown"),
        ("another answer", 418, "TEAPOT", "short and stout"),
    ];
    for (name, status, code, message) in refusals {
        let fake = Fake::start().await;
        fake.fails(move |_| Some(error(status, code, message)));
        told.push((name, fake.host(), asked(&anonymous(), &fake).await));
    }
    told.extend(lists().await);
    let fake = Fake::behind(Door::Basic("Basic dTpw")).await;
    told.push(("no login", fake.host(), asked(&anonymous(), &fake).await));
    let config = json!({ "auths": { (fake.host()): { "auth": "%" } } });
    fs::write(docker.join("config.json"), config.to_string()).unwrap();
    let logged_in = Registries::new(reqwest::Client::new(), Credentials::docker(docker), docker);
    told.push(("a login that is none", fake.host(), asked(&logged_in, &fake).await));
    told
}

/// Asks for lists of which each has something wrong with it.
async fn lists() -> Vec<(&'static str, String, String)> {
    let image = Image::single("image");
    let tag = referrers_tag(image.digest());
    let (fake, mut told) = (Fake::start().await, Vec::new());
    let repository = fake.repository("acme/frontend");
    let registries = anonymous();
    let page = ResponseTemplate::new(200).insert_header("Link", "<https://other.example.com/>; rel=next");
    fake.fails(move |request| request.url.path().ends_with("/tags/list").then(|| page.clone()));
    let error = registries.tags(&repository).await.unwrap_err();
    told.push(("tags: a page elsewhere", fake.host(), chain(&error)));
    fake.push("acme/frontend", "built", &image);
    fake.push("acme/frontend", &tag, &Image::single("another"));
    let error = registries.referrers(&repository, image.digest()).await.unwrap_err();
    told.push(("referrers: a tag that is no list", fake.host(), chain(&error)));
    let signature = Image::referrer("signature", &image.manifest);
    fake.push("acme/frontend", "signature", &signature);
    let target = fake.repository("prod/frontend");
    let (subject, referrer) = (image.digest(), signature.digest());
    let error = registries.copy_referrer(&repository, referrer, subject, &target).await.unwrap_err();
    told.push(("referrers: something else", fake.host(), chain(&error)));
    fake.fails(move |request| {
        let is_list = request.method == "PUT" && request.url.path().ends_with(&tag);
        is_list.then(|| ResponseTemplate::new(201))
    });
    let error = registries.copy_referrer(&repository, subject, referrer, &target).await.unwrap_err();
    told.push(("referrers: others write the list", fake.host(), chain(&error)));
    told
}

async fn asked(registries: &Registries, fake: &Fake) -> String {
    let error: RegistryError =
        registries.manifest(&fake.repository("acme/frontend"), &by_tag("1.4.0")).await.unwrap_err();
    chain(&error)
}
