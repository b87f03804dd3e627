//! Files that take the place of another one, or a name that is free, once they are whole.

use std::io::{self, Write as _};
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

/// Writes a file as a whole: whoever reads it meanwhile has the old bytes or the new ones. Its mode stays; what a link names is
/// replaced, and what is no file, a pipe say, is written to.
pub(crate) fn replace(file: &Path, bytes: &[u8]) -> io::Result<()> {
    // It need not be there yet.
    let file = std::fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
    let old = std::fs::metadata(&file).ok();
    if old.as_ref().is_some_and(|old| !old.is_file()) {
        return std::fs::write(&file, bytes);
    }
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut temporary = temporary(folder)?;
    temporary.write_all(bytes)?;
    if let Some(old) = old {
        temporary.as_file().set_permissions(old.permissions())?;
    }
    temporary.as_file().sync_all()?;
    temporary.persist(&file)?;
    Ok(())
}
