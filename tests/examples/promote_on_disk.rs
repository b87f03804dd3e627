//! Promotes an image in a folder: an OCI image layout for the registry, a bare repository for the deployment repo.

use std::error::Error;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use embark_core::ports::{Clock, DeploymentRepository};
use embark_core::testing::FakeClock;
use embark_core::{Commit, Component, Environment, Pipeline, Selection, Systems, TagKind, ValuesKeys, VersionFormat};
use embark_core::{Manifest, MediaType, PromoteRequest, ReleaseRequest, deploy, promote, release};
use embark_gitops::{Author, GitRepository, Options, init};
use embark_registry::{Credentials, Layout, Registries};

/// Promotes in `folder` what staging has verified, and tells `out` what came of it.
pub(crate) async fn run(folder: &Path, out: &mut dyn Write) -> Result<(), Box<dyn Error>> {
    let web = Component::new("web".parse()?, "oci:web".parse()?, ValuesKeys::tag("web.tag".parse()?));
    let staging = Environment::new("staging".parse()?, "staging.yaml".parse()?);
    let production = Environment::new("production".parse()?, "prod.yaml".parse()?);
    let environments = vec![staging.clone(), production.promotes_from(&staging, TagKind::Version)];
    let pipeline = Pipeline::new(vec![web], environments, VersionFormat::default())?;

    // The clock of a test, which stands still. A program brings its own `Clock`.
    let clock = Arc::new(FakeClock::default());
    let (path, main) = (folder.join("deployment.git"), "main".parse()?);
    let author = Author { name: "Ada".into(), email: "ada@example.com".into() };
    let values = b"web:\n  tag: none # by embark\n".to_vec();
    let files = [("staging.yaml".parse()?, values.clone()), ("prod.yaml".parse()?, values)].into();
    init(&path, &main, &files, &author, clock.now())?;
    let registries = Registries::new(reqwest::Client::new(), Credentials::anonymous(), folder);
    let git = GitRepository::local(&path, Options::new(main, author), clock.clone());
    let systems = Systems::new(&pipeline, &registries, &git, &git, &*clock);

    // CI has pushed the image of a commit, and it goes to staging.
    let commit: Commit = "a".repeat(40).parse()?;
    let layout = Layout::create(&folder.join("web"))?;
    let config = layout.push_blob(b"{}")?;
    let config = format!(r#"{{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{config}","size":2}}"#);
    let manifest = format!(r#"{{"schemaVersion":2,"config":{config},"layers":[]}}"#).into_bytes();
    layout.push(&commit.as_str().parse()?, &Manifest::new(MediaType::OciManifest, manifest))?;
    release(&systems, &ReleaseRequest::new("staging".parse()?, commit)).await?;
    deploy(&systems, &Selection::Pending(None), false).await?;

    let version = Some("1.4.0".parse()?);
    for item in promote(&systems, &PromoteRequest { version, ..PromoteRequest::new("production".parse()?) }).await? {
        writeln!(out, "promote {}: {}", item.target, item.outcome)?; // refusals are items, too
    }
    deploy(&systems, &Selection::Pending(None), false).await?;
    let snapshot = git.read(vec!["prod.yaml".parse()?]).await?;
    Ok(out.write_all(snapshot.file(&"prod.yaml".parse()?).unwrap_or_default())?)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    run(folder.path(), &mut std::io::stdout()).await
}
