//! The commands that write, and what must be there for them to do so.

use embark_tests::harness::{BACKEND, COMPONENTS, Edit, FRONTEND, Git, Image, World};

/// One command.
pub(super) struct Case {
    /// What the table calls it.
    pub(super) name: &'static str,
    /// What is done before it.
    pub(super) before: fn(&World),
    /// Its arguments.
    pub(super) command: fn(&World) -> Vec<String>,
    /// The outcome of one more run, once it is done.
    pub(super) again: &'static str,
    /// Whether each run adds something: then one that is done is not asked for again.
    pub(super) adds: bool,
}

const fn case(name: &'static str, before: fn(&World), command: fn(&World) -> Vec<String>) -> Case {
    Case { name, before, command, again: "unchanged", adds: false }
}

pub(super) const CASES: [Case; 11] = [
    case("`release`", built, |world| {
        let commit = ["--commit", &world.commits[1]];
        let images = COMPONENTS.map(|name| format!("--image={name}={}:build-17", world.image(name)));
        words(&["release", "staging"], &commit).into_iter().chain(images).collect()
    }),
    case("`release --deploy`", built_twice, |world| {
        words(&["release", "staging", "--deploy"], &["--commit", &world.commits[1]])
    }),
    case("`deploy --pending`", released, |_| words(&["deploy", "--pending"], &[])),
    case("`promote`", staged, |world| promote(world, "1.1.0", 1)),
    case("`promote --deploy`", staged, |world| [promote(world, "1.1.0", 1), vec!["--deploy".into()]].concat()),
    case("`rollback`", shipped, |_| words(&["rollback", "production"], &["--reason", "it leaks"])),
    case("`hold`", built, |_| words(&["hold", "staging"], &["--reason", "it leaks"])),
    case("`resume`", held, |_| words(&["resume", "staging"], &[])),
    case("`values set`", with_values, |_| words(&["values", "set", "values.yaml", "image.tag=1.1.0"], &[])),
    Case { again: "done", ..case("`init`", with_shop, |_| words(&["init", "../git/shop.git", "--force"], &[])) },
    Case {
        adds: true,
        ..case("`change`", with_package, |_| words(&["change", "--bump", "minor"], &["--summary", "Carts are kept."]))
    },
];

fn words(command: &[&str], options: &[&str]) -> Vec<String> {
    command.iter().chain(options).map(|word| (*word).to_owned()).collect()
}

fn promote(world: &World, version: &str, commit: usize) -> Vec<String> {
    words(&["promote", "production", "--version", version], &["--commit", &world.commits[commit]])
}

fn run(world: &World, arguments: &[String]) {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    world.embark.json(&arguments).ended(0, "done");
}

/// Production runs the first version, and the second commit's images have no version tag.
fn built(world: &World) {
    let first = world.commits[0].as_str();
    world.build(first, "1", "1");
    run(world, &words(&["release", "staging", "--deploy"], &["--commit", first]));
    run(world, &[promote(world, "1.0.0", 0), vec!["--deploy".into()]].concat());
    world.store.push(FRONTEND, "build-17", &Image::single("frontend 2"));
    world.store.push(BACKEND, "build-17", &Image::multi("backend 2"));
}

fn built_twice(world: &World) {
    built(world);
    world.build(&world.commits[1], "2", "2");
}

/// Four deployments wait.
fn released(world: &World) {
    built_twice(world);
    for environment in ["dev", "staging"] {
        run(world, &words(&["release", environment], &["--commit", &world.commits[1]]));
    }
}

/// Staging has verified the second commit.
fn staged(world: &World) {
    built_twice(world);
    run(world, &words(&["release", "staging", "--deploy"], &["--commit", &world.commits[1]]));
}

/// Production runs the second version.
fn shipped(world: &World) {
    staged(world);
    run(world, &[promote(world, "1.1.0", 1), vec!["--deploy".into()]].concat());
}

fn held(world: &World) {
    built(world);
    run(world, &words(&["hold", "staging"], &["--reason", "it leaks"]));
}

fn write(world: &World, path: &str, text: &str) {
    std::fs::write(world.app().join(path), text).expect("the file can be written");
}

fn with_values(world: &World) {
    write(world, "values.yaml", "# Ours.\nimage:\n  tag: '1.0.0'\n");
}

/// A deployment repo that embark has not seen.
fn with_shop(world: &World) {
    let folder = world.repo.git.folder().with_file_name("shop.git");
    let text = "web: { image: { repository: ghcr.io/acme/web, tag: unreleased } }\n";
    let edits = ["staging.yaml", "prod.yaml"].map(|path| Edit { path, text });
    Git::init_bare(&folder).commit("refs/heads/main", "Begin", &edits);
}

fn with_package(world: &World) {
    world.configure("environments:", "version: { file: package.json }\nenvironments:");
    write(world, "package.json", "{\n  \"name\": \"@acme/shop\",\n  \"version\": \"1.3.0\"\n}\n");
}
