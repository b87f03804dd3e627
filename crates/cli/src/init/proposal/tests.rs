use super::*;
use crate::ask::{Nobody, Somebody};
use crate::config::Config;
use crate::init::write;

const CHART: (&str, &str) = (
    "chart/values.yaml",
    "frontend: { image: { repository: ghcr.io/acme/frontend } }\nbackend: { image: { repository: ghcr.io/acme/backend } }\n",
);
const VALUES: &str = "frontend: { image: { tag: unreleased, digest: '' } }\nbackend: { image: { tag: unreleased } }\n";

fn files(files: &[(&str, &str)]) -> Files {
    Files::new(files.iter().map(|(path, text)| ((*path).into(), (*text).into())))
}

fn around() -> Surroundings {
    Surroundings {
        name: "shop-deployment".into(),
        url: "https://github.com/acme/shop-deployment.git".into(),
        branch: "main".into(),
        version_file: None,
        github: None,
        command: "embark init".into(),
    }
}

/// Proposes unattended; the text must be a configuration.
#[track_caller]
fn proposed(all: &[(&str, &str)], flags: &Flags) -> (Proposal, String) {
    let proposal = propose(&files(all), flags, around(), &mut Nobody).unwrap();
    let text = write(&proposal);
    Config::parse(std::path::Path::new("embark.yaml"), &text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    (proposal, text)
}

#[track_caller]
fn unanswered(all: &[(&str, &str)], flags: &Flags) -> (String, String) {
    match propose(&files(all), flags, around(), &mut Nobody) {
        Err(InitError::Unanswered { question, example }) => (question, example),
        other => panic!("{other:?}"),
    }
}

fn components(pairs: &[(&str, &str)]) -> Flags {
    let components = pairs.iter().map(|(name, place)| (name.parse().unwrap(), place.parse().unwrap())).collect();
    Flags { components, ..Flags::default() }
}

#[test]
fn a_chart_with_three_values_files_needs_no_answer() {
    let all = [CHART, ("dev.yaml", VALUES), ("staging.yaml", VALUES), ("prod.yaml", VALUES)];
    let (_, text) = proposed(&all, &Flags::default());
    let expected = "\
application: shop

# The parts that have an image of their own: where it is, and which scalars of a values file name it.
components:
  frontend:
    image: ghcr.io/acme/frontend
    values: { tag: frontend.image.tag, digest: frontend.image.digest }
  backend:
    image: ghcr.io/acme/backend
    values: { tag: backend.image.tag }

# In their order. production gets nothing but what staging has verified, with the version as its tag.
environments:
  - { name: dev, valuesFile: dev.yaml, tag: commit }
  - { name: staging, valuesFile: staging.yaml, tag: commit }
  - { name: production, valuesFile: prod.yaml, tag: version, promotesFrom: staging }

# The repository that Argo CD watches. embark keeps its deployments there, too.
deploymentRepo: { url: https://github.com/acme/shop-deployment.git, branch: main }
";
    assert!(text.starts_with("# yaml-language-server: $schema=https://"), "{text}");
    assert_eq!(
        text.split_once("\napplication").map(|(_, rest)| format!("application{rest}")).as_deref(),
        Some(expected)
    );
}

#[test]
fn what_others_build_is_left_out_with_its_reason_unless_somebody_says_otherwise() {
    let values = format!("{VALUES}redis: {{ image: 'redis:7.2' }}\nprobe: {{ image: busybox }}\n");
    let all = [CHART, ("staging.yaml", values.as_str()), ("prod.yaml", values.as_str())];
    let (proposal, text) = proposed(&all, &Flags::default());
    let left_out: Vec<_> = proposal.left_out.iter().map(|one| (one.name.as_str(), one.image.as_str())).collect();
    assert_eq!(left_out, [("redis", "redis:7.2"), ("probe", "busybox")]);
    assert!(!text.contains("redis"), "{text}");

    let mut somebody = Somebody { answers: &b"y\nn\nghcr.io/acme/redis\n"[..], questions: Vec::new() };
    let proposal = propose(&files(&all), &Flags::default(), around(), &mut somebody).unwrap();
    let text = write(&proposal);
    assert!(text.contains("  redis:\n    image: ghcr.io/acme/redis\n    values: { image: redis.image }\n"), "{text}");
    assert_eq!(proposal.left_out.len(), 1);
}

#[test]
fn a_version_that_is_the_same_everywhere_is_no_doubt_beside_an_image_that_is_own() {
    let values = |api: &str, web: &str| {
        format!("api: {{ image: 'ghcr.io/acme/api:{api}' }}\nweb: {{ image: 'ghcr.io/acme/web:{web}' }}\n")
    };
    let (staging, prod) = (values("1.5.0", "1.4.0"), values("1.4.0", "1.4.0"));
    let (proposal, text) = proposed(&[("staging.yaml", &staging), ("prod.yaml", &prod)], &Flags::default());
    assert!(proposal.left_out.is_empty() && text.contains("  web:\n"), "{text}");

    let (question, example) = unanswered(&[("staging.yaml", &prod), ("prod.yaml", &prod)], &Flags::default());
    assert!(question.contains("api (ghcr.io/acme/api:1.4.0)"), "{question}");
    assert_eq!(example, "embark init --component api=ghcr.io/acme/api --component web=ghcr.io/acme/web");
}

#[test]
fn an_image_that_is_nowhere_named_asks_for_the_flag_and_the_example_works() {
    let all = [("staging.yaml", VALUES), ("prod.yaml", VALUES)];
    let (question, example) = unanswered(&all, &Flags::default());
    assert!(question.contains("frontend") && question.contains("staging.yaml"), "{question}");
    let flags = "--component frontend=registry.example.com/frontend --component backend=registry.example.com/backend";
    assert_eq!(example, format!("embark init {flags}"));
    let pairs = [("frontend", "registry.example.com/frontend"), ("backend", "registry.example.com/backend")];
    proposed(&all, &components(&pairs));
}

#[test]
fn the_flag_names_which_are_meant_and_where_they_are() {
    let all = [CHART, ("staging.yaml", VALUES), ("prod.yaml", VALUES)];
    let (proposal, text) = proposed(&all, &components(&[("backend", "oci:images/backend")]));
    assert!(text.contains("image: oci:images/backend") && !text.contains("frontend"), "{text}");
    assert_eq!(proposal.left_out[0].reason, "--component does not name it");

    let (question, example) = unanswered(&all, &components(&[("worker", "oci:images/worker")]));
    assert!(question.contains("worker") && question.contains("frontend, backend"), "{question}");
    assert!(example.ends_with("--values worker.tag=worker.image.tag"), "{example}");
    let mut flags = components(&[("worker", "oci:images/worker"), ("backend", "oci:images/backend")]);
    let path = "worker.image.tag".parse().unwrap();
    flags.values.push(ValuesFlag { component: "worker".parse().unwrap(), key: "tag", path });
    assert!(proposed(&all, &flags).1.contains("values: { tag: worker.image.tag }"));
}

#[test]
fn repositories_that_differ_are_named_for_their_environment() {
    let values = |host: &str| format!("web: {{ image: {{ repository: {host}/web, tag: x }} }}\n");
    let (staging, prod) = (values("ghcr.io/acme"), values("prod.example.com/acme"));
    let (_, text) = proposed(&[("staging.yaml", staging.as_str()), ("prod.yaml", prod.as_str())], &Flags::default());
    assert!(text.contains("    images: { production: prod.example.com/acme/web }\n"), "{text}");
    assert!(text.contains("values: { repository: web.image.repository, tag: web.image.tag }"), "{text}");
}

#[test]
fn a_key_that_is_missing_is_created_or_told() {
    let prod = "frontend: { image: { pullPolicy: Always } }\n";
    let (proposal, text) = proposed(&[CHART, ("staging.yaml", VALUES), ("prod.yaml", prod)], &Flags::default());
    assert!(text.contains("createMissing: true    # not in prod.yaml yet"), "{text}");
    assert_eq!(
        proposal.notes,
        ["prod.yaml has no backend.image: add it, or nothing of backend can be deployed to production"]
    );
}

#[test]
fn kustomize_and_whole_references_are_written_as_they_are() {
    let web = |tag: &str| format!("images: [{{ name: web, newName: ghcr.io/acme/web, newTag: {tag} }}]\n");
    let (staging, prod) = (web("abc"), web("v1.2.3"));
    let all = [
        ("overlays/staging/kustomization.yaml", staging.as_str()),
        ("overlays/production/kustomization.yaml", prod.as_str()),
        ("overlays/production/patch.yaml", "containers: [{ name: web, image: 'ghcr.io/acme/web:1' }]\n"),
        ("base/kustomization.yaml", "resources: [deployment.yaml]\n"),
    ];
    let (_, text) = proposed(&all, &components(&[("web", "oci:images/web")]));
    assert!(text.contains("values: { tag: \"images[name=web].newTag\" }"), "{text}");
    assert!(text.contains("version: { format: \"v{version}\" }"), "{text}");
    let (_, text) = proposed(&all, &Flags::default());
    assert!(text.contains("repository: \"images[name=web].newName\""), "{text}");

    let digest = "0".repeat(64);
    let whole = format!("workerImage: ghcr.io/acme/worker:abc@sha256:{digest}\n");
    let (_, text) = proposed(&[("dev.yaml", whole.as_str()), ("prod.yaml", whole.as_str())], &Flags::default());
    assert!(text.contains("values: { image: workerImage, pin: true }"), "{text}");
}

#[test]
fn the_version_of_an_image_that_is_left_out_says_nothing() {
    let values = |tag: &str| {
        format!(
            "web: {{ image: {{ repository: ghcr.io/acme/web, tag: {tag} }} }}\n\
             proxy: {{ image: {{ repository: quay.io/oauth2-proxy/oauth2-proxy, tag: v7.4.0 }} }}\n"
        )
    };
    let (staging, prod) = (values("abc"), values("1.2.3"));
    let (proposal, text) = proposed(&[("staging.yaml", &staging), ("prod.yaml", &prod)], &Flags::default());
    assert_eq!(proposal.left_out.len(), 1, "{text}");
    assert!(!text.contains("v{version}"), "{text}");
}

#[test]
fn several_sets_of_values_files_are_asked_for() {
    let all = [
        CHART,
        ("apps/cart/prod/values.yaml", VALUES),
        ("apps/cart/staging/values.yaml", VALUES),
        ("apps/shop/prod/values.yaml", VALUES),
        ("apps/shop/staging/values.yaml", VALUES),
    ];
    let (question, example) = unanswered(&all, &Flags::default());
    assert!(question.contains("apps/cart/*/values.yaml (staging, production)"), "{question}");
    let flags =
        "--environment staging=apps/cart/staging/values.yaml --environment production=apps/cart/prod/values.yaml";
    assert_eq!(example, format!("embark init {flags}"));

    let mut somebody = Somebody { answers: &b"2\n"[..], questions: Vec::new() };
    let proposal = propose(&files(&all), &Flags::default(), around(), &mut somebody).unwrap();
    assert_eq!(proposal.application, "shop");
}

#[test]
fn nothing_that_looks_like_an_environment_asks_for_the_flag() {
    let all = [CHART, ("one.yaml", VALUES), ("two.yaml", VALUES)];
    let (question, example) = unanswered(&all, &Flags::default());
    assert!(question.contains("no file of shop-deployment"), "{question}");
    assert_eq!(example, "embark init --environment staging=one.yaml --environment production=two.yaml");
    let environments = [("a", "one.yaml"), ("b", "two.yaml")];
    let environments = environments.map(|(name, file)| (name.parse().unwrap(), file.parse().unwrap())).into();
    let (_, text) = proposed(&all, &Flags { environments, ..Flags::default() });
    assert!(text.contains("{ name: b, valuesFile: two.yaml, tag: version, promotesFrom: a }"), "{text}");

    let (question, _) = unanswered(&[], &Flags::default());
    assert!(question.contains("no file"), "{question}");
}

#[test]
fn odd_names_are_quoted() {
    let values = "\"on\": { \"my.svc\": { image: { repository: ghcr.io/acme/x, tag: abc } } }\n";
    let all = [("env s/dev.yaml", values), ("env s/prod.yaml", values)];
    let flags = Flags { application: Some("yes: #1".into()), ..Flags::default() };
    let (_, text) = proposed(&all, &flags);
    assert!(text.contains("application: \"yes: #1\"") && text.contains("valuesFile: \"env s/dev.yaml\""), "{text}");
    assert!(text.contains(r#"tag: "on.\"my.svc\".image.tag""#), "{text}");
}
