//! [`DeploymentRepository`](embark_core::ports::DeploymentRepository): the fake, git on disk, and what fails over HTTP; `git_servers` has the rest.

use std::collections::BTreeMap;

use embark_core::FilePath;
use embark_core::ports::{Change, DeploymentRepository};

use crate::git::Bare;

/// The cases that need no more than a branch.
macro_rules! on_a_branch {
    ($($head:tt)+) => {
        cases!($($head)+:
            reads_files_at_the_tip
            tells_a_folder_from_a_file
            keeps_the_very_bytes
            tells_that_a_commit_can_be_made
            commits_a_stack_in_its_order
            refuses_a_stale_tip
            refuses_a_tip_that_never_was
            walks_the_commits_of_paths
            stops_where_it_is_told
            walks_to_the_root
            reads_commits_by_id
            reads_files_at_a_commit
            reads_a_folder_with_all_below_it
            commits_without_a_change
            tells_a_commit_that_does_not_exist
        );
    };
}

/// The cases that need two handles of one branch.
macro_rules! with_another {
    ($($head:tt)+) => {
        cases!($($head)+: sees_what_another_has_committed loses_a_race_and_wins_the_next);
    };
}

/// The fake has no symbolic links, and is always there.
mod fake {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use embark_core::testing::contract::deployment_repository as suite;
    use embark_core::testing::{FakeClock, FakePlatform, FakeRepository};

    fn branch() -> FakeRepository {
        let path = "dev.yaml".parse().expect("a path");
        FakeRepository::new(BTreeMap::from([(path, b"tag: a\n".to_vec())]))
    }

    fn refusing() -> FakeRepository {
        let branch = branch();
        branch.refuse(Some("ask the release manager"));
        branch
    }

    on_a_branch!(suite over { branch() } as it => (&it));
    with_another!(suite over { branch() } as it => (&it, &it));
    cases!(suite over { refusing() } as it => (&it, "ask the release manager"): tells_a_refusal_in_its_own_words);
    cases!(suite over { (branch(), FakePlatform::new(Arc::new(FakeClock::default()))) } as (branch, platform) =>
        (&branch, &platform, false): records_a_success_with_its_commit);
}

/// A repository on disk runs no hooks, answers at once and demands no credentials.
mod local {
    use embark_core::testing::contract::deployment_repository as suite;

    use crate::git::{Bare, local};

    on_a_branch!(suite over { Bare::new() } as it => (&it.local()));
    cases!(suite over { Bare::new() } as it => (&it.local(), it.commit_elsewhere()): leaves_out_commits_of_other_branches);
    with_another!(suite over { Bare::new() } as it => (&it.local(), &it.local()));
    cases!(suite over { Bare::new().with_modes() } as it => (&it.local()):
        tells_a_symbolic_link_from_a_file tells_the_links_of_a_folder);
    cases!(suite over { let bare = Bare::new(); let open = bare.local(); (bare, open) } as (_bare, open) =>
        (&open, &open, true): records_a_success_with_its_commit);

    mod absent_branch {
        use super::{Bare, local, suite};

        cases!(suite over { Bare::new() } as it => (&local(it.git.folder(), "absent")): tells_that_it_does_not_exist);
    }

    mod absent_repository {
        use super::{Bare, local, suite};

        cases!(suite over { Bare::new() } as it =>
            (&local(&it.git.folder().join("absent"), "main")): tells_that_it_does_not_exist);
    }
}

/// What fails on its way; what `git_servers` lists does not.
mod remote {
    use embark_core::testing::contract::deployment_repository as suite;
    use embark_tests::harness::{Fault, GIT_TOKEN};

    use crate::git::{Bare, Served, Way, unreachable};

    fn losing_answers() -> Served {
        let served = Bare::new().serve(None);
        served.server.set_fault(Some(Fault::PushAnswerLost));
        served
    }

    cases!(needs "needs git http-backend: run ./tests/run",
        suite over { losing_answers() } as it => (&it.open()): tells_what_is_so_after_a_lost_answer);
    cases!(needs "needs git http-backend: run ./tests/run",
        suite over { Bare::new().serve(Some(GIT_TOKEN)) } as it => (&it.open()): tells_that_credentials_are_missing);
    cases!(suite over { unreachable() } as it => (&it): tells_that_it_cannot_be_reached);

    /// The server redirects the first request, and credentials stay with it.
    mod moved {
        use std::collections::BTreeMap;

        use embark_core::ports::{Change, DeploymentRepository as _};
        use embark_tests::harness::Fault;

        use super::{Bare, Way, suite};

        on_a_branch!(needs "needs git http-backend: run ./tests/run",
            suite over { Bare::new().served(Way::Guarded) } as it => (&it.open_moved("moved")));

        #[tokio::test]
        #[ignore = "needs git http-backend: run ./tests/run"]
        async fn what_another_server_says_of_a_push_is_not_believed() {
            let served = Bare::new().serve(None);
            let repository = served.open();
            let tip = repository.read(Vec::new()).await.expect("read").tip;
            served.server.set_fault(Some(Fault::PushRedirected));
            let files = BTreeMap::from([("dev.yaml".parse().expect("a path"), b"x\n".to_vec())]);
            let change = Change { files, message: "Change\n".into(), deployment: None };
            let error = repository.commit(tip, vec![change]).await.expect_err("nothing was pushed");
            assert!(error.to_string().contains("it redirects a request to http://localhost:"), "{error}");
            assert_eq!(served.bare.git.run(&["rev-list", "--count", "main"]).trim(), "1");
        }

        #[tokio::test]
        #[ignore = "needs git http-backend: run ./tests/run"]
        async fn another_server_is_named_and_gets_no_credentials() {
            let served = Bare::new().served(Way::Plain);
            let error = served.open_moved("elsewhere").read(Vec::new()).await.expect_err("it is elsewhere");
            let text = error.to_string();
            assert!(text.contains("it has moved to http://localhost:"), "{text}");
            assert!(text.ends_with("/deployment.git: name that in its place"), "{text}");
        }
    }
}

/// Fails unless a commit keeps modes and makes sound objects: what the port cannot show of it, and git can.
pub(crate) async fn assert_sound_after_a_commit(repository: &dyn DeploymentRepository, bare: &Bare) {
    let files = ["dev.yaml", "run.sh", "new/file.yaml"].map(|path| (path.parse().expect("a path"), b"x\n".to_vec()));
    let tip = repository.read(Vec::new()).await.expect("read").tip;
    let change = Change { files: BTreeMap::from(files), message: "Change\n".into(), deployment: None };
    repository.commit(tip, vec![change]).await.expect("committed");

    let tree = bare.git.run(&["ls-tree", "-r", "--format=%(objectmode) %(path)", "main"]);
    let modes: Vec<_> = tree.lines().collect();
    assert_eq!(modes, ["100644 dev.yaml", "120000 link.yaml", "100644 new/file.yaml", "100755 run.sh"]);
    let author = bare.git.run(&["log", "-1", "--format=%an <%ae> %cn <%ce>", "main"]);
    assert_eq!(author, "embark <embark@example.com> embark <embark@example.com>");
    bare.git.assert_sound();
}

#[tokio::test]
async fn modes_stay_and_objects_are_sound_on_disk() {
    let bare = Bare::new().with_modes();
    assert_sound_after_a_commit(&bare.local(), &bare).await;
}

#[tokio::test]
async fn a_file_that_is_kept_elsewhere_is_no_file() {
    let bare = Bare::new();
    let repository = bare.local();
    let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n".to_vec();
    let path: FilePath = "dev.yaml".parse().expect("a path");
    let files = BTreeMap::from([(path.clone(), pointer)]);
    let tip = repository.read(Vec::new()).await.expect("read").tip;
    let change = Change { files, message: "Track it with LFS\n".into(), deployment: None };
    repository.commit(tip, vec![change]).await.expect("committed");
    let error = repository.read(vec![path]).await.expect_err("it is a pointer").to_string();
    assert!(error.starts_with("dev.yaml in ") && error.ends_with(" is a pointer of Git LFS"), "{error}");
}
