//! A registry that lies about a digest: each lie ends the run with exit code 21, and what it was told of is neither
//! tagged nor committed.

use embark_tests::harness::{BACKEND, FRONTEND, Image, Lie, Setup, Told, World, digest_of};

use crate::EMBARK;

/// What may be there after a run that was lied to. Neither a commit nor a deployment may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Left {
    /// Nothing at all: the lie was found before the first write.
    Nothing,
    /// Blobs and children that no tag names: the lie was found while the image was copied.
    Content,
    /// Tags of the right bytes: the lie was found when the registry told of the write, or of the tag after it.
    Tags,
}

struct Case {
    name: &'static str,
    /// The command, if it is no promotion.
    command: Option<String>,
    lie: Lie,
    left: Left,
    /// What the error must name.
    named: String,
    /// What the hint must say.
    hint: &'static str,
}

impl Case {
    fn new(left: Left, name: &'static str, lie: Lie, named: &str) -> Self {
        Self { name, command: None, lie, left, named: named.into(), hint: ASK_ANOTHER }
    }

    fn hint(self, hint: &'static str) -> Self {
        Self { hint, ..self }
    }
}

const ASK_ANOTHER: &str = "see what another client gets with: skopeo inspect --raw docker://";
const WHO_WRITES: &str = "find out who else writes that tag; see what another client gets with: skopeo inspect";
const REACH: &str = "see whether the host is right in embark.yaml, and reachable from here";
/// A manifest, and not the one that is asked for.
const OTHER: &str = "{\"schemaVersion\":2,\"layers\":[]}";

/// The tag that a promotion writes. Each has a version of its own, so that none is there before.
const WRITTEN: &str = "/production-frontend/manifests/VERSION";

fn lie(method: &'static str, path: &str, told: Told) -> Lie {
    Lie { method, path: path.into(), told }
}

/// Makes a world in which staging runs the first commit, the second one is built, and production's images go to
/// repositories of their own.
fn staged() -> World {
    let world = World::new(EMBARK, Setup::Bearer);
    for component in [FRONTEND, BACKEND] {
        let (here, there) = (world.image(component), world.image(&format!("production-{component}")));
        world
            .configure(&format!("image: {here}\n"), &format!("image: {here}\n    images: {{ production: {there} }}\n"));
    }
    world.configure(
        "values: { tag: frontend.image.tag, digest: frontend.image.digest }",
        "values: { repository: frontend.image.repository, tag: frontend.image.tag, digest: frontend.image.digest }\n    \
         createMissing: true",
    );
    world.build(&world.commits[0], "1", "1");
    world.build(&world.commits[1], "2", "2");
    world.embark.json(&["release", "staging", "--commit", &world.commits[0], "--deploy"]).ended(0, "done");
    world
}

/// The lies about what is to be carried on. The children come first: a promotion that succeeds has copied them.
fn lies_about_the_source(world: &World) -> Vec<Case> {
    let [commit, next, _] = &world.commits;
    let staged = format!("/frontend/manifests/{commit}");
    let (right, built) = (world.store.digest(FRONTEND, commit), world.store.digest(FRONTEND, next));
    let index = world.store.raw(BACKEND, commit).expect("the index is there");
    let (child, other) = (first_child(&index), digest_of(b"something else"));
    let of_child = format!("/backend/manifests/{child}");
    let copying = |name, told, named: &str| Case::new(Left::Content, name, lie("GET", &of_child, told), named);
    let reading = |name, told, named: &str| Case::new(Left::Nothing, name, lie("GET", &staged, told), named);
    let by_digest = lie("GET", &format!("/manifests/{built}"), Told::BytesAlone(OTHER));
    let image = format!("{}@{built}", world.image(FRONTEND));
    let release = format!("release dev --commit {next} --component frontend --deploy --image frontend={image}");
    vec![
        copying("a child has other bytes than are stated", Told::Bytes(OTHER), &child),
        copying("a child breaks off", Told::Half, "acme/backend").hint(REACH),
        reading("a GET states another digest", Told::Digest(other.clone()), &other),
        reading("a GET states what is no digest", Told::Digest("sha256:1234".into()), "sha256:1234"),
        reading("a GET gives other bytes than it states", Told::Bytes(OTHER), &right),
        reading("a GET breaks off", Told::Half, "acme/frontend").hint(REACH),
        Case {
            command: Some(release),
            ..Case::new(
                Left::Nothing,
                "a GET by digest gives other bytes, and states nothing",
                by_digest,
                &digest_of(OTHER.as_bytes()),
            )
        },
    ]
}

/// The lies about the tag that is to be written.
fn lies_about_the_target(world: &World) -> Vec<Case> {
    let (right, other) = (world.store.digest(FRONTEND, &world.commits[0]), digest_of(b"something else"));
    let look = |name, told, named: &str| Case::new(Left::Nothing, name, lie("HEAD", WRITTEN, told), named);
    let write = |name, told, named: &str| Case::new(Left::Tags, name, lie("PUT", WRITTEN, told), named);
    let look_after = |name, told, named: &str| Case::new(Left::Tags, name, lie("HEAD", WRITTEN, told), named);
    let is_gone = "and then has no VERSION";
    vec![
        look("a HEAD states what is no digest", Told::There("latest".into()), "latest"),
        look("a HEAD states another digest for a tag that is not there", Told::There(other.clone()), &other),
        look("a HEAD states the right digest for a tag that is not there", Told::There(right.clone()), is_gone),
        write("a PUT states another digest", Told::Digest(other.clone()), &other).hint(WHO_WRITES),
        write("a PUT states what is no digest", Told::Digest("md5:1".into()), "md5:1"),
        write("a PUT states the right digest, and writes nothing", Told::Written(right), is_gone),
        write("a PUT states another digest, and writes nothing", Told::Written(other.clone()), &other).hint(WHO_WRITES),
        look_after("a HEAD after the PUT states another digest", Told::Digest(other.clone()), &other).hint(WHO_WRITES),
        look_after("a HEAD after the PUT states what is no digest", Told::Digest("sha512:x".into()), "sha512:x"),
    ]
}

/// Returns the digest of what an index lists first.
fn first_child(index: &[u8]) -> String {
    let index: serde_json::Value = serde_json::from_slice(index).expect("an index is JSON");
    index["manifests"][0]["digest"].as_str().expect("an index lists manifests").to_owned()
}

#[test]
#[ignore = "needs docker-registry, skopeo and git http-backend: run ./tests/run"]
fn each_lie_about_a_digest_ends_with_21_and_nothing_that_was_lied_about_is_tagged_or_committed() {
    let world = staged();
    let front = world.front.as_ref().expect("there is a front");
    let commit = &world.commits[0];
    let cases = lies_about_the_source(&world).into_iter().chain(lies_about_the_target(&world));
    for (number, Case { name, command, mut lie, left, named, hint }) in cases.enumerate() {
        let version = &format!("1.0.{number}");
        let is_promotion = command.is_none();
        let promotion = || format!("promote production --version {version} --commit {commit} --all --deploy");
        let command = command.unwrap_or_else(promotion);
        let command: Vec<&str> = command.split(' ').collect();
        let named = named.replace("VERSION", version);
        lie.path = lie.path.replace("VERSION", version);
        let (before, refs) = (world.state(), world.repo.git.refs());
        front.lie(Some(lie));
        let report = world.embark.json(&command);
        front.lie(None);
        assert_eq!((report.code, &report.json["outcome"]), (21, &"failed".into()), "{name}: {:#}", report.json);
        let (message, told) = report.error();
        let error = report.json["error"].to_string();
        assert!(error.contains(&named), "{name}: {named} is named: {error}");
        assert!(!message.is_empty() && told.starts_with(hint), "{name}: {told}");

        assert_eq!(world.repo.git.refs(), refs, "{name}: neither a commit nor a deployment is written");
        if left == Left::Nothing {
            assert_eq!(world.state(), before, "{name}: nothing is written");
        }
        if !is_promotion {
            continue;
        }
        let right = [FRONTEND, BACKEND].map(|name| world.store.raw(name, &world.commits[0]));
        let there = || [FRONTEND, BACKEND].map(|name| world.store.raw(&format!("production-{name}"), version));
        let tagged = there();
        for (there, right) in tagged.iter().zip(&right) {
            assert!(there.is_none() || there == right, "{name}: what is tagged is what staging runs");
        }
        if left == Left::Content {
            assert_eq!(tagged[1], None, "{name}: what cannot be copied is not tagged");
            continue;
        }
        // Where nobody lies any more, the same run ends as it should.
        world.embark.json(&command).ended(0, "done");
        world.embark.json(&["verify", "--strict"]).ended(0, "unchanged");
        assert_eq!(there(), right, "{name}");
    }
}

/// `deploy` asks with a HEAD alone whether the tag still names what was recorded.
#[test]
#[ignore = "needs docker-registry, skopeo and git http-backend: run ./tests/run"]
fn a_tag_that_is_said_to_have_moved_is_fetched_before_that_is_believed() {
    let world = World::new(EMBARK, Setup::Bearer);
    let commit = world.commits[0].as_str();
    let (image, _) = world.build(commit, "1", "1");
    world.embark.json(&["release", "dev", "--commit", commit, "--component", FRONTEND]).ended(0, "done");
    let front = world.front.as_ref().expect("there is a front");
    let (tip, images, other) = (world.repo.tip(), world.store.state(), digest_of(b"something else"));
    let head = lie("HEAD", &format!("/frontend/manifests/{commit}"), Told::Digest(other.clone()));
    front.lie(Some(head));
    let deploy = world.embark.json(&["deploy", "--pending"]).ended(21, "failed");
    let reason = deploy.deployment(FRONTEND)["reason"].to_string();
    assert!(reason.contains(&other) && reason.contains(&image.digest()), "both are named: {reason}");
    assert!(world.repo.tip() == tip && world.store.state() == images, "neither a commit nor a tag is written");
    assert_eq!(world.repo.ledger_of("dev", FRONTEND)[0].state().as_deref(), Some("error"), "it can be tried again");

    front.lie(None);
    world.embark.json(&["deploy", "--pending"]).ended(0, "done");

    // One whose bytes have moved as well is refused.
    world.embark.json(&["release", "staging", "--commit", commit, "--component", FRONTEND]).ended(0, "done");
    world.store.push(FRONTEND, commit, &Image::single("somebody else's"));
    let refused = world.embark.json(&["deploy", "--pending"]).ended(10, "refused");
    assert_eq!(refused.deployment(FRONTEND)["state"], "failure");
}
