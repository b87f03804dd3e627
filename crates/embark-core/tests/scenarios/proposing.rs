//! The release PR, and what is published of it.

use std::sync::Arc;

use embark_core::ports::ReleasePlatform;
use embark_core::testing::{FakeReleases, Fault, Faulty};
use embark_core::{
    BranchName, Commit, Edit, Error, Notes, NotesRequest, PackageChange, PullRequestTemplate, Refusal, ReleaseChange,
    ReleasePr, ReleasePrRequest, Template, Versioned, notes, release_pr,
};

use crate::world::{World, assert_done, parse};

const BEFORE: &str = "1.0.0\n";

/// A world with the application's repository, whose branch `main` has one commit.
pub(crate) struct Proposal {
    pub(crate) world: World,
    pub(crate) releases: Arc<FakeReleases>,
}

fn main() -> BranchName {
    parse("main")
}

pub(crate) fn branch() -> BranchName {
    parse("embark/release")
}

pub(crate) fn versioned(version: &str, notes: &str) -> Versioned {
    let edit = |path: &str, text: Option<String>| Edit { path: parse(path), contents: text.map(String::into_bytes) };
    Versioned {
        version: parse(version),
        notes: notes.into(),
        edits: vec![
            edit("VERSION", Some(format!("{version}\n"))),
            edit(".changeset/a.md", None),
            edit("CHANGELOG.md", Some(format!("# shop\n\n## {version}\n\n{notes}\n"))),
        ],
        packages: vec![PackageChange { name: "shop".into(), from: "1.0.0".into(), to: version.into() }],
        further: Vec::new(),
    }
}

fn template() -> PullRequestTemplate {
    let parse = |text: &str, known: &[&str]| Template::parse(text, known).expect("it is right");
    PullRequestTemplate {
        title: parse("Release {version}", PullRequestTemplate::TITLE),
        body: parse("{packages}\n\n{notes}\n\n{images}\n", PullRequestTemplate::BODY),
    }
}

impl Proposal {
    pub(crate) fn new() -> (Self, Commit) {
        Self::of(World::new())
    }

    pub(crate) fn of(world: World) -> (Self, Commit) {
        let releases = Arc::new(FakeReleases::new(world.application.clone()));
        let proposal = Self { world, releases };
        let base = proposal.push("first");
        (proposal, base)
    }

    /// Somebody merges a changeset.
    pub(crate) fn push(&self, text: &str) -> Commit {
        self.releases.push(&main(), &[("VERSION", BEFORE), (".changeset/a.md", text)], text)
    }

    pub(crate) fn request(base: &Commit, versioned: Option<Versioned>) -> ReleasePrRequest {
        ReleasePrRequest {
            base: base.clone(),
            base_branch: main(),
            branch: branch(),
            versioned,
            template: template(),
            page: Some("https://github.com/acme/shop".into()),
            dry_run: false,
        }
    }

    pub(crate) async fn run(&self, base: &Commit, versioned: Option<Versioned>) -> ReleasePr {
        self.run_over(&*self.releases, base, versioned).await.expect("it runs")
    }

    async fn run_over(
        &self,
        releases: &dyn ReleasePlatform,
        base: &Commit,
        versioned: Option<Versioned>,
    ) -> Result<ReleasePr, Error> {
        release_pr(&self.world.systems(), releases, &Self::request(base, versioned)).await
    }

    fn tip(&self) -> Option<Commit> {
        self.releases.branches().get(&branch()).cloned()
    }

    /// The titles of the pull requests that are open.
    fn open(&self) -> Vec<String> {
        let all = self.releases.pull_requests().into_iter();
        all.filter(|(is_open, _)| *is_open).map(|(_, text)| text.title).collect()
    }

    fn body(&self) -> String {
        self.releases.pull_requests().last().expect("there is one").1.body.clone()
    }

    /// The images of a commit are built, and go to staging.
    pub(crate) async fn stage(&self, commit: &Commit) {
        for component in ["frontend", "backend"] {
            self.world.push(component, commit.as_str(), &format!("{component} {commit}"));
        }
        self.world.release("staging", commit).await;
        assert_done(&self.world.deploy_pending().await);
    }

    pub(crate) fn notes(commit: &Commit, version: &str) -> NotesRequest {
        NotesRequest {
            environment: parse("production"),
            version: parse(version),
            commit: commit.clone(),
            tag: parse(&format!("v{version}")),
            title: version.into(),
            body: "- Sing.".into(),
            generated: false,
            dry_run: false,
        }
    }

    async fn publish(&self, commit: &Commit, version: &str) -> Notes {
        notes(&self.world.systems(), &*self.releases, &Self::notes(commit, version)).await.expect("it runs")
    }
}

#[tokio::test]
async fn a_pull_request_is_opened_and_then_left_as_it_is() {
    let (proposal, base) = Proposal::new();
    let first = proposal.run(&base, Some(versioned("1.1.0", "- Sing."))).await;
    assert_eq!((first.change, first.is_open), (ReleaseChange::Done, Some(true)));
    assert_eq!((first.commit.clone(), first.version), (proposal.tip(), Some(parse("1.1.0"))));
    assert_eq!(proposal.open(), ["Release 1.1.0"]);
    let tip = proposal.releases.tip(&branch()).await.expect("asked").expect("it is there");
    assert_eq!((tip.parents, tip.message.as_str()), (vec![base.clone()], "Release 1.1.0\n\nEmbark-Release: 1.1.0\n"));
    assert_eq!(proposal.releases.text(&tip.commit, &parse("VERSION")).as_deref(), Some("1.1.0\n"));
    assert_eq!(proposal.releases.text(&tip.commit, &parse(".changeset/a.md")), None);
    let second = proposal.run(&base, Some(versioned("1.1.0", "- Sing."))).await;
    assert_eq!((second.change, second.commit), (ReleaseChange::Unchanged, first.commit));
    assert_eq!(second.warnings, [""; 0]);
}

#[tokio::test]
async fn the_body_tells_what_the_promotion_would_do() {
    let (proposal, base) = Proposal::new();
    let first = proposal.run(&base, Some(versioned("1.1.0", "- Sing."))).await;
    let commit = first.commit.expect("a commit");
    assert!(proposal.body().contains("| `shop` | 1.0.0 | 1.1.0 |"), "{}", proposal.body());
    let refused = format!("refused: `frontend in staging has run nothing of commit {commit}`");
    assert!(proposal.body().contains(&refused), "{}", proposal.body());
    proposal.stage(&commit).await;
    let again = proposal.run(&base, Some(versioned("1.1.0", "- Sing."))).await;
    assert_eq!((again.change, again.commit.as_ref()), (ReleaseChange::Done, Some(&commit)));
    let digest = proposal.world.tag("frontend", commit.as_str()).expect("it was built");
    let row = format!("| production | frontend | `{digest}` | becomes `1.1.0` |");
    assert!(proposal.body().contains(&row), "{}", proposal.body());
    let again = proposal.run(&base, Some(versioned("1.1.0", "- Sing."))).await;
    assert_eq!(again.change, ReleaseChange::Unchanged);
}

#[tokio::test]
async fn a_second_changeset_and_a_base_that_has_moved_bring_it_up_to_date() {
    let (proposal, base) = Proposal::new();
    let first = proposal.run(&base, Some(versioned("1.1.0", "- Sing."))).await;
    let moved = proposal.push("second");
    let second = proposal.run(&moved, Some(versioned("2.0.0", "- Sing.\n- Dance."))).await;
    assert_eq!(proposal.open(), ["Release 2.0.0"]);
    assert_ne!(second.commit, first.commit);
    let tip = proposal.releases.tip(&branch()).await.expect("asked").expect("it is there");
    assert_eq!(tip.parents, [moved]);
    assert_eq!(proposal.releases.pull_requests().len(), 1, "it is the same");
}

#[tokio::test]
async fn a_run_of_an_older_base_replaces_nothing() {
    let (proposal, base) = Proposal::new();
    let moved = proposal.push("second");
    let newer = proposal.run(&moved, Some(versioned("1.1.0", "- Sing."))).await;
    for versioned in [Some(versioned("1.0.1", "- Hum.")), None] {
        let older = proposal.run(&base, versioned).await;
        assert_eq!((older.change, older.commit), (ReleaseChange::Unchanged, None));
        assert!(older.reason.expect("a reason").contains(moved.as_str()));
    }
    assert_eq!((proposal.tip(), proposal.open()), (newer.commit, vec!["Release 1.1.0".to_owned()]));
}

#[tokio::test]
async fn what_was_merged_is_not_proposed_again_from_where_it_was_not() {
    let (proposal, base) = Proposal::new();
    proposal.run(&base, Some(versioned("1.1.0", "- Sing."))).await;
    let merged = proposal.releases.merge(&branch()).expect("it is open");
    let again = proposal.run(&base, Some(versioned("1.1.0", "- Sing."))).await;
    assert_eq!((again.change, proposal.open().len()), (ReleaseChange::Unchanged, 0));
    assert!(again.reason.expect("a reason").contains(merged.as_str()));
    let next = proposal.run(&merged, None).await;
    assert_eq!((next.change, next.is_open, proposal.tip()), (ReleaseChange::Done, None, None));
    assert_eq!(proposal.run(&merged, None).await.change, ReleaseChange::Unchanged);
}

#[tokio::test]
async fn a_pull_request_of_nothing_is_closed_and_its_branch_goes() {
    let (proposal, base) = Proposal::new();
    proposal.run(&base, Some(versioned("1.1.0", "- Sing."))).await;
    let emptied = proposal.push("");
    let closed = proposal.run(&emptied, None).await;
    assert_eq!((closed.change, closed.is_open, closed.version), (ReleaseChange::Done, Some(false), None));
    assert_eq!((proposal.tip(), proposal.open().len()), (None, 0));
    let again = proposal.run(&emptied, None).await;
    assert_eq!((again.change, again.reason.as_deref()), (ReleaseChange::Unchanged, Some("nothing is left to release")));
}

#[tokio::test]
async fn commits_of_somebody_else_are_overwritten_and_named() {
    let (proposal, base) = Proposal::new();
    proposal.run(&base, Some(versioned("1.1.0", "- Sing."))).await;
    let theirs = proposal.releases.push(&branch(), &[("VERSION", "9.9.9\n")], "Mend it");
    let again = proposal.run(&base, Some(versioned("1.1.0", "- Sing."))).await;
    assert_eq!(again.change, ReleaseChange::Done);
    assert!(again.warnings[0].contains(theirs.as_str()), "{:?}", again.warnings);
    let tip = proposal.releases.tip(&branch()).await.expect("asked").expect("it is there");
    assert_eq!((tip.parents, Some(tip.commit)), (vec![base], again.commit));
}

#[tokio::test]
async fn a_dry_run_says_what_would_be_and_changes_nothing() {
    let (proposal, base) = Proposal::new();
    let run = |versioned| {
        let request = ReleasePrRequest { dry_run: true, ..Proposal::request(&base, versioned) };
        let proposal = &proposal;
        async move { release_pr(&proposal.world.systems(), &*proposal.releases, &request).await.expect("it runs") }
    };
    let planned = run(Some(versioned("1.1.0", "- Sing."))).await;
    assert_eq!((planned.change, planned.version), (ReleaseChange::Planned, Some(parse("1.1.0"))));
    assert_eq!((proposal.tip(), proposal.releases.pull_requests().len()), (None, 0));
    proposal.run(&base, Some(versioned("1.1.0", "- Sing."))).await;
    assert_eq!(run(Some(versioned("1.1.0", "- Sing."))).await.change, ReleaseChange::Unchanged);
    assert_eq!(run(None).await.change, ReleaseChange::Planned);
    assert_eq!(proposal.open().len(), 1);
}

#[tokio::test]
async fn a_long_body_is_cut_with_a_link() {
    let (proposal, base) = Proposal::new();
    let notes = "- Another change ü.\n".repeat(5_000);
    let run = proposal.run(&base, Some(versioned("1.1.0", &notes))).await;
    let (body, commit) = (proposal.body(), run.commit.expect("a commit"));
    assert!(body.chars().count() <= 65_536 && body.chars().count() > 65_400, "{}", body.chars().count());
    assert!(body.contains(&format!("(https://github.com/acme/shop/commit/{commit})")));
    assert!(body.contains("| production | backend |"), "what comes behind stays");
    assert_eq!(proposal.run(&base, Some(versioned("1.1.0", &notes))).await.change, ReleaseChange::Unchanged);
}

#[tokio::test]
async fn a_protected_branch_is_told_and_nothing_is_opened() {
    let (proposal, base) = Proposal::new();
    proposal.releases.protect(&branch());
    let error = proposal.run_over(&*proposal.releases, &base, Some(versioned("1.1.0", ""))).await.expect_err("no");
    assert!(error.to_string().ends_with("refused: protected branch"), "{error}");
    assert!(proposal.releases.pull_requests().is_empty());
}

#[tokio::test]
async fn two_at_once_make_one_pull_request_of_one_commit() {
    for effect in 0..3 {
        let (proposal, base) = Proposal::new();
        let proposal = Arc::new(proposal);
        let (other, of_other) = (proposal.clone(), base.clone());
        let between = move || -> futures::future::BoxFuture<'static, ()> {
            Box::pin(async move {
                other.run(&of_other, Some(versioned("1.1.0", "- Sing."))).await;
            })
        };
        let fault = Fault::interrupt(effect, Box::new(between));
        let faulty = Faulty::new(&*proposal.releases, &fault);
        let run = proposal.run_over(&faulty, &base, Some(versioned("1.1.0", "- Sing."))).await.expect("it runs");
        assert_eq!(run.commit, proposal.tip(), "what is there is told: {effect}");
        assert_eq!(proposal.releases.pull_requests().len(), 1, "{effect}");
        let again = proposal.run(&base, Some(versioned("1.1.0", "- Sing."))).await;
        assert_eq!(again.change, ReleaseChange::Unchanged, "{effect}");
    }
}

#[tokio::test]
async fn notes_are_published_once_and_before_production() {
    let (proposal, base) = Proposal::new();
    let commit = proposal.run(&base, Some(versioned("1.1.0", "- Sing."))).await.commit.expect("a commit");
    let refused = proposal.publish(&commit, "1.1.0").await;
    assert!(matches!(refused, Notes::NotPromotable(_)), "{refused:?}");
    assert!(proposal.releases.releases().is_empty());
    proposal.stage(&commit).await;
    proposal.releases.merge(&branch());
    let expected = [ReleaseChange::Done, ReleaseChange::Unchanged, ReleaseChange::Unchanged];
    for change in expected {
        let Notes::Published { change: found, url } = proposal.publish(&commit, "1.1.0").await else {
            panic!("refused")
        };
        assert_eq!((found, url.is_some()), (change, true));
    }
    assert_done(&proposal.world.promote("1.1.0", &commit).await);
    assert_done(&proposal.world.deploy_pending().await);
    let after = proposal.publish(&commit, "1.1.0").await;
    assert!(matches!(after, Notes::Published { change: ReleaseChange::Unchanged, .. }), "{after:?}");
    let [release] = proposal.releases.releases().try_into().expect("one release");
    assert_eq!((release.commit, release.tag.as_str(), release.prerelease), (commit, "v1.1.0", false));
}

#[tokio::test]
async fn a_tag_of_another_commit_is_refused_and_both_are_named() {
    let (proposal, base) = Proposal::new();
    let commit = proposal.run(&base, Some(versioned("1.1.0", "- Sing."))).await.commit.expect("a commit");
    proposal.stage(&commit).await;
    proposal.publish(&commit, "1.1.0").await;
    let Notes::Refused(refusal) = proposal.publish(&base, "1.1.0").await else { panic!("not refused") };
    let expected = Refusal::TaggedElsewhere { tag: parse("v1.1.0"), existing: commit, wanted: base };
    assert_eq!(refusal, expected);
}

#[tokio::test]
async fn notes_of_a_version_before_a_release_are_marked_and_a_dry_run_publishes_nothing() {
    let (proposal, base) = Proposal::new();
    let commit = proposal.run(&base, Some(versioned("2.0.0-rc.1", "- Sing."))).await.commit.expect("a commit");
    proposal.stage(&commit).await;
    let request = NotesRequest { dry_run: true, ..Proposal::notes(&commit, "2.0.0-rc.1") };
    let planned = notes(&proposal.world.systems(), &*proposal.releases, &request).await.expect("it runs");
    assert!(matches!(planned, Notes::Published { change: ReleaseChange::Planned, url: None }), "{planned:?}");
    assert!(proposal.releases.releases().is_empty());
    proposal.publish(&commit, "2.0.0-rc.1").await;
    assert!(proposal.releases.releases()[0].prerelease);
}
