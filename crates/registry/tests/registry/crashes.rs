//! Processes that write to one layout at once, and are killed at any moment.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use embark_core::{Digest, Reference};
use embark_registry::Layout;
use serde_json::Value;

use crate::support::{Image, tag};

/// Set for the processes that write: the folder of the layout.
const FOLDER: &str = "EMBARK_TEST_LAYOUT";
/// Set for the processes that write: what their tags start with, and the file in which they tell what is done.
const WRITER: &str = "EMBARK_TEST_WRITER";
const ROUNDS: u64 = 24;

#[test]
fn killed_writers_leave_a_readable_layout_and_lose_nothing() {
    if let (Ok(folder), Ok(writer)) = (std::env::var(FOLDER), std::env::var(WRITER)) {
        write_for_ever(Path::new(&folder), &writer);
    }
    let folder = tempfile::tempdir().unwrap();
    let layout = Layout::create(&folder.path().join("layout")).unwrap();
    let mut told = 0;
    for round in 0..ROUNDS {
        let names = ["a", "b"].map(|name| format!("{name}{round}"));
        let mut writers = names.each_ref().map(|name| start(folder.path(), name));
        for (name, writer) in names.iter().zip(&mut writers) {
            wait_for_first(folder.path(), name, writer);
        }
        // The two end at different moments, which are others in each round.
        for (step, writer) in writers.iter_mut().enumerate() {
            std::thread::sleep(Duration::from_micros(round * 137 + step as u64 * 411));
            writer.kill().unwrap();
            writer.wait().unwrap();
        }
        let tags = readable_tags(folder.path(), &layout);
        for done in names.iter().flat_map(|name| done(folder.path(), name)) {
            assert!(tags.contains(&done), "{done} was written, and is lost");
            told += 1;
        }
    }
    assert!(told >= 2 * ROUNDS, "{told}");
    // Other programs take whatever lies among the blobs for one: `umoci gc` gives up at what is none.
    for entry in fs::read_dir(folder.path().join("layout/blobs/sha256")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(format!("sha256:{name}").parse::<Digest>().is_ok(), "{name} is no blob");
    }
    // Whoever was killed holds no lock.
    layout.tag(&tag("1.0.0"), &Image::single("last").manifest).unwrap();
}

fn start(folder: &Path, name: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "crashes::killed_writers_leave_a_readable_layout_and_lose_nothing"])
        .envs([(FOLDER, folder.as_os_str()), (WRITER, name.as_ref())])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Writes image after image, and tells each once it is written.
fn write_for_ever(folder: &Path, writer: &str) -> ! {
    let layout = Layout::open(&folder.join("layout"));
    let mut done = fs::File::create(folder.join(writer)).unwrap();
    for number in 0_u64.. {
        let name = format!("{writer}-{number}");
        let image = Image::single(&name);
        for blob in &image.blobs {
            layout.push_blob(blob).unwrap();
        }
        layout.tag(&tag(&name), &image.manifest).unwrap();
        done.write_all(format!("{name}\n").as_bytes()).unwrap();
    }
    unreachable!("it is killed long before")
}

fn wait_for_first(folder: &Path, name: &str, writer: &mut Child) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while done(folder, name).is_empty() {
        assert!(writer.try_wait().unwrap().is_none(), "{name} has ended");
        assert!(Instant::now() < deadline, "{name} writes nothing");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Returns the tags that a writer has told; the last line may be cut off.
fn done(folder: &Path, name: &str) -> Vec<String> {
    let text = fs::read_to_string(folder.join(name)).unwrap_or_default();
    text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')).map(str::to_owned).collect()
}

/// Returns all tags, each of which has its manifest and its blobs.
fn readable_tags(folder: &Path, layout: &Layout) -> Vec<String> {
    let index: Value = serde_json::from_slice(&fs::read(folder.join("layout/index.json")).unwrap()).unwrap();
    let entries = index["manifests"].as_array().unwrap().iter();
    let names = entries.map(|entry| entry["annotations"]["org.opencontainers.image.ref.name"].as_str().unwrap());
    names
        .map(|name| {
            let manifest = layout.manifest(&Reference::Tag(tag(name))).unwrap();
            let fields: Value = serde_json::from_slice(manifest.bytes()).unwrap();
            for blob in fields["layers"].as_array().unwrap().iter().chain([&fields["config"]]) {
                let path = blob["digest"].as_str().unwrap().replace(':', "/");
                let bytes = fs::read(folder.join("layout/blobs").join(path)).unwrap();
                assert_eq!(Digest::sha256(&bytes).as_str(), blob["digest"], "a blob is whole");
            }
            name.to_owned()
        })
        .collect()
}
