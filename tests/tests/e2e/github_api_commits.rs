//! Commits over GitHub's API: a double of it stands in, which keeps a real repository. Nothing is pushed.

use embark_tests::harness::{BACKEND, COMPONENTS, FRONTEND, GITHUB_TOKEN, GitHubServer, Setup, World};

use crate::EMBARK;
use crate::github_deployments::{REPOSITORY, states, walk};

/// A world whose deployment repo is reached by the double alone, and the first commit built.
pub(crate) fn world() -> (World, GitHubServer) {
    let mut world = World::new(EMBARK, Setup::Embedded);
    let repo = format!(
        "  url: https://github.com/{REPOSITORY}.git\n  branch: main\n  write: api\n\
         deployments: {{ github: {{ repository: {REPOSITORY} }} }}\n"
    );
    world.configure("  url: ../git/deployment.git\n  branch: main\n", &repo);
    let github = GitHubServer::start(Some(GITHUB_TOKEN));
    github.keep(REPOSITORY, world.repo.git.clone());
    world.embark = world.embark.with("GITHUB_API_URL", &github.url()).with("EMBARK_GITHUB_TOKEN", GITHUB_TOKEN);
    world.build(&world.commits[0], "1", "1");
    (world, github)
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn from_a_commit_to_production_without_a_push() {
    let (world, github) = world();
    let frontend = world.build(&world.commits[0], "1", "1").0;
    walk(&world);
    let commit = world.commits[0].as_str();
    for (environment, tag) in [("dev", commit), ("staging", commit), ("production", "1.4.0")] {
        assert_eq!(world.repo.values(environment), world.values((tag, &frontend), tag).text(environment));
        for (_, states) in states(&github, environment) {
            assert_eq!(states, ["in_progress", "success"]);
        }
    }
    let log = world.repo.commits();
    assert_eq!(log.len(), 6, "{log:#?}");
    for (entry, component) in log.iter().zip(COMPONENTS.iter().cycle()) {
        assert_eq!(entry.trailer("Embark-Component"), *component);
        assert_eq!(entry.trailer("Embark-Commit"), commit);
    }
    assert!(log[4].trailer("Embark-Promoted-From").starts_with("staging@"), "{:?}", log[4]);
    let raw = world.repo.git.run(&["cat-file", "commit", "main"]);
    assert!(raw.contains("\ncommitter GitHub <noreply@github.com> "), "{raw}");
    assert_eq!(world.repo.git.run(&["for-each-ref", "--format=%(refname)"]).trim(), "refs/heads/main");
    world.repo.git.assert_sound();

    world.embark.json(&["verify", "--strict"]).ended(0, "unchanged");
    let before = world.state();
    world.embark.json(&["release", "staging", "--commit", commit, "--deploy"]).ended(0, "unchanged");
    world.embark.json(&["deploy", "--pending"]).ended(0, "unchanged");
    world.embark.json(&["status"]).ended(0, "unchanged");
    assert_eq!(world.state(), before);
}

/// What embark writes over the API is what it writes by git, to the byte.
#[test]
#[ignore = "needs prism: run ./tests/run"]
fn messages_and_files_are_those_that_are_pushed() {
    let (over_api, _github) = world();
    let pushed = World::new(EMBARK, Setup::Embedded);
    pushed.build(&pushed.commits[0], "1", "1");
    let told = |world: &World| {
        walk(world);
        let ids: Vec<String> = world.repo.commits().into_iter().map(|entry| entry.id).collect();
        let message = |id: &String| {
            let raw = world.repo.git.run(&["cat-file", "commit", id]) + "\n";
            let (_, message) = raw.split_once("\n\n").expect("a message");
            let same = |line: &str| {
                !["Embark-Deployment", "Embark-Verified", "Embark-Promoted-From"]
                    .iter()
                    .any(|key| line.starts_with(key))
            };
            assert!(raw.ends_with('\n') && !raw.ends_with("\n\n\n"), "{raw:?}");
            message.split_inclusive('\n').filter(|line| same(line)).collect::<String>()
        };
        let files = ["dev", "staging", "production"].map(|environment| world.repo.values(environment));
        (ids.iter().map(message).collect::<Vec<_>>(), files)
    };
    assert_eq!(told(&over_api), told(&pushed));
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn a_deployment_takes_two_requests_more_than_with_git() {
    let (world, github) = world();
    let commit = world.commits[0].as_str();
    for (environment, most) in [("dev", 6), ("staging", 6), ("production", 8)] {
        let release = ["release", environment, "--commit", commit, "--component", FRONTEND];
        let promote = ["promote", environment, "--version", "1.4.0", "--commit", commit, "--component", FRONTEND];
        let created = world.embark.json(if environment == "production" { &promote } else { &release }).ended(0, "done");
        let id = created.deployment(FRONTEND)["id"].as_str().expect("an id").to_owned();
        github.take_traffic();
        world.embark.json(&["deploy", &id]).ended(0, "done");
        let traffic = github.take_traffic();
        let last =
            traffic.0.iter().rposition(|exchange| exchange.target.ends_with("/statuses") && exchange.status == 201);
        println!("{environment}: {:?}\n{traffic}", last.map(|last| last + 1));
        assert!(last.is_some_and(|last| last < most), "{environment}:\n{traffic}");
    }
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn somebody_who_commits_between_two_commits_of_one_run_loses_nothing_and_takes_nothing() {
    let (world, github) = world();
    let base = world.repo.tip();
    let commit = world.commits[0].as_str();
    github.commit_between(REPOSITORY, 1, "notes.yaml");
    world.embark.json(&["release", "dev", "--commit", commit, "--deploy"]).ended(0, "done");
    let log = world.repo.commits_since(&base);
    let components: Vec<_> = log
        .iter()
        .map(|entry| entry.trailers.iter().find(|(key, _)| key == "Embark-Component").map(|(_, value)| value.as_str()))
        .collect();
    assert_eq!(components, [Some(FRONTEND), None, Some(BACKEND)], "{log:#?}");
    for (_, states) in states(&github, "dev") {
        assert_eq!(states, ["in_progress", "success"]);
    }
    assert_eq!(world.repo.git.file("main", "notes.yaml").as_deref(), Some("by: hand\n"));
    world.repo.git.assert_sound();
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn a_lost_answer_is_looked_for_whether_the_commit_was_made_or_not() {
    for are_made in [true, false] {
        let (world, github) = world();
        github.lose_commits(REPOSITORY, 1, are_made);
        let release = ["release", "dev", "--commit", &world.commits[0], "--deploy"];
        world.embark.json(&release).ended(0, "done");
        assert_eq!(world.repo.commits().len(), 2);
        for (_, states) in states(&github, "dev") {
            assert_eq!(states, ["in_progress", "success"]);
        }
    }
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn a_rule_of_the_branch_is_told_in_its_own_words_and_nothing_is_lost() {
    let (world, github) = world();
    let words = "Changes must be made through a pull request.";
    github.refuse_commits(REPOSITORY, Some(("UNPROCESSABLE", words)));
    let release = ["release", "dev", "--commit", &world.commits[0], "--deploy"];
    let failed = world.embark.json(&release).ended(20, "failed");
    let reasons: Vec<String> = failed.deployments().iter().map(|deployment| deployment["reason"].to_string()).collect();
    assert!(reasons.iter().all(|reason| reason.contains(words)), "{reasons:?}");
    assert!(world.repo.commits().is_empty());
    for (_, states) in states(&github, "dev") {
        assert_eq!(states, ["in_progress", "error"]);
    }
    github.refuse_commits(REPOSITORY, None);
    world.embark.json(&["deploy", "--pending"]).ended(0, "done");
    assert_eq!(world.repo.commits().len(), 2);
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn a_missing_permission_is_named() {
    let (world, github) = world();
    github.refuse_commits(REPOSITORY, Some(("FORBIDDEN", "Resource not accessible by integration")));
    let release = ["release", "dev", "--commit", &world.commits[0], "--deploy"];
    let failed = world.embark.json(&release).ended(20, "failed");
    assert!(failed.deployments()[0]["reason"].to_string().contains("Contents: write"), "{:#}", failed.json);
}

/// A limit is no failure of what waits: however often it is met, the deployment is not given up.
#[test]
#[ignore = "needs prism: run ./tests/run"]
fn a_limit_that_commits_meet_is_told_and_nothing_is_lost() {
    let (world, github) = world();
    world.embark.json(&["release", "dev", "--commit", &world.commits[0]]).ended(0, "done");
    github.refuse_commits(REPOSITORY, Some(("RATE_LIMITED", "API rate limit exceeded for user ID 1.")));
    for _ in 0..6 {
        let failed = world.embark.json(&["deploy", "--pending"]).ended(21, "failed");
        let told = failed.deployment("frontend")["reason"].to_string();
        assert!(told.contains("asks for fewer requests"), "{told}");
    }
    github.refuse_commits(REPOSITORY, None);
    world.embark.json(&["deploy", "--pending"]).ended(0, "done");
    for (task, states) in states(&github, "dev") {
        assert!(
            !states.contains(&"error".to_owned()) && states.ends_with(&["success".to_owned()]),
            "{task}: {states:?}"
        );
    }
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn an_executable_values_file_is_refused_before_anything_is_written() {
    let (world, github) = world();
    let tip = world.repo.tip();
    world.repo.git.fast_import(&format!(
        "commit refs/heads/main\ncommitter A Person <person@example.com> 1700000000 +0000\ndata 5\nModes\nfrom {tip}\n\
         M 100755 inline dev.yaml\ndata {}\n{}\n\n",
        world.repo.values("dev").len(),
        world.repo.values("dev")
    ));
    let before = world.repo.tip();
    let release = ["release", "dev", "--commit", &world.commits[0], "--deploy"];
    let failed = world.embark.json(&release).ended(3, "failed");
    assert!(failed.deployments()[0]["reason"].to_string().contains("executable"), "{:#}", failed.json);
    assert_eq!(world.repo.tip(), before);
    drop(github);
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn values_files_of_other_line_breaks_and_marks_keep_their_bytes() {
    let (world, _github) = world();
    world.repo.edit_by_hand("dev", |text| format!("\u{feff}# ü 🚀\n{text}").replace('\n', "\r\n"));
    let before = world.repo.values("dev");
    let frontend = world.build(&world.commits[0], "1", "1").0;
    world.embark.json(&["release", "dev", "--commit", &world.commits[0], "--deploy"]).ended(0, "done");
    let after = world.repo.values("dev");
    let line = |text: &str| text.lines().count();
    assert!(after.starts_with("\u{feff}# ü 🚀\r\n") && after.contains(&frontend.digest()), "{after:?}");
    assert!(line(&after) >= line(&before) && !after.replace("\r\n", "").contains('\n'), "{after:?}");
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn a_configuration_that_does_not_fit_is_refused() {
    let (world, _github) = world();
    let elsewhere = world.embark.clone().with("GITHUB_SERVER_URL", "https://ghe.example.com");
    let failed = elsewhere.json(&["status"]).ended(3, "failed");
    assert!(failed.json["error"].to_string().contains("GITHUB_SERVER_URL"), "{:#}", failed.json);
    let signing = world.embark.clone().with("EMBARK_SIGNING_KEY", "a key");
    let failed = signing.json(&["status"]).ended(3, "failed");
    assert!(failed.json["error"].to_string().contains("EMBARK_SIGNING_KEY"), "{:#}", failed.json);
}

/// All that waits is carried out by several processes at once: each deployment has one commit.
#[test]
#[ignore = "needs prism: run ./tests/run"]
fn several_at_once_commit_each_deployment_once() {
    let (world, github) = world();
    for environment in ["dev", "staging"] {
        world.embark.json(&["release", environment, "--commit", &world.commits[0]]).ended(0, "done");
    }
    let codes: Vec<i32> = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..4).map(|_| scope.spawn(|| world.embark.json(&["deploy", "--pending"]).code)).collect();
        runs.into_iter().map(|run| run.join().expect("each run reports")).collect()
    });
    assert_eq!(codes, [0; 4]);
    let log = world.repo.commits();
    let ids: std::collections::BTreeSet<&str> = log.iter().map(|entry| entry.trailer("Embark-Deployment")).collect();
    assert_eq!((log.len(), ids.len()), (4, 4), "{log:#?}");
    for environment in ["dev", "staging"] {
        for (_, states) in states(&github, environment) {
            assert_eq!(states.last().map(String::as_str), Some("success"), "{states:?}");
        }
    }
    world.repo.git.assert_sound();
}
