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
        assert_eq!((change.before.as_deref(), change.after.as_str()), (Some("ghcr.io/acme/web:1"), text));
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
fn a_layout_is_every_repository() {
    let digest = "1".repeat(64);
    let image = format!("oci:images/web:1.4.0@sha256:{digest}").parse().expect("an image");
    assert!(is_image("anything/at/all:1.4.0", &image));
    assert!(!is_image("anything/at/all:1.5.0", &image));
}

/// A Deployment of one container, with more lines below `template`.
fn web(version: &str, template: &str) -> String {
    format!(
        "kind: Deployment\nmetadata: {{ name: web }}\nspec:\n  selector: {{ matchLabels: {{ app: web }} }}\n  template:\n{template}    \
         spec:\n      containers: [{{ name: web, image: \"ghcr.io/acme/web:{version}\" }}]\n"
    )
}

#[test]
fn what_has_nothing_in_it_is_a_value() {
    let with = |version: &str, volume: &str| web(version, "") + &format!("      volumes: [{{ name: a, {volume} }}]\n");
    assert!(judge(&with("1", "emptyDir: {}"), &with("2", "emptyDir: {}"), false).is_ok());
    let refused = judge(&with("1", "emptyDir: {}"), &with("2", "hostPath: {}"), false).expect_err("another volume");
    assert_eq!(refused, "it would change spec.template.spec.volumes[0].emptyDir of Deployment/web as well, and 1 more");
    let policy = |version: &str, ingress: &str| {
        web(version, "")
            + &format!("---\nkind: NetworkPolicy\nmetadata: {{ name: a }}\nspec: {{ ingress: {ingress} }}\n")
    };
    assert!(judge(&policy("1", "[]"), &policy("2", "[{}]"), false).is_err(), "all may come in");
}

#[test]
fn a_label_that_pods_are_found_by_is_no_note() {
    let labels = |app: &str, version: &str| {
        web(version, &format!("    metadata: {{ labels: {{ app: {app}, version: \"{version}\" }} }}\n"))
    };
    assert!(judge(&labels("web", "1"), &labels("web", "2"), false).is_ok());
    let refused = judge(&labels("web", "1"), &labels("other", "2"), false).expect_err("the selector stays");
    assert_eq!(refused, "it would change spec.template.metadata.labels.app of Deployment/web as well");
    let service = "---\nkind: Service\nmetadata: { name: web }\nspec: { selector: { version: \"1\" } }\n";
    let refused =
        judge(&(labels("web", "1") + service), &(labels("web", "2") + service), false).expect_err("lost pods");
    assert_eq!(refused, "it would change spec.template.metadata.labels.version of Deployment/web as well");
    let expression = |version: &str| {
        labels("web", version)
            .replace("matchLabels: { app: web }", "matchExpressions: [{ key: version, operator: Exists }]")
    };
    assert!(judge(&expression("1"), &expression("2"), false).is_err(), "it is selected by an expression");
}

#[test]
fn an_annotation_that_names_an_image_is_told_with_it() {
    let with = |version: &str, image: &str| {
        web(version, &format!("    metadata: {{ annotations: {{ proxyImage: \"{image}\", at: \"{version}\" }} }}\n"))
    };
    let reached = judge(&with("1", "envoy/proxy:1"), &with("2", "evil.example.com/x:2"), false).expect("it is told");
    assert_eq!(
        reached.also,
        [
            "spec.template.metadata.annotations.at of Deployment/web",
            "spec.template.metadata.annotations.proxyImage of Deployment/web (from envoy/proxy:1 to evil.example.com/x:2)"
        ]
    );
}

#[test]
fn an_image_that_moves_is_told_by_what_moves() {
    let named = |version: &str| web(version, "").replace("name: web }\nspec", &format!("name: web-{version} }}\nspec"));
    let coloured = |version: &str| named(version).replace("app: web", &format!("app: web-{version}"));
    let refused = judge(&coloured("1"), &coloured("2"), false).expect_err("another deployment");
    assert_eq!(refused, "it would change Deployment/web-2, which is not there before, as well, and 1 more");
    let first = web("2", "").replace("containers: [", "containers: [{ name: proxy, image: envoy }, ");
    let refused = judge(&web("1", ""), &first, false).expect_err("another container is first");
    assert!(
        refused.starts_with("it would change spec.template.spec.containers[0].image of Deployment/web"),
        "{refused}"
    );
}

#[test]
fn what_has_another_name_each_time_is_compared_but_for_that() {
    let job = |name: &str, random: &str, command: &str| {
        read(
            &(web("1", "").replace(":1", if name == "c" { ":2" } else { ":1" })
                + &format!(
                    "---\nkind: Job\nmetadata: {{ name: migrate-{name} }}\nspec: {{ run: {random}, command: {command}, template: {{ \
                 spec: {{ containers: [{{ name: run, image: \"postgres:1\" }}] }} }} }}\n"
                )),
        )
    };
    let unsteady = Unsteady::of(&job("a", "1", "up"), &job("b", "2", "up"));
    let image = image();
    let wanted = Wanted { image: &image, is_pinned: false };
    let reached = compare_steady(&job("a", "1", "up"), &job("c", "3", "up"), wanted, &unsteady).expect("it is steady");
    assert_eq!(reached.also, ["the name of Job/migrate-a, which becomes migrate-c"]);
    let refused =
        compare_steady(&job("a", "1", "up"), &job("c", "3", "down"), wanted, &unsteady).expect_err("a command");
    assert!(refused.to_string().contains("Job/migrate-c, which is not there before"), "{refused}");
}

#[test]
fn what_is_there_twice_is_told_and_refused_where_it_matters() {
    let twice = |version: &str| web(version, "") + "---\n" + &web("0.9", "");
    let refused = judge(&twice("1"), &twice("2"), false).expect_err("which one stays is unknown");
    assert_eq!(refused, "Deployment/web is rendered twice, and only one of them can stay");
    let map = "---\nkind: ConfigMap\nmetadata: { name: a }\n";
    let both = |version: &str| web(version, "") + map + map;
    let reached = judge(&both("1"), &both("2"), false).expect("it matters not");
    assert_eq!(reached.notes, ["ConfigMap/a is rendered twice, and only one of them can stay"]);
}

#[test]
fn a_container_that_stays_at_another_tag_of_the_image_is_told() {
    let reached = judge(
        &deployment("ghcr.io/acme/web:1", "ghcr.io/acme/web:0.9", ""),
        &deployment("ghcr.io/acme/web:2", "ghcr.io/acme/web:0.9", ""),
        false,
    );
    assert_eq!(reached.expect("it is told").notes, ["proxy in Deployment/web stays at ghcr.io/acme/web:0.9"]);
}

#[test]
fn alone_an_image_must_be_there_as_it_is_configured() {
    let image = image();
    let alone = |web: &str, is_pinned| {
        alone(&read(&deployment(web, "envoy:1", "")), Wanted { image: &image, is_pinned })
            .map_err(|unfit| unfit.to_string())
    };
    let reached = alone("ghcr.io/acme/web:2", false).expect("it is there");
    let [change] = &reached.images[..] else { panic!("{reached:?}") };
    assert_eq!((&change.before, change.after.as_str()), (&None, "ghcr.io/acme/web:2"));
    assert!(alone("ghcr.io/acme/web:1", false).expect_err("another tag").starts_with("no rendered image"));
    assert!(alone("ghcr.io/acme/web:2", true).expect_err("no digest").ends_with("without the digest"));
}
