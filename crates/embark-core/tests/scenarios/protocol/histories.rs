//! The shortest histories that have failed, each by the name of what must come of it.

use super::machine::play;
use super::shop::{PRODUCTION, STAGING};
use super::steps::{Back, Call, Cluster, Forgery, History, Job, Place, Setting, Step, Value, When};

fn release() -> Step {
    Step::Do(Job::Release { staging: true, commit: Back(0), all: false })
}

#[track_caller]
fn holds(setting: Setting, steps: Vec<Step>) {
    if let Err(broken) = play(&History { setting, steps }) {
        panic!("{broken}");
    }
}

/// Two processes carry out the same. Before the slower one says that it begins, the other one has ended, and somebody has
/// found wrong what it brought.
#[test]
fn what_was_found_wrong_is_no_success_again_by_a_process_that_had_looked_before() {
    for calls in 1..24 {
        let steps = vec![
            Step::Build([0, 0]),
            release(),
            Step::Start(0, Job::Pending(None)),
            Step::Run(0, calls),
            Step::Do(Job::Pending(None)),
            Step::Withdraw(Back(0)),
            Step::Run(0, u8::MAX),
        ];
        holds(Setting::default(), steps);
    }
}

/// The slower one could not push, and says so after that.
#[test]
fn what_was_found_wrong_is_no_success_again_where_a_process_that_had_looked_before_fails() {
    for calls in 1..24 {
        let steps = vec![
            Step::Build([0, 0]),
            release(),
            Step::Start(0, Job::Pending(None)),
            Step::Run(0, calls),
            Step::Do(Job::Pending(None)),
            Step::Withdraw(Back(0)),
            Step::Fail(0, Call::Effect, When::Before),
            Step::Run(0, u8::MAX),
        ];
        holds(Setting::default(), steps);
    }
}

/// Two processes look at the same forgery. The one refuses it; the other had looked before, and must not say that
/// something older has come after it.
#[test]
fn what_was_refused_meanwhile_is_not_superseded_by_something_older() {
    for calls in 1..24 {
        let promote = Job::Promote { version: 0, commit: None, waive: true, all: false };
        let steps = vec![
            Step::Build([0, 0]),
            release(),
            Step::Do(Job::Pending(None)),
            Step::Do(promote),
            Step::Do(Job::Pending(None)),
            Step::Forge(Forgery::NeverStaged(0, Back(0))),
            Step::Start(0, Job::Pending(None)),
            Step::Run(0, calls),
            Step::Do(Job::Pending(None)),
            Step::Run(0, u8::MAX),
        ];
        holds(Setting::default(), steps);
    }
}

/// The tag moves while it is waited until the deployment is healthy.
#[test]
fn a_tag_that_moves_while_it_is_waited_fails_the_deployment() {
    for calls in 1..60 {
        let setting = Setting { healthy: [false, true, false], ..Setting::default() };
        let steps = vec![
            Step::Build([0, 0]),
            release(),
            Step::Start(0, Job::Pending(None)),
            Step::Run(0, calls),
            Step::Push(Back(0), 1),
            Step::Run(0, u8::MAX),
        ];
        holds(setting, steps);
    }
}

/// Somebody forges a promotion between a creation and the look after it.
#[test]
fn a_forged_promotion_does_not_close_the_one_that_is_being_created() {
    for calls in 1..24 {
        let steps = vec![
            Step::Build([0, 0]),
            release(),
            Step::Do(Job::Pending(None)),
            Step::Start(0, Job::Promote { version: 0, commit: None, waive: true, all: false }),
            Step::Run(0, calls),
            Step::Forge(Forgery::NeverStaged(0, Back(0))),
            Step::Run(0, u8::MAX),
        ];
        holds(Setting::default(), steps);
    }
}

/// A deployment is refused between its creation and the look after it.
#[test]
fn what_was_refused_right_after_its_creation_is_not_superseded_by_something_older() {
    for calls in 1..24 {
        let steps = vec![
            Step::Build([0, 0]),
            release(),
            Step::Do(Job::Pending(None)),
            Step::Build([2, 0]),
            Step::Start(0, Job::Release { staging: true, commit: Back(0), all: false }),
            Step::Run(0, calls),
            Step::Delete(Back(0)),
            Step::Do(Job::Pending(None)),
            Step::Run(0, u8::MAX),
        ];
        holds(Setting::default(), steps);
    }
}

/// A release waits, and the environment is rolled back. An older commit comes after that, by its id alone.
#[test]
fn what_waits_from_before_a_rollback_does_not_come_after_it() {
    let place = Place { environment: STAGING, component: 0 };
    let back = Job::Rollback { place, whole: false, to: None, hold: false, unverified: false };
    let steps = vec![
        Step::Build([0, 0]),
        release(),
        Step::Do(Job::Pending(None)),
        Step::Build([1, 0]),
        release(),
        Step::Do(Job::Pending(None)),
        Step::Build([2, 0]),
        release(),
        Step::Do(back),
        Step::Do(Job::Release { staging: true, commit: Back(1), all: false }),
        Step::Do(Job::One(Back(0))),
        Step::Do(Job::Pending(None)),
    ];
    holds(Setting { knows_history: true, ..Setting::default() }, steps);
}

/// A rollback is refused, since its tag has moved: the commits order what was released before and after it.
#[test]
fn a_rollback_that_was_refused_decides_nothing() {
    let place = Place { environment: STAGING, component: 1 };
    let steps = vec![
        Step::Build([0, 0]),
        release(),
        Step::Do(Job::Pending(None)),
        Step::Build([0, 0]),
        Step::Build([0, 1]),
        Step::Start(1, Job::Release { staging: true, commit: Back(1), all: true }),
        Step::Build([0, 0]),
        Step::Start(2, Job::Rollback { place, whole: false, to: None, hold: false, unverified: false }),
        Step::Run(1, 4),
        Step::Push(Back(0), 1),
        Step::Do(Job::Release { staging: true, commit: Back(1), all: false }),
        Step::Forge(Forgery::Success(Back(0))),
        Step::Run(2, 10),
        Step::Do(Job::Pending(None)),
        Step::Run(1, u8::MAX),
    ];
    holds(Setting { knows_history: true, ..Setting::default() }, steps);
}

/// What ran is found wrong, an older commit is released, and somebody forges a run of a commit that is older still.
#[test]
fn a_forged_run_hides_what_ran_before_it() {
    for calls in 1..24 {
        let steps = vec![
            Step::Build([0, 0]),
            release(),
            Step::Do(Job::Pending(None)),
            Step::Build([0, 1]),
            release(),
            Step::Do(Job::Pending(None)),
            Step::Start(0, Job::Release { staging: true, commit: Back(1), all: false }),
            Step::Run(0, 2),
            Step::Withdraw(Back(0)),
            Step::Run(0, calls),
            Step::Forge(Forgery::Run(1, Back(1))),
            Step::Run(0, u8::MAX),
        ];
        holds(Setting { knows_history: true, ..Setting::default() }, steps);
    }
}

/// Somebody names by hand what production gets for the first time, moves its tag later, and goes back.
#[test]
fn what_was_named_by_hand_before_embark_is_gone_back_to_unless_its_tag_has_moved() {
    let place = Place { environment: PRODUCTION, component: 0 };
    for moves in [false, true] {
        let mut steps = vec![
            Step::Build([0, 0]),
            release(),
            Step::Do(Job::Pending(None)),
            Step::Forge(Forgery::True(0, Back(0))),
            Step::Edit(place, Value::Tag(Back(0))),
            Step::Do(Job::Pending(None)),
        ];
        steps.extend(moves.then_some(Step::Push(Back(0), 1)));
        steps.push(Step::Do(Job::Rollback { place, whole: false, to: None, hold: false, unverified: true }));
        holds(Setting::default(), steps);
    }
}

/// What is waited for is rolled back to what ran before it, which is the same image under another tag.
#[test]
fn a_rollback_to_the_same_digest_says_nothing_against_it() {
    let promote = Job::Promote { version: 0, commit: None, waive: false, all: false };
    let place = Place { environment: STAGING, component: 0 };
    let steps = vec![
        Step::Build([0, 0]),
        release(),
        Step::Do(Job::Pending(None)),
        Step::Build([0, 1]),
        release(),
        Step::Build([0, 0]),
        release(),
        Step::Turn(STAGING, Cluster::Stuck),
        Step::Do(Job::Pending(None)),
        Step::Do(Job::Rollback { place, whole: true, to: None, hold: false, unverified: false }),
        Step::Do(promote),
    ];
    holds(Setting { healthy: [false, true, false], knows_history: true, ..Setting::default() }, steps);
}

/// A rollback that only a person may make has ended, and somebody says that it waits.
#[test]
fn what_waits_does_not_come_after_a_rollback_that_is_said_to_wait_again() {
    let promote = |version| Step::Do(Job::Promote { version, commit: None, waive: true, all: false });
    let place = Place { environment: PRODUCTION, component: 0 };
    let steps = vec![
        Step::Build([0, 0]),
        release(),
        Step::Do(Job::Pending(None)),
        promote(0),
        Step::Do(Job::Pending(None)),
        Step::Forge(Forgery::NeverStaged(0, Back(0))),
        promote(1),
        Step::Do(Job::Rollback { place, whole: true, to: None, hold: false, unverified: true }),
        Step::Forge(Forgery::Waits(Back(1))),
    ];
    holds(Setting::default(), steps);
}
