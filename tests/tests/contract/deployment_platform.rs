//! [`DeploymentPlatform`](embark_core::ports::DeploymentPlatform): the fake, the ledger on disk and over HTTP, GitHub.

/// The cases that need no more than an empty platform.
macro_rules! on_an_empty_platform {
    ($($head:tt)+) => {
        cases!($($head)+:
            finds_what_was_created
            creates_once
            creates_what_is_elsewhere_under_its_id
            hands_back_what_exists
            creates_in_order
            keeps_every_field
            numbers_grow
            finds_the_newest_of_many
            what_waits_does_not_hide_what_ran
            appends_statuses
            appends_to_several_at_once
            lists_what_waits
            lists_what_is_in_progress
            keeps_the_commit_of_what_is_in_progress
            gives_up_after_equal_errors
            refuses_a_status_of_nothing
        );
    };
}

/// The fake is always there, and its two handles are one.
mod fake {
    use std::sync::Arc;

    use embark_core::testing::contract::deployment_platform as suite;
    use embark_core::testing::{FakeClock, FakePlatform};

    fn platform() -> FakePlatform {
        FakePlatform::new(Arc::new(FakeClock::default()))
    }

    on_an_empty_platform!(suite over { platform() } as it => (&it));
    cases!(suite over { platform() } as it => (&it, &it): sees_what_another_has_written);
}

mod ledger_on_disk {
    use embark_core::testing::contract::deployment_platform as suite;

    use crate::git::Bare;

    on_an_empty_platform!(suite over { Bare::new() } as it => (&it.local()));
    cases!(suite over { Bare::new() } as it => (&it.local(), &it.local()): sees_what_another_has_written);
}

mod ledger_over_http {
    use embark_core::testing::contract::deployment_platform as suite;
    use embark_tests::harness::GIT_TOKEN;

    use crate::git::{Bare, unreachable};

    cases!(needs "needs git http-backend: run ./tests/run",
        suite over { Bare::new().serve(Some(GIT_TOKEN)) } as it => (&it.open()): tells_that_credentials_are_missing);
    cases!(suite over { unreachable() } as it => (&it): tells_that_it_cannot_be_reached);
}

/// GitHub, by a double of it.
mod github {
    use embark_core::testing::contract::deployment_platform as suite;
    use embark_github::Deployments;
    use embark_tests::harness::{GITHUB_TOKEN, GitHubServer, Instead};
    use serde_json::json;

    use crate::client;

    const REPOSITORY: &str = "acme/deployment";

    fn open(url: &str, token: Option<&str>) -> Deployments {
        let (api, name) = (url.parse().expect("an address"), REPOSITORY.parse().expect("a name"));
        Deployments::new(client(), api, name, "main", token.map(Into::into))
    }

    fn rest_alone() -> GitHubServer {
        let server = GitHubServer::start(None);
        server.take_graphql_away();
        server
    }

    on_an_empty_platform!(needs "needs prism: run ./tests/run", suite over { GitHubServer::start(None) } as it => (&open(&it.url(), None)));
    cases!(needs "needs prism: run ./tests/run", suite over { GitHubServer::start(None) } as it => (&open(&it.url(), None), &open(&it.url(), None)):
        sees_what_another_has_written);
    cases!(needs "needs prism: run ./tests/run", suite over { GitHubServer::start(Some(GITHUB_TOKEN)) } as it => (&open(&it.url(), None)):
        tells_that_credentials_are_missing);
    cases!(suite over { open("http://127.0.0.1:1", None) } as it => (&it): tells_that_it_cannot_be_reached);

    /// What is found after a failure under the id of what was to be created is somebody's copy of it.
    #[tokio::test]
    #[ignore = "needs prism: run ./tests/run"]
    async fn creates_what_is_elsewhere_under_its_id_after_a_failure() {
        let server = GitHubServer::start(None);
        let failed = Instead::of_a("POST", "/deployments").told(502, json!({ "message": "Server Error" }));
        server.answer_instead(Instead { after: 1, ..failed });
        suite::creates_what_is_elsewhere_under_its_id(&open(&server.url(), None)).await;
    }

    /// An old server, or one that has it switched off.
    mod without_graphql {
        use super::{open, rest_alone, suite};

        on_an_empty_platform!(needs "needs prism: run ./tests/run", suite over { rest_alone() } as it => (&open(&it.url(), None)));
        cases!(needs "needs prism: run ./tests/run", suite over { rest_alone() } as it => (&open(&it.url(), None), &open(&it.url(), None)):
            sees_what_another_has_written);
    }
}
