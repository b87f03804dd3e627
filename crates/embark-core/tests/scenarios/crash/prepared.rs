//! Worlds in which a use case has something to do.

use embark_core::{ImageReference, Scope};

use super::scene::Scene;
use super::use_case::UseCase;
use crate::proposing::{Proposal, branch, versioned};
use crate::unhealthy::degraded;
use crate::world::{COMPONENTS, World, assert_done, environment, parse, repository, target};

/// The tag under which CI has pushed what is released by another reference.
const BUILD: &str = "build-17";

/// Where CI has pushed an image that has no version tag yet.
pub(super) fn built(component: &str) -> ImageReference {
    parse(&format!("{}:{BUILD}", repository(component)))
}

impl UseCase {
    pub(super) async fn prepared(self) -> Scene {
        match self {
            Self::OpenReleasePr | Self::UpdateReleasePr | Self::CloseReleasePr | Self::Notes => self.proposed().await,
            Self::Rollback | Self::RollbackOfOne | Self::RollbackUnverified | Self::Hold | Self::Resume => {
                self.running().await
            }
            _ => self.waiting().await,
        }
    }

    /// Something is to be released, deployed or promoted.
    async fn waiting(self) -> Scene {
        let world = match self {
            Self::DeployHealthy => World::healthy(&["dev", "staging"]),
            Self::DeployDegraded => World::healthy(&["dev"]),
            Self::PromoteElsewhere => World::with_production_elsewhere(),
            _ => World::new(),
        };
        world.ship('a', "0.9.0").await;
        let commit = match self {
            Self::Promote | Self::PromoteAndDeploy | Self::PromoteElsewhere => world.stage('b').await,
            _ => world.build('b'),
        };
        match self {
            Self::ReleaseOfBuilds => {
                for component in COMPONENTS {
                    world.push(component, BUILD, &format!("{component} c"));
                }
            }
            Self::Deploy => {
                let c = world.stage('c').await;
                world.release("dev", &commit).await;
                world.promote("1.0.0", &c).await;
            }
            Self::DeploySuperseded => {
                world.release("staging", &commit).await;
                let c = world.build('c');
                world.release("staging", &c).await;
            }
            Self::DeployRefused => {
                world.release("dev", &commit).await;
                world.push("backend", commit.as_str(), "another");
            }
            Self::DeployTriedBefore => {
                world.release("staging", &commit).await;
                world.repository.refuse(Some("protected branch"));
                world.deploy_pending().await;
                world.repository.refuse(None);
            }
            Self::DeployHeld => {
                let held = Scope { component: None, ..Scope::from(&target("dev", "frontend")) };
                embark_core::hold(&world.systems(), &held, "it leaks", false).await.expect("held");
                world.release("dev", &commit).await;
            }
            Self::DeployHealthy => {
                for environment in ["dev", "staging"] {
                    world.release(environment, &commit).await;
                }
            }
            Self::DeployDegraded => {
                world.release("dev", &commit).await;
                world.argocd("dev", |_, now| Ok(degraded(now)));
            }
            Self::PromoteElsewhere => {
                for component in COMPONENTS {
                    let image = world.tag(component, commit.as_str()).expect("it was built");
                    let signature = world.registry.refer(&repository(component), &image, "signature");
                    world.registry.refer(&repository(component), &signature, "countersignature");
                }
            }
            _ => {}
        }
        Scene::new(world, commit)
    }

    /// Something runs that is to be undone or left alone.
    async fn running(self) -> Scene {
        let world = World::new();
        if matches!(self, Self::RollbackUnverified) {
            for component in COMPONENTS {
                world.push(component, "none", "legacy");
            }
        }
        let a = world.ship('a', "1.0.0").await;
        if matches!(self, Self::RollbackUnverified) {
            return Scene::new(world, a);
        }
        let b = world.ship('b', "1.1.0").await;
        if matches!(self, Self::Resume) {
            let held = Scope { environment: environment("staging"), component: None };
            embark_core::hold(&world.systems(), &held, "it leaks", false).await.expect("held");
        }
        let c = world.build('c');
        world.release("dev", &c).await;
        Scene::new(world, b)
    }

    /// The application has changesets.
    async fn proposed(self) -> Scene {
        let world = World::new();
        world.ship('a', "0.9.0").await;
        let (proposal, base) = Proposal::of(world);
        if matches!(self, Self::OpenReleasePr) {
            return Scene { proposal, commit: base };
        }
        let commit = proposal.run(&base, Some(versioned("1.1.0", "- Sing."))).await.commit.expect("a commit");
        if matches!(self, Self::Notes) {
            proposal.stage(&commit).await;
            proposal.releases.merge(&branch()).expect("it is open");
            assert_done(&proposal.world.promote("1.1.0", &commit).await);
            return Scene { proposal, commit };
        }
        let commit = proposal.push("second");
        Scene { proposal, commit }
    }
}
