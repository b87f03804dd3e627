//! The examples run, say what the how-to says, and are as short as it promises.

use std::path::Path;

#[path = "../../examples/promote_on_disk.rs"]
#[expect(dead_code, reason = "it has a `main` of its own")]
mod promote_on_disk;
#[path = "../../examples/promote_over_fakes.rs"]
#[expect(dead_code, reason = "it has a `main` of its own")]
mod promote_over_fakes;

const PROMOTED: &str = "promote web in production: done\nweb:\n  tag: 1.4.0 # by embark\n";

#[tokio::test]
async fn an_image_is_promoted_over_the_fakes() {
    let mut out = Vec::new();
    promote_over_fakes::run(&mut out).await.expect("it runs");
    assert_eq!(String::from_utf8_lossy(&out), PROMOTED);
}

#[tokio::test]
async fn an_image_is_promoted_on_disk() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut out = Vec::new();
    promote_on_disk::run(folder.path(), &mut out).await.expect("it runs");
    assert_eq!(String::from_utf8_lossy(&out), PROMOTED);
}

#[test]
fn the_how_to_has_the_examples_as_they_are_and_they_are_short() {
    let page = read("docs/how-to/embed.md");
    for (path, limit) in [
        ("tests/examples/promote_over_fakes.rs", 40),
        ("tests/examples/promote_on_disk.rs", 60),
        ("crates/cli/src/clock.rs", 60),
    ] {
        let code = read(path);
        assert!(page.contains(&format!("`{path}`")), "the page says where {path} is");
        assert!(page.contains(&format!("```rust\n{code}```\n")), "the page has {path} as it is");
        assert!(code.lines().count() <= limit, "{path} has more than {limit} lines");
    }
    assert!(page.contains(&format!("```text\n{PROMOTED}```\n")), "the page has what they print");
    let suite = read("crates/embark-core/src/testing/contract.rs");
    let example = suite.split("//! ```\n").nth(1).expect("it has an example").replace("//! ", "").replace("//!", "");
    assert!(page.contains(&format!("```rust\n{example}```\n")), "the page has the contract's example:\n{example}");
}

#[test]
fn the_how_to_of_webhooks_has_the_example_of_the_library() {
    let module = read("crates/github/src/webhook.rs");
    let example = module.split("//! ```\n").nth(1).expect("it has an example").replace("//! ", "").replace("//!", "");
    assert!(read("docs/how-to/webhooks.md").contains(&format!("```rust\n{example}```\n")), "{example}");
}

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)).expect(path)
}
