//! The jobs of both workflows, one after the other.

use std::path::Path;

use embark_tests::harness::GITHUB_TOKEN;

use super::{Desk, commands, example};
use crate::action::{action, release};
use crate::release_pr::{Life, REPOSITORY};

/// The deployments' repository.
const QUEUE: &str = "acme/backstage-deployment";

/// From a merge to production by what the jobs of both workflows give to the action, in their order. Of conditions and
/// events GitHub decides, and not this test.
#[test]
#[ignore = "needs prism: run ./tests/run"]
fn the_jobs_bring_a_commit_to_production() {
    let life = Life::new();
    let (world, github) = (&life.world, &life.github);
    let queue = format!("  branch: main\ndeployments: {{ github: {{ repository: {QUEUE} }} }}\n");
    world.configure("  branch: main\n", &queue);
    world.build(&world.commits[0], "1", "1");
    life.add_changeset();
    let (releases, digest) = release();
    let ran = |command: &str, event: Option<&Path>| {
        let action = action(world, &releases, &digest)
            .with("command", command)
            .with("token", GITHUB_TOKEN)
            .env("GITHUB_API_URL", &github.url());
        let action = match event {
            Some(path) => {
                action.env("GITHUB_EVENT_NAME", "pull_request").env("GITHUB_EVENT_PATH", &path.display().to_string())
            }
            None => action.env("GITHUB_EVENT_NAME", "push"),
        };
        let ran = action.run();
        assert_eq!(ran.code, 0, "{command}: {}", ran.said);
        ran.outputs
    };
    let run = |command: &str, event: Option<&Path>| ran(command, event)["outcome"].clone();

    let (release, deployment) = Desk::new(&example()).workflows();
    let pending = commands(&deployment).into_iter().find(|(job, _)| job == "pending").expect("a job").1;
    let mut jobs = commands(&release).into_iter();
    let proposed = ran(&jobs.next().expect("the first job proposes").1, None);
    let commit = proposed["commit"].clone();
    assert_eq!(
        (&*proposed["outcome"], &*proposed["branch"], &*proposed["version"]),
        ("done", "embark/release", "1.4.0")
    );
    world.build(&commit, "2", "2");
    life.check_out(&commit);
    let event = life.merged(&commit);
    for (job, command) in jobs {
        let event = job.ends_with("production").then_some(event.as_path());
        let (is_check, is_notes) = (job.starts_with("check-"), command.starts_with("notes "));
        let command = command.replace("${{ needs.propose.outputs.commit }}", &commit);
        assert_eq!(run(&command, event), if is_check { "planned" } else { "done" }, "{job}");
        for environment in ["dev", "staging", "production"] {
            let brought = !is_check && !is_notes && job.ends_with(environment);
            let deploy = pending.replace("${{ matrix.environment }}", environment);
            assert_eq!(run(&deploy, None), if brought { "done" } else { "unchanged" }, "{job}: {deploy}");
        }
    }
    assert_eq!(github.releases(REPOSITORY)[0]["tag_name"], "v1.4.0");
    let verify = commands(&deployment).pop().expect("a job").1;
    assert_eq!((run(&verify, None).as_str(), verify.as_str()), ("unchanged", "verify"));
    let production = github.deployments(QUEUE).into_iter().filter(|(environment, ..)| environment == "production");
    let states: Vec<_> = production.map(|(_, task, states)| (task, states.last().cloned())).collect();
    let success = |component: &str| (format!("embark:{component}"), Some("success".to_owned()));
    assert_eq!(states, [success("frontend"), success("backend")]);
    assert!(world.repo.git.file("main", "prod.yaml").expect("it has values").contains("1.4.0"));
}
