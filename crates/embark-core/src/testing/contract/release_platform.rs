//! The contract of [`ReleasePlatform`].
//!
//! A case gets a repository whose branch `main` is at the commit given, which has the files [`FILES`], and which has no
//! other branch, no pull request, no tag and no release.

use crate::commit::Commit;
use crate::git_name::{BranchName, GitTag};
use crate::ports::{NewRelease, PullRequestText, ReleaseError, ReleasePlatform, Tagged};
use crate::release_pr::Edit;

/// The files of the first commit, and their texts.
pub const FILES: [(&str, &str); 4] = [
    ("VERSION", "1.0.0\n"),
    (".changeset/brave-owls-sing.md", "---\nshop: minor\n---\n\nSing.\n"),
    ("packages/app/package.json", "{ \"version\": \"1.0.0\" }\n"),
    ("run.sh", "#!/bin/sh\n"),
];

fn branch(name: &str) -> BranchName {
    name.parse().expect("a name")
}

fn main() -> BranchName {
    branch("main")
}

fn release() -> BranchName {
    branch("embark/release")
}

fn put(path: &str, text: &str) -> Edit {
    Edit { path: path.parse().expect("a path"), contents: Some(text.as_bytes().to_vec()) }
}

fn delete(path: &str) -> Edit {
    Edit { path: path.parse().expect("a path"), contents: None }
}

fn edits() -> Vec<Edit> {
    vec![
        put("VERSION", "1.1.0\n"),
        delete(FILES[1].0),
        put("packages/app/package.json", "{ \"version\": \"1.1.0\" }\n"),
        put("docs/CHANGELOG.md", "# shop\n\n## 1.1.0\n"),
    ]
}

fn text(title: &str) -> PullRequestText {
    PullRequestText { title: title.into(), body: format!("# {title}\n\n- `a | b`\n") }
}

fn new_release(commit: &Commit) -> NewRelease {
    NewRelease {
        tag: tag(),
        commit: commit.clone(),
        name: "1.1.0".into(),
        body: "What is new\n".into(),
        prerelease: false,
        generate_release_notes: false,
    }
}

fn tag() -> GitTag {
    "v1.1.0".parse().expect("a tag")
}

/// Makes a commit of [`edits`] and has the branch `embark/release` point to it, which is not there yet.
async fn propose(platform: &dyn ReleasePlatform, base: &Commit) -> Commit {
    let tree = platform.tree(base, edits()).await.expect("a tree");
    let commit = platform.commit(base, &tree, "Release 1.1.0\n").await.expect("a commit");
    platform.put_branch(&release(), None, &commit).await.expect("a branch");
    commit
}

/// A branch that is not there has no tip.
pub async fn knows_no_branch_that_is_not_there(platform: &dyn ReleasePlatform, _base: &Commit) {
    assert_eq!(platform.tip(&release()).await.expect("asked"), None);
}

/// The tip of a branch is told with its parents, its tree and its message.
pub async fn reads_the_tip_of_a_branch(platform: &dyn ReleasePlatform, base: &Commit) {
    let before = platform.tip(&main()).await.expect("asked").expect("it is there");
    assert_eq!((&before.commit, before.parents.len()), (base, 0));
    let commit = propose(platform, base).await;
    let tip = platform.tip(&release()).await.expect("asked").expect("it is there");
    let tree = platform.tree(base, edits()).await.expect("a tree");
    assert_eq!((tip.commit, tip.parents, tip.tree), (commit, vec![base.clone()], tree));
    assert_eq!(tip.message.trim_end(), "Release 1.1.0");
}

/// The same edits of the same base have the same tree, whatever their order; others another one.
pub async fn gives_the_same_tree_to_the_same_edits(platform: &dyn ReleasePlatform, base: &Commit) {
    let tree = platform.tree(base, edits()).await.expect("a tree");
    assert_eq!(platform.tree(base, edits()).await.expect("a tree"), tree);
    assert_eq!(platform.tree(base, edits().into_iter().rev().collect()).await.expect("a tree"), tree);
    assert_ne!(platform.tree(base, edits()[1..].to_vec()).await.expect("a tree"), tree);
    let own = platform.tip(&main()).await.expect("asked").expect("it is there").tree;
    let same = FILES.map(|(path, text)| put(path, text)).to_vec();
    assert_eq!(platform.tree(base, same).await.expect("a tree"), own, "modes are kept");
    assert_eq!(platform.tree(base, Vec::new()).await.expect("a tree"), own);
}

/// What is deleted is no longer in the tree; to delete what is not there changes nothing.
pub async fn deletes_what_is_there(platform: &dyn ReleasePlatform, base: &Commit) {
    let own = platform.tip(&main()).await.expect("asked").expect("it is there").tree;
    let nothing = vec![delete("CHANGELOG.md"), delete("absent/file.md"), delete(".changeset/absent.md")];
    assert_eq!(platform.tree(base, nothing).await.expect("a tree"), own);
    let one = vec![delete(FILES[1].0)];
    let without = platform.tree(base, one.clone()).await.expect("a tree");
    assert_ne!(without, own);
    let commit = platform.commit(base, &without, "Delete\n").await.expect("a commit");
    platform.put_branch(&release(), None, &commit).await.expect("a branch");
    assert_eq!(platform.tree(&commit, one).await.expect("a tree"), without);
    let back = platform.tree(&commit, vec![put(FILES[1].0, FILES[1].1)]).await.expect("a tree");
    assert_eq!(back, own);
}

/// Bytes that are no text come as they are.
pub async fn takes_bytes_that_are_no_text(platform: &dyn ReleasePlatform, base: &Commit) {
    let with = |bytes: &[u8]| vec![Edit { path: "logo".parse().expect("a path"), contents: Some(bytes.to_vec()) }];
    let one = platform.tree(base, with(b"\xff\x00\xfe")).await.expect("a tree");
    assert_eq!(platform.tree(base, with(b"\xff\x00\xfe")).await.expect("a tree"), one);
    assert_ne!(platform.tree(base, with(b"\xff\x00\xfd")).await.expect("a tree"), one);
}

/// What is not there has no tree.
pub async fn tells_that_the_base_is_not_there(platform: &dyn ReleasePlatform, _base: &Commit) {
    let absent: Commit = "e".repeat(40).parse().expect("a commit");
    let answer = platform.tree(&absent, edits()).await;
    assert!(matches!(answer, Err(ReleaseError::NotFound { .. })), "{answer:?}");
}

/// A branch is made where there is none, and is not taken from somebody who has made it in the meantime.
pub async fn makes_a_branch_once(platform: &dyn ReleasePlatform, base: &Commit) {
    let commit = propose(platform, base).await;
    let again = platform.put_branch(&release(), None, base).await;
    assert!(matches!(again, Err(ReleaseError::Conflict { .. })), "{again:?}");
    assert_eq!(platform.tip(&release()).await.expect("asked").map(|tip| tip.commit), Some(commit));
}

/// A branch is moved to what does not descend from where it was.
pub async fn moves_a_branch_anywhere(platform: &dyn ReleasePlatform, base: &Commit) {
    let commit = propose(platform, base).await;
    let tree = platform.tree(base, vec![put("VERSION", "2.0.0\n")]).await.expect("a tree");
    let other = platform.commit(base, &tree, "Release 2.0.0\n").await.expect("a commit");
    platform.put_branch(&release(), Some(commit), &other).await.expect("moved");
    let tip = platform.tip(&release()).await.expect("asked").expect("it is there");
    assert_eq!((tip.commit, tip.parents), (other, vec![base.clone()]));
}

/// A branch that is gone is not moved.
pub async fn moves_no_branch_that_is_gone(platform: &dyn ReleasePlatform, base: &Commit) {
    let commit = propose(platform, base).await;
    platform.delete_branch(&release()).await.expect("deleted");
    let moved = platform.put_branch(&release(), Some(commit.clone()), &commit).await;
    assert!(matches!(moved, Err(ReleaseError::Conflict { .. })), "{moved:?}");
}

/// A branch is deleted, also twice.
pub async fn deletes_a_branch(platform: &dyn ReleasePlatform, base: &Commit) {
    propose(platform, base).await;
    for _ in 0..2 {
        platform.delete_branch(&release()).await.expect("deleted");
        assert_eq!(platform.tip(&release()).await.expect("asked"), None);
    }
    assert!(platform.tip(&main()).await.expect("asked").is_some());
}

/// A pull request that was opened is found, and of its branches alone.
pub async fn finds_the_pull_request_that_is_open(platform: &dyn ReleasePlatform, base: &Commit) {
    assert_eq!(platform.find_pull_request(&release(), &main()).await.expect("asked"), None);
    propose(platform, base).await;
    let opened = platform.open_pull_request(&release(), &main(), text("Release 1.1.0")).await.expect("opened");
    let found = platform.find_pull_request(&release(), &main()).await.expect("asked").expect("it is open");
    assert_eq!(found, opened);
    assert_eq!(found.text, text("Release 1.1.0"));
    assert_eq!(platform.find_pull_request(&release(), &branch("other")).await.expect("asked"), None);
    assert_eq!(platform.find_pull_request(&branch("release"), &main()).await.expect("asked"), None);
}

/// One pull request is open between two branches at a time.
pub async fn opens_one_pull_request(platform: &dyn ReleasePlatform, base: &Commit) {
    propose(platform, base).await;
    let opened = platform.open_pull_request(&release(), &main(), text("first")).await.expect("opened");
    let again = platform.open_pull_request(&release(), &main(), text("second")).await.expect("it is open");
    assert_eq!(again, opened);
}

/// A pull request of nothing is not opened.
pub async fn opens_no_pull_request_of_nothing(platform: &dyn ReleasePlatform, base: &Commit) {
    platform.put_branch(&release(), None, base).await.expect("a branch");
    let answer = platform.open_pull_request(&release(), &main(), text("Release 1.1.0")).await;
    assert!(matches!(answer, Err(ReleaseError::Rejected { .. })), "{answer:?}");
}

/// What people read of a pull request is changed, and nothing else.
pub async fn changes_what_people_read(platform: &dyn ReleasePlatform, base: &Commit) {
    propose(platform, base).await;
    let opened = platform.open_pull_request(&release(), &main(), text("Release 1.1.0")).await.expect("opened");
    let updated = platform.update_pull_request(opened.number, text("Release 1.2.0")).await.expect("updated");
    assert_eq!((updated.number, &updated.url, &updated.text), (opened.number, &opened.url, &text("Release 1.2.0")));
    assert_eq!(platform.find_pull_request(&release(), &main()).await.expect("asked"), Some(updated));
}

/// A pull request that is closed is no longer found, and another one can be opened.
pub async fn closes_a_pull_request(platform: &dyn ReleasePlatform, base: &Commit) {
    propose(platform, base).await;
    let opened = platform.open_pull_request(&release(), &main(), text("first")).await.expect("opened");
    for _ in 0..2 {
        platform.close_pull_request(opened.number).await.expect("closed");
        assert_eq!(platform.find_pull_request(&release(), &main()).await.expect("asked"), None);
    }
    let other = platform.open_pull_request(&release(), &main(), text("second")).await.expect("opened");
    assert_ne!(other.number, opened.number);
}

/// A release is published once, with its tag.
pub async fn publishes_a_release_once(platform: &dyn ReleasePlatform, base: &Commit) {
    assert_eq!(platform.tagged(&tag()).await.expect("asked"), Tagged::default());
    let commit = propose(platform, base).await;
    let url = platform.publish(new_release(&commit)).await.expect("published");
    let expected = Tagged { commit: Some(commit), release: Some(url) };
    assert_eq!(platform.tagged(&tag()).await.expect("asked"), expected);
    let again = platform.publish(new_release(base)).await;
    assert!(matches!(again, Err(ReleaseError::Conflict { .. })), "{again:?}");
    assert_eq!(platform.tagged(&tag()).await.expect("asked"), expected);
}

/// A rule that protects the branch is told in its own words. One protects `embark/release`.
pub async fn tells_a_refusal_in_its_own_words(platform: &dyn ReleasePlatform, base: &Commit, words: &str) {
    let tree = platform.tree(base, edits()).await.expect("a tree");
    let commit = platform.commit(base, &tree, "Release 1.1.0\n").await.expect("a commit");
    match platform.put_branch(&release(), None, &commit).await {
        Err(ReleaseError::Rejected { words: told, .. }) => assert!(told.contains(words), "{told}"),
        answer => panic!("{answer:?}"),
    }
}

/// What cannot be reached is told as such. The platform given cannot.
pub async fn tells_that_it_cannot_be_reached(platform: &dyn ReleasePlatform) {
    let answer = platform.tip(&main()).await;
    assert!(matches!(answer, Err(ReleaseError::Unavailable { .. })), "{answer:?}");
}

/// A repository that is not there is told as such, and not as one without the branch. The one given is not.
pub async fn tells_that_it_does_not_exist(platform: &dyn ReleasePlatform) {
    let answer = platform.find_pull_request(&release(), &main()).await;
    assert!(matches!(answer, Err(ReleaseError::NotFound { .. })), "{answer:?}");
}

/// Credentials that are missing or wrong are told as such. The platform given has none of use.
pub async fn tells_that_credentials_are_missing(platform: &dyn ReleasePlatform) {
    let answer = platform.find_pull_request(&release(), &main()).await;
    assert!(matches!(answer, Err(ReleaseError::Unauthorized { .. })), "{answer:?}");
}
