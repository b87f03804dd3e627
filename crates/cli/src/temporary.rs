//! Files that take the place of another one, or a name that is free, once they are whole.

use std::io;
use std::path::Path;

use tempfile::NamedTempFile;

/// Makes a file in `folder`, under a name that nobody has: what a killed process has left is in nobody's way.
pub(crate) fn temporary(folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".embark-").suffix(".tmp");
    // Temporary files are for their owner only; what comes of this one is as readable as the user's other files.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(folder)
}
