//! Changesets, version files and changelogs.

use embark_changesets::{Changeset, Config, Pre, Tree, VersionFile, insert, plan, section};

use super::input::{first_line, middles};

/// What is planned can be done, once; what is written is read again, and no other byte changes.
///
/// The first line has the path of the version file. A line `=== PATH` begins a file.
pub fn changesets(data: &[u8]) {
    let Some((version_file, rest)) = first_line(data) else { return };
    let Ok(rest) = str::from_utf8(rest) else { return };
    let mut tree = Tree::new("shop", version_file);
    for file in rest.split("=== ").skip(1) {
        let Some((path, text)) = file.split_once('\n') else { continue };
        one_file(path, text);
        tree.add(path, text);
    }
    planned(&tree);
}

fn one_file(path: &str, text: &str) {
    if let Ok(changeset) = Changeset::parse(path, text) {
        let written = changeset.to_string();
        assert_eq!(Changeset::parse(path, &written).as_ref(), Ok(&changeset), "{written:?}");
    }
    // What they say is used by the plan.
    let _ = (Config::parse(path, text).is_ok(), Pre::parse(path, text).is_ok());
    versioned(path, text);
    let entry = "## 9.8.7\n\n### Patch Changes\n\n- mend";
    let inserted = insert(Some(text), "shop", entry);
    let (_, old, _) = middles(text, &inserted);
    assert!(old.is_empty() && inserted.contains(entry), "{old:?} of the changelog is lost");
    let _ = section(&inserted, "9.8.7");
}

/// Writes a version into a file that has one.
fn versioned(path: &str, text: &str) {
    let file = VersionFile::of(path);
    let Ok(old) = file.read(path, text) else { return };
    let Ok(written) = file.write(path, text, "9.8.7") else { return };
    assert_eq!(file.read(path, &written).as_deref(), Ok("9.8.7"), "{written:?}");
    // Chart.yaml has two.
    if file != VersionFile::Chart {
        let (_, old_middle, new_middle) = middles(text, &written);
        assert!(new_middle.len() <= "\"9.8.7\"".len(), "{new_middle:?}");
        // What is escaped is longer than what it means.
        let longest = if old_middle.contains('\\') { 6 * old.len() + 6 } else { old.len() + 6 };
        assert!(old_middle.len() <= longest, "{old_middle:?} in place of {old:?}");
    }
}

fn planned(tree: &Tree) {
    let Ok(planned) = plan(tree) else { return };
    assert!(planned.releases.len() <= 1);
    let mut after = tree.clone();
    for (path, text) in &planned.edits {
        match text {
            Some(text) => drop(after.files.insert(path.clone(), text.clone())),
            None => drop(after.files.remove(path)),
        }
    }
    let text = &after.files[&after.version_file];
    let read = VersionFile::of(&after.version_file).read(&after.version_file, text).expect("the version is there");
    if let Some(release) = planned.releases.first() {
        let (from, to) = (&release.from, &release.to);
        let [old, new] = [from, to].map(|version| (version.major, version.minor, version.patch));
        // A prerelease with another tag may come before the one that is there, as it does in the real program.
        assert!(from < to || from != to && old <= new && !to.pre.is_empty(), "{from} {to}");
        assert_eq!(*to, planned.version);
        assert_eq!(read, planned.version.to_string());
    } else {
        assert_eq!(text, &tree.files[&tree.version_file]);
    }
    let again = plan(&after).expect("what was done can be read");
    assert!(again.releases.is_empty() && again.version == planned.version, "it is released once: {:?}", again.releases);
}
