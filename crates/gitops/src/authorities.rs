//! The authorities of TLS that git's own programs trust.
//!
//! git takes one file, which [replaces](https://git-scm.com/docs/git-config#Documentation/git-config.txt-httpsslCAInfo)
//! the system's authorities. So it gets one with both: all that embark itself trusts, and no more.

use std::fs;
use std::io;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Writes a file with the system's authorities, and those of the file `own`.
pub(crate) fn write(own: &Path, to: &Path) -> io::Result<()> {
    let own = fs::read(own)?;
    // Where some of the system's cannot be read, the others count, as they do for the HTTP client.
    let system = rustls_native_certs::load_native_certs().certs;
    let system = system.iter().map(|certificate| pem(certificate)).collect::<String>();
    fs::write(to, [system.as_bytes(), &own].concat())
}

/// Writes a certificate in [PEM](https://www.rfc-editor.org/rfc/rfc7468#section-5.1).
fn pem(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let mut lines = String::from("-----BEGIN CERTIFICATE-----\n");
    for at in (0..text.len()).step_by(64) {
        lines.push_str(&text[at..text.len().min(at + 64)]);
        lines.push('\n');
    }
    lines + "-----END CERTIFICATE-----\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_pem_says_is_said_again() {
        let lines = ["A".repeat(64), "B".repeat(64), "CCCC".into()];
        let der = STANDARD.decode(lines.concat()).expect("it is base64");
        let text = pem(&der);
        assert_eq!(text.lines().skip(1).take(3).collect::<Vec<_>>(), lines);
        assert_eq!(pem(&der[..48]).lines().count(), 3, "a line that is full is not followed by an empty one");
    }
}
