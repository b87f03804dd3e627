//! Whether GitHub sent it.

use aws_lc_rs::hmac::{HMAC_SHA256, Key, verify};
use secrecy::{ExposeSecret as _, SecretString};

/// How many bytes an HMAC-SHA256 has.
const LENGTH: usize = 32;

/// What a signature begins with.
const PREFIX: &str = "sha256=";

/// The secret of a webhook, by which GitHub [signs](https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries)
/// what it sends. It is never empty.
///
/// ```
/// use embark_github::webhook::Secret;
///
/// # fn main() -> Result<(), embark_github::webhook::SignatureError> {
/// let secret = Secret::new("It's a Secret to Everybody".into())?;
/// let signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
/// secret.verify(Some(signature), b"Hello, World!")
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Secret(SecretString);

/// Tells why a body is not taken for GitHub's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// Everybody knows the empty secret.
    #[error("the webhook's secret is empty")]
    EmptySecret,
    /// There is no header.
    #[error("it has no header X-Hub-Signature-256: its webhook has no secret")]
    Missing,
    /// It is the signature of the older header.
    #[error("it is signed with SHA-1, as in the header X-Hub-Signature: that of X-Hub-Signature-256 is needed")]
    Sha1,
    /// It is no such signature.
    #[error("its signature does not begin with {PREFIX}")]
    Prefix,
    /// It is cut off, or has something at its end.
    #[error("its signature has {0} digits, and not 64")]
    Length(usize),
    /// GitHub writes digits and the letters a to f.
    #[error("its signature has other characters than lower-case hex digits")]
    Digits,
    /// Somebody else has signed it, or it was changed.
    #[error("its signature is wrong: it was made with another secret, or for another body")]
    Wrong,
}

impl Secret {
    /// Takes a secret. A line break at its end is no part of it: what is read from a file often has one.
    ///
    /// # Errors
    /// [`SignatureError::EmptySecret`] if nothing is left.
    pub fn new(text: SecretString) -> Result<Self, SignatureError> {
        let bare = text.expose_secret().trim_end_matches(['\r', '\n']);
        if bare.is_empty() {
            return Err(SignatureError::EmptySecret);
        }
        Ok(if bare.len() == text.expose_secret().len() { Self(text) } else { Self(bare.into()) })
    }

    /// Tells whether the header `X-Hub-Signature-256` is this secret's signature of the raw body, in constant time.
    ///
    /// # Errors
    /// [`SignatureError`] says why it is not. Whoever sent it need not be told.
    pub fn verify(&self, header: Option<&str>, body: &[u8]) -> Result<(), SignatureError> {
        let signature = parse(header.ok_or(SignatureError::Missing)?)?;
        let key = Key::new(HMAC_SHA256, self.0.expose_secret().as_bytes());
        verify(&key, body, &signature).map_err(|_| SignatureError::Wrong)
    }
}

fn parse(header: &str) -> Result<[u8; LENGTH], SignatureError> {
    if header.starts_with("sha1=") {
        return Err(SignatureError::Sha1);
    }
    let digits = header.strip_prefix(PREFIX).ok_or(SignatureError::Prefix)?;
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Ok(byte - b'0'),
        b'a'..=b'f' => Ok(byte - b'a' + 10),
        _ => Err(SignatureError::Digits),
    };
    let digits = digits.bytes().map(digit).collect::<Result<Vec<u8>, _>>()?;
    let mut signature = [0; LENGTH];
    if digits.len() != 2 * LENGTH {
        return Err(SignatureError::Length(digits.len()));
    }
    for (byte, pair) in signature.iter_mut().zip(digits.chunks(2)) {
        *byte = pair.iter().fold(0, |byte, digit| byte << 4 | digit);
    }
    Ok(signature)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = b"Hello, World!";
    const RIGHT: &str = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

    fn secret() -> Secret {
        Secret::new("It's a Secret to Everybody".into()).expect("it is one")
    }

    #[test]
    fn what_is_not_the_signature_of_the_body_is_refused_and_told_apart() {
        let other = RIGHT.replace("757", "857");
        let last = RIGHT.replace("e17", "e16");
        let upper = RIGHT.replace("ea0eb", "EA0EB");
        let sha1 = "sha1=d3f1d3f1d3f1d3f1d3f1d3f1d3f1d3f1d3f1d3f1";
        for (header, expected) in [
            (None, SignatureError::Missing),
            (Some(""), SignatureError::Prefix),
            (Some(&RIGHT[7..]), SignatureError::Prefix),
            (Some("SHA256=00"), SignatureError::Prefix),
            (Some(sha1), SignatureError::Sha1),
            (Some("sha256="), SignatureError::Length(0)),
            (Some(&RIGHT[..RIGHT.len() - 1]), SignatureError::Length(63)),
            (Some(&format!("{RIGHT}00")), SignatureError::Length(66)),
            (Some(&upper), SignatureError::Digits),
            (Some(&format!("{RIGHT}\n")), SignatureError::Digits),
            (Some(&RIGHT.replace('7', "é")), SignatureError::Digits),
            (Some(&other), SignatureError::Wrong),
            (Some(&last), SignatureError::Wrong),
        ] {
            assert_eq!(secret().verify(header, BODY), Err(expected), "{header:?}");
        }
        assert_eq!(secret().verify(Some(RIGHT), BODY), Ok(()));
        assert_eq!(secret().verify(Some(RIGHT), b"Hello, World"), Err(SignatureError::Wrong));
        let somebody = Secret::new("it's a secret to everybody".into()).expect("it is one");
        assert_eq!(somebody.verify(Some(RIGHT), BODY), Err(SignatureError::Wrong));
    }

    #[test]
    fn a_secret_is_never_empty_and_is_not_shown() {
        for empty in ["", "\n", "\r\n"] {
            assert_eq!(Secret::new(empty.into()).err(), Some(SignatureError::EmptySecret), "{empty:?}");
        }
        let from_file = Secret::new("It's a Secret to Everybody\n".into()).expect("it is one");
        assert_eq!(from_file.verify(Some(RIGHT), BODY), Ok(()));
        assert!(!format!("{from_file:?}").contains("Everybody"));
    }
}
