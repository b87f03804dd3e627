//! The machine: takes the steps of a history one by one, and has each judged.

use embark_core::{
    Deployment, PromoteRequest, ReleaseRequest, RollbackRequest, RollbackTo, Scope, Selection, State, Waiver,
};

use super::forging;
use super::judge::Judge;
use super::process::{Answer, Process, Request};
use super::property::Broken;
use super::shop::{ENVIRONMENTS, Shop};
use super::steps::{History, Job, Place, Step};
use super::tally::Tally;
use crate::world::{COMPONENTS, environment, parse};

/// How often a process goes on at most: one that does not end is a failure of its own.
const PATIENCE: usize = 100_000;

/// The contents of which images are built, and one of which none is.
const CONTENTS: [&str; 4] = ["one", "two", "three", "evil"];

pub(crate) struct Machine {
    pub(crate) shop: Shop,
    pub(crate) judge: Judge,
    slots: [Option<Process>; 3],
}

/// Plays a history, and what must come of it in the end.
pub(crate) fn play(history: &History) -> Result<Tally, Broken> {
    let shop = Shop::new(history.setting);
    let mut machine = Machine { judge: Judge::new(&shop), shop, slots: [None, None, None] };
    for step in &history.steps {
        machine.take(step)?;
        machine.judge.tally.steps += 1;
    }
    machine.end(history.is_honest())?;
    Ok(machine.judge.tally)
}

impl Machine {
    fn take(&mut self, step: &Step) -> Result<(), Broken> {
        match step {
            Step::Build(contents) => _ = self.build(contents.map(|content| CONTENTS[usize::from(content)])),
            Step::Do(job) => {
                if let Some(request) = self.request(job) {
                    self.carry_out(request)?;
                }
            }
            Step::Start(slot, job) => {
                self.finish(*slot)?;
                self.slots[*slot] = self.request(job).map(|request| self.start(request));
            }
            Step::Run(slot, calls) => {
                for _ in 0..*calls {
                    if self.go_on(*slot)?.is_some() {
                        break;
                    }
                }
            }
            Step::Crash(slot) => self.slots[*slot] = None,
            Step::Fail(slot, call, when) => {
                if let Some(process) = &self.slots[*slot] {
                    process.line.fail(*call, *when);
                }
            }
            Step::Wait(seconds) => self.shop.world.clock.advance(std::time::Duration::from_secs(u64::from(*seconds))),
            Step::Turn(at, cluster) => self.shop.turn(*at, *cluster),
            Step::Push(back, content) => {
                if let Some((component, image)) = self.shop.pick(*back, |_| true).as_ref().and_then(component_and_image)
                {
                    self.shop.push(component, &image.tag, CONTENTS[usize::from(*content)]);
                }
            }
            Step::Delete(back) => {
                if let Some(deployment) = self.shop.pick(*back, |_| true) {
                    self.shop.untag(&deployment.record.image);
                }
            }
            Step::Edit(place, value) => self.shop.edit_to(*place, value),
            Step::Withdraw(back) => {
                if let Some(ran) = self.shop.pick(*back, Deployment::ran) {
                    self.shop.say(ran.key(), State::Failure, "the tests of a night have failed");
                }
            }
            Step::Forge(forgery) => {
                let forged = forging::forge(&mut self.shop, forgery);
                self.judge.catch_up()?;
                self.judge.mark(&forged);
            }
        }
        self.judge.catch_up()?;
        if super::steps::is_sabotage(step) {
            self.judge.verify()?;
        }
        Ok(())
    }

    pub(crate) fn build(&mut self, contents: [&str; 2]) -> embark_core::Commit {
        self.shop.build(contents)
    }

    fn start(&mut self, request: Request) -> Process {
        let number = self.judge.ask(request.clone());
        Process::new(&self.shop.world, &self.shop.log, number, request)
    }

    /// Lets a process do its job without anybody coming between.
    pub(crate) fn carry_out(&mut self, request: Request) -> Result<Answer, Broken> {
        let mut process = self.start(request);
        for _ in 0..PATIENCE {
            let answer = process.go_on();
            self.judge.tally.calls += 1;
            self.judge.catch_up()?;
            if let Some(answer) = answer {
                self.judge.answered(&process.line, answer)?;
                return Ok(answer);
            }
        }
        Err(Broken::endless(&self.judge.asked(process.line.process)))
    }

    fn go_on(&mut self, slot: usize) -> Result<Option<Answer>, Broken> {
        let Some(process) = &mut self.slots[slot] else { return Ok(Some(Answer::Done)) };
        let (line, answer) = (process.line.clone(), process.go_on());
        self.judge.tally.calls += 1;
        self.judge.catch_up()?;
        if let Some(answer) = answer {
            self.slots[slot] = None;
            self.judge.answered(&line, answer)?;
        }
        Ok(answer)
    }

    fn finish(&mut self, slot: usize) -> Result<(), Broken> {
        for _ in 0..PATIENCE {
            if self.go_on(slot)?.is_some() {
                return Ok(());
            }
        }
        let number = self.slots[slot].as_ref().map_or(0, |process| process.line.process);
        Err(Broken::endless(&self.judge.asked(number)))
    }

    /// Kills what runs.
    pub(crate) fn kill_all(&mut self) {
        self.slots = [None, None, None];
    }

    /// Makes of a job what is asked of a process; `None` where there is nothing yet of which it could be.
    fn request(&self, job: &Job) -> Option<Request> {
        let shop = &self.shop;
        Some(match job {
            Job::Release { staging, commit, all } => {
                let commit = commit.of(&shop.commits)?.clone();
                let environment = environment(ENVIRONMENTS[usize::from(*staging)]);
                Request::Release(ReleaseRequest { all: *all, ..ReleaseRequest::new(environment, commit) })
            }
            Job::Pending(name) => Request::Deploy(Selection::Pending(name.map(|at| environment(ENVIRONMENTS[at])))),
            Job::One(back) => Request::Deploy(Selection::Ids(vec![shop.pick(*back, |_| true)?.record.id])),
            Job::Found(back) => Request::Deploy(Selection::Found(vec![shop.pick(*back, |_| true)?])),
            Job::Promote { version, commit, waive, all } => {
                let commit = commit.and_then(|back| back.of(&shop.commits)).cloned();
                let waived = Waiver { rules: vec![Waiver::SOAK.into()], reason: "a hotfix".into() };
                Request::Promote(PromoteRequest {
                    version: Some(parse(&format!("1.{version}.0"))),
                    waived: waive.then_some(waived),
                    all: *all,
                    commit,
                    ..PromoteRequest::new(environment("production"))
                })
            }
            Job::Rollback { place, whole, to, hold, unverified } => {
                let target = |one: &Deployment| {
                    let target = &one.record.target;
                    (target.environment.as_str(), target.component.as_str())
                        == (ENVIRONMENTS[place.environment], COMPONENTS[place.component])
                };
                let to = to.and_then(|back| shop.pick(back, target));
                Request::Rollback(RollbackRequest {
                    component: (!whole).then(|| parse(COMPONENTS[place.component])),
                    to: to.map(|to| RollbackTo::Deployment(to.record.id)),
                    reason: Some("it leaks".into()),
                    hold: *hold,
                    unverified: *unverified,
                    ..RollbackRequest::new(environment(ENVIRONMENTS[place.environment]))
                })
            }
            Job::Hold(place, whole) => Request::Hold(scope(*place, *whole)),
            Job::Resume(place, whole) => Request::Resume(scope(*place, *whole)),
        })
    }
}

fn scope(place: Place, whole: bool) -> Scope {
    let component = (!whole).then(|| parse(COMPONENTS[place.component]));
    Scope { environment: environment(ENVIRONMENTS[place.environment]), component }
}

fn component_and_image(deployment: &Deployment) -> Option<(usize, embark_core::Image)> {
    let name = deployment.record.target.component.as_str();
    Some((COMPONENTS.iter().position(|component| *component == name)?, deployment.record.image.clone()))
}
