//! Opens a session of the kind that is then driven by hand. tokio-postgres logs in on a stream that is taken back from it.

use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use tokio_postgres::{Client, Connection};

use super::Wire;
use super::cancel::{Goal, WireCancel};
use super::input::Input;
use super::shared::Shared;
use super::socket::Socket;
use super::tls::{Encrypted, Handshake, Lent};
use super::transport::Transport;
use crate::connector::{Login, Route};
use crate::session::{SimpleRow, simple_row};
use crate::settings::Target;
use crate::{Connector, Error};

/// What the server makes of the settings: the process id of the backend, whether transactions begin as read-only, and
/// `statement_timeout` in milliseconds.
const ASK: &str = "SELECT pg_catalog.pg_backend_pid(), pg_catalog.current_setting('default_transaction_read_only'), \
     pg_catalog.date_part('epoch', pg_catalog.current_setting('statement_timeout')::pg_catalog.interval) * 1000";

pub(super) async fn open(connector: &Connector, read_only: bool, statement: Duration) -> Result<Wire, Error> {
    let statement = statement.as_millis().clamp(1, 2_147_483_647).to_string();
    let mut settings = vec![("statement_timeout", statement.as_str())];
    if read_only {
        settings.push(("default_transaction_read_only", "on"));
    }
    let connector = connector.clone().with_start_settings(&settings);
    let mut opened = connector.dial(WireLogin { read_only }).await?;
    let rows = connector.within("set up a session of a load", opened.ask(ASK)).await?;
    let cell = |place: usize| rows.first().and_then(|row| row.get(place)?.as_deref());
    if read_only && cell(1) != Some("on") {
        return Err(Error::NotReadOnly);
    }
    if cell(2) != Some(&statement) {
        return Err(Error::Exchange(
            "the server does not have the settings that the session began with".into(),
        ));
    }
    let pid = cell(0).and_then(|text| text.parse().ok()).unwrap_or(0);
    opened.take_over(pid, read_only)
}

struct WireLogin {
    read_only: bool,
}

/// A session that tokio-postgres still drives.
struct Opened {
    client: Client,
    connection: Connection<Shared<Socket>, Lent>,
    socket: Shared<Socket>,
    encrypted: Shared<Encrypted>,
    goal: Goal,
}

impl Login for WireLogin {
    type Session = Opened;

    async fn log_in(&self, route: Route<'_>) -> Result<Opened, Error> {
        let keepalive = route.settings.keepalive;
        let unreachable = |source| Error::Unreachable { host: route.label.clone(), source };
        let socket = Socket::connect(route.host, route.address, &keepalive).await.map_err(unreachable)?;
        let (socket, encrypted) = (Shared::new(socket), Shared::empty());
        let config = route.tls.map(crate::tls::TlsClient::config);
        let handshake = Handshake {
            server_name: route.host.name.clone(),
            config: config.clone(),
            kept: encrypted.clone(),
        };
        let connected = route.config.connect_raw(socket.clone(), handshake).await;
        let (client, connection) = connected.map_err(|error| route.refused(error))?;
        // A cancel request has no password.
        let host = crate::settings::Host { password: None, ..route.host.clone() };
        let (token, address, limit) = (client.cancel_token(), route.address, route.limit);
        let goal = Goal { token, host, address, keepalive, config, limit };
        Ok(Opened { client, connection, socket, encrypted, goal })
    }

    /// A session that begins as read-only says nothing about the server by being so.
    fn target(&self, asked: Target) -> Target {
        match asked {
            Target::ReadWrite if self.read_only => Target::Primary,
            Target::ReadOnly if self.read_only => Target::Standby,
            asked => asked,
        }
    }

    async fn ask(&self, session: &mut Opened, sql: &str) -> Result<Vec<SimpleRow>, Error> {
        session.ask(sql).await
    }
}

impl Opened {
    /// Drives the connection while it waits for the answer.
    async fn ask(&mut self, sql: &str) -> Result<Vec<SimpleRow>, Error> {
        let messages = tokio::select! {
            biased;
            messages = self.client.simple_query(sql) => messages.map_err(Error::in_session)?,
            ended = &mut self.connection => {
                ended.map_err(Error::in_session)?;
                return Err(Error::Lost { server: None, source: None });
            }
        };
        Ok(messages.iter().filter_map(simple_row).collect())
    }

    fn take_over(self, pid: i32, read_only: bool) -> Result<Wire, Error> {
        let Self { client, connection, socket, encrypted, goal } = self;
        // In this order: a connection that is still driven would say goodbye when its client goes.
        drop(connection);
        drop(client);
        let tls = encrypted.take().map(|stream| stream.into_inner().1);
        let lost = |source: std::io::Error| Error::Lost { server: None, source: Some(source.into()) };
        let socket = socket.take().ok_or_else(|| lost(std::io::ErrorKind::NotConnected.into()))?;
        let transport = Transport::new(socket.free().map_err(lost)?, tls);
        let (input, output) = (Input::new(), BytesMut::with_capacity(4_096));
        Ok(Wire { transport, input, output, pid, read_only, cancel: WireCancel(Arc::new(goal)) })
    }
}
