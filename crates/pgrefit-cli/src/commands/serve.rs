//! `pgrefit serve`: the exporter for Prometheus, and the status page.

mod targets;

use std::net::{SocketAddr, ToSocketAddrs as _};
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use pgrefit_report::{Outcome, Status, counted};
use pgrefit_serve::{Options, TlsFiles};

use crate::config::Config;
use crate::setup::{Flag, Folder};
use crate::{Context, Exit, Failed, Output};

const AFTER_HELP: &str = "\
Reads each database every 15 s over one session that cannot write, and audits it every 15 minutes over a second one; never two
audits at once. A request asks no database anything: it is answered with what was read last, whose age is a metric. A database
that is down, hangs or refuses the password does not delay the others.

  /             the status page              /metrics   for Prometheus
  /status       the same as JSON             /healthz   the process lives
  /databases/…  the page of one database     /readyz    every database was tried once

Listens for this machine only, unless --listen says otherwise; then it asks for a token (--token-file) or for --open. The token
is sent as `Authorization: Bearer`, or by a browser as the password of any name. Token, certificate and the files of --list with
URLs are read again when they change. SIGTERM ends it in order, with exit code 0.

What the role needs: CONNECT, SELECT on the history tables and pg_monitor; `pgrefit audit grants` prints the SQL.

Examples:
  pgrefit serve                                         the database of DATABASE_URL, at http://127.0.0.1:9464/
  pgrefit serve --list databases.toml                   all databases of a list
  pgrefit serve --listen 0.0.0.0:9464 --token-file token --tls-cert tls.crt --tls-key tls.key
  curl -H \"Authorization: Bearer $(cat token)\" https://exporter:9464/metrics";

/// Watch databases: metrics for Prometheus, and a status page.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Serve {
    /// The list of databases, as for `pgrefit fleet` [default: the one of --database-url].
    #[arg(long, value_name = "FILE")]
    list: Option<PathBuf>,
    /// Where to listen [default: 127.0.0.1:9464].
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<String>,
    /// Let others than this machine ask without a token, where the network itself keeps strangers out.
    #[arg(long)]
    open: bool,
    /// The file with the token to ask for: 16 characters or more.
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// The certificate, and those that lead to its authority, as PEM.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The key of the certificate, as PEM.
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// How long from one round over a database to the next [default: 15s].
    #[arg(long, value_name = "DURATION")]
    every: Option<String>,
    /// How long from one audit of a database to the next [default: 15min].
    #[arg(long, value_name = "DURATION")]
    audit_every: Option<String>,
    /// Do not audit.
    #[arg(long, conflicts_with = "audit_every")]
    no_audit: bool,
    /// Findings to ignore, each with a reason [default: audit.toml, if it exists].
    #[arg(long, value_name = "FILE")]
    ignores: Option<PathBuf>,
    #[command(flatten)]
    folder: Folder,
}

impl Serve {
    pub(crate) async fn run(self, context: &Context) -> Result<Output, Failed> {
        let config = context.config(&self.flags())?;
        let targets = targets::targets(context, &config, &self)?;
        let options = self.options(context, &config)?;
        let scheme = if options.tls.is_some() { "https" } else { "http" };
        let databases = counted(targets.len(), "database");
        let _heed = context.stop.heed();
        let served = pgrefit_serve::serve(options, targets, |at| {
            tracing::info!(target: "pgrefit", "watching {databases}, listening at {scheme}://{at}/");
        })
        .await?;
        let summary = format!(
            "stopped in order; {} answered",
            counted(usize::try_from(served.requests).unwrap_or(usize::MAX), "request")
        );
        Ok(Output::Report(Exit::Done, Box::new(context.report(Outcome::new(0, Status::Pass, summary)))))
    }

    /// The values that win over the configuration.
    fn flags(&self) -> Vec<Flag> {
        let mut flags = self.folder.flags();
        let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
        for (key, value) in [
            ("serve.listen", self.listen.clone()),
            ("serve.every", self.every.clone()),
            ("serve.audit_every", self.audit_every.clone()),
            ("serve.token_file", path(&self.token_file)),
            ("serve.tls_cert", path(&self.tls_cert)),
            ("serve.tls_key", path(&self.tls_key)),
        ] {
            flags.extend(value.map(|value| (key, value)));
        }
        flags
    }

    fn options(&self, context: &Context, config: &Config) -> Result<Options, Failed> {
        let file = |key: &str| Some(config.text(key)).filter(|text| !text.is_empty()).map(PathBuf::from);
        let tls = match (file("serve.tls_cert"), file("serve.tls_key")) {
            (Some(certificate), Some(key)) => Some(TlsFiles { certificate, key }),
            (None, None) => None,
            _ => {
                let message = "a certificate needs its key: serve.tls_cert and serve.tls_key go together";
                return Err(Failed::new(Exit::Usage, message));
            }
        };
        Ok(Options {
            listen: address(config.text("serve.listen"))?,
            token_file: file("serve.token_file"),
            tls,
            is_open: self.open,
            round_every: interval(config, "serve.every")?,
            audit_every: interval(config, "serve.audit_every")?,
            version: env!("CARGO_PKG_VERSION"),
            stop: context.stop.clone(),
        })
    }
}

/// The address to listen at; of a name, the first address it has.
fn address(text: &str) -> Result<SocketAddr, Failed> {
    let found = text.to_socket_addrs().ok().and_then(|mut all| all.next());
    found.ok_or_else(|| {
        Failed::new(Exit::Usage, format!("failed to use `{text}` as an address to listen at"))
            .hint("an address and a port, such as 127.0.0.1:9464, [::1]:9464 or 0.0.0.0:9464")
    })
}

/// A second to a day: shorter ones are load, longer ones are a mistake.
fn interval(config: &Config, key: &str) -> Result<Duration, Failed> {
    let every = config.duration(key);
    if (Duration::from_secs(1)..=Duration::from_hours(24)).contains(&every) {
        return Ok(every);
    }
    let message = format!("failed to use `{key}` ({}): it is not within 1s and 24h", config.origin(key));
    Err(Failed::new(Exit::Usage, message))
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn addresses_are_read_or_refused() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(address(text).ok().map(|it| it.to_string()).as_deref(), expected, "{text}");
        };
        check("127.0.0.1:9464", Some("127.0.0.1:9464"));
        check("[::1]:0", Some("[::1]:0"));
        check("0.0.0.0:80", Some("0.0.0.0:80"));
        check("127.0.0.1", None);
        check("127.0.0.1:99999", None);
        check("", None);
    }
}
