//! [`Delivery`](embark_core::ports::Delivery): the fake.

use embark_core::EnvironmentName;
use embark_core::ports::DeliveryError;
use embark_core::testing::FakeDelivery;
use embark_core::testing::contract::delivery as suite;

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
