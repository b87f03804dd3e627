//! Files as commits have them, and what stands there in place of a file.

use std::collections::BTreeMap;

use crate::commit::Revision;
use crate::name::FilePath;
use crate::ports::RepositoryError;
use crate::systems::Systems;

/// The bytes of files as commits have them, `None` where nothing is; an error says what stands there in place of a file.
pub(crate) type Files = BTreeMap<(Revision, FilePath), Result<Option<Vec<u8>>, &'static str>>;

/// Reads files as commits have them.
pub(crate) async fn read(systems: &Systems<'_>, places: Vec<(Revision, FilePath)>) -> Result<Files, RepositoryError> {
    let mut files = Files::new();
    // A place without a file stands in the way of all others: they are asked for by halves, until it is alone.
    let mut open = vec![places];
    while let Some(mut places) = open.pop() {
        if places.is_empty() {
            continue;
        }
        match systems.repository.read_at(places.clone()).await {
            Ok(read) => files.extend(read.into_iter().map(|(place, bytes)| (place, Ok(bytes)))),
            Err(RepositoryError::NotAFile { what, .. }) if places.len() == 1 => {
                files.extend(places.into_iter().map(|place| (place, Err(what))));
            }
            Err(RepositoryError::NotAFile { .. }) => {
                let rest = places.split_off(places.len() / 2);
                open.extend([rest, places]);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(files)
}
