//! [`Delivery`](embark_core::ports::Delivery): the fake, and Argo CD.

use embark_argocd::ArgoCd;
use embark_core::ports::DeliveryError;
use embark_core::testing::FakeDelivery;
use embark_core::testing::contract::delivery as suite;
use embark_core::{Delivered, EnvironmentName, Operation, Revision};
use embark_tests::harness::{ARGOCD_TOKEN, Application, ArgoCdServer};

/// The cases about a state: each gets a fixture that has it.
macro_rules! on_states {
    ($fixture:ident: $($case:ident)+) => {
        $(
            #[tokio::test]
            async fn $case() {
                suite::$case(&$fixture(stringify!($case)), &super::staging()).await;
            }
        )+
    };
    (needs $reason:literal, $fixture:ident: $($case:ident)+) => {
        $(
            #[tokio::test]
            #[ignore = $reason]
            async fn $case() {
                suite::$case(&*$fixture(stringify!($case)), &super::staging()).await;
            }
        )+
    };
}

fn staging() -> EnvironmentName {
    "staging".parse().expect("a name")
}

mod fake {
    use super::{DeliveryError, FakeDelivery, staging, suite};

    on_states!(in_state:
        tells_one_that_is_healthy
        tells_one_that_is_out_of_sync
        tells_one_that_is_on_its_way
        tells_what_is_degraded
        tells_one_that_waits_for_a_person
        tells_a_synchronisation_that_failed
        tells_what_it_warns_of
        tells_the_commits_of_several_sources
        tells_nothing_of_what_is_new
    );
    cases!(suite over { in_state("tells_one_that_is_healthy") } as fake => (&fake, &staging()):
        knows_what_it_observes
        is_refreshed_without_a_change
    );
    cases!(suite over { failing(|| DeliveryError::NotFound { application: text() }) } as fake => (&fake, &staging()):
        tells_that_it_does_not_exist);
    cases!(suite over { failing(|| DeliveryError::Forbidden { application: text(), words: "permission denied".into() }) }
        as fake => (&fake, &staging()): tells_that_it_may_not_be_seen);
    cases!(suite over { failing(|| DeliveryError::Unauthorized { server: text(), reason: text() }) }
        as fake => (&fake, &staging()): tells_that_credentials_are_missing);
    cases!(suite over { failing(|| DeliveryError::Unavailable { server: text(), source: text().into() }) }
        as fake => (&fake, &staging()): tells_that_it_cannot_be_reached);
    cases!(suite over { failing(|| DeliveryError::Malformed { server: text(), reason: text() }) }
        as fake => (&fake, &staging()): tells_an_answer_that_is_wrong);

    fn text() -> String {
        "argocd.test".into()
    }

    fn in_state(case: &str) -> FakeDelivery {
        let (_, state) = suite::states().into_iter().find(|(name, _)| *name == case).expect("the case has a state");
        let fake = FakeDelivery::default();
        fake.set(&staging(), state);
        fake
    }

    fn failing(error: fn() -> DeliveryError) -> FakeDelivery {
        let fake = FakeDelivery::default();
        fake.play(&staging(), move |_| Err(error()));
        fake
    }
}

mod argocd {
    use super::{argocd_server, in_state, open, staging, suite};

    on_states!(needs "needs prism: run ./tests/run", in_state:
        tells_one_that_is_healthy
        tells_one_that_is_out_of_sync
        tells_one_that_is_on_its_way
        tells_what_is_degraded
        tells_one_that_waits_for_a_person
        tells_a_synchronisation_that_failed
        tells_what_it_warns_of
        tells_the_commits_of_several_sources
        tells_nothing_of_what_is_new
    );
    cases!(needs "needs prism: run ./tests/run", suite over { in_state("tells_one_that_is_healthy") } as argocd =>
        (&*argocd, &staging()): knows_what_it_observes is_refreshed_without_a_change);
    cases!(needs "needs prism: run ./tests/run", suite over { argocd_server(None) } as server =>
        (&open(&server.url(), None, Some("shop")), &staging()): tells_that_it_does_not_exist);
    cases!(needs "needs prism: run ./tests/run", suite over { argocd_server(None) } as server =>
        (&open(&server.url(), None, None), &staging()): tells_that_it_may_not_be_seen);
    cases!(suite over { open("http://127.0.0.1:1", None, None) } as argocd => (&argocd, &staging()):
        tells_that_it_cannot_be_reached);
    cases!(needs "needs prism: run ./tests/run", suite over {
        let server = argocd_server(None);
        server.answer_instead(200, "text/html", "<html>Log in</html>");
        server
    } as server => (&open(&server.url(), None, None), &staging()): tells_an_answer_that_is_wrong);

    mod without_a_token {
        use super::{argocd_server, open, staging, suite};

        cases!(needs "needs prism: run ./tests/run", suite over { argocd_server(Some("a token")) } as server =>
            (&open(&server.url(), None, None), &staging()): tells_that_credentials_are_missing);
    }

    mod with_another_token {
        use super::{argocd_server, open, staging, suite};

        cases!(needs "needs prism: run ./tests/run", suite over { argocd_server(Some("a token")) } as server =>
            (&open(&server.url(), Some("another"), None), &staging()): tells_that_credentials_are_missing);
    }
}

/// The adapter, with the server that it asks.
struct Served {
    argocd: ArgoCd,
    _server: ArgoCdServer,
}

impl std::ops::Deref for Served {
    type Target = ArgoCd;

    fn deref(&self) -> &ArgoCd {
        &self.argocd
    }
}

const REPOSITORY: &str = "https://github.com/acme/shop-deployment.git";

/// Starts a server without applications.
fn argocd_server(token: Option<&str>) -> ArgoCdServer {
    ArgoCdServer::start(token)
}

fn open(server: &str, token: Option<&str>, project: Option<&str>) -> ArgoCd {
    let name = |name: &str| name.parse().expect("a name");
    let application =
        embark_argocd::Application::new(server.parse().expect("this machine is safe"), name("shop-staging"))
            .of_project(project.map(name))
            .refreshed(true);
    ArgoCd::new(crate::client(), token.map(Into::into)).with(&staging(), application).of_repository(REPOSITORY)
}

/// A server that demands a token, and has an application in the state of a case.
fn in_state(case: &str) -> Served {
    let (_, state) = suite::states().into_iter().find(|(name, _)| *name == case).expect("the case has a state");
    let server = argocd_server(Some(ARGOCD_TOKEN));
    server.has("shop-staging", &told(&state));
    Served { argocd: open(&server.url(), Some(ARGOCD_TOKEN), None), _server: server }
}

/// Returns what Argo CD tells where that is so.
fn told(state: &Delivered) -> Application {
    let revisions = |commits: &[Revision]| commits.iter().map(ToString::to_string).collect::<Vec<_>>();
    let (mut sources, mut compared, mut applied, mut operated) = (
        vec!["git@github.com:acme/shop-deployment.git".to_owned()],
        revisions(&state.revisions),
        revisions(&state.applied),
        revisions(&state.operated),
    );
    // Of several sources, others are not in the deployment repo.
    if state.revisions.len() > 1 {
        sources.extend(["https://charts.example.com".to_owned(), REPOSITORY.to_owned()]);
        compared.insert(1, "1.2.3".into());
        applied.insert(1, "1.2.2".into());
        operated.insert(1, "1.2.3".into());
    }
    let has_failed = state.operation == Some(Operation::Failed);
    let (conditions, message) =
        if has_failed { (Vec::new(), state.message.clone()) } else { (Vec::from_iter(state.message.clone()), None) };
    let resource = |kind: &str, name: &str, health: &str, message: Option<String>| {
        (kind.to_owned(), name.to_owned(), health.to_owned(), message)
    };
    let degraded = state.degraded.iter().map(|one| resource(&one.kind, &one.name, "Degraded", one.message.clone()));
    Application {
        sources,
        compared,
        applied,
        sync: state.sync.to_string(),
        health: state.health.to_string(),
        conditions,
        operation: state.operation.map(|operation| (operation.to_string(), message.unwrap_or_default())),
        operated,
        resources: degraded.chain([resource("Service", "frontend", "Healthy", None)]).collect(),
        images: state.images.clone(),
        is_automated: state.is_automated,
        odd: None,
    }
}

/// What bears witness must be able to object.
#[tokio::test]
#[ignore = "needs prism: run ./tests/run"]
async fn what_argo_cd_does_not_describe_is_objected_to() {
    let server = argocd_server(None);
    let healthy = Application::healthy(REPOSITORY, suite::commit('a').as_str(), &[]);
    let violations = async |application: &Application, rest: &str| {
        server.has("shop-staging", application);
        let url = format!("{}/api/v1/{rest}", server.url());
        crate::client().get(url).send().await.expect("it answers");
        server.take_violations()
    };
    assert_eq!(violations(&healthy, "applications/shop-staging?refresh=normal").await, [""; 0]);
    let parameter = violations(&healthy, "applications/shop-staging?fresh=true").await;
    assert!(parameter.iter().any(|told| told.contains("the parameter fresh is not described")), "{parameter:?}");
    assert!(!violations(&healthy, "projects/shop").await.is_empty(), "an operation that embark does not need");
    for (key, value) in [("mood", "good".into()), ("summary", 7.into())] {
        let odd = Application { odd: Some((key, value)), ..healthy.clone() };
        let told = violations(&odd, "applications/shop-staging").await;
        assert!(!told.is_empty(), "{key}");
    }
}
