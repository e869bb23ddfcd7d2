//! How far connections to servers are encrypted, as connection strings ask for it.

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, InvalidDnsNameError, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};
use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::Socket;
use tokio_postgres::tls::{ChannelBinding, MakeTlsConnect, TlsConnect, TlsStream};
use tokio_rustls::TlsConnector;

/// The secrecy that a connection string asks for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Secrecy {
    Disable,
    /// Encrypted if the server can; any certificate will do.
    Prefer,
    /// Encrypted; any certificate will do.
    Require,
    /// The server has a certificate that the system trusts.
    VerifyCa,
    /// That is a certificate for its name.
    VerifyFull,
}

/// Takes an option out of a connection string, a URL or pairs between spaces: what is left,
/// and the option. Pairs with quotes are left as they are.
pub fn take_option(connection: &str, name: &str) -> (String, Option<String>) {
    let (before, pairs, between) = match connection.split_once('?') {
        Some((before, pairs)) => (format!("{before}?"), pairs, '&'),
        None if connection.contains("://") || connection.contains('\'') => {
            return (connection.to_string(), None);
        }
        None => (String::new(), connection, ' '),
    };
    let mut found = None;
    let mut kept = Vec::new();
    for pair in pairs.split(between) {
        match pair.split_once('=') {
            Some((key, value)) if key == name => found = Some(value.to_string()),
            _ => kept.push(pair),
        }
    }
    (before + &kept.join(&between.to_string()), found)
}

/// The encryption of connections to PostgreSQL.
#[derive(Clone)]
pub struct Tls(Arc<ClientConfig>);

impl Tls {
    /// # Errors
    /// If the system has no certificates that could be trusted.
    pub fn new(secrecy: Secrecy) -> Result<Tls, String> {
        let provider = Arc::new(ring::default_provider());
        let verifier: Arc<dyn ServerCertVerifier> = match secrecy {
            Secrecy::VerifyCa | Secrecy::VerifyFull => {
                let found = rustls_native_certs::load_native_certs();
                let mut roots = RootCertStore::empty();
                roots.add_parsable_certificates(found.certs);
                let of =
                    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone());
                let trusted = of.build().map_err(|error| error.to_string())?;
                match secrecy {
                    Secrecy::VerifyFull => trusted,
                    _ => Arc::new(Lenient {
                        provider: provider.clone(),
                        trusted: Some(trusted),
                    }),
                }
            }
            _ => Arc::new(Lenient {
                provider: provider.clone(),
                trusted: None,
            }),
        };
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .dangerous()
            .with_custom_certificate_verifier(verifier)
            .with_no_client_auth();
        Ok(Tls(Arc::new(config)))
    }
}

/// Takes more certificates than the system would.
#[derive(Debug)]
struct Lenient {
    provider: Arc<CryptoProvider>,
    /// Trusts a certificate, which may be for any name; if there is none, any certificate
    /// is taken.
    trusted: Option<Arc<WebPkiServerVerifier>>,
}

impl ServerCertVerifier for Lenient {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some(trusted) = &self.trusted else {
            return Ok(ServerCertVerified::assertion());
        };
        match trusted.verify_server_cert(certificate, others, name, ocsp, now) {
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Ok(ServerCertVerified::assertion()),
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let known = &self.provider.signature_verification_algorithms;
        known.supported_schemes()
    }
}

/// Encrypts the connection to one server.
pub struct Encryption {
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
}

/// An encrypted connection.
pub struct Encrypted(tokio_rustls::client::TlsStream<Socket>);

impl MakeTlsConnect<Socket> for Tls {
    type Stream = Encrypted;
    type TlsConnect = Encryption;
    type Error = InvalidDnsNameError;

    fn make_tls_connect(&mut self, domain: &str) -> Result<Encryption, InvalidDnsNameError> {
        Ok(Encryption {
            config: self.0.clone(),
            name: ServerName::try_from(domain.to_string())?,
        })
    }
}

impl TlsConnect<Socket> for Encryption {
    type Stream = Encrypted;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Encrypted>> + Send>>;

    fn connect(self, stream: Socket) -> Self::Future {
        let connecting = TlsConnector::from(self.config).connect(self.name, stream);
        Box::pin(async move { Ok(Encrypted(connecting.await?)) })
    }
}

impl TlsStream for Encrypted {
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}

impl AsyncRead for Encrypted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl AsyncWrite for Encrypted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(context, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::take_option;

    #[test]
    fn options_are_taken_out_of_connection_strings() {
        let taken = |connection, name| {
            let (rest, option) = take_option(connection, name);
            format!("{rest} {option:?}")
        };
        for (connection, expected) in [
            (
                "p://a/b?x=1&sslmode=require&y=2",
                "p://a/b?x=1&y=2 Some(\"require\")",
            ),
            ("p://a/b?sslmode=prefer", "p://a/b? Some(\"prefer\")"),
            ("p://sslmode=x:y@a/b", "p://sslmode=x:y@a/b None"),
            (
                "host=a sslmode=verify-full port=5",
                "host=a port=5 Some(\"verify-full\")",
            ),
            (
                "host=a password='sslmode=x y'",
                "host=a password='sslmode=x y' None",
            ),
        ] {
            assert_eq!(taken(connection, "sslmode"), expected);
        }
    }
}
