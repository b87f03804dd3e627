//! What environments have in fact, as far as that can be seen. What cannot be seen is told, and fails nothing.

use std::collections::BTreeMap;

use futures::future::join_all;

use crate::delivered::Delivered;
use crate::name::EnvironmentName;
use crate::pipeline::Environment;
use crate::systems::Systems;
use crate::text::chain;

/// What was seen of environments, or why that failed; of those alone that are observed.
pub(crate) type Seen = BTreeMap<EnvironmentName, Result<Delivered, String>>;

/// Observes those of the environments that can be observed, each once.
pub(crate) async fn observe(systems: &Systems<'_>, environments: &[&Environment]) -> Seen {
    let looks = environments.iter().filter_map(|environment| {
        let delivery = systems.observing(&environment.name).ok()?;
        Some(async move {
            let observed = delivery.observe(&environment.name).await;
            (environment.name.clone(), observed.map_err(|error| chain(&error)))
        })
    });
    join_all(looks).await.into_iter().collect()
}
