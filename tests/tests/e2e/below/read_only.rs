//! Folders that may not be written.

use std::path::Path;

use embark_tests::harness::{BACKEND, COMPONENTS, FRONTEND, Setup, World, program, run};

use super::{assert_finished, waiting};
use crate::EMBARK;

/// A folder that may not be written, until it is dropped: whoever made it must be able to delete it.
struct ReadOnly<'a>(&'a Path);

impl<'a> ReadOnly<'a> {
    fn make(folder: &'a Path) -> Self {
        chmod("a-w", folder);
        Self(folder)
    }
}

impl Drop for ReadOnly<'_> {
    fn drop(&mut self) {
        chmod("u+w", self.0);
    }
}

fn chmod(mode: &str, folder: &Path) {
    run(program("chmod").args(["-R", mode]).arg(folder), b"").succeeded("chmod");
}

#[track_caller]
fn assert_refuses(world: &World, arguments: &[&str], code: i32, word: &str) {
    let before = world.state();
    let report = world.embark.bound(arguments).ended(code, "failed");
    assert!(report.json.to_string().contains(word), "{word} is named: {:#}", report.json);
    assert_eq!(world.state(), before, "nothing is written: {:#}", report.json);
}

#[test]
fn a_deployment_repo_that_may_not_be_written_is_told_and_left_as_it_is() {
    let world = waiting(Setup::Embedded);
    let read_only = ReadOnly::make(world.repo.git.folder());
    assert_refuses(&world, &["deploy", "--pending"], 20, "this user may not write");
    assert_refuses(&world, &["release", "staging", "--commit", &world.commits[0]], 20, "this user may not write");
    assert_refuses(&world, &["hold", "dev", "--reason", "none"], 20, "this user may not write");
    world.embark.bound(&["status"]).ended(0, "unchanged");
    world.embark.bound(&["verify"]).ended(0, "unchanged");
    drop(read_only);
    world.embark.bound(&["deploy", "--pending"]).ended(0, "done");
    assert_finished(&world, COMPONENTS.len(), "afterwards");
}

#[test]
fn a_layout_that_may_not_be_written_is_told_and_left_as_it_is() {
    let world = World::new(EMBARK, Setup::Embedded);
    let commit = world.commits[0].as_str();
    world.build(commit, "1", "1");
    world.embark.json(&["release", "staging", "--commit", commit, "--deploy"]).ended(0, "done");
    let promote = ["promote", "production", "--version", "1.4.0", "--commit", commit, "--deploy"];
    let (first, second) = (world.store.layout(FRONTEND), world.store.layout(BACKEND));
    let read_only = [first.folder(), second.folder()].map(ReadOnly::make);
    assert_refuses(&world, &promote, 20, "images/");
    drop(read_only);
    world.embark.bound(&promote).ended(0, "done");
    world.embark.bound(&["verify", "--strict"]).ended(0, "unchanged");
}

#[test]
fn a_values_file_whose_folder_may_not_be_written_is_told_and_left_as_it_is() {
    let world = World::new(EMBARK, Setup::Embedded);
    let folder = world.app().join("chart");
    std::fs::create_dir(&folder).unwrap();
    let file = folder.join("values.yaml");
    std::fs::write(&file, "web: { tag: old }\n").unwrap();
    let read_only = ReadOnly::make(&folder);
    let report = world.embark.bound(&["values", "set", "chart/values.yaml", "web.tag=new"]).ended(1, "failed");
    assert!(report.error().1.contains("chart/values.yaml"), "{:#}", report.json);
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1, "nothing is left behind");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "web: { tag: old }\n");
    drop(read_only);
    world.embark.bound(&["values", "set", "chart/values.yaml", "web.tag=new"]).ended(0, "done");
}

/// Only what is deployed is written: neither the application's folder, nor a home, nor a temporary one.
#[test]
fn a_deployment_needs_to_write_nowhere_but_into_its_repository() {
    let mut world = waiting(Setup::Embedded);
    let (app, home) = (world.app(), world.app().join("../home"));
    world.embark = world.embark.with("TMPDIR", &home.display().to_string());
    let read_only = [app.as_path(), home.as_path()].map(ReadOnly::make);
    world.embark.bound(&["deploy", "--pending"]).ended(0, "done");
    drop(read_only);
    assert_finished(&world, COMPONENTS.len(), "nowhere else");
}
