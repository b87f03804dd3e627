//! What `init --github` writes: the workflows of both repositories, and the examples of the documents.

mod argocd;
mod walk;

use std::fs;
use std::path::{Path, PathBuf};

use embark_tests::harness::{BLESS, Embark, Git, assert_actionlint_passes, assert_zizmor_passes, root};
use serde_json::Value;

use crate::EMBARK;

const ACTION: &str = "embark-deploy/embark@523a7a3556d15d57cbb27a6c232c3f9d940bdc68";
const RELEASE: &str = "shop/.github/workflows/embark-release.yaml";
const DEPLOYMENT: &str = "shop-deployment/.github/workflows/embark-deployment.yaml";

/// A folder with checkouts of both repositories, and embark in that of the application.
struct Desk {
    folder: tempfile::TempDir,
    embark: Embark,
}

impl Desk {
    fn new(configuration: &str) -> Self {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        for name in ["shop", "shop-deployment"] {
            let git = Git::init(&folder.path().join(name));
            git.run(&["remote", "add", "origin", &format!("https://github.com/acme/{name}.git")]);
        }
        let embark = Embark::new(EMBARK, &folder.path().join("shop"), folder.path());
        let desk = Self { folder, embark };
        if !configuration.is_empty() {
            fs::write(desk.path("shop/embark.yaml"), configuration).expect("the file can be written");
        }
        desk
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn text(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).expect(path)
    }

    /// Writes both workflows, and reads them as YAML.
    fn workflows(&self) -> (Value, Value) {
        self.embark.json(&["init", "../shop-deployment", "--github", "--action", ACTION]).ended(0, "done");
        let read = |path: &str| serde_saphyr::from_str(&self.text(path)).expect("it is YAML");
        (read(RELEASE), read(DEPLOYMENT))
    }

    /// Fails unless the linters have nothing to say.
    fn lint(&self) {
        assert_actionlint_passes(&self.path(RELEASE));
        assert_actionlint_passes(&self.path(DEPLOYMENT));
        assert_zizmor_passes(&[&self.path(RELEASE), &self.path(DEPLOYMENT)]);
    }
}

/// The application has the program for changesets itself.
#[test]
#[ignore = "needs actionlint and zizmor: run ./tests/run"]
fn the_repository_s_own_program_is_installed_before_it_is_needed() {
    for (lock, line) in
        [("package-lock.json", "npm ci"), ("pnpm-lock.yaml", "corepack enable && pnpm install --frozen-lockfile")]
    {
        let desk = Desk::new(&example());
        let package = r#"{ "version": "1.0.0", "devDependencies": { "@changesets/cli": "^3.0.0" } }"#;
        fs::write(desk.path("shop/package.json"), package).expect("the file can be written");
        fs::write(desk.path("shop").join(lock), "").expect("the file can be written");
        let (release, _) = desk.workflows();
        let steps = release["jobs"]["propose"]["steps"].as_array().expect("it has steps");
        let at = |what: &dyn Fn(&Value) -> bool| steps.iter().position(what).expect("there is such a step");
        let installs = at(&|step| step["run"] == line);
        let sets_up = at(&|step| step["uses"].as_str().is_some_and(|uses| uses.starts_with("actions/setup-node@")));
        let proposes = at(&|step| step["with"]["command"] == "release-pr");
        assert!(sets_up < installs && installs < proposes, "{steps:#?}");
        desk.lint();
    }
}

fn example() -> String {
    fs::read_to_string(examples().join("embark.yaml")).expect("the example has a configuration")
}

fn examples() -> PathBuf {
    root().join("docs/examples/github")
}

/// A configuration of two productions, checks, and registries of three makes; its deployments are in the ledger.
const LEDGER: &str = "\
application: { name: shop, repository: acme/shop }
components:
  web:
    image: gcr.io/acme/web
    images: { prod-eu: us-docker.pkg.dev/acme/eu/web }
    values: { image: web.image, pin: true }
  cache: { image: acme/cache, values: { tag: cache.tag } }
environments:
  - { name: test, valuesFile: test.yaml, tag: commit }
  - { name: qa, valuesFile: qa.yaml, tag: commit, promotesFrom: test }
  - { name: prod-eu, valuesFile: eu.yaml, tag: version, promotesFrom: qa, requires: { checks: [e2e] } }
  - { name: 1-us, valuesFile: us.yaml, tag: version, promotesFrom: qa }
deploymentRepo: { url: git@github.com:acme/shop-deployment.git, branch: release/live }
";

/// A configuration of two environments in a folder of the repository; its images are on disk.
const SMALL: &str = "\
application: shop
components:
  web: { image: oci:images/web, values: { tag: web.tag } }
environments:
  - { name: staging, valuesFile: staging.yaml, tag: commit }
  - { name: production, valuesFile: prod.yaml, tag: version, promotesFrom: staging }
deploymentRepo: { url: https://github.com/acme/shop-deployment.git }
deployments: { github: { repository: acme/shop-deployment } }
";

#[test]
fn the_examples_are_what_init_writes() {
    let desk = Desk::new(&example());
    desk.embark.json(&["init", "../shop-deployment", "--github"]).ended(0, "done");
    for (path, name) in [(RELEASE, "release.yaml"), (DEPLOYMENT, "deployment.yaml")] {
        let (written, shown) = (desk.text(path), examples().join(name));
        if std::env::var_os(BLESS).is_some() {
            fs::write(&shown, &written).expect("the example can be written");
        }
        assert_eq!(fs::read_to_string(&shown).unwrap_or_default(), written, "{name}: {BLESS}=1 writes it");
    }
}

/// Runs what each job of a workflow gives to embark: its condition, and the command.
fn commands(workflow: &Value) -> Vec<(String, String)> {
    let jobs = workflow["jobs"].as_object().expect("there are jobs");
    let steps = |job: &Value| job["steps"].as_array().expect("a job has steps").clone();
    let command = |name: &str, step: &Value| Some((name.to_owned(), step["with"]["command"].as_str()?.to_owned()));
    jobs.iter().flat_map(|(name, job)| steps(job).into_iter().filter_map(move |step| command(name, &step))).collect()
}

#[test]
fn each_environment_has_its_trigger_and_its_turn() {
    let (release, deployment) = Desk::new(&example()).workflows();
    let told: Vec<_> = commands(&release);
    let expected = [
        ("propose", "release-pr"),
        ("release-dev", "release dev"),
        ("release-staging", "release staging --commit ${{ needs.propose.outputs.commit }}"),
        ("check-production", "promote production --dry-run"),
        ("promote-production", "notes production"),
        ("promote-production", "promote production"),
    ];
    assert_eq!(told, expected.map(|(job, command)| (job.to_owned(), command.to_owned())));
    let jobs = &release["jobs"];
    assert_eq!(jobs["release-dev"]["if"], "github.event_name == 'push'");
    assert_eq!(jobs["propose"]["if"], "github.event_name == 'schedule'");
    let staged = &jobs["release-staging"];
    assert_eq!((&staged["if"], &staged["needs"][0]), (&"needs.propose.outputs.commit".into(), &"propose".into()));
    assert_eq!(jobs["propose"]["outputs"]["commit"], "${{ steps.embark.outputs.commit }}");
    let merged = jobs["promote-production"]["if"].as_str().expect("a condition");
    assert!(merged.contains("github.event.pull_request.merged") && merged.contains("head.repo.full_name"), "{merged}");
    let turn = &jobs["check-production"]["concurrency"]["group"];
    assert_ne!(turn, &jobs["promote-production"]["concurrency"]["group"], "a check drops no promotion that waits");

    let told: Vec<_> = commands(&deployment).into_iter().map(|(job, command)| format!("{job}: {command}")).collect();
    let expected = [
        "deploy: deploy\n--event\n${{ github.event_path }}\n",
        "deploy: deploy\n--pending=${{ github.event.deployment.environment }}\n",
        "pending: deploy --pending ${{ matrix.environment }}",
        "verify: verify",
    ];
    assert_eq!(told, expected);
    let matrix = &deployment["jobs"]["pending"]["strategy"]["matrix"]["environment"];
    assert_eq!(matrix, &serde_json::json!(["dev", "staging", "production"]));
}

#[test]
fn every_job_has_few_rights_its_turn_and_an_end() {
    for configuration in [&example(), LEDGER, SMALL] {
        let (release, deployment) = Desk::new(configuration).workflows();
        for workflow in [&release, &deployment] {
            assert_eq!(workflow["permissions"], serde_json::json!({}), "nothing is granted to all jobs");
            for (name, job) in workflow["jobs"].as_object().expect("there are jobs") {
                let rights = job["permissions"].as_object().expect("a job names its rights");
                let writes = rights.iter().filter(|(_, right)| *right == "write").count();
                let is_reader = name.starts_with("check-") || name == "verify";
                assert!(!rights.is_empty() && rights.values().all(|right| right == "read" || right == "write"));
                assert!(job["timeout-minutes"].is_u64(), "{name}");
                assert_eq!(job["environment"], Value::Null, "{name} makes GitHub create no deployment");
                let turn = &job["concurrency"];
                assert!(turn["group"].as_str().is_some_and(|group| group.starts_with("embark-")), "{name}: {turn}");
                assert_eq!(turn["cancel-in-progress"], false, "{name}");
                assert!(!is_reader || writes == 0, "{name}: {rights:?}");
                for step in job["steps"].as_array().expect("a job has steps") {
                    let uses = step["uses"].as_str().expect("nothing is scripted");
                    let (_, commit) = uses.split_once('@').expect("an action is pinned");
                    assert!(commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit()), "{uses}");
                    if uses.starts_with("actions/checkout@") {
                        assert_eq!(step["with"]["persist-credentials"], false);
                    }
                }
            }
        }
    }
}

#[test]
fn the_ledger_is_carried_out_at_once_and_has_no_events() {
    let desk = Desk::new(LEDGER);
    let (release, deployment) = desk.workflows();
    let told: Vec<_> = commands(&release).into_iter().map(|(_, command)| command).collect();
    let expected = [
        "release test --deploy",
        "promote qa --deploy",
        "promote prod-eu --dry-run",
        "promote prod-eu --deploy",
        "promote 1-us --dry-run",
        "promote 1-us --deploy",
    ];
    assert_eq!(told, expected);
    assert_eq!(deployment["on"]["deployment"], Value::Null);
    assert!(deployment["on"].get("deployment").is_none() && deployment["jobs"].get("deploy").is_none());
    assert_eq!(deployment["on"]["push"]["branches"], serde_json::json!(["release/live"]));
    let text = desk.text(DEPLOYMENT);
    for words in ["secrets.GCR_IO_USERNAME", "secrets.US__DOCKER_PKG_DEV_PASSWORD", "registry: docker.io"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert_eq!(text.matches("EMBARK_GITHUB_APP_ID:").count(), 2, "checks are asked for with the app");
}

#[test]
fn a_configuration_below_the_root_is_found_by_the_jobs() {
    let desk = Desk::new("");
    fs::create_dir_all(desk.path("shop/ops/embark")).expect("the folder can be made");
    fs::write(desk.path("shop/ops/embark/embark.yaml"), SMALL).expect("the file can be written");
    let init = ["--config", "ops/embark/embark.yaml", "init", "../shop-deployment", "--github", "--action", ACTION];
    desk.embark.json(&init).ended(0, "done");
    for path in [RELEASE, DEPLOYMENT] {
        let text = desk.text(path);
        let commands = text.matches("          command: ").count();
        assert_eq!(text.matches("          working-directory: ops/embark\n").count(), commands, "{text}");
        assert!(!text.contains("[["), "{text}");
    }
    assert!(!desk.text(RELEASE).contains("schedule:"), "no environment waits for the clock");
}

#[test]
fn what_is_there_stays_and_is_told() {
    let desk = Desk::new(&example());
    let init = ["init", "../shop-deployment", "--github"];
    let dry = desk.embark.json(&[&init[..], &["--dry-run"]].concat()).ended(0, "planned");
    let planned = dry.list("workflows", &["file", "text", "written"]);
    assert_eq!(planned.len(), 2);
    assert!(!desk.path("shop/.github").exists() && !desk.path("shop-deployment/.github").exists());
    let shown = desk.embark.text(&[&init[..], &["--dry-run"]].concat()).succeeded("a dry run").text();
    let texts = planned.iter().map(|one| one["text"].as_str().expect("a text"));
    assert_eq!(shown, std::iter::once(example().as_str()).chain(texts).collect::<Vec<_>>().join("---\n"));

    fs::create_dir_all(desk.path(RELEASE).parent().expect("a folder")).expect("the folder can be made");
    fs::write(desk.path(RELEASE), "mine").expect("the file can be written");
    let told = desk.embark.text(&init).succeeded("init").text();
    assert!(told.contains(".github/workflows/embark-release.yaml is there already, and stays as it is"), "{told}");
    assert!(told.contains("embark-deployment.yaml is new"), "{told}");
    assert_eq!((desk.text(RELEASE).as_str(), desk.text("shop/embark.yaml")), ("mine", example()));
    let again = desk.embark.json(&init).ended(0, "unchanged").list("workflows", &["file", "text", "written"]);
    assert!(again.iter().all(|workflow| workflow["written"] == false), "{again:?}");
}

#[test]
fn a_deployment_repo_that_is_not_checked_out_gets_its_workflow_by_hand() {
    let desk = Desk::new(&example());
    let report = desk.embark.json(&["init", "--github"]).ended(0, "done");
    assert!(desk.path(RELEASE).exists() && desk.path("shop/embark-deployment.yaml").exists());
    let notes = report.json["notes"].to_string();
    let move_it = "move embark-deployment.yaml to .github/workflows/embark-deployment.yaml of acme/shop-deployment";
    assert!(notes.contains(move_it), "{notes}");
    assert!(notes.contains("--action"), "an action that is at no commit is told: {notes}");
}

#[test]
fn a_new_configuration_names_both_repositories() {
    let desk = Desk::new("");
    let values = "web: { image: { repository: ghcr.io/acme/web, tag: unreleased } }\n";
    for name in ["staging.yaml", "prod.yaml"] {
        fs::write(desk.path("shop-deployment").join(name), values).expect("the file can be written");
    }
    let (release, _) = desk.workflows();
    assert_eq!(commands(&release)[0].1, "release staging");
    let text = desk.text("shop/embark.yaml");
    for line in [
        "application: { name: shop, repository: acme/shop }\n",
        "deploymentRepo: { url: https://github.com/acme/shop-deployment.git, branch: main }\n",
        "deployments: { github: { repository: acme/shop-deployment } }\n",
    ] {
        assert!(text.contains(line), "{line}{text}");
    }
    desk.embark.json(&["config", "check"]).ended(0, "unchanged");
}

/// In a worktree `.git` is no folder.
#[test]
fn the_branch_of_the_origin_is_released_whatever_is_checked_out() {
    let desk = Desk::new("");
    let shop = Git::at(&desk.path("shop"));
    fs::write(desk.path("shop/embark.yaml"), example()).expect("the file can be written");
    shop.run(&["add", "."]);
    shop.run(&["-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-q", "-m", "Configure embark"]);
    shop.run(&["update-ref", "refs/remotes/origin/trunk", "HEAD"]);
    shop.run(&["symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/trunk"]);
    shop.run(&["worktree", "add", "-q", "-b", "my-feature", "../work"]);
    let embark = Embark::new(EMBARK, &desk.path("work"), desk.folder.path());
    embark.json(&["init", "../shop-deployment", "--github"]).ended(0, "done");
    let text = desk.text("work/.github/workflows/embark-release.yaml");
    assert!(text.contains("branches: [trunk]") && !text.contains("my-feature"), "{text}");
}

#[test]
fn where_nothing_can_be_written_nothing_is() {
    let desk = Desk::new("");
    let in_deployment = Embark::new(EMBARK, &desk.path("shop-deployment"), desk.folder.path());
    let (message, hint) = in_deployment.json(&["init", "--github"]).ended(2, "failed").error();
    assert!(
        message.contains("checkout of the application's repository") && hint.contains("init ../"),
        "{message} {hint}"
    );

    fs::write(desk.path("shop-deployment/embark.yaml"), SMALL).expect("the file can be written");
    let (message, _) = in_deployment.json(&["init", "--github"]).ended(2, "failed").error();
    assert!(message.contains("checkout of the application's repository"), "{message}");

    fs::write(desk.path("shop/embark.yaml"), SMALL).expect("the file can be written");
    Git::at(&desk.path("shop")).run(&["remote", "remove", "origin"]);
    let (message, hint) = desk.embark.json(&["init", "--github"]).ended(2, "failed").error();
    assert!(
        message.contains("where on GitHub the application's repository is") && hint.contains("repository: acme/shop"),
        "{message} {hint}"
    );

    for wrong in ["embark-deploy/embark@v1", "embark@523a7a3556d15d57cbb27a6c232c3f9d940bdc68", "embark-deploy/embark"]
    {
        let finished = desk.embark.text(&["init", "--github", "--action", wrong]);
        assert_eq!(finished.code, 2, "{wrong}: {}", finished.stderr);
    }
    assert!(!desk.path("shop/.github").exists() && !desk.path("shop-deployment/.github").exists());
}

#[test]
#[ignore = "needs actionlint and zizmor: run ./tests/run"]
fn linters_have_nothing_against_the_action_the_examples_and_what_is_written() {
    let files = ["action.yml", "docs/examples/github/release.yaml", "docs/examples/github/deployment.yaml"];
    let files = files.map(|file| root().join(file).canonicalize().expect("it is there"));
    assert_zizmor_passes(&files.each_ref().map(PathBuf::as_path));
    files[1..].iter().for_each(|file| assert_actionlint_passes(file));
    for configuration in [&example(), LEDGER, SMALL] {
        let desk = Desk::new(configuration);
        desk.workflows();
        desk.lint();
    }
}

#[test]
#[ignore = "needs actionlint and zizmor: run ./tests/run"]
#[should_panic(expected = "template-injection")]
fn zizmor_sees_what_a_shell_would_read() {
    let action = fs::read_to_string(root().join("action.yml")).expect("the action has a description");
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let path = folder.path().join("action.yml");
    let wrong = action.replace("run: bash \"$EMBARK_ACTION/action/run.sh\"", "run: embark ${{ inputs.command }}");
    fs::write(&path, wrong).expect("the file can be written");
    assert_zizmor_passes(&[Path::new(&path)]);
}
