//! The login of a session that tokio-postgres drives.

use tokio_postgres::NoTls;

use super::{Login, Route};
use crate::Error;
use crate::session::{OnNotice, Session, SimpleRow};

/// Opens the sessions of everything but load drivers.
pub(super) struct SessionLogin {
    pub(super) on_notice: Option<OnNotice>,
}

impl Login for SessionLogin {
    type Session = Session;

    async fn log_in(&self, route: Route<'_>) -> Result<Session, Error> {
        let (limit, notice) = (route.limit, self.on_notice.clone());
        let Some(tls) = route.tls else {
            let (client, connection) =
                route.config.connect(NoTls).await.map_err(|error| route.refused(error))?;
            return Ok(Session::spawn(client, connection, None, limit, notice));
        };
        let tls = tls.maker();
        let (client, connection) =
            route.config.connect(tls.clone()).await.map_err(|error| route.refused(error))?;
        Ok(Session::spawn(client, connection, Some(tls), limit, notice))
    }

    async fn ask(&self, session: &mut Session, sql: &str) -> Result<Vec<SimpleRow>, Error> {
        session.simple(sql).await
    }
}
