//! A merchant's certificate as files, under the names WeChat gives them.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::simulator::Simulator;

/// Why there are no files.
#[derive(Debug)]
pub enum CertificateFilesError {
    /// There is no merchant with this mch_id.
    UnknownMerchant,
    /// A file cannot be written.
    Write {
        /// Which.
        path: PathBuf,
        /// The system's words.
        error: io::Error,
    },
}

impl Simulator {
    /// Writes `apiclient_cert.pem`, `apiclient_key.pem` (only its owner may read it) and `ca.pem` into a directory,
    /// which is made if it is not there. Files of these names are replaced.
    ///
    /// # Errors
    /// [`CertificateFilesError`].
    pub fn write_certificates(
        &self,
        mch_id: &str,
        directory: &Path,
    ) -> Result<(), CertificateFilesError> {
        let identity =
            self.client_identity_pem(mch_id).ok_or(CertificateFilesError::UnknownMerchant)?;
        let failed = |path: &Path, error| CertificateFilesError::Write { path: path.into(), error };
        fs::create_dir_all(directory).map_err(|error| failed(directory, error))?;
        for (name, pem) in [
            ("apiclient_cert.pem", identity.cert_pem.as_str()),
            ("apiclient_key.pem", &identity.key_pem),
            ("ca.pem", self.ca_pem()),
        ] {
            let path = directory.join(name);
            replace(&path, pem).map_err(|error| failed(&path, error))?;
        }
        Ok(())
    }
}

/// A file that was there may be open to others, so a new one takes its place.
fn replace(path: &Path, pem: &str) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(pem.as_bytes())
}

impl fmt::Display for CertificateFilesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownMerchant => f.write_str("mch_id: no merchant has it"),
            Self::Write { path, error } => write!(f, "cannot write {}: {error}", path.display()),
        }
    }
}

impl std::error::Error for CertificateFilesError {}
