//! The one table from a refusal to what a person can do about it.

use embark_core::{Commit, NotVerified, Refusal, State, Tag, Target};

use super::Known;
use super::hint::unfit_hint;

/// Returns what a person can do about it; `None` where it is up to another component.
pub(crate) fn hint_of_refusal(refusal: &Refusal, known: Known<'_>) -> Option<String> {
    let to = known.environment();
    Some(match refusal {
        // Where it was built, and for which environment, is not known here: one hint stands for all components.
        Refusal::ImageMissing(_) => "push the image under that tag, or release the one that was built with: embark \
                                     release ENVIRONMENT --image COMPONENT=REFERENCE"
            .into(),
        Refusal::TagMoved { .. } => "a tag keeps its image for ever: build a new commit and release that".into(),
        Refusal::TagTaken { .. } => "a tag keeps its image for ever: bump the version, or build a new commit".into(),
        Refusal::NotVerified { target, reason, .. } => not_verified(target, reason, to),
        Refusal::NothingToPromote { target, commit } => {
            let environment = &target.environment;
            let commit = commit.as_ref().map(|commit| format!(" --commit {commit}")).unwrap_or_default();
            format!("release to {environment} first, with: embark release {environment}{commit} --deploy")
        }
        Refusal::NotRunning { running, .. } => {
            format!("promote what runs there now, with: embark promote {to} --commit {}", as_commit(&running.tag))
        }
        Refusal::NotAncestor { running, .. } => format!(
            "merge that commit into the release, or promote it, with: embark promote {to} --commit {}",
            as_commit(&running.tag)
        ),
        Refusal::EditedByHand { environment, file, recorded, .. } => {
            let again = match recorded.tag.as_str().parse::<Commit>() {
                Ok(commit) => format!("embark release {environment} --commit {commit} --deploy"),
                Err(_) => format!("embark promote {environment} --version {} --deploy", recorded.tag),
            };
            format!("revert the edit of {file}, or have the image named again, with: {again}")
        }
        Refusal::NotReported { target, .. } => {
            format!("report it with: embark deploy --pending {}", target.environment)
        }
        Refusal::NotConfigured { .. } => "see which there are with: embark config check".into(),
        Refusal::NoWayAround { environment, .. } => {
            format!("promote what is verified with: embark promote {environment}")
        }
        Refusal::ForeignImage { .. }
        | Refusal::ForeignTag { .. }
        | Refusal::NotAPromotion { .. }
        | Refusal::NotProven { .. } => {
            format!("embark creates no such deployment; {}", known.queue.look())
        }
        Refusal::NeverVerified { target, .. } => format!(
            "if it must be: embark rollback {} {} --unverified --reason TEXT",
            target.environment, target.component
        ),
        Refusal::BeforeEmbarkElsewhere { .. } => "put it back by hand, with a commit to the values file".into(),
        Refusal::NothingToRollBack { target }
        | Refusal::NeverRanThere { target, .. }
        | Refusal::NeverRan { target, .. } => format!(
            "in a clone of the deployment repo, see what ran with: git log --all-match --grep '^Embark-Environment: {}$' \
             --grep '^Embark-Component: {}$'",
            target.environment, target.component
        ),
        Refusal::Closed { .. } => format!(
            "release or promote it anew, with: embark release {to} --commit {}, or with: embark promote {to}",
            known.commit()
        ),
        Refusal::HeldAsAWhole { environment } => format!("resume all of it with: embark resume {environment}"),
        Refusal::TaggedElsewhere { .. } => {
            "a tag keeps its commit for ever: bump the version, or name the commit that it has with --commit".into()
        }
        Refusal::Rendered { reason, .. } => unfit_hint(reason).into(),
        Refusal::Sibling(_) => return None,
    })
}

fn not_verified(Target { environment, .. }: &Target, reason: &NotVerified, to: &str) -> String {
    let release = format!("embark release {environment} --commit SHA --deploy");
    match reason {
        NotVerified::NotRun { state } if *state != Some(State::Failure) => {
            format!("carry it out with: embark deploy --pending {environment}")
        }
        NotVerified::Soak { .. } => {
            format!("wait until then; if it cannot wait: embark promote {to} --waive soak --reason TEXT")
        }
        NotVerified::Checks { .. } => {
            format!(
                "promote again when they have passed; if it cannot wait: embark promote {to} --waive checks --reason TEXT"
            )
        }
        NotVerified::NotRun { .. } | NotVerified::Withdrawn { .. } | NotVerified::Disagreement { .. } => {
            format!("release it again, or a new commit, with: {release}")
        }
        NotVerified::RolledBack { .. } | NotVerified::Waived { .. } => {
            format!("release and verify a new commit, with: {release}")
        }
    }
}

/// Returns the commit that a version tag is, or what stands for one.
pub(super) fn as_commit(tag: &Tag) -> &str {
    if tag.as_str().parse::<Commit>().is_ok() { tag.as_str() } else { "SHA" }
}
