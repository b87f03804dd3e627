//! From a deployment repo that is there already to a configuration that works.

use std::path::{Path, PathBuf};

use embark_tests::harness::{Embark, Git, Image, Layout, Setup, World};

use crate::EMBARK;

const COMMIT: &str = "523a7a3556d15d57cbb27a6c232c3f9d940bdc68";
const SHOP: [(&str, &str); 3] = [
    ("staging.yaml", "web: { image: { repository: ghcr.io/acme/web, tag: unreleased } }\n"),
    ("prod.yaml", "web: { image: { repository: ghcr.io/acme/web, tag: unreleased } }\n"),
    ("README.md", "The shop.\n"),
];

/// A folder with a deployment repo, and embark in it.
struct Desk {
    folder: tempfile::TempDir,
    embark: Embark,
}

impl Desk {
    /// Makes a bare repository `shop-deployment.git` of these files, and a checkout `checkout` that came from it.
    fn new(files: &[(&str, &str)]) -> Self {
        Self::with(|checkout| {
            for (path, text) in files {
                let path = checkout.join(path);
                std::fs::create_dir_all(path.parent().expect("it has a folder")).expect("the folder can be made");
                std::fs::write(path, text).expect("the file can be written");
            }
        })
    }

    /// Takes one of the examples of the documents.
    fn of_example(name: &str) -> Self {
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/examples").join(name);
        Self::with(|checkout| copy(&example, checkout))
    }

    fn with(write: impl FnOnce(&Path)) -> Self {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let (checkout, bare) = (folder.path().join("checkout"), folder.path().join("shop-deployment.git"));
        let url = bare.to_str().expect("its path is text");
        let git = Git::init(&checkout);
        write(&checkout);
        git.run(&["add", "."]);
        let who = ["-c", "user.name=A", "-c", "user.email=a@example.com"];
        git.run(&[&who[..], &["commit", "--quiet", "--allow-empty", "--message=Begin"]].concat());
        git.run(&["clone", "--quiet", "--bare", ".", url]);
        git.run(&["remote", "add", "origin", url]);
        let embark = Embark::new(EMBARK, folder.path(), folder.path());
        Self { folder, embark }
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn configuration(&self) -> String {
        std::fs::read_to_string(self.path("embark.yaml")).expect("embark.yaml is written")
    }

    /// Lists what stands in the folder.
    fn state(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.folder.path()).expect("the folder can be read");
        let mut paths: Vec<_> = entries.map(|entry| entry.expect("it can be read").path()).collect();
        paths.sort();
        paths
    }

    /// Fails unless it ends with 2, names `words`, and its hint is a command that works; returns what that wrote.
    #[track_caller]
    fn is_answered_by_the_hint(&self, arguments: &[&str], words: &[&str]) -> String {
        let before = self.state();
        let report = self.embark.json(arguments).ended(2, "failed");
        assert_eq!(self.state(), before, "nothing is written");
        assert_eq!((&report.json["file"], &report.json["leftOut"]), (&serde_json::Value::Null, &serde_json::json!([])));
        let (message, hint) = report.error();
        for word in words {
            assert!(message.contains(word), "{word} is named: {message}");
        }
        let command = hint.strip_prefix("answer it as in: embark ").expect("the hint has a command");
        let arguments: Vec<&str> = command.split(' ').collect();
        self.embark.text(&arguments).succeeded(command);
        self.configuration()
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).expect("the folder can be read") {
        let entry = entry.expect("it can be read");
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            std::fs::create_dir_all(&to).expect("the folder can be made");
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).expect("the file can be copied");
        }
    }
}

/// Walks an example from `init` to `verify`; returns the values file of production.
fn walk(example: &str, components: &[&str], production: &str) -> (Desk, String) {
    let desk = Desk::of_example(example);
    let flags: Vec<String> = components.iter().map(|name| format!("--component={name}=oci:images/{name}")).collect();
    for name in components {
        Layout::new(&desk.path(&format!("images/{name}"))).put(COMMIT, &Image::multi(name));
    }
    let init: Vec<&str> = ["init", "shop-deployment.git"].into_iter().chain(flags.iter().map(String::as_str)).collect();
    let dry = desk.embark.text(&[&init[..], &["--dry-run"]].concat()).succeeded("a dry run");
    assert!(!desk.path("embark.yaml").exists(), "a dry run writes nothing");
    let report = desk.embark.json(&init).ended(0, "done");
    assert_eq!(report.json["file"], "embark.yaml");
    assert_eq!(report.json["configuration"], desk.configuration());
    assert_eq!(dry.text(), desk.configuration(), "a dry run shows what would be written");
    assert!(desk.configuration().starts_with("# yaml-language-server: $schema=https://"));

    desk.embark.json(&["config", "check", "--online"]).ended(0, "unchanged");
    desk.embark.json(&["release", "staging", "--commit", COMMIT, "--deploy"]).ended(0, "done");
    desk.embark.json(&["promote", "production", "--version", "1.0.0", "--deploy"]).ended(0, "done");
    let checks = desk.embark.json(&["verify", "--strict"]).ended(0, "unchanged").checks();
    assert_eq!(checks.len(), components.len());
    assert!(checks.iter().all(|check| check["holds"] == true && check["inStep"] == true), "{checks:#?}");
    let text = Git::at(&desk.path("shop-deployment.git")).file("main", production).expect("production has a file");
    (desk, text)
}

#[test]
fn two_services_are_taken_from_init_to_production() {
    let (desk, production) = walk("two-services", &["frontend", "backend"], "prod.yaml");
    assert_eq!(production.matches("tag: 1.0.0\n").count(), 2, "{production}");
    assert!(production.starts_with("# Two of each"), "{production}");
    let configuration = desk.configuration();
    for name in ["application: shop\n", "name: dev,", "name: staging,", "promotesFrom: staging"] {
        assert!(configuration.contains(name), "{name}: {configuration}");
    }
    let init = ["init", "shop-deployment.git", "--dry-run", "--force"];
    let left_out = desk.embark.json(&init).ended(0, "planned").list("leftOut", &["name", "image", "reason"]);
    assert_eq!((&left_out[0]["name"], &left_out[0]["image"]), (&"redis".into(), &"redis:7.2".into()));
}

#[test]
fn one_service_that_is_pinned_by_digest_is_taken_from_init_to_production() {
    let (_, production) = walk("one-service-digest", &["notes"], "production/values.yaml");
    let digest = Image::multi("notes").digest();
    assert!(production.contains(&format!("  tag: 1.0.0\n  digest: \"{digest}\"\n")), "{production}");
}

#[test]
fn overlays_of_kustomize_are_taken_from_init_to_production() {
    let (_, production) = walk("kustomize", &["web"], "overlays/production/kustomization.yaml");
    assert!(production.contains("newName: ghcr.io/acme/web\n    newTag: 1.0.0\n"), "{production}");
}

#[test]
fn the_examples_need_no_answer() {
    for (example, images) in [
        ("two-services", &["ghcr.io/acme/shop-frontend", "ghcr.io/acme/shop-backend"][..]),
        ("one-service-digest", &["ghcr.io/acme/notes"]),
        ("kustomize", &["ghcr.io/acme/web"]),
    ] {
        let desk = Desk::of_example(example);
        let finished = desk.embark.text(&["init", "checkout"]).succeeded("embark init");
        let check = desk.embark.text(&["--config", "embark.yaml", "config", "check"]).succeeded("embark config check");
        assert!(finished.text().starts_with(&check.text()), "it ends with the check: {}", finished.text());
        for image in images {
            assert!(desk.configuration().contains(&format!("image: {image}\n")), "{}", desk.configuration());
        }
        let url = "url: shop-deployment.git, branch: main";
        assert!(desk.configuration().contains(url), "the origin of the checkout: {}", desk.configuration());
    }
}

#[test]
fn a_file_that_is_there_stays_unless_it_may_be_replaced() {
    let desk = Desk::new(&SHOP);
    std::fs::write(desk.path("embark.yaml"), "mine").unwrap();
    for init in [&["init", "checkout"][..], &["init", "checkout", "--dry-run"], &["init", "checkout", "--yes"]] {
        let report = desk.embark.json(init).ended(10, "refused");
        let (message, hint) = report.error();
        assert!(message.contains("embark.yaml") && hint.contains("--force"), "{message} {hint}");
        assert_eq!(desk.configuration(), "mine");
    }
    desk.embark.json(&["init", "checkout", "--force", "--dry-run"]).ended(0, "planned");
    assert_eq!(desk.configuration(), "mine");
    desk.embark.json(&["init", "checkout", "--force"]).ended(0, "done");
    assert!(desk.configuration().contains("application: shop\n"), "{}", desk.configuration());
    let is_temporary = |path: &&PathBuf| path.extension().is_some_and(|extension| extension == "tmp");
    let left = desk.state().iter().filter(is_temporary).count();
    assert_eq!(left, 0, "no temporary file stays");
}

#[test]
fn what_cannot_be_told_names_the_flag_that_answers_it() {
    let bare = ("staging.yaml", "web: { image: { tag: a } }\n");
    let desk = Desk::new(&[bare, ("prod.yaml", bare.1)]);
    let text = desk.is_answered_by_the_hint(&["init", "checkout"], &["web", "staging.yaml"]);
    assert!(text.contains("image: registry.example.com/web\n"), "{text}");

    let desk = Desk::new(&[("one.yaml", SHOP[0].1), ("two.yaml", SHOP[0].1)]);
    let text = desk.is_answered_by_the_hint(&["init", "checkout", "--yes"], &["environment"]);
    assert!(text.contains("valuesFile: two.yaml, tag: version, promotesFrom: staging"), "{text}");

    let cart = ["apps/cart/staging.yaml", "apps/cart/prod.yaml", "apps/shop/staging.yaml", "apps/shop/prod.yaml"];
    let desk = Desk::new(&cart.map(|path| (path, SHOP[0].1)));
    let text = desk.is_answered_by_the_hint(&["init", "checkout"], &["apps/cart/*.yaml", "apps/shop/*.yaml"]);
    assert!(text.contains("valuesFile: apps/cart/prod.yaml"), "{text}");
    let text = desk.embark.text(&["--config", "shop.yaml", "init", "checkout/apps/shop"]).succeeded("a folder").text();
    assert!(text.contains("apps/shop/prod.yaml") && text.contains("shop.yaml: shop (web)"), "{text}");

    let images = "redis: { image: 'redis:7.2' }\n";
    let desk = Desk::new(&[("staging.yaml", images), ("prod.yaml", images)]);
    let text = desk.is_answered_by_the_hint(&["init", "checkout"], &["redis:7.2"]);
    assert!(text.contains("values: { image: redis.image }"), "{text}");

    let desk = Desk::new(&[("staging.yaml", "replicas: 1\n"), ("prod.yaml", "replicas: 1\n")]);
    let text = desk.is_answered_by_the_hint(&["init", "checkout"], &["tag of an image", "prod.yaml"]);
    assert!(text.contains("values: { tag: image.tag }"), "{text}");
}

#[test]
fn wrong_places_and_wrong_flags_are_told() {
    let desk = Desk::new(&SHOP);
    std::fs::create_dir(desk.path("plain")).unwrap();
    let before = desk.state();
    let cases: [(&[&str], i32, &str, &str); 9] = [
        (&["init", "plain"], 2, "no git repository", "embark init"),
        (&["init", "nowhere"], 3, "nowhere", "ls -l"),
        (&["init", "checkout/README.md"], 3, "README.md", "ls -l"),
        (&["init", "checkout", "--environment", "staging=no.yaml"], 2, "no.yaml", "--environment staging="),
        (
            &["init", "checkout", "--component", "api=ghcr.io/acme/api", "--component", "web=ghcr.io/acme/web"],
            2,
            "api",
            "--values api.tag=",
        ),
        (&["init", "checkout", "--values", "api.tag=api.tag"], 2, "api", "--component"),
        (&["init", "checkout", "--version-file", "package.json"], 3, "package.json", "ls -l"),
        (&["init", "shop-deployment.git", "--branch", "trunk"], 21, "trunk", "--branch"),
        (
            &["init", "checkout", "--environment", "a=staging.yaml", "--environment", "a=prod.yaml"],
            2,
            "configuration",
            "a name of its own",
        ),
    ];
    for (arguments, code, word, way) in cases {
        let (message, hint) = desk.embark.json(arguments).ended(code, "failed").error();
        assert!(message.contains(word) && hint.contains(way), "{arguments:?}: {message}\n{hint}");
        assert_eq!(desk.state(), before, "nothing is written");
    }
    for flag in
        ["--values=web=a", "--values=web.name=a", "--component=web", "--component=web=Not/One", "--environment=A=b"]
    {
        let finished = desk.embark.text(&["init", "checkout", flag]);
        assert_eq!((finished.code, finished.text().as_str()), (2, ""), "{flag}: {}", finished.stderr);
    }
}

#[test]
fn a_values_file_that_is_no_yaml_is_told() {
    let desk = Desk::new(&[SHOP[0], ("prod.yaml", "web: [1, 2\n")]);
    let (message, hint) = desk.embark.json(&["init", "checkout"]).ended(3, "failed").error();
    assert!(message.contains("prod.yaml") && hint.contains("prod.yaml"), "{message}\n{hint}");
}

#[test]
fn flags_say_everything_and_odd_names_are_quoted() {
    let odd = "\"on\": { \"a.b\": { tag: x } }\n";
    let desk = Desk::new(&[("env s/one.yaml", odd), ("env s/two.yaml", odd)]);
    std::fs::write(desk.path("VERSION"), "1.2.3\n").unwrap();
    let init = [
        "--config=my embark.yaml",
        "init",
        "checkout",
        "--application=yes: #1",
        "--environment=one=env s/one.yaml",
        "--environment=two=env s/two.yaml",
        "--component=web=oci:images/we b",
        "--values=web.tag=on.\"a.b\".tag",
        "--url=http://127.0.0.1:1/x.git",
        "--branch=release/1",
        "--yes",
    ];
    desk.embark.json(&init).ended(0, "done");
    let text = std::fs::read_to_string(desk.path("my embark.yaml")).unwrap();
    for line in [
        "application: \"yes: #1\"\n",
        "image: \"oci:images/we b\"\n",
        "values: { tag: \"on.\\\"a.b\\\".tag\" }\n",
        "version: { file: VERSION }\n",
        "{ name: two, valuesFile: \"env s/two.yaml\", tag: version, promotesFrom: one }\n",
        "deploymentRepo: { url: http://127.0.0.1:1/x.git, branch: release/1 }\n",
    ] {
        assert!(text.contains(line), "{line}{text}");
    }
    desk.embark.text(&["--config=my embark.yaml", "config", "check"]).succeeded("embark config check");
}

#[test]
fn what_is_not_looked_at_is_told_and_a_checkout_without_an_origin_is_warned_of() {
    let large = format!("# {}\n", "x".repeat(1 << 20));
    let desk = Desk::new(&[SHOP[0], SHOP[1], ("dev.yaml", &large), ("node_modules/x/qa.yaml", SHOP[0].1)]);
    Git::at(&desk.path("checkout")).run(&["remote", "remove", "origin"]);
    let finished = desk.embark.text(&["init", "checkout"]).succeeded("embark init");
    assert!(finished.stderr.contains("dev.yaml is larger than 1 MiB"), "{}", finished.stderr);
    assert!(
        finished.stderr.contains("main is checked out in checkout") && finished.stderr.contains("--url"),
        "{finished:?}"
    );
    let report = desk.embark.json(&["init", "checkout", "--force"]).ended(0, "done");
    let notes = report.json["notes"].to_string();
    assert!(notes.contains("dev.yaml is larger") && notes.contains("is checked out"), "{notes}");
    assert!(desk.configuration().contains("url: checkout, branch: main") && !desk.configuration().contains("name: qa"));
}

#[test]
#[ignore = "needs docker-registry, skopeo and git http-backend: run ./tests/run"]
fn a_repository_on_a_server_is_read_without_a_clone() {
    let world = World::new(EMBARK, Setup::Guarded);
    let before = world.state();
    let (url, frontend) = (world.url(), format!("--component=frontend={}", world.image("frontend")));
    let init = ["--config=new.yaml", "init", &url, &frontend, "--dry-run"];
    let report = world.embark.json(&init).ended(0, "planned");
    let text = report.json["configuration"].as_str().unwrap();
    assert!(text.contains(&format!("url: {url}")) && text.contains("promotesFrom: staging"), "{text}");
    assert_eq!(world.state(), before);
    world.embark.json(&[&init[..], &["--branch=nope"]].concat()).ended(21, "failed");
    world.embark.clone().without("EMBARK_GIT_TOKEN").json(&init).ended(20, "failed");
}

#[test]
fn credentials_in_an_address_are_written_nowhere() {
    let desk = Desk::new(&SHOP);
    for address in ["https://hunter2@example.com/acme/a.git", "https://ada:hunter2@example.com/acme/a.git"] {
        let report = desk.embark.json(&["init", "checkout", "--force", "--url", address]).ended(0, "done");
        assert!(!report.json.to_string().contains("hunter2"), "{}", report.json);
        assert!(!desk.configuration().contains("hunter2"), "{}", desk.configuration());
        assert!(desk.configuration().contains("url: https://example.com/acme/a.git"), "{}", desk.configuration());
    }
    // The password is refused before anything is asked of the server.
    let report = desk.embark.json(&["init", "--force", "https://ada:hunter2@127.0.0.1:1/a.git"]).ended(2, "failed");
    assert!(!report.json.to_string().contains("hunter2"), "{}", report.json);
    let unreadable = ["init", "--force", "https://hunter2@127.0.0.1:1/a.git"];
    let report = desk.embark.json(&unreadable);
    assert!(!report.json.to_string().contains("hunter2"), "{}", report.json);

    let kept = desk.configuration().replace("https://example.com", "https://ada:hunter2@example.com");
    std::fs::write(desk.path("embark.yaml"), kept).expect("the file can be written");
    let report = desk.embark.json(&["config", "check"]).ended(3, "failed");
    assert!(report.error().0.contains("deploymentRepo.url: it holds a password"), "{}", report.json);
    assert!(!report.json.to_string().contains("hunter2"), "{}", report.json);
}
