//! Owns how a `postgres://` URL and a certificate authority become connection options, and how a failed connection is
//! explained. It does not own the connections: that is `postgres`.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use tokio_postgres::config::SslMode;
use tokio_postgres_rustls::MakeRustlsConnect;

use super::db::DatabaseSettings;
use super::fault::OpenError;

/// Reads the URL. `sslmode=verify-ca` and `verify-full` are taken as `require`: whenever we speak TLS we verify.
pub(super) fn config_of(settings: &DatabaseSettings) -> Result<tokio_postgres::Config, OpenError> {
    let url =
        settings.url.replace("sslmode=verify-full", "sslmode=require").replace("sslmode=verify-ca", "sslmode=require");
    let mut config: tokio_postgres::Config = url.parse().map_err(|e| OpenError::Url(in_full(&e)))?;
    if settings.ca_file.is_some() {
        if config.get_ssl_mode() == SslMode::Disable {
            return Err(OpenError::Url("it says sslmode=disable, but database.ca_file is set: choose one".to_owned()));
        }
        config.ssl_mode(SslMode::Require);
    }
    if config.get_application_name().is_none() {
        config.application_name("vouchsafe");
    }
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(Duration::from_secs(5));
    }
    if config.get_tcp_user_timeout().is_none() {
        // Else a write to a host that vanished is noticed after a quarter of an hour.
        config.tcp_user_timeout(Duration::from_secs(30));
    }
    Ok(config)
}

/// TLS that trusts the given authorities, or the public ones.
pub(super) fn tls_of(ca_file: Option<&Path>) -> Result<MakeRustlsConnect, OpenError> {
    let mut roots = RootCertStore::empty();
    match ca_file {
        None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        Some(path) => {
            let trouble = |detail: String| OpenError::CaFile { path: path.display().to_string(), detail };
            let certificates = CertificateDer::pem_file_iter(path).map_err(|e| trouble(e.to_string()))?;
            for certificate in certificates {
                let certificate = certificate.map_err(|e| trouble(e.to_string()))?;
                roots.add(certificate).map_err(|e| trouble(e.to_string()))?;
            }
            if roots.is_empty() {
                return Err(trouble("it holds no certificate in PEM form (BEGIN CERTIFICATE)".to_owned()));
            }
        }
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| OpenError::Url(format!("TLS cannot be set up: {e}")))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

/// What went wrong with a connection, and what to do if we know.
pub(super) fn explain(error: &tokio_postgres::Error) -> String {
    let words = in_full(error);
    if words.contains("UnknownIssuer") {
        return format!("{words}. Set database.ca_file to the certificate of the authority that signed the server's");
    }
    words
}

/// The error with all its causes: tokio-postgres' own words are as short as "db error".
fn in_full(error: &tokio_postgres::Error) -> String {
    let mut words = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        let text = inner.to_string();
        if !words.contains(&text) {
            words.push_str(": ");
            words.push_str(&text);
        }
        cause = inner.source();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(url: &str, ca_file: Option<&str>) -> DatabaseSettings {
        DatabaseSettings { ca_file: ca_file.map(Into::into), ..DatabaseSettings::new(url) }
    }

    #[test]
    fn an_own_authority_demands_tls() {
        let mode = |url: &str, ca| config_of(&settings(url, ca)).map(|c| c.get_ssl_mode()).ok();
        assert_eq!(mode("postgres://u@db/v", None), Some(SslMode::Prefer));
        assert_eq!(mode("postgres://u@db/v", Some("ca.pem")), Some(SslMode::Require));
        assert_eq!(mode("postgres://u@db/v?sslmode=verify-full", None), Some(SslMode::Require));
        assert_eq!(mode("postgres://u@db/v?sslmode=disable", Some("ca.pem")), None);
        assert!(matches!(config_of(&settings("postgres://u@db/v?nonsense=1", None)), Err(OpenError::Url(_))));
    }

    #[test]
    fn a_missing_or_empty_authority_file_is_named() {
        let missing = tls_of(Some(Path::new("/nowhere/ca.pem"))).err().map(|e| e.to_string()).unwrap_or_default();
        assert!(missing.contains("/nowhere/ca.pem"), "{missing}");
        assert!(matches!(tls_of(Some(Path::new("/dev/null"))), Err(OpenError::CaFile { .. })));
    }
}
