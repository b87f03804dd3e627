//! Promotions to an environment whose images lie in a repository of their own.

use embark_core::Verdict;
use embark_core::testing::{Fault, Moment};

use crate::world::{COMPONENTS, Process, World, assert_done, assert_unchanged, elsewhere, repository};

/// That children and blobs come along is a matter of the adapters, whose suites show it.
#[tokio::test]
async fn scenario_29_production_in_another_repository_gets_the_same_digest_and_the_values_name_it() {
    let world = World::with_production_elsewhere();
    let a = world.ship('a', "1.0.0").await;
    for component in COMPONENTS {
        let (there, version) = (elsewhere(component), "1.0.0".parse().expect("a tag"));
        let copied = world.registry.tags().get(&(there.clone(), version)).cloned();
        assert_eq!(copied, world.tag(component, a.as_str()));
        assert_eq!(world.tag(component, "1.0.0"), None, "the source's repository gets no version tag");
        assert_eq!(world.value("production", component, "repository"), there.as_str());
        assert_eq!(world.value("staging", component, "repository"), repository(component).as_str());
    }
    assert!(world.verify().await.iter().all(|check| check.verdict == Verdict::Holds));
    assert_unchanged(&world.promote("1.0.0", &a).await);
}

#[tokio::test]
async fn what_refers_to_an_image_comes_along_to_another_repository() {
    use embark_core::ports::ImageRegistry as _;
    let world = World::with_production_elsewhere();
    let a = world.stage('a').await;
    let image = world.tag("frontend", a.as_str()).expect("it was built");
    let signature = world.registry.refer(&repository("frontend"), &image, "signature");
    let countersignature = world.registry.refer(&repository("frontend"), &signature, "countersignature");
    assert_done(&world.promote("1.0.0", &a).await);
    for (subject, referrer) in [(image, signature.clone()), (signature, countersignature)] {
        let listed = world.registry.referrers(&elsewhere("frontend"), &subject).await.expect("listed");
        assert_eq!(listed.iter().map(embark_core::Referrer::digest).collect::<Vec<_>>(), [&referrer]);
    }
}

#[tokio::test]
async fn no_version_tag_is_written_before_what_refers_to_the_image_is_there() {
    let world = World::with_production_elsewhere();
    let a = world.stage('a').await;
    for component in COMPONENTS {
        let image = world.tag(component, a.as_str()).expect("it was built");
        world.registry.refer(&repository(component), &image, "signature");
    }
    let before = world.registry.tags();
    let fault = Fault::crash(0, Moment::After);
    let request = World::promote_request("1.0.0", &a);
    let systems = Process::new(&world, &fault);
    embark_core::promote(&systems.systems(), &request).await.expect_err("the process has ended");
    assert_eq!(world.registry.tags(), before);
    assert_done(&world.promote("1.0.0", &a).await);
}

/// An environment between staging and production that names images by commit and has a repository of its own.
#[tokio::test]
async fn an_image_that_keeps_its_tag_is_copied_to_another_repository() {
    let world = World::with_production_elsewhere();
    let environments = world
        .pipeline
        .environments()
        .iter()
        .map(|environment| embark_core::Environment { tag: embark_core::TagKind::Commit, ..environment.clone() });
    let components = world.pipeline.components().to_vec();
    let pipeline =
        embark_core::Pipeline::new(components, environments.collect(), embark_core::VersionFormat::default());
    let world = World { pipeline: std::sync::Arc::new(pipeline.expect("a pipeline")), ..world };
    let a = world.stage('a').await;
    let request = embark_core::PromoteRequest { version: None, ..World::promote_request("1.0.0", &a) };
    let items = embark_core::promote(&world.systems(), &request).await.expect("promoted");
    assert_done(&items);
    assert_done(&world.deploy_pending().await);
    for component in COMPONENTS {
        let key = (elsewhere(component), a.as_str().parse().expect("a tag"));
        assert_eq!(world.registry.tags().get(&key).cloned(), world.tag(component, a.as_str()));
        assert_eq!(world.named("production", component), a.as_str());
    }
    assert!(world.verify().await.iter().all(|check| check.verdict == Verdict::Holds));
}
