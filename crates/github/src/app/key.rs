//! The id and the key of an app, and what it proves itself with:
//! [a JSON web token](https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app).

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject as _;
use secrecy::SecretString;
use serde_json::{Value, json};

/// GitHub advises to be so many seconds behind, since clocks differ.
const BEHIND: i64 = 60;

/// It takes no more than ten minutes; a minute is left to its clock.
const LIFE: i64 = 9 * 60;

/// The id of an app, a number, or its client id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppId(String);

/// The private key of an app; neither `Debug` nor an error shows it.
#[derive(Clone)]
pub struct AppKey(Arc<KeyPair>);

/// Tells why an app cannot be used. What it was made of is not shown: it may be a secret in the wrong place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AppError {
    /// It is no id.
    #[error("it is neither the id of an app, a number, nor its client id, as in Iv23liAbCdEfGhIjKlMn")]
    Id,
    /// There is no key in it.
    #[error("it holds no private key in PEM, which begins with -----BEGIN RSA PRIVATE KEY----- as GitHub makes it")]
    NoPem,
    /// The key is of another kind.
    #[error("its private key cannot be used: GitHub makes RSA keys of 2048 bits for apps")]
    NoRsa,
}

impl FromStr for AppId {
    type Err = AppError;

    fn from_str(text: &str) -> Result<Self, AppError> {
        let text = text.trim();
        let is_id = (1..=40).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'));
        if is_id { Ok(Self(text.into())) } else { Err(AppError::Id) }
    }
}

impl fmt::Display for AppId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for AppKey {
    type Err = AppError;

    /// Reads a key in PEM, PKCS#1 or PKCS#8. Its line breaks may be written as `\n`, as secrets of CI often have them.
    fn from_str(text: &str) -> Result<Self, AppError> {
        let text = text.replace("\\r", "").replace("\\n", "\n");
        let key = PrivateKeyDer::from_pem_slice(text.as_bytes()).map_err(|_| AppError::NoPem)?;
        let pair = match &key {
            PrivateKeyDer::Pkcs1(der) => KeyPair::from_der(der.secret_pkcs1_der()),
            PrivateKeyDer::Pkcs8(der) => KeyPair::from_pkcs8(der.secret_pkcs8_der()),
            _ => return Err(AppError::NoRsa),
        };
        let pair = pair.ok().filter(|pair| pair.public_modulus_len() >= 256).ok_or(AppError::NoRsa)?;
        Ok(Self(Arc::new(pair)))
    }
}

impl fmt::Debug for AppKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AppKey")
    }
}

impl AppKey {
    /// Signs what proves the app for the next minutes; `now` is in seconds since 1970. `None` if it cannot be signed.
    pub(super) fn prove(&self, id: &AppId, now: i64) -> Option<SecretString> {
        let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let header = part(json!({ "alg": "RS256", "typ": "JWT" }));
        let claims = part(json!({ "iat": now - BEHIND, "exp": now + LIFE, "iss": id.0 }));
        let text = format!("{header}.{claims}");
        let mut signature = vec![0; self.0.public_modulus_len()];
        self.0.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature).ok()?;
        Some(format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature)).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_number_or_a_client_id() {
        for text in ["12345", " 12345\n", "Iv23liAbCdEfGhIjKlMn", "Iv1.8a61f9b3a7aba766"] {
            assert_eq!(text.parse::<AppId>().map(|id| id.to_string()).as_deref(), Ok(text.trim()));
        }
        for text in ["", " ", "a b", "-----BEGIN RSA PRIVATE KEY-----\nMII", "\"12345\""] {
            assert_eq!(text.parse::<AppId>(), Err(AppError::Id), "{text}");
        }
    }

    #[test]
    fn what_is_no_key_is_told() {
        for text in [
            "",
            "12345",
            "-----BEGIN RSA PRIVATE KEY-----",
            "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
        ] {
            assert_eq!(text.parse::<AppKey>().err(), Some(AppError::NoPem), "{text}");
        }
        for kind in ["RSA PRIVATE KEY", "PRIVATE KEY", "EC PRIVATE KEY"] {
            let text = format!("-----BEGIN {kind}-----\nMAMCAQA=\n-----END {kind}-----\n");
            assert_eq!(text.parse::<AppKey>().err(), Some(AppError::NoRsa), "{kind}");
        }
    }
}
