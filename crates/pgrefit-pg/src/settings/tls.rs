//! What the settings say about TLS, with libpq's meanings ("SSL Support" in the manual).

use std::fmt;
use std::path::PathBuf;

use tokio_postgres::config::ChannelBinding;

use crate::Error;

use super::home::user_file;
use super::values::Values;

/// How much TLS is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum SslMode {
    /// Never.
    Disable,
    /// Only if the server does not take a plain connection.
    Allow,
    /// If the server has it.
    Prefer,
    /// Always; the certificate is checked only if there are roots to check it with.
    Require,
    /// Always, with a certificate of a known authority.
    VerifyCa,
    /// Always, with a certificate of a known authority for this very host name.
    VerifyFull,
}

const MODES: &[(&str, SslMode)] = &[
    ("disable", SslMode::Disable),
    ("allow", SslMode::Allow),
    ("prefer", SslMode::Prefer),
    ("require", SslMode::Require),
    ("verify-ca", SslMode::VerifyCa),
    ("verify-full", SslMode::VerifyFull),
];

impl fmt::Display for SslMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = MODES.iter().find(|(_, mode)| mode == self).map_or("", |(word, _)| word);
        f.write_str(word)
    }
}

/// Which authorities are trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Roots {
    /// None: nothing can be verified.
    None,
    /// Those in a PEM file.
    File(PathBuf),
    /// Those of the operating system.
    System,
}

/// A client certificate and its key, both PEM files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ClientCertificate {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
}

/// All that concerns TLS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TlsSettings {
    pub(crate) mode: SslMode,
    /// TLS from the first byte on (`sslnegotiation=direct`, PostgreSQL 17).
    pub(crate) direct: bool,
    pub(crate) roots: Roots,
    pub(crate) client: Option<ClientCertificate>,
    pub(crate) only_1_3: bool,
    /// Whether the host name is sent in clear with the handshake.
    pub(crate) server_name_sent: bool,
    pub(crate) channel_binding: ChannelBinding,
}

impl TlsSettings {
    pub(super) fn resolve(values: &Values, env: &dyn Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let roots = roots(values, env);
        let mode = mode(values, &roots)?;
        if mode >= SslMode::VerifyCa && roots == Roots::None {
            return Err(Error::NoRootCertificate { sslmode: mode.to_string() });
        }
        let direct =
            values.choice("sslnegotiation", &[("postgres", false), ("direct", true)])?.unwrap_or(false);
        if direct && mode < SslMode::Require {
            return Err(values
                .place("sslnegotiation")
                .error("sslnegotiation=direct needs sslmode=require or stronger"));
        }
        let versions = [("TLSv1", false), ("TLSv1.1", false), ("TLSv1.2", false), ("TLSv1.3", true)];
        Ok(Self {
            mode,
            direct,
            roots,
            client: client_certificate(values, env)?,
            only_1_3: values.choice("ssl_min_protocol_version", &versions)?.unwrap_or(false),
            server_name_sent: values.choice("sslsni", &[("0", false), ("1", true)])?.unwrap_or(true),
            channel_binding: channel_binding(values)?,
        })
    }
}

/// `sslrootcert=system` makes verify-full the default and refuses anything weaker, as in libpq.
fn mode(values: &Values, roots: &Roots) -> Result<SslMode, Error> {
    let system = *roots == Roots::System;
    let default = if system { SslMode::VerifyFull } else { SslMode::Prefer };
    let mode = values.choice("sslmode", MODES)?.unwrap_or(default);
    if system && mode != SslMode::VerifyFull {
        return Err(values.place("sslmode").error("sslrootcert=system needs sslmode=verify-full"));
    }
    Ok(mode)
}

fn roots(values: &Values, env: &dyn Fn(&str) -> Option<String>) -> Roots {
    match values.get("sslrootcert") {
        Some("system") => Roots::System,
        Some(path) => Roots::File(PathBuf::from(path)),
        None => existing(user_file(env, ".postgresql/root.crt", "root.crt")).map_or(Roots::None, Roots::File),
    }
}

fn client_certificate(
    values: &Values,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<Option<ClientCertificate>, Error> {
    let given = |key| values.get(key).map(PathBuf::from);
    let default_certificate = || existing(user_file(env, ".postgresql/postgresql.crt", "postgresql.crt"));
    let default_key = || existing(user_file(env, ".postgresql/postgresql.key", "postgresql.key"));
    let Some(certificate) = given("sslcert").or_else(default_certificate) else { return Ok(None) };
    let key = given("sslkey")
        .or_else(default_key)
        .ok_or_else(|| values.place("sslcert").error("there is a client certificate but no sslkey for it"))?;
    Ok(Some(ClientCertificate { certificate, key }))
}

fn existing(path: Option<PathBuf>) -> Option<PathBuf> {
    path.filter(|path| path.exists())
}

fn channel_binding(values: &Values) -> Result<ChannelBinding, Error> {
    let words = [
        ("disable", ChannelBinding::Disable),
        ("prefer", ChannelBinding::Prefer),
        ("require", ChannelBinding::Require),
    ];
    Ok(values.choice("channel_binding", &words)?.unwrap_or(ChannelBinding::Prefer))
}
