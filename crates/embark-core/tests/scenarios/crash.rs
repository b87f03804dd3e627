//! A crash at every effect of every use case: the next run finishes, and nothing is lost in between.

mod found;
mod page;
mod prepared;
mod scene;
mod use_case;

use embark_core::testing::{Fault, Moment};

use self::page::Row;
use self::scene::{Scene, Seen};
use self::use_case::{READS, UseCase};
use crate::world::{COMPONENTS, Process, World};

/// A way to count effects: those of one call together, or each for itself.
type Grain = fn(Fault) -> Fault;

const GRAINS: [Grain; 2] = [|together| together, Fault::one_by_one];

/// A use case, and how it ends if nothing stops it.
struct Smooth {
    use_case: UseCase,
    grain: Grain,
    before: Seen,
    after: Seen,
    has_failures: bool,
    effects: usize,
}

impl Smooth {
    async fn new(use_case: UseCase, grain: Grain) -> Self {
        let scene = use_case.prepared().await;
        let before = scene.seen();
        let planned = Fault::default();
        use_case.run(&scene, &planned, true).await.expect("a dry run");
        assert_eq!(planned.effects(), 0, "{use_case:?}: a dry run writes nothing");
        let fault = grain(Fault::default());
        let ended = use_case.run(&scene, &fault, false).await.expect("a run without a crash");
        let after = scene.seen();
        assert_ne!(after, before, "{use_case:?} does something");
        let smooth =
            Self { use_case, grain, before, after, has_failures: ended.has_failures, effects: fault.effects() };
        smooth.assert_sound(&scene, "without a crash").await;
        smooth.finish(&scene, "without a crash").await;
        smooth
    }

    /// Runs it with a crash.
    async fn stop(&self, scene: &Scene, effect: usize, moment: Moment, place: &str) {
        let fault = (self.grain)(Fault::crash(effect, moment));
        match self.use_case.run(scene, &fault, false).await {
            Ok(ended) => assert!(ended.has_failures, "{place}: it says nothing of its crash"),
            Err(_) => assert!(fault.effects() > effect, "{place}: it failed before"),
        }
        self.assert_sound(scene, place).await;
    }

    /// Runs it once more, which finishes what is left, and once again, which finds nothing to do. Returns how many effects
    /// were left.
    async fn finish(&self, scene: &Scene, place: &str) -> usize {
        let fault = (self.grain)(Fault::default());
        let ended = self.use_case.run(scene, &fault, false).await;
        let ended = ended.unwrap_or_else(|error| panic!("{place}: the next run fails: {error}"));
        assert!(!ended.has_failures || self.has_failures, "{place}: the next run has failures");
        scene.seen().assert_is(&self.after, place);
        self.assert_sound(scene, place).await;
        let again = Fault::default();
        self.use_case.run(scene, &again, false).await.expect("one more run");
        assert_eq!(again.effects(), 0, "{place}: it comes to rest");
        fault.effects()
    }

    async fn assert_sound(&self, scene: &Scene, place: &str) {
        scene.assert_between(&self.before, &self.after, place).await;
    }

    /// Stops it at each effect, and returns how often that was.
    async fn stop_everywhere(&self) -> usize {
        let mut points = 0;
        for (effect, moment) in all_points(self.effects) {
            self.stop_and_finish(&[(effect, moment)]).await;
            points += 1;
        }
        points
    }

    /// Stops it at each effect, and the run after that at each of its own.
    async fn stop_twice_everywhere(&self) -> usize {
        let mut points = 0;
        for first in all_points(self.effects) {
            let left = self.stop_and_finish(&[first]).await;
            for second in all_points(left) {
                self.stop_and_finish(&[first, second]).await;
                points += 1;
            }
        }
        points
    }

    /// Stops one run after the other, and lets the next one finish. Returns how many effects that had.
    async fn stop_and_finish(&self, points: &[(usize, Moment)]) -> usize {
        let scene = self.use_case.prepared().await;
        let mut place = format!("{:?}", self.use_case);
        for (effect, moment) in points {
            place += &format!(", {moment:?} effect {effect}");
            self.stop(&scene, *effect, *moment, &place).await;
        }
        self.finish(&scene, &place).await
    }
}

/// Lists each moment of each effect.
fn all_points(effects: usize) -> impl Iterator<Item = (usize, Moment)> {
    (0..effects).flat_map(|effect| Moment::ALL.map(|moment| (effect, moment)))
}

async fn once(use_case: UseCase) -> Row {
    let [together, apart] = GRAINS;
    let (together, apart) = (Smooth::new(use_case, together).await, Smooth::new(use_case, apart).await);
    assert_eq!(together.after, apart.after, "{use_case:?} ends in the same way");
    let stopped = together.stop_everywhere().await + apart.stop_everywhere().await;
    Row { name: use_case.name(), numbers: vec![together.effects, apart.effects, stopped, 0] }
}

async fn twice(use_case: UseCase) -> Row {
    let [together, _] = GRAINS;
    let together = Smooth::new(use_case, together).await;
    Row { name: use_case.name(), numbers: vec![together.stop_twice_everywhere().await, 0] }
}

/// Tries each use case on a thread of its own. One that fails leaves the others to be tried.
fn every<T: Future<Output = Row>>(attempt: impl Fn(UseCase) -> T + Copy + Send) -> Vec<Row> {
    let on_a_thread = move |use_case| {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(attempt(use_case))
    };
    std::thread::scope(|scope| {
        let threads = UseCase::ALL.map(|use_case| (use_case, scope.spawn(move || on_a_thread(use_case))));
        let ended = threads.map(|(use_case, thread)| thread.join().map_err(|_| use_case));
        let failed: Vec<&UseCase> = ended.iter().filter_map(|row| row.as_ref().err()).collect();
        assert!(failed.is_empty(), "not mended: {failed:?}");
        ended.into_iter().flatten().collect()
    })
}

#[test]
fn a_crash_at_any_effect_is_mended_by_the_next_run() {
    let mut rows = every(once);
    rows.extend(READS.map(|name| Row { name, numbers: vec![0; 4] }));
    page::check("a crash of use cases", &["effects", "one by one", "crashes", "not mended"], &rows);
}

/// It takes a minute: `tests/measure` asks for it.
#[test]
fn a_second_crash_in_the_run_that_mends_the_first_is_mended_too() {
    if std::env::var_os("EMBARK_CRASH_TWICE").is_some() {
        page::check("two crashes of use cases", &["pairs of crashes", "not mended"], &every(twice));
    }
}

#[tokio::test]
async fn what_only_reads_has_no_effects() {
    let scene = UseCase::Promote.prepared().await;
    let before = scene.seen();
    let fault = Fault::default();
    let process = Process::new(&scene.proposal.world, &fault);
    let systems = process.systems();
    for name in READS {
        use_case::read(name, &systems).await;
    }
    assert_eq!(fault.effects(), 0);
    assert_eq!(scene.seen(), before);
}

#[tokio::test]
async fn scenario_09_a_lost_answer_to_a_creation_makes_no_second_deployment() {
    for moment in [Moment::After, Moment::AnswerLost] {
        let world = World::new();
        let commit = world.build('a');
        let fault = Fault::crash(0, moment);
        let process = Process::new(&world, &fault);
        let request = World::release_request("staging", &commit);
        embark_core::release(&process.systems(), &request).await.expect_err("the answer is lost");
        world.release("staging", &commit).await;
        for component in COMPONENTS {
            assert_eq!(world.deployments("staging", component).len(), 1);
        }
    }
}
