//! What goes wrong with Argo CD, and with what it brings.

use std::sync::Arc;
use std::time::Duration;

use embark_core::ports::{DeliveryError, Stop};
use embark_core::{Error as CoreError, Unhealthy};

use super::sample::{io, parse, target};
use super::{Case, Variants as _, compare, complete};

const REFUSED: i32 = 111;

#[test]
fn delivery() {
    compare("delivery", &cases());
}

pub(super) fn cases() -> Vec<Case> {
    let server = || "https://argocd.example.com".to_owned();
    let application = || format!("application shop-staging at {}", server());
    let all = vec![
        DeliveryError::NotFound { application: application() },
        DeliveryError::Unauthorized {
            server: server(),
            reason: "there is no token (401 Unauthorized: no session information)".into(),
        },
        DeliveryError::Forbidden { application: application(), words: "403 Forbidden: permission denied".into() },
        DeliveryError::Unavailable { server: server(), source: io(REFUSED) },
        DeliveryError::Unavailable { server: server(), source: "it does not answer within 10 s".into() },
        DeliveryError::Malformed { server: server(), reason: "it answers with no JSON".into() },
        DeliveryError::Other { operation: "make a request to", server: server(), source: io(REFUSED) },
    ];
    complete(&all);
    let unhealthy = vec![
        Unhealthy::Degraded {
            target: target("staging"),
            words: "Deployment frontend: Deployment \"frontend\" exceeded its progress deadline".into(),
        },
        Unhealthy::TimeUp {
            target: target("staging"),
            took: Duration::from_mins(10),
            reason: "Argo CD has not seen a81f0c5 yet: it has 5b21d0e, which is before a81f0c5".into(),
        },
    ];
    complete(&unhealthy);
    let delivery = all.into_iter().map(|error| (error.variant(), CoreError::Delivery(Arc::new(error))));
    let unhealthy = unhealthy.into_iter().map(|error| (error.variant(), CoreError::from(error)));
    let unseen = ("NotObserved", CoreError::NotObserved(parse("staging")));
    let stopped = [(Stop::Terminate, true), (Stop::Interrupt, false)];
    let stopped = stopped.map(|(by, is_pushed)| ("Stopped", CoreError::Stopped { by, is_pushed }));
    delivery.chain(unhealthy).chain([unseen]).chain(stopped).map(|(name, error)| Case::error(name, error)).collect()
}
