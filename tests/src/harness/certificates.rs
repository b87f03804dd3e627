//! Certificates of an authority of the team's own, made by Debian's `openssl`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::command::{program, run};

/// An authority, and one certificate that it issued.
#[derive(Debug, Clone)]
pub struct Certificates {
    folder: PathBuf,
}

impl Certificates {
    /// Makes them in a folder; `name` is what the certificate is for, e.g. `DNS:registry.example.com` or `IP:127.0.0.1`.
    pub fn issue(folder: &Path, name: &str) -> Self {
        let openssl = |arguments: &str| {
            let mut command = program("openssl");
            command.current_dir(folder).args(arguments.split(' '));
            run(&mut command, b"").succeeded("openssl");
        };
        let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2";
        openssl(&format!("req -x509 {key} -subj /CN=authority -keyout ca.key -out ca.pem"));
        let end = "-addext basicConstraints=CA:FALSE";
        let name = format!("-subj /CN=host -addext subjectAltName={name}");
        openssl(&format!("req -x509 {key} {name} {end} -CA ca.pem -CAkey ca.key -keyout host.key -out host.pem"));
        Self { folder: folder.into() }
    }

    /// Returns the path of the authority's own certificate.
    pub fn authority(&self) -> PathBuf {
        self.folder.join("ca.pem")
    }

    /// Returns the path of the certificate.
    pub fn certificate(&self) -> PathBuf {
        self.folder.join("host.pem")
    }

    /// Returns the path of the certificate's key.
    pub fn key(&self) -> PathBuf {
        self.folder.join("host.key")
    }

    pub(super) fn server_config(&self) -> Arc<ServerConfig> {
        let certificate = CertificateDer::from_pem_file(self.certificate()).expect("openssl wrote a certificate");
        let key = PrivateKeyDer::from_pem_file(self.key()).expect("openssl wrote a key");
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = config.expect("the provider has what the versions need").with_no_client_auth();
        Arc::new(config.with_single_cert(vec![certificate], key).expect("the key is the certificate's"))
    }
}
