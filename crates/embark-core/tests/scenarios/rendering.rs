//! Deployments are judged by what is rendered, each on top of those before it.

use std::sync::Mutex;

use async_trait::async_trait;
use embark_core::ports::{RenderError, Renderer, Rendering, RepositoryError};
use embark_core::{Rendered, Selection, State, Systems, Unreached};
use embark_values::Document;

use crate::world::{World, assert_done, file, item, parse, refusal, repository};

/// A chart of two pods: what a text of `{path}` stands for is read out of the values file.
struct Chart {
    frontend: &'static str,
    backend: &'static str,
    /// Whether it takes no image for none.
    needs_tags: bool,
    /// The environment whose chart lies below a link.
    linked: Option<&'static str>,
    /// How often it was asked.
    asked: Mutex<usize>,
}

impl Chart {
    fn new(frontend: &'static str, backend: &'static str) -> Self {
        Self { frontend, backend, needs_tags: false, linked: None, asked: Mutex::default() }
    }

    fn asked(&self) -> usize {
        *self.asked.lock().expect("no test has panicked with it")
    }
}

#[async_trait]
impl Renderer for Chart {
    async fn render(&self, rendering: Rendering) -> Result<Rendered, RenderError> {
        *self.asked.lock().expect("no test has panicked with it") += 1;
        let text = String::from_utf8(rendering.values).expect("a text");
        let values = Document::parse(&text).expect("a document");
        let get = |path: &str| values.get(&parse(path)).expect("a scalar").value;
        if self.linked == Some(rendering.environment.as_str()) {
            let (repository, path) = ("deployment.git".into(), parse("chart/Chart.yaml"));
            let error = RepositoryError::NotAFile { repository, path, what: "below a symbolic link" };
            return Err(RenderError::Repository(error));
        }
        let tags = [get("frontend.image.tag"), get("backend.image.tag")];
        let words = match get("replicas") {
            replicas if replicas == "none" => Some("no replicas"),
            _ => (self.needs_tags && tags.iter().any(|tag| tag == "none")).then_some("a tag is needed"),
        };
        if let Some(words) = words {
            let (environment, file) = (rendering.environment, rendering.file);
            return Err(RenderError::Refused { program: "helm", environment, file, words: words.into() });
        }
        let pod = |(name, image): (&str, &str)| {
            let (start, rest) = image.split_once('{').expect("a path");
            let (path, end) = rest.split_once('}').expect("its end");
            format!(
                "---\nkind: Pod\nmetadata: {{name: {name}}}\nspec: {{containers: [{{name: {name}, image: '{start}{}{end}'}}]}}\n",
                get(path)
            )
        };
        let stream: String = [("frontend", self.frontend), ("backend", self.backend)].into_iter().map(pod).collect();
        Ok(Rendered::read(&stream, &[]).expect("manifests"))
    }
}

const FRONTEND: &str = "registry.test/frontend:{frontend.image.tag}";
const BACKEND: &str = "registry.test/backend:{backend.image.tag}";

fn systems<'a>(world: &'a World, chart: &'a Chart) -> Systems<'a> {
    Systems { renderer: Some(chart), ..world.systems() }
}

#[tokio::test]
async fn each_state_of_a_values_file_is_rendered_once() {
    let (world, chart) = (World::new(), Chart::new(FRONTEND, BACKEND));
    let commit = world.build('a');
    world.release("dev", &commit).await;
    let items =
        embark_core::deploy(&systems(&world, &chart), &Selection::Pending(None), false).await.expect("deployed");
    assert_done(&items);
    assert_eq!(chart.asked(), 3, "before, between and after");
    let rendered = item(&items, "backend").rendered.as_ref().expect("it was rendered");
    let [change] = &rendered.images[..] else { panic!("{rendered:?}") };
    assert_eq!(
        (change.before.as_deref(), change.after.clone()),
        (Some("registry.test/backend:none"), format!("{}:{commit}", repository("backend")))
    );
}

#[tokio::test]
async fn what_is_refused_keeps_no_other_and_leaves_nothing_behind() {
    // The first of the two falls: the second is made without it.
    let (world, chart) = (World::new(), Chart::new("registry.test/frontend:{replicas}", BACKEND));
    let commit = world.build('a');
    world.release("dev", &commit).await;
    for dry_run in [true, false] {
        let items =
            embark_core::deploy(&systems(&world, &chart), &Selection::Pending(None), dry_run).await.expect("deployed");
        assert_eq!(
            refusal(&items, "frontend"),
            "dev.yaml: no rendered image comes of frontend.image.tag; they come of backend.image.tag, replicas"
        );
    }
    assert_eq!(world.states("dev", "frontend"), [Some(State::Failure)]);
    assert_eq!(world.states("dev", "backend"), [Some(State::Success)]);
    assert_eq!((world.named("dev", "frontend").as_str(), world.named("dev", "backend")), ("none", commit.to_string()));
    assert_eq!(world.repository.commits().len(), 2);
}

#[tokio::test]
async fn a_chart_that_does_not_render_is_an_error_and_is_tried_again() {
    let (world, chart) = (World::new(), Chart::new(FRONTEND, BACKEND));
    let commit = world.build('a');
    let before = world.repository.text(&file("dev"));
    world.repository.edit_by_hand(&file("dev"), before.replace("replicas: 2", "replicas: none").as_bytes());
    world.release("dev", &commit).await;
    let pending = Selection::Pending(None);
    let items = embark_core::deploy(&systems(&world, &chart), &pending, false).await.expect("told");
    assert!(item(&items, "frontend").reason.as_ref().is_some_and(|reason| reason.contains("no replicas")), "{items:?}");
    assert_eq!(world.states("dev", "frontend"), [Some(State::Error)]);
    world.repository.edit_by_hand(&file("dev"), before.as_bytes());
    assert_done(&embark_core::deploy(&systems(&world, &chart), &pending, false).await.expect("deployed"));
}

#[tokio::test]
async fn a_chart_that_needs_images_gets_its_first_ones() {
    let world = World::new();
    let chart = Chart { needs_tags: true, ..Chart::new(FRONTEND, BACKEND) };
    let all = embark_core::reach(&systems(&world, &chart)).await.expect("looked");
    assert!(all.iter().all(|reach| reach.result.is_ok()), "{all:?}");
    let commit = world.build('a');
    world.release("dev", &commit).await;
    let items =
        embark_core::deploy(&systems(&world, &chart), &Selection::Pending(None), false).await.expect("deployed");
    assert_done(&items);
    let first = item(&items, "frontend").rendered.as_ref().expect("it was rendered");
    assert_eq!((first.images.len(), &first.images[0].before), (1, &None));
    assert_eq!(
        first.notes,
        [
            "nothing is rendered of dev.yaml yet, for want of other images: it was compared with images that do not exist"
        ]
    );
    let second = item(&items, "backend").rendered.as_ref().expect("it was rendered");
    assert_eq!(
        second.notes,
        ["nothing is rendered of dev.yaml as it is: it was compared with images that do not exist"]
    );
    // What is wrong is refused all the same.
    let chart = Chart { needs_tags: true, ..Chart::new(FRONTEND, "mirror.test/backend:{backend.image.tag}") };
    world.release("staging", &commit).await;
    let items = embark_core::deploy(&systems(&world, &chart), &Selection::Pending(None), false).await.expect("told");
    assert!(refusal(&items, "backend").contains("would run mirror.test/backend:"), "{items:?}");
}

#[tokio::test]
async fn a_chart_that_cannot_be_read_keeps_no_other_environment() {
    let world = World::new();
    let chart = Chart { linked: Some("staging"), ..Chart::new(FRONTEND, BACKEND) };
    let all = embark_core::reach(&systems(&world, &chart)).await.expect("looked");
    let failed = all.iter().filter(|reach| matches!(reach.result, Err(Unreached::Failed(_))));
    assert!(failed.map(|reach| reach.target.environment.as_str()).eq(["staging", "staging"]));
    let commit = world.build('a');
    world.release("dev", &commit).await;
    world.release("staging", &commit).await;
    embark_core::deploy(&systems(&world, &chart), &Selection::Pending(None), false).await.expect("told");
    assert_eq!(world.states("dev", "frontend"), [Some(State::Success)]);
    assert_eq!(world.states("staging", "frontend"), [Some(State::Error)]);
}

#[tokio::test]
async fn a_promotion_that_would_run_another_image_writes_nothing() {
    let world = World::new();
    let commit = world.stage('a').await;
    let before = world.state();
    let chart = Chart::new(FRONTEND, "mirror.test/backend:{backend.image.tag}");
    let request = World::promote_request("1.4.0", &commit);
    let items = embark_core::promote(&systems(&world, &chart), &request).await.expect("told");
    assert_eq!(
        refusal(&items, "backend"),
        "production.yaml: backend in Pod/backend would run mirror.test/backend:1.4.0, and not registry.test/backend:1.4.0"
    );
    assert_eq!(refusal(&items, "frontend"), "nothing was written because backend was refused");
    assert_eq!(world.state(), before);
    let chart = Chart::new(FRONTEND, BACKEND);
    let items = embark_core::promote(&systems(&world, &chart), &request).await.expect("promoted");
    assert_done(&items);
    assert!(items.iter().all(|item| item.rendered.is_some()), "{items:?}");
}

#[tokio::test]
async fn a_look_tells_of_each_component_and_writes_nothing() {
    let (world, chart) = (World::new(), Chart::new(FRONTEND, "registry.test/backend:{frontend.image.tag}"));
    let before = world.repository.text(&file("staging"));
    world.repository.edit_by_hand(&file("staging"), before.replace("replicas: 2", "replicas: none").as_bytes());
    let state = world.state();
    let all = embark_core::reach(&systems(&world, &chart)).await.expect("looked");
    let told = all.iter().map(|reach| match &reach.result {
        Ok(_) => "reached",
        Err(Unreached::Refused(_)) => "refused",
        Err(Unreached::Failed(_)) => "failed",
    });
    // Frontend and backend of dev, of staging, and of production.
    assert_eq!(told.collect::<Vec<_>>(), ["refused", "refused", "failed", "failed", "refused", "refused"]);
    assert_eq!(world.state(), state);
    assert!(embark_core::reach(&world.systems()).await.expect("nothing to ask").is_empty());
}
