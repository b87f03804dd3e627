//! The story: one application from a merged commit to production, and two things that must not happen.

use embark_core::{Commit, Digest, FilePath, Tag};
use embark_registry::Layout;
use embark_values::Assignment;

use super::hand::Hand;
use super::images::Image;
use super::stage::Stage;
use super::{BoxError, diff, files, rendered};
use crate::output::{Outcome, Report};

/// What the story comes to.
pub(super) struct End {
    /// The first commit that is built and not released.
    pub(super) next: Commit,
    pub(super) status: Report,
    pub(super) verify: Report,
}

pub(super) async fn walk(stage: &mut Stage<'_>) -> Result<End, BoxError> {
    stage.story.part(INTRODUCTION);
    let team = begin(stage).await?;
    to_dev(stage, &team).await?;
    to_staging(stage, &team).await?;
    to_production(stage, &team).await?;
    second_commit(stage, &team).await?;
    moved_tag(stage, &team).await?;
    tag_put_back(stage, &team).await?;
    let before = edit_by_hand(stage, &team).await?;
    let (verify, status) = edit_undone(stage, &team, &before).await?;
    rendered::tell(stage).await?;
    // What a reader who keeps the folder goes on with.
    let backend = Image::multi("backend of commit C");
    team.push(&team.next, &Image::single("frontend of commit C"), &backend)?;
    team.push(&team.last, &Image::single("frontend of commit D"), &backend)?;
    files::write_readme(stage.folder, &team.first, &team.next, &team.last)?;
    Ok(End { next: team.next, status, verify })
}

const INTRODUCTION: &str = "One application on its way from a merged commit to production.\n\n\
There is no server, no network and no account: the images, the deployment repo and the record of deployments \
are files in one folder. Each step shows the commands that embark has carried out there just now, as one types them in \
that folder, and what they printed.";

/// The systems of the team, and its commits.
struct Team {
    frontend: Layout,
    backend: Layout,
    hand: Hand,
    first: Commit,
    second: Commit,
    next: Commit,
    last: Commit,
    /// What CI built from the commits.
    frontends: [Image; 2],
    /// Both commits have the same one.
    built_backend: Image,
    /// What somebody built without asking anyone.
    quick_fix: Image,
}

impl Team {
    fn push(&self, commit: &Commit, frontend: &Image, backend: &Image) -> Result<(), BoxError> {
        let tag = commit.as_str().parse()?;
        frontend.push(&self.frontend, &tag)?;
        backend.push(&self.backend, &tag)?;
        Ok(())
    }

    /// Makes sure that an environment runs these images.
    async fn expect(&self, stage: &Stage<'_>, environment: &str, frontend: &Image) -> Result<(), BoxError> {
        let look = stage.look().await?;
        for (component, image) in [("frontend", frontend), ("backend", &self.built_backend)] {
            let found = look.at(environment, component)?.digest.as_ref();
            let expected = image.digest();
            insist(found == Some(expected), || {
                format!("{environment} has {component} {found:?}, and should have {expected}")
            })?;
        }
        Ok(())
    }
}

pub(super) fn insist(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), BoxError> {
    if holds { Ok(()) } else { Err(otherwise().into()) }
}

/// Makes up a commit of the application: always the same one, and none that exists.
fn commit(name: &str) -> Result<Commit, BoxError> {
    Ok(Digest::sha256(format!("the shop's commit {name}").as_bytes()).hex()[..40].parse()?)
}

async fn begin(stage: &mut Stage<'_>) -> Result<Team, BoxError> {
    stage.story.step(
        "What a team has: a registry (images/), the repo that Argo CD watches (deployment.git: a Helm chart, and one \
         values file for each environment), and embark.yaml, which tells embark of both.",
    );
    let folder = stage.folder;
    files::write_application(folder)?;
    files::write_version(folder, "1.0.0")?;
    files::write_deployment_repo(&folder.join("deployment.git"))?;
    let team = Team {
        frontend: Layout::create(&folder.join("images/frontend"))?,
        backend: Layout::create(&folder.join("images/backend"))?,
        hand: Hand::new(&folder.join("deployment.git"))?,
        first: commit("A")?,
        second: commit("B")?,
        next: commit("C")?,
        last: commit("D")?,
        frontends: ["A", "B"].map(|name| Image::single(&format!("frontend of commit {name}"))),
        built_backend: Image::multi("backend of commit A"),
        quick_fix: Image::single("frontend with a quick fix"),
    };
    stage.embark(&["config", "check"], Outcome::Unchanged).await?;
    Ok(team)
}

async fn to_dev(stage: &mut Stage<'_>, team: &Team) -> Result<(), BoxError> {
    stage.story.step(&format!(
        "A pull request is merged: commit A, {}. CI has pushed both images under the commit as their tag. They are \
         released to dev: each becomes a deployment, and each deployment one commit to dev.yaml.",
        team.first.short()
    ));
    team.push(&team.first, &team.frontends[0], &team.built_backend)?;
    stage.embark(&["release", "dev", "--commit", team.first.as_str(), "--deploy"], Outcome::Done).await?;
    team.expect(stage, "dev", &team.frontends[0]).await
}

async fn to_staging(stage: &mut Stage<'_>, team: &Team) -> Result<(), BoxError> {
    stage.story.step("At night the same commit is released to staging, where it is verified.");
    stage.embark(&["release", "staging", "--commit", team.first.as_str(), "--deploy"], Outcome::Done).await?;
    team.expect(stage, "staging", &team.frontends[0]).await
}

async fn to_production(stage: &mut Stage<'_>, team: &Team) -> Result<(), BoxError> {
    stage.story.step(
        "Version 1.0.0 is released. Production gets the very bytes that staging has verified: nothing is built again, \
         the images only get the version as a second tag.",
    );
    stage.embark(&promote("1.0.0", &team.first), Outcome::Done).await?;
    team.expect(stage, "production", &team.frontends[0]).await?;
    stage.story.say("Three environments, and one digest for each component:");
    stage.embark(&["status"], Outcome::Unchanged).await?;
    let look = stage.look().await?;
    insist(look.is_in_step() && look.holds(), || "the environments are not in step".into())
}

fn promote<'a>(version: &'a str, commit: &'a Commit) -> [&'a str; 7] {
    ["promote", "production", "--version", version, "--commit", commit.as_str(), "--deploy"]
}

async fn second_commit(stage: &mut Stage<'_>, team: &Team) -> Result<(), BoxError> {
    stage.story.step(&format!(
        "Commit B, {}, changes only the frontend, so only the frontend is deployed to dev and staging. Production is \
         now behind.",
        team.second.short()
    ));
    files::write_version(stage.folder, "1.1.0")?;
    team.push(&team.second, &team.frontends[1], &team.built_backend)?;
    for environment in ["dev", "staging"] {
        stage.embark(&["release", environment, "--commit", team.second.as_str(), "--deploy"], Outcome::Done).await?;
        team.expect(stage, environment, &team.frontends[1]).await?;
    }
    stage.embark(&["status", "production"], Outcome::Unchanged).await?;
    team.expect(stage, "production", &team.frontends[0]).await?;
    let look = stage.look().await?;
    let in_step = look.at("production", "frontend")?.in_step;
    insist(in_step == Some(false) && look.holds(), || "production is not behind staging".into())
}

async fn moved_tag(stage: &mut Stage<'_>, team: &Team) -> Result<(), BoxError> {
    stage.story.step(
        "Somebody is in a hurry and pushes a frontend with a quick fix under commit B's tag. Staging has verified one \
         image, and the tag names another. To promote the tag would bring production what nobody has tried, so it is \
         refused, and nothing is written:",
    );
    team.quick_fix.push(&team.frontend, &team.second.as_str().parse()?)?;
    let before = stage.bytes()?;
    let report = stage.embark(&promote("1.1.0", &team.second), Outcome::Refused).await?;
    for image in [&team.frontends[1], &team.quick_fix] {
        let digest = image.digest();
        insist(report.text.contains(digest.as_str()), || format!("the refusal does not name {digest}"))?;
    }
    insist(stage.bytes()? == before, || "the refused promotion has written something".into())
}

async fn tag_put_back(stage: &mut Stage<'_>, team: &Team) -> Result<(), BoxError> {
    stage.story.step(
        "The hint's way is a new commit. Here the tag is put back to the image that staging has verified, and the same \
         command goes through. The backend stays as it is: production has its digest already.",
    );
    team.frontends[1].push(&team.frontend, &team.second.as_str().parse()?)?;
    stage.embark(&promote("1.1.0", &team.second), Outcome::Done).await?;
    team.expect(stage, "production", &team.frontends[1]).await
}

/// Lets somebody edit the values file of production; returns its text as it was before.
async fn edit_by_hand(stage: &mut Stage<'_>, team: &Team) -> Result<String, BoxError> {
    stage.story.step(
        "The quick fix comes again, past embark: somebody pushes it as `hotfix` and commits it to prod.yaml by hand. \
         Argo CD would roll that out. Staging never ran it, so the invariant is broken, and `verify` finds it. Run it \
         on every push to the deployment repo, and every night.",
    );
    let tag: Tag = "hotfix".parse()?;
    team.quick_fix.push(&team.frontend, &tag)?;
    let file: FilePath = "prod.yaml".parse()?;
    let before = team.hand.read(&file).await?;
    let set = |path: &str, value: &str| Ok::<_, BoxError>(Assignment::new(embark_values::Path::parse(path)?, value));
    let digest = team.quick_fix.digest().as_str();
    let assignments = [set("frontend.image.tag", tag.as_str())?, set("frontend.image.digest", digest)?];
    let after = embark_values::edit(&before, &assignments)?.text;
    team.hand.commit(&file, &after, "Hotfix, will explain on Monday").await?;
    stage.story.show(&diff::lines(file.as_str(), &before, &after));
    stage.embark(&["verify"], Outcome::Broken).await?;
    Ok(before)
}

/// Puts the values file of production back; returns the reports of verify and status.
async fn edit_undone(stage: &mut Stage<'_>, team: &Team, before: &str) -> Result<(Report, Report), BoxError> {
    stage
        .story
        .step("The edit is reverted. Production runs what staging has verified, and every environment is in step.");
    team.hand.commit(&"prod.yaml".parse()?, before, "Revert the hotfix: staging never ran it").await?;
    let verify = stage.embark(&["verify"], Outcome::Unchanged).await?;
    let status = stage.embark(&["status"], Outcome::Unchanged).await?;
    for environment in ["dev", "staging", "production"] {
        team.expect(stage, environment, &team.frontends[1]).await?;
    }
    let look = stage.look().await?;
    insist(look.is_in_step() && look.holds(), || "the environments are not in step at the end".into())?;
    Ok((verify, status))
}
