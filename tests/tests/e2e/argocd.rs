//! Argo CD, by a double behind its own description: it is waited for, and each way in which it does not come ends as it
//! should.

use std::time::Duration;

use embark_tests::harness::{ARGOCD_TOKEN, Application, ArgoCdServer, COMPONENTS, FRONTEND, Git, Setup, World};
use serde_json::Value;

use crate::EMBARK;
use crate::failures::assert_fails;
use crate::secrets::{assert_unseen, everything_said};

const REPOSITORY: &str = "https://github.com/acme/deployment.git";
const STAGING: &str = "name: staging, valuesFile: staging.yaml, tag: commit";
pub(crate) const APPLICATION: &str = "shop-staging";

/// A world whose staging is brought by Argo CD, and the first commit's images are built.
pub(crate) struct Shop {
    pub(crate) world: World,
    pub(crate) argocd: ArgoCdServer,
}

/// What a play of Argo CD needs to know of the deployment repo.
#[derive(Clone)]
pub(crate) struct Branch {
    git: Git,
    images: [String; 2],
}

impl Branch {
    pub(crate) fn tip(&self) -> String {
        self.git.tip("refs/heads/main").expect("the branch is there")
    }

    /// What Argo CD tells where it has the tip, and that is healthy.
    pub(crate) fn now(&self) -> Application {
        let tip = self.tip();
        let values = self.git.file(&tip, "staging.yaml").expect("the values file is there");
        let values: Value = serde_saphyr::from_str(&values).expect("it is YAML");
        // The chart writes the digest into the image where the file pins it.
        let of = |component: &str, key: &str| values[component]["image"][key].as_str().map(str::to_owned);
        let tag = |component: &str| of(component, "tag").unwrap_or_default();
        let digest = |component: &str| of(component, "digest").map(|digest| format!("@{digest}")).unwrap_or_default();
        let images: Vec<String> = self
            .images
            .iter()
            .zip(COMPONENTS)
            .map(|(image, component)| format!("{image}:{}{}", tag(component), digest(component)))
            .collect();
        Application::healthy(REPOSITORY, &tip, &images)
    }

    /// What it tells where it has another commit, and knows of the tip.
    pub(crate) fn behind(&self, commit: &str) -> Application {
        Application { applied: vec![commit.into()], sync: "OutOfSync".into(), ..self.now() }
    }
}

impl Shop {
    pub(crate) fn new(success: &str) -> Self {
        Self::guarded(success, None)
    }

    fn guarded(success: &str, token: Option<&str>) -> Self {
        let world = World::new(EMBARK, Setup::Embedded);
        let argocd = ArgoCdServer::start(token);
        let url = argocd.url();
        let of =
            format!("success: {success}, argocd: {{ server: \"{url}\", application: {APPLICATION}, refresh: true }}");
        world.configure(STAGING, &format!("{STAGING}, {of}"));
        world.build(&world.commits[0], "1", "1");
        world.build(&world.commits[1], "2", "2");
        Self { world, argocd }
    }

    pub(crate) fn branch(&self) -> Branch {
        Branch { git: self.world.repo.git.clone(), images: COMPONENTS.map(|name| self.world.image(name)) }
    }

    /// Has Argo CD tell what `play` makes of the branch, by the number of the request.
    pub(crate) fn plays(&self, play: impl Fn(usize, &Branch) -> Application + Send + 'static) {
        let branch = self.branch();
        self.argocd.plays(APPLICATION, move |number| play(number, &branch));
    }

    fn release(&self, commit: usize) -> Vec<String> {
        self.world.embark.json(&["release", "staging", "--commit", &self.world.commits[commit]]).ended(0, "done");
        self.states()
    }

    /// The states of the deployments of the frontend, as the ledger has them.
    fn states(&self) -> Vec<String> {
        let mut entries = self.world.repo.ledger_of("staging", FRONTEND);
        entries.sort_by_key(|entry| entry.json["sequence"].as_u64());
        entries.iter().map(|entry| entry.state().unwrap_or_default()).collect()
    }
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn a_deployment_is_a_success_once_argo_cd_has_it_and_it_is_healthy() {
    let shop = Shop::new("healthy");
    let first = shop.branch().tip();
    shop.plays(move |number, branch| match number {
        0 | 1 => branch.behind(&first),
        2 => Application { health: "Progressing".into(), ..branch.now() },
        _ => branch.now(),
    });
    shop.release(0);
    let deploy = shop.world.embark.json(&["deploy", "--pending"]).ended(0, "done");
    for component in COMPONENTS {
        let deployment = deploy.deployment(component);
        assert_eq!(deployment["state"], "success", "{deployment:#}");
        let entry = &shop.world.repo.ledger_of("staging", component)[0];
        let commit = deployment["commit"].as_str().expect("it has a commit");
        let statuses = entry.statuses();
        let states: Vec<&str> = statuses.iter().map(|(state, _)| state.as_str()).collect();
        assert_eq!(states, ["in_progress", "success"]);
        assert!(statuses.iter().all(|(_, description)| description.starts_with(commit)), "{statuses:?}");
    }
    assert_eq!(shop.world.repo.commits().len(), 2);
    let asked = shop.argocd.take_traffic();
    assert_eq!(asked.0.len(), 4, "three looks, for both components together, and a nudge: {asked:?}");
    assert_eq!(asked.0.iter().filter(|exchange| exchange.target.contains("refresh=normal")).count(), 1);
    shop.world.embark.json(&["deploy", "--pending"]).ended(0, "unchanged");
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn what_is_degraded_fails_and_goes_back_to_what_was_healthy() {
    let shop = Shop::new("healthy");
    shop.plays(|_, branch| branch.now());
    shop.release(0);
    shop.world.embark.json(&["deploy", "--pending"]).ended(0, "done");
    shop.plays(|_, branch| Application {
        health: "Degraded".into(),
        resources: vec![(
            "Deployment".into(),
            "frontend".into(),
            "Degraded".into(),
            Some("\u{1b}[31mexceeded its\nprogress deadline\u{1b}[0m".into()),
        )],
        ..branch.now()
    });
    let release = ["release", "staging", "--commit", &shop.world.commits[1], "--deploy"];
    let failed = shop.world.embark.json(&release).ended(13, "failed");
    let frontend = failed.deployment(FRONTEND);
    assert_eq!(frontend["state"], "failure", "{frontend:#}");
    assert!(
        frontend["reason"]
            .as_str()
            .is_some_and(|why| why.ends_with("Deployment frontend: exceeded its progress deadline"))
    );
    assert!(frontend["hint"].as_str().is_some_and(|hint| hint.contains("embark rollback staging frontend")));
    assert_eq!(shop.states(), ["success", "failure"]);

    let promote = ["promote", "production", "--version", "1.0.0", "--commit", &shop.world.commits[1]];
    shop.world.embark.json(&promote).ended(10, "refused");
    let wait = shop.world.embark.json(&["wait", "staging"]);
    assert_eq!(wait.json["outcome"], "broken", "{:#}", wait.json);

    shop.plays(|_, branch| branch.now());
    shop.world.embark.json(&["rollback", "staging"]).ended(0, "done");
    assert!(shop.world.repo.values("staging").contains(&shop.world.commits[0]));
    assert_eq!(shop.states(), ["success", "failure", "success"]);
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn what_is_not_there_in_time_is_waited_for_by_the_next_run() {
    let shop = Shop::new("healthy");
    let first = shop.branch().tip();
    shop.plays(move |_, branch| branch.behind(&first));
    shop.release(0);
    let late = shop.world.embark.json(&["deploy", "--pending", "--timeout", "1s"]).ended(13, "failed");
    assert_eq!(late.deployment(FRONTEND)["state"], "in_progress");
    assert_eq!(shop.states(), ["in_progress"]);
    let tip = shop.world.repo.tip();
    shop.plays(|_, branch| branch.now());
    shop.world.embark.json(&["deploy", "--pending"]).ended(0, "done");
    assert_eq!((shop.world.repo.tip(), shop.states()), (tip, vec!["success".to_owned()]));
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn what_a_newer_deployment_supersedes_is_closed() {
    let shop = Shop::new("healthy");
    let other = shop.world.app().join("other.yaml");
    let text = std::fs::read_to_string(shop.world.config_path()).expect("it is there");
    std::fs::write(&other, text.replace("success: healthy", "success: committed")).expect("it can be written");
    let (embark, commit, first) = (shop.world.embark.clone(), shop.world.commits[1].clone(), shop.branch().tip());
    shop.release(0);
    shop.plays(move |number, branch| {
        if number == 1 {
            embark
                .json(&["--config", "other.yaml", "release", "staging", "--commit", &commit, "--deploy"])
                .ended(0, "done");
        }
        if number < 2 { branch.behind(&first) } else { branch.now() }
    });
    let deploy = shop.world.embark.json(&["deploy", "--pending"]).ended_with(0);
    assert_eq!(deploy.deployment(FRONTEND)["state"], "inactive", "{:#}", deploy.json);
    assert_eq!(shop.states(), ["inactive", "success"]);
}

/// Staging has a commit, by a deployment that needed no health.
fn deployed(token: Option<&str>) -> Shop {
    let shop = Shop::guarded("committed", token);
    shop.release(0);
    shop.world.embark.json(&["deploy", "--pending"]).ended(0, "done");
    shop
}

#[track_caller]
fn waits_in_vain(shop: &Shop, words: &str) -> Vec<Value> {
    let before = shop.world.state();
    let wait = shop.world.embark.json(&["wait", "staging", "--timeout", "1s"]).ended(13, "broken");
    let keys = ["environment", "component", "deployment", "commit", "image", "tag", "digest", "state", "delivery"];
    let waited = wait.list("waited", &[&keys[..], &["seconds", "reason"]].concat());
    assert_eq!(waited.len(), 2);
    for one in &waited {
        assert_eq!(one["state"], "waiting", "{one:#}");
        assert!(one["reason"].as_str().is_some_and(|reason| reason.contains(words)), "{words:?} is in {one:#}");
    }
    assert_eq!(shop.world.state(), before, "nothing is written");
    waited
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn a_wait_tells_what_it_waits_for() {
    let shop = deployed(None);
    let first = shop.world.repo.git.run(&["rev-parse", "refs/heads/main~2"]).trim().to_owned();
    let short = first[..7].to_owned();

    shop.plays(|_, branch| branch.now());
    let wait = shop.world.embark.json(&["wait", "staging"]).ended(0, "unchanged");
    assert_eq!(wait.json["waited"][0]["state"], "healthy", "{:#}", wait.json);
    assert_eq!(wait.json["waited"][0]["delivery"]["health"], "Healthy");

    let at = first.clone();
    shop.plays(move |_, branch| Application { compared: vec![at.clone()], applied: vec![at.clone()], ..branch.now() });
    let waited = waits_in_vain(&shop, &format!("it has {short}, which is before"));
    assert_eq!(waited[0]["delivery"]["revision"], first.as_str());

    let at = first.clone();
    shop.plays(move |_, branch| Application { is_automated: false, ..branch.behind(&at) });
    waits_in_vain(&shop, "Argo CD does not synchronise by itself");

    // Somebody has rolled back, in Argo CD, to what is on no branch any more.
    shop.plays(|_, branch| Application { is_automated: false, ..branch.behind(&"7".repeat(40)) });
    waits_in_vain(&shop, "it has 7777777, which is not among the newest commits of the branch");

    let at = first;
    shop.plays(move |_, branch| Application {
        operation: Some(("Failed".into(), "one or more objects failed to apply".into())),
        ..branch.behind(&at)
    });
    waits_in_vain(&shop, "could not synchronise (one or more objects failed to apply)");

    // All is there and healthy, and the test that comes after it has failed.
    shop.plays(|_, branch| Application {
        operation: Some(("Failed".into(), "hook batch/Job/smoke-test failed".into())),
        ..branch.now()
    });
    waits_in_vain(&shop, "could not synchronise (hook batch/Job/smoke-test failed)");

    shop.plays(|_, branch| Application { images: vec!["redis:7".into()], ..branch.now() });
    waits_in_vain(&shop, "among the images that run");

    let text = shop.world.embark.text(&["wait", "staging", "--timeout", "1s"]);
    assert_eq!(text.code, 13);
    assert!(text.text().contains("NOT YET") && text.text().contains(" s, Argo CD lists no "), "{}", text.text());
    assert!(text.stderr.contains("hint: go on waiting with: embark wait staging"), "{}", text.stderr);
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn a_server_that_hangs_is_asked_again_until_the_time_is_up() {
    let shop = deployed(None);
    shop.plays(|_, branch| branch.now());
    shop.argocd.delay(Duration::from_secs(12));
    let waited = waits_in_vain(&shop, "it does not answer within 10 s");
    assert!(waited[0]["delivery"].is_null());
    // What is shown is not kept from anybody.
    let status = shop.world.embark.json(&["status", "staging"]).ended(0, "unchanged");
    assert!(status.json["environments"][0]["delivery"].is_null(), "{:#}", status.json);
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn what_may_not_be_seen_is_told() {
    let mut shop = deployed(Some(ARGOCD_TOKEN));
    let wait = ["wait", "staging"];
    assert_fails(&shop.world, &wait, 20, &["there is no token", "no session information", "EMBARK_ARGOCD_TOKEN"]);
    shop.world.embark = shop.world.embark.clone().with("EMBARK_ARGOCD_TOKEN", ARGOCD_TOKEN);
    assert_fails(&shop.world, &wait, 20, &["permission denied", APPLICATION, "may not be seen, or is not there"]);
    shop.world.configure("refresh: true", "project: shop");
    assert_fails(&shop.world, &wait, 21, &["there is no application", "argocd.application"]);
    shop.argocd.answer_instead(200, "text/html", "<html>Log in</html>");
    assert_fails(&shop.world, &wait, 21, &["wrong answer", "argocd.server"]);
    assert_fails(&shop.world, &["wait", "dev"], 2, &["names no application of Argo CD for dev"]);

    let commands: [&[&str]; 4] = [&wait, &["status"], &["deploy", "--pending"], &["config", "check", "--online"]];
    assert_unseen(&everything_said(&shop.world, &shop.world.embark, &commands), &[ARGOCD_TOKEN]);
}

/// The invariant holds whatever Argo CD tells, which is shown beside it.
#[test]
#[ignore = "needs prism: run ./tests/run"]
fn verify_tells_what_is_recorded_synchronised_and_healthy() {
    let shop = deployed(None);
    let url = shop.argocd.url();
    let of = format!("argocd: {{ server: \"{url}\", application: {APPLICATION} }}");
    shop.world.configure("promotesFrom: staging }", &format!("promotesFrom: staging, {of} }}"));
    let promote = ["promote", "production", "--version", "1.4.0", "--commit", &shop.world.commits[0], "--deploy"];
    shop.world.embark.json(&promote).ended(0, "done");
    shop.plays(|_, branch| Application { health: "Degraded".into(), ..branch.now() });
    shop.argocd.take_traffic();
    let verify = shop.world.embark.json(&["verify"]).ended(0, "unchanged");
    assert_eq!(shop.argocd.take_traffic().0.len(), 1, "one look for both components");
    assert_eq!(verify.checks().len(), 2);
    for check in verify.checks() {
        assert_eq!(
            (&check["holds"], &check["delivery"]["synced"]),
            (&Value::Bool(true), &"Synced".into()),
            "{check:#}"
        );
        assert_eq!(check["delivery"]["health"], "Degraded");
        assert_eq!(check["delivery"]["revision"], shop.world.repo.tip().as_str());
    }
    let text = shop.world.embark.text(&["verify"]).succeeded("embark verify").text();
    let recorded = &shop.world.repo.tip()[..7];
    let row = format!("production   backend    {recorded}   {recorded}       Synced  Degraded\n");
    assert!(text.contains(&row), "{row}{text}");

    shop.argocd.answer_instead(403, "application/json", "{\"error\": \"permission denied\", \"code\": 7}");
    let verify = shop.world.embark.json(&["verify"]).ended(0, "unchanged");
    assert!(verify.checks().iter().all(|check| check["delivery"].is_null() && check["holds"] == true));
    let text = shop.world.embark.text(&["verify"]).succeeded("embark verify").text();
    assert_eq!(text.matches("production cannot be seen: ").count(), 1, "{text}");
    assert!(text.contains("permission denied"), "{text}");
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn status_and_config_check_tell_what_argo_cd_has() {
    let shop = deployed(None);
    shop.plays(|_, branch| Application { health: "Progressing".into(), ..branch.now() });
    let status = shop.world.embark.json(&["status"]).ended(0, "unchanged");
    let of = |at: usize| &status.json["environments"][at]["delivery"];
    assert!(of(0).is_null() && of(2).is_null(), "{:#}", status.json);
    assert_eq!((&of(1)["synced"], &of(1)["health"]), (&"Synced".into(), &"Progressing".into()));
    assert_eq!(of(1)["revision"], shop.world.repo.tip().as_str());
    let text = shop.world.embark.text(&["status"]).succeeded("embark status").text();
    assert!(text.contains("SYNCHRONISED") && text.contains("Progressing"), "{text}");

    let check = shop.world.embark.json(&["config", "check", "--online"]).ended(0, "unchanged");
    assert!(check.json.to_string().contains("Argo CD of staging"), "{:#}", check.json);
    shop.argocd.answer_instead(403, "application/json", "{\"error\": \"permission denied\", \"code\": 7}");
    let status = shop.world.embark.json(&["status", "staging"]).ended(0, "unchanged");
    assert!(status.json["environments"][0]["delivery"].is_null());
    let text = shop.world.embark.text(&["status", "staging"]).succeeded("embark status").text();
    assert!(text.contains("staging cannot be seen: ") && text.contains("permission denied"), "{text}");
    shop.world.embark.json(&["config", "check", "--online"]).ended(20, "failed");
}
