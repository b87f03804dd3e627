//! A double of GitHub's API: commits, check runs and commit statuses of `acme/backstage`, deployments of any repository,
//! and the commits and files of repositories that it is given.
//!
//! It is always asked by way of its front, so that nothing passes that does not fit GitHub's descriptions of its API.

mod answer;
mod app;
mod front;
mod graph;
mod hooks;
mod instead;
mod objects;
mod proposals;
mod pulls;
mod queue;
mod rig;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};

use self::answer::{answer, example, with};
pub use self::app::{APP_ID, App, AppKey};
use self::front::Front;
pub use self::hooks::{Delivery, Received, Receiver, WEBHOOK_SECRET};
pub use self::instead::Instead;
use self::objects::Objects;
use self::proposals::Proposals;
use self::pulls::Pulls;
use self::queue::Queue;
use super::cuts::Cut;
use super::git::Git;
use super::http::{Request, Response};
use super::traffic::Traffic;

/// What a guarded double demands.
pub const GITHUB_TOKEN: &str = "github-token-that-nobody-may-see";

#[derive(Default)]
struct State {
    /// The parent of each commit.
    parents: HashMap<String, Option<String>>,
    /// The commit of each check run, and what is told of it; the id is one more than its place.
    runs: Vec<(String, Value)>,
    statuses: Vec<(String, Value)>,
    /// The deployments of each repository.
    queues: HashMap<String, Queue>,
    pulls: Pulls,
    /// What is answered in place of the double's own answers.
    instead: Vec<Instead>,
    /// There is no GraphQL.
    is_rest_alone: bool,
    /// GraphQL tells no numbers of deployments.
    hides_numbers: bool,
    /// The app that is let in, and nobody else.
    app: Option<App>,
    /// The repositories whose commits and files it has.
    objects: HashMap<String, Objects>,
    /// The repositories in which releases are proposed.
    proposals: HashMap<String, Proposals>,
}

/// The double; it stops when it is dropped, and fails the test in which something did not fit GitHub's descriptions.
pub struct GitHubServer {
    front: Front,
    state: Arc<Mutex<State>>,
}

impl GitHubServer {
    /// Starts a double that has `acme/backstage`, and demands `token` if there is one.
    pub fn start(token: Option<&str>) -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let (shared, token) = (Arc::clone(&state), token.map(|token| format!("Bearer {token}")));
        let front = Front::start(Arc::new(move |request: &Request| {
            let mut state = shared.lock().unwrap_or_else(PoisonError::into_inner);
            let Some(instead) = Instead::of(&mut state.instead, request) else {
                return answer(request, &mut state, token.as_deref());
            };
            if instead.is_carried_out {
                answer(request, &mut state, token.as_deref());
            }
            instead.response()
        }));
        Self { front, state }
    }

    /// Returns the address of the API.
    pub fn url(&self) -> String {
        format!("http://{}/api/v3", self.front.address())
    }

    /// Hands out what passed since it was last asked. It fails if anything did not fit GitHub's descriptions.
    #[track_caller]
    pub fn take_traffic(&self) -> Traffic {
        self.front.take_traffic()
    }

    /// Hands out what did not fit GitHub's descriptions, for tests that mean it.
    pub fn take_violations(&self) -> Vec<String> {
        self.front.take_violations()
    }

    /// Cuts a later request, and lets nothing pass afterwards if `for_good`.
    pub fn cut(&self, requests_before: usize, cut: Cut, for_good: bool) {
        self.front.cuts().plan(requests_before, cut, for_good);
    }

    /// Lets all requests pass again.
    pub fn heal(&self) {
        self.front.cuts().heal();
    }

    /// Has something happen before a request of this method, whose path ends so, passes on; so many of them pass before.
    /// Others pass in the meantime.
    pub fn meanwhile(
        &self,
        method: &'static str,
        path: &'static str,
        after: usize,
        happens: impl FnOnce() + Send + 'static,
    ) {
        self.front.meanwhile((method, path, after), Box::new(happens));
    }

    /// Answers some requests so from now on.
    pub fn answer_instead(&self, instead: Instead) {
        self.change(|state| state.instead.push(instead));
    }

    /// Adds a commit.
    pub fn commit(&self, commit: &str, parent: Option<&str>) {
        self.change(|state| drop(state.parents.insert(commit.into(), parent.map(Into::into))));
    }

    /// Adds a check run: one with a conclusion is completed.
    pub fn check_run(&self, commit: &str, name: &str, conclusion: Option<&str>) {
        let status = if conclusion.is_some() { "completed" } else { "in_progress" };
        self.change(|state| {
            let id = state.runs.len() + 1;
            let run = json!({
                "id": id, "name": name, "head_sha": commit, "status": status, "conclusion": conclusion,
            });
            state.runs.push((commit.into(), with(example("check-run-paginated")["check_runs"][0].take(), &run)));
        });
    }

    /// Adds a commit status.
    pub fn status(&self, commit: &str, context: &str, state: &str) {
        self.change(|all| {
            let id = all.statuses.len() + 1;
            let status = json!({ "id": id, "context": context, "state": state });
            let example = example("combined-commit-status")["statuses"][0].take();
            all.statuses.push((commit.into(), with(example, &status)));
        });
    }

    /// Lists the deployments of a repository in their order: environment, task, and the states of the statuses.
    pub fn deployments(&self, repository: &str) -> Vec<(String, String, Vec<String>)> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.queues.get(repository).map(Queue::told).unwrap_or_default()
    }

    /// Lists the deployments of a repository in their order as REST tells them, each with its statuses, oldest first.
    pub fn rows(&self, repository: &str) -> Vec<(Value, Vec<Value>)> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.queues.get(repository).map(Queue::rows).unwrap_or_default()
    }

    /// Adds a pull request with these commits, the last of which is that of its merge.
    pub fn pull(&self, number: u64, commits: &[&str], is_merged: bool) {
        self.change(|state| state.pulls.add(number, commits, is_merged));
    }

    /// Adds a comment of somebody else, who is associated so with the repository.
    pub fn comment_of_somebody(&self, number: u64, body: &str, association: &str) {
        self.change(|state| state.pulls.say(number, body, association));
    }

    /// Lets the token write no comment.
    pub fn forbid_comments(&self) {
        self.change(|state| state.pulls.forbid());
    }

    /// Lists the texts of the comments on a pull request.
    pub fn comments(&self, number: u64) -> Vec<String> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).pulls.said(number)
    }

    /// Makes the next requests of this kind, e.g. `POST`, work and go unanswered.
    pub fn lose_answers(&self, method: &str, count: usize) {
        self.front.lose(method, count);
    }

    /// Lets an environment of a repository ask for reviewers.
    pub fn demand_reviewers(&self, repository: &str, environment: &str) {
        self.change(|state| {
            state.queues.entry(repository.into()).or_default().reviewed.insert(environment.into());
        });
    }

    /// Answers no GraphQL.
    pub fn take_graphql_away(&self) {
        self.change(|state| state.is_rest_alone = true);
    }

    /// Has GraphQL tell no numbers of deployments, as the schema allows.
    pub fn hide_numbers(&self) {
        self.change(|state| state.hides_numbers = true);
    }

    /// Creates a deployment as somebody else who may; returns its number.
    #[track_caller]
    pub fn create(&self, repository: &str, environment: &str, task: &str, payload: &Value) -> u64 {
        let mut number = 0;
        self.change(|state| {
            let queue = state.queues.entry(repository.into()).or_default();
            number = queue.push(repository, &json!({ "environment": environment, "task": task, "payload": payload }));
        });
        number
    }

    /// Posts a status as somebody else who may, with nothing said of `auto_inactive`.
    #[track_caller]
    pub fn post_status(&self, repository: &str, number: u64, state: &str) {
        self.change(|all| {
            let queue = all.queues.get_mut(repository).expect("the repository has deployments");
            queue.post(repository, number, &json!({ "state": state })).expect("the deployment is there");
        });
    }

    /// Lets an app in, and nobody else.
    pub fn install(&self, app: App) {
        self.change(|state| state.app = Some(app));
    }

    /// Looks at the app, or changes it.
    pub fn app<T>(&self, look: impl FnOnce(&mut App) -> T) -> T {
        look(self.state.lock().unwrap_or_else(PoisonError::into_inner).app.as_mut().expect("an app is installed"))
    }

    /// Keeps the commits and files of a repository in `git`.
    pub fn keep(&self, repository: &str, git: Git) {
        self.change(|state| drop(state.objects.insert(repository.into(), Objects::of(git))));
    }

    /// Keeps a repository in `git` in which releases are proposed.
    pub fn keep_for_releases(&self, repository: &str, git: &Git) {
        self.keep(repository, git.clone());
        self.change(|state| drop(state.proposals.insert(repository.into(), Proposals::of(repository, git.clone()))));
    }

    /// Lets a rule protect a branch of a repository in which releases are proposed.
    pub fn protect(&self, repository: &str, branch: &str) {
        self.proposals(repository, |proposals| proposals.protected.push(branch.into()));
    }

    /// Lets the token write no `contents`, or no `pulls`, of a repository in which releases are proposed.
    pub fn forbid(&self, repository: &str, what: &str) {
        self.proposals(repository, |proposals| proposals.forbidden.push(what.into()));
    }

    /// Lists the pull requests of such a repository in their order: whether each is open, its title and its body.
    pub fn pull_requests(&self, repository: &str) -> Vec<(bool, String, String)> {
        self.proposals(repository, |proposals| proposals.told_pulls())
    }

    /// Merges a pull request of such a repository; returns the commit of the merge.
    pub fn merge(&self, repository: &str, number: usize) -> String {
        self.proposals(repository, |proposals| proposals.merge(number))
    }

    /// Lists the releases of such a repository, as they were asked for.
    pub fn releases(&self, repository: &str) -> Vec<Value> {
        self.proposals(repository, |proposals| proposals.told_releases())
    }

    fn proposals<T>(&self, repository: &str, look: impl FnOnce(&mut Proposals) -> T) -> T {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        look(state.proposals.get_mut(repository).expect("releases are proposed in this repository"))
    }

    /// Refuses every commit with an error of this type and these words, or no longer.
    pub fn refuse_commits(&self, repository: &str, refusal: Option<(&str, &str)>) {
        let refusal = refusal.map(|(kind, words)| (kind.into(), words.into()));
        self.change_objects(repository, |objects| objects.refusal = refusal);
    }

    /// Makes the next commits go unanswered, whether they are made or not.
    pub fn lose_commits(&self, repository: &str, count: usize, are_made: bool) {
        self.change_objects(repository, |objects| objects.lost = (count, are_made));
    }

    /// Lets somebody else commit a file after so many of the next commits, before the one after.
    pub fn commit_between(&self, repository: &str, after: usize, path: &str) {
        self.change_objects(repository, |objects| objects.others = Some((after, path.into())));
    }

    fn change_objects(&self, repository: &str, change: impl FnOnce(&mut Objects)) {
        self.change(|state| change(state.objects.get_mut(repository).expect("it keeps this repository")));
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
    }
}
