//! Promotes an image over the fakes of every port: no registry, no git, no network.

use std::error::Error;
use std::io::Write;

use embark_core::testing::FakeSystems;
use embark_core::{Commit, Component, Environment, Pipeline, Selection, TagKind, ValuesKeys, VersionFormat};
use embark_core::{PromoteRequest, ReleaseRequest, deploy, promote, release};

/// Promotes what staging has verified, and tells `out` what came of it.
pub(crate) async fn run(out: &mut dyn Write) -> Result<(), Box<dyn Error>> {
    let web = Component::new("web".parse()?, "registry.test/web".parse()?, ValuesKeys::tag("web.tag".parse()?));
    let staging = Environment::new("staging".parse()?, "staging.yaml".parse()?);
    let production = Environment::new("production".parse()?, "prod.yaml".parse()?);
    let environments = vec![staging.clone(), production.promotes_from(&staging, TagKind::Version)];
    let pipeline = Pipeline::new(vec![web], environments, VersionFormat::default())?;

    let values = b"web:\n  tag: none # by embark\n".to_vec();
    let fakes = FakeSystems::new([("staging.yaml".parse()?, values.clone()), ("prod.yaml".parse()?, values)].into());
    let systems = fakes.systems(&pipeline);

    // CI has pushed the image of a commit, and it goes to staging.
    let commit: Commit = "a".repeat(40).parse()?;
    fakes.registry.push(&"registry.test/web".parse()?, &commit.as_str().parse()?, "a build");
    release(&systems, &ReleaseRequest::new("staging".parse()?, commit)).await?;
    deploy(&systems, &Selection::Pending(None), false).await?;

    let version = Some("1.4.0".parse()?);
    for item in promote(&systems, &PromoteRequest { version, ..PromoteRequest::new("production".parse()?) }).await? {
        writeln!(out, "promote {}: {}", item.target, item.outcome)?; // refusals are items, too
    }
    deploy(&systems, &Selection::Pending(None), false).await?;
    Ok(write!(out, "{}", fakes.repository.text(&"prod.yaml".parse()?))?)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    run(&mut std::io::stdout()).await
}
