//! What may change with an edit, and what may not.

use super::*;

const DIGEST: &str = "sha256:6c3c624b58dbbcd3c0dd82b4c53f04194d1247c6eebdaab7c610cf7d66709b3b";

fn image() -> Image {
    format!("ghcr.io/acme/web:2@{DIGEST}").parse().expect("an image")
}

/// A Deployment of two containers, and what else stands in it.
fn deployment(web: &str, proxy: &str, rest: &str) -> String {
    format!(
        "kind: Deployment\nmetadata: {{ name: web }}\nspec:\n  template:\n    spec:\n      containers:\n        - {{ name: web, \
         image: \"{web}\" }}\n        - {{ name: proxy, image: \"{proxy}\" }}\n{rest}"
    )
}

fn read(stream: &str) -> Rendered {
    Rendered::read(stream, &[]).expect("it can be read")
}

fn judge(before: &str, after: &str, is_pinned: bool) -> Result<Reached, String> {
    let image = image();
    compare(&read(before), &read(after), Wanted { image: &image, is_pinned }).map_err(|unfit| unfit.to_string())
}

#[test]
fn an_image_may_be_named_in_each_way_that_is_the_same() {
    let before = deployment("ghcr.io/acme/web:1", "envoy:1", "");
    let pinned = format!("ghcr.io/acme/web@{DIGEST}");
    let both = format!("ghcr.io/acme/web:2@{DIGEST}");
    for text in ["ghcr.io/acme/web:2", &pinned, &both] {
        let reached = judge(&before, &deployment(text, "envoy:1", ""), false).expect(text);
        let [change] = &reached.images[..] else { panic!("{reached:?}") };
        assert_eq!(change.place.to_string(), "web in Deployment/web");
        assert_eq!((change.before.as_str(), change.after.as_str()), ("ghcr.io/acme/web:1", text));
        assert!(reached.also.is_empty());
    }
}

#[test]
fn another_image_is_refused_and_named() {
    let before = deployment("ghcr.io/acme/web:1", "envoy:1", "");
    let stale = DIGEST.replace('6', "7");
    for text in [
        "ghcr.io/acme/web:3",
        "ghcr.io/acme/web",
        "mirror.example.com/acme/web:2",
        "ghcr.io/acme/web-debug:2",
        &format!("ghcr.io/acme/web:2@{stale}"),
    ] {
        let refused = judge(&before, &deployment(text, "envoy:1", ""), false).expect_err(text);
        assert_eq!(refused, format!("web in Deployment/web would run {text}, and not ghcr.io/acme/web:2"));
    }
    let refused = judge(&before, &deployment("ghcr.io/acme/web:2", "envoy:2", ""), false).expect_err("two change");
    assert!(refused.starts_with("proxy in Deployment/web would run envoy:2"), "{refused}");
}

#[test]
fn a_digest_that_is_configured_must_arrive() {
    let before = deployment("ghcr.io/acme/web:1", "envoy:1", "");
    let refused = judge(&before, &deployment("ghcr.io/acme/web:2", "envoy:1", ""), true).expect_err("no digest");
    assert_eq!(refused, "web in Deployment/web would run ghcr.io/acme/web:2, without the digest");
    let pinned = deployment(&format!("ghcr.io/acme/web@{DIGEST}"), "envoy:1", "");
    assert!(judge(&before, &pinned, true).is_ok());
}

#[test]
fn another_tag_of_the_digest_that_runs_changes_nothing_and_is_no_mistake() {
    let pinned = deployment(&format!("ghcr.io/acme/web@{DIGEST}"), "envoy:1", "");
    assert_eq!(judge(&pinned, &pinned, true), Ok(Reached::default()));
    let tagged = deployment("ghcr.io/acme/web:2", "envoy:1", "");
    assert!(judge(&tagged, &tagged, false).is_err(), "the tag may be the chart's own");
}

#[test]
fn an_edit_without_an_image_is_refused_whatever_else_it_changes() {
    let before = deployment("ghcr.io/acme/web:1", "envoy:1", "  replicas: 1\n");
    let after = deployment("ghcr.io/acme/web:1", "envoy:1", "  replicas: 2\n");
    for after in [&before, &after] {
        let refused = judge(&before, after, false).expect_err("no image");
        assert!(refused.starts_with("no rendered image comes of "), "{refused}");
    }
}

#[test]
fn what_changes_beside_the_image_is_refused_unless_it_is_a_note() {
    let with = |version: &str, rest: &str| {
        deployment(&format!("ghcr.io/acme/web:{version}"), "envoy:1", rest)
            + &format!(
                "---\nkind: Service\nmetadata: {{ name: web, labels: {{ app.kubernetes.io/version: \"{version}\" }} }}\n"
            )
    };
    let reached = judge(&with("1", ""), &with("2", ""), false).expect("a label is told");
    assert_eq!(reached.also, ["metadata.labels.\"app.kubernetes.io/version\" of Service/web"]);
    let refused = judge(&with("1", "  replicas: 1\n"), &with("2", "  replicas: 2\n  paused: true\n"), false);
    assert_eq!(refused.expect_err("more"), "it would change spec.paused of Deployment/web as well, and 1 more");
    let selector = |version: &str| format!("  selector: {{ matchLabels: {{ version: \"{version}\" }} }}\n");
    let refused = judge(&with("1", &selector("1")), &with("2", &selector("2")), false).expect_err("a selector");
    assert_eq!(refused, "it would change spec.selector.matchLabels.version of Deployment/web as well");
    let env = |value: &str| format!("  note: {value}\n");
    assert!(judge(&with("1", &env("true")), &with("2", &env("\"true\"")), false).is_err(), "a text is no truth");
}

#[test]
fn what_comes_and_goes_is_refused_and_what_is_made_anew_is_not() {
    let job = |version: &str, args: &str| {
        format!(
            "kind: Job\nmetadata: {{ name: migrate-{version} }}\nspec: {{ template: {{ spec: {{ containers: [{{ name: run, image: \
             \"ghcr.io/acme/web:{version}\", args: [{args}] }}] }} }} }}\n"
        )
    };
    let reached = judge(&job("1", "up"), &job("2", "up"), false).expect("it is made anew");
    assert_eq!(reached.also, ["the name of Job/migrate-1, which becomes migrate-2"]);
    assert_eq!(reached.images.len(), 1);
    let web = |version: &str| deployment(&format!("ghcr.io/acme/web:{version}"), "envoy:1", "---\n");
    let both = |version: &str, job: &str| web(version) + job;
    let refused = judge(&both("1", &job("1", "up")), &both("2", &job("2", "down")), false).expect_err("another job");
    assert_eq!(refused, "it would change Job/migrate-2, which is not there before, as well, and 1 more");
    let refused = judge(&both("1", &job("1", "up")), &both("2", ""), false).expect_err("no job");
    assert_eq!(refused, "it would change Job/migrate-1, which would be gone, as well");
}

#[test]
fn what_differs_by_itself_is_no_change() {
    let secret =
        |text: &str| format!("kind: Secret\nmetadata: {{ name: a }}\ndata: {{ key: {text}, other: x }}\n---\n");
    let one = |version: &str, text: &str| {
        read(&(secret(text) + &deployment(&format!("ghcr.io/acme/web:{version}"), "envoy:1", "")))
    };
    let (before, again, after) = (one("1", "a1"), one("1", "b2"), one("2", "c3"));
    let image = image();
    let wanted = Wanted { image: &image, is_pinned: false };
    assert!(compare(&before, &after, wanted).is_err());
    let unsteady = Unsteady::of(&before, &again);
    assert!(compare_steady(&before, &after, wanted, &unsteady).is_ok());
}

#[test]
fn a_repository_is_the_same_with_and_without_the_default_host() {
    for (one, other, expected) in [
        ("nginx", "docker.io/library/nginx", true),
        ("docker.io/nginx", "library/nginx", true),
        ("index.docker.io/acme/web", "acme/web", true),
        ("localhost:5000/web", "web", false),
        ("ghcr.io/acme/web", "acme/web", false),
    ] {
        assert_eq!(in_full(one) == in_full(other), expected, "{one} {other}");
    }
    assert!(is_of("anything/at/all", &"oci:images/web".parse().expect("a layout")));
}
