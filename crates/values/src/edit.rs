//! Setting scalars of a values file, and nothing else.

mod assignment;
mod check;
mod create;
mod error;
mod plan;
mod splice;

pub use assignment::Assignment;
pub use error::EditError;

use crate::tree::Tree;
use crate::{Document, Path};

/// The outcome of [`edit()`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Edited {
    /// The new text; byte for byte the old one if nothing changed.
    pub text: String,
    /// The paths that did not have their value as a string before, in the order of the assignments.
    pub changed: Vec<Path>,
}

/// Sets scalars of a values file to strings, and changes no byte beside them.
///
/// All assignments are made, or none. Afterwards the text is parsed again and compared with the old, node by node:
/// if anything but the assigned scalars differs, or one of them would not be read as the string that was meant, the
/// edit is refused.
///
/// A scalar keeps its quotes, its anchor and its tag. One without quotes gets double quotes if a reader of YAML 1.1
/// could take the new value for something other than a string: `1.10` and `on` are quoted, `v1.10` is not. A scalar
/// that has the text already, but is not a string, is changed too: it gets quotes.
///
/// ```
/// use embark_values::{Assignment, Path, edit};
///
/// let text = "image: # ours\n  repository: web\n  tag: 1.9  # bumped by hand\n";
/// let edited = edit(text, &[Assignment::new(Path::parse("image.tag")?, "1.10")])?;
/// assert_eq!(edited.text, "image: # ours\n  repository: web\n  tag: \"1.10\"  # bumped by hand\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// The text is no values file, a path does not lead to one scalar, or the edit would change more than it should.
pub fn edit(text: &str, assignments: &[Assignment]) -> Result<Edited, EditError> {
    Document::parse(text)?.edit(assignments)
}

pub(crate) fn edit_tree(tree: &Tree<'_>, assignments: &[Assignment]) -> Result<Edited, EditError> {
    let plan = plan::Plan::new(tree, assignments)?;
    if plan.is_empty() {
        return Ok(Edited { text: tree.text.to_owned(), changed: Vec::new() });
    }
    let splices = plan.splices(tree)?;
    let text = splice::apply(tree.text, &splices);
    check::lossless(tree, &plan, &splices, &text)?;
    let changed = plan.changed.iter().map(|&place| assignments[place].path.clone()).collect();
    Ok(Edited { text, changed })
}
