//! A state machine of the protocol: histories of what can happen, over the real use cases, and what must be so after each
//! step.
//!
//! A process of embark's stops before and after each call of a port, and a history says who goes on. So two and three of
//! them come between each other everywhere; they are killed, their calls fail, and answers are lost. Others move tags, edit
//! by hand and forge deployments. The [judge](judge) sees all that is done, and knows nothing of how embark decides.

mod cluster;
mod end;
mod forging;
mod histories;
mod judge;
mod log;
mod machine;
mod process;
mod properties;
mod property;
mod reading;
mod shop;
mod stepped;
mod steps;
mod tally;

use std::cell::RefCell;

use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

use self::property::Property;
use self::tally::Tally;

/// How many steps are tried at least, where the environment does not say otherwise.
const STEPS: u64 = 4_000;

/// How many histories are tried before it is looked whether that is enough.
const HISTORIES: u32 = 50;

fn from_environment(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().expect("a number"))
}

/// `EMBARK_STEPS` says how many steps are tried, and `EMBARK_SEED` which.
#[test]
fn whatever_happens_every_property_holds() {
    let wanted = from_environment("EMBARK_STEPS").unwrap_or(STEPS);
    let first = from_environment("EMBARK_SEED").unwrap_or(1);
    let total = RefCell::new(Tally::default());
    for seed in first.. {
        if total.borrow().steps >= wanted {
            break;
        }
        let config =
            Config { cases: HISTORIES, failure_persistence: None, max_shrink_iters: 20_000, ..Config::default() };
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
        let outcome = runner.run(&steps::history(), |history| {
            let tally = machine::play(&history).map_err(|broken| TestCaseError::fail(broken.to_string()))?;
            total.borrow_mut().add(&tally);
            Ok(())
        });
        if let Err(TestError::Fail(reason, history)) = outcome {
            let steps = total.borrow().steps;
            panic!("after {steps} steps, seed {seed}: {reason}\nthe shortest history: {history:#?}");
        }
    }
    let total = total.into_inner();
    tell(&total);
    // Some are about what comes together seldom.
    for property in Property::ALL.into_iter().filter(|_| wanted > 10 * STEPS) {
        assert!(total.checked(property) > 0, "nothing was asked of {property:?}");
    }
}

/// Prints the rows of the table that the page on reliability has.
#[expect(clippy::print_stdout, reason = "the counts are for whoever runs the tests")]
fn tell(total: &Tally) {
    for property in Property::ALL {
        println!("| {} | {} |", property.words(), total.checked(property));
    }
    let (histories, steps, calls, shipped) = (total.histories, total.steps, total.calls, total.shipped);
    println!("{histories} histories, {steps} steps, {calls} stops of a process, {shipped} commits to production");
}
