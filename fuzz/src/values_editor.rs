//! The values editor.

use embark_values::{Assignment, Document, EditError, Path, Scalar, edit};

use super::input::{first_line, middles};

/// What is set is read back, and every other byte is the same; or it is refused.
///
/// The first line has a letter that chooses a scalar, and the value; the document follows.
pub fn values_editor(data: &[u8]) {
    let Some((head, text)) = first_line(data) else { return };
    let Ok(text) = str::from_utf8(text) else { return };
    let Some(letter) = head.chars().next() else { return };
    let wanted = head[letter.len_utf8()..].replace("\\n", "\n");
    let Ok(document) = Document::parse(text) else { return };
    let leaves: Vec<(Path, Scalar)> = document.scalars().collect();
    for (path, _) in &leaves {
        assert_eq!(Path::parse(&path.to_string()).as_ref(), Ok(path));
        // What is in the list may be refused to be read; it must not be read in two ways.
        let _ = document.get(path);
    }
    if leaves.is_empty() {
        return;
    }
    let chosen = usize::try_from(u32::from(letter)).unwrap_or_default() % leaves.len();
    set(text, &leaves, chosen, &wanted);
    create(text, &leaves, chosen, &wanted);
    set_both(text, &leaves, chosen, &wanted);
    read_by_pattern(&document, text, &leaves[chosen], &wanted);
}

/// What a pattern reads of a text with something else in a scalar's place is what is parsed.
fn read_by_pattern(document: &Document<'_>, text: &str, (path, old): &(Path, Scalar), wanted: &str) {
    let Some(pattern) = document.pattern(&[path]) else { return };
    let at = offset_of(text, old);
    let at = at + usize::from(text[at..].starts_with(['\'', '"']));
    let other = [&text[..at], wanted, &text[at + old.value.len()..]].concat();
    for text in [text, &other] {
        if let Some(read) = pattern.read(text) {
            let document = Document::parse(text).expect("it is read by a pattern");
            assert_eq!(read, [document.get(path).expect("it is there")], "{path}");
        }
    }
    assert!(pattern.read(text).is_some(), "{path}");
}

fn set(text: &str, leaves: &[(Path, Scalar)], chosen: usize, wanted: &str) {
    let (path, old) = &leaves[chosen];
    let assignment = [Assignment::new(path.clone(), wanted)];
    let Ok(edited) = edit(text, &assignment) else { return };
    let after = Document::parse(&edited.text).expect("what was written is read");
    let new = after.get(path).expect("what was set is there");
    assert!(new.value == wanted && new.is_string, "{path}: {new:?}");
    let after: Vec<(Path, Scalar)> = after.scalars().collect();
    assert_eq!(leaves.len(), after.len());
    for (at, ((old_path, old), (new_path, new))) in leaves.iter().zip(&after).enumerate() {
        assert_eq!(old_path, new_path);
        assert!(at == chosen || is_same(old, new), "{path} changed {old_path}: {old:?} {new:?}");
    }
    assert_eq!(edited.changed.is_empty(), edited.text == text);
    // All bytes before the scalar stay, and all from the next one on.
    let (start, old_middle, _) = middles(text, &edited.text);
    assert!(edited.text == text || offset_of(text, old) <= start, "{path}: changed at {start}, {old:?}");
    let rest = leaves.get(chosen + 1).map_or("", |(_, next)| &text[offset_of(text, next)..]);
    assert!(edited.text.ends_with(rest), "{path}");
    let has_comment = |text: &str| text.contains(" #") || text.contains("\t#");
    assert!(old_middle.contains('\n') || has_comment(&old.value) || !has_comment(old_middle), "{path}: {old_middle:?}");
    let again = edit(&edited.text, &assignment).expect("it is set already");
    assert!(again.changed.is_empty() && again.text == edited.text, "{path}");
    if old.is_string {
        let back = edit(&edited.text, &[Assignment::new(path.clone(), old.value.clone())]);
        if let Ok(back) = back {
            let value = Document::parse(&back.text).expect("it is read").get(path).expect("it is there").value;
            assert_eq!(value, old.value, "{path}");
        }
    }
}

/// Creates a key beside a scalar: one leaf more, and the others as they were.
fn create(text: &str, leaves: &[(Path, Scalar)], chosen: usize, wanted: &str) {
    let sibling = &leaves[chosen].0;
    let path = sibling.parent().map_or_else(|| Path::key("new key"), |parent| parent.join("new key"));
    let assignment = Assignment::new(path.clone(), wanted).create_beside(sibling.clone());
    let Ok(edited) = edit(text, &[assignment]) else { return };
    let after = Document::parse(&edited.text).expect("what was written is read");
    assert_eq!(after.get(&path).expect("what was created is there").value, wanted);
    let mut after: Vec<(Path, Scalar)> = after.scalars().collect();
    if leaves.iter().all(|(other, _)| *other != path) {
        let at = after.iter().position(|(other, _)| *other == path).expect("it is among the scalars");
        after.remove(at);
    }
    let is_kept = |((old_path, old), (new_path, new)): (&(Path, Scalar), &(Path, Scalar))| {
        old_path == new_path && (*old_path == path || is_same(old, new))
    };
    assert!(leaves.len() == after.len() && leaves.iter().zip(&after).all(is_kept), "{path}");
}

/// Sets two scalars in one edit: both are set, or none.
fn set_both(text: &str, leaves: &[(Path, Scalar)], chosen: usize, wanted: &str) {
    let (one, other) = (&leaves[chosen].0, &leaves[(chosen + 1) % leaves.len()].0);
    let assignments = [Assignment::new(one.clone(), wanted), Assignment::new(other.clone(), "v2")];
    match edit(text, &assignments) {
        Ok(edited) => {
            let after = Document::parse(&edited.text).expect("what was written is read");
            let value = |path| after.get(path).expect("what was set is there").value;
            assert!(value(other) == "v2" && value(one) == wanted || one == other, "{one} {other}");
        }
        Err(EditError::Conflict { .. }) => {}
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

fn is_same(one: &Scalar, other: &Scalar) -> bool {
    (&one.value, one.is_null, one.is_string) == (&other.value, other.is_null, other.is_string)
}

/// Finds where a scalar begins. A line of YAML may end with a carriage return alone.
fn offset_of(text: &str, scalar: &Scalar) -> usize {
    let is_end = |at: &usize| match text.as_bytes()[*at] {
        b'\n' => true,
        b'\r' => text.as_bytes().get(at + 1) != Some(&b'\n'),
        _ => false,
    };
    let starts = std::iter::once(0).chain((0..text.len()).filter(is_end).map(|at| at + 1));
    let start = starts.take(scalar.line).last().unwrap_or_default();
    text[start..].char_indices().nth(scalar.column - 1).map_or(text.len(), |(offset, _)| start + offset)
}
