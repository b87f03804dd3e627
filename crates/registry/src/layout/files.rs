//! Files that are read up to a limit, and replaced whole.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use tempfile::NamedTempFile;

use super::LayoutError;

pub(crate) fn error(operation: &'static str, path: &Path) -> impl FnOnce(io::Error) -> LayoutError {
    let path = path.to_owned();
    move |source| LayoutError::Io { operation, path, source }
}

/// Reads a file; `None` where it is not there.
pub(super) fn read(path: &Path, limit: u64) -> Result<Option<Vec<u8>>, LayoutError> {
    let file = match File::open(path) {
        Err(failure) if failure.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened.map_err(error("read", path))?,
    };
    let mut bytes = Vec::new();
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(error("read", path))?;
    if bytes.len() as u64 > limit {
        let reason = format!("it is larger than a manifest may be ({limit} bytes)");
        return Err(LayoutError::Malformed { path: path.to_owned(), reason });
    }
    Ok(Some(bytes))
}

/// Writes a file in `folder` and then puts it at `path`, so that it is never seen half.
pub(super) fn replace(path: &Path, folder: &Path, bytes: &[u8]) -> Result<(), LayoutError> {
    let failed = || error("write", path);
    let mut file = temporary(folder).map_err(failed())?;
    file.write_all(bytes).map_err(failed())?;
    persist(file, path)
}

/// Makes a file that may take the place of another one on the same file system later.
pub(crate) fn temporary(folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    // Temporary files are for their owner only; a layout is as readable as the user's other files.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.prefix(".embark-").tempfile_in(folder)
}

pub(crate) fn persist(file: NamedTempFile, path: &Path) -> Result<(), LayoutError> {
    file.as_file().sync_all().map_err(error("write", path))?;
    file.persist(path).map_err(|failure| error("write", path)(failure.error))?;
    Ok(())
}
