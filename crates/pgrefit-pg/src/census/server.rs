//! The server, its settings, databases and roles, and what surrounds it.

use pgrefit_catalog::census::{Census, RoleSetting, Server, Setting, Source};
use serde::Deserialize;

use super::collect::{Collector, Query};
use super::row::decode;
use super::{redact, sql};
use crate::{Error, Snapshot};

/// Where the session's names point to, and what is open to its role.
#[derive(Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts, each with a name of its own")]
pub(super) struct Place {
    pub(super) search_path: Vec<String>,
    pub(super) statements_schema: Option<String>,
    pub(super) statements_open: bool,
    pub(super) helper_statistics: bool,
    pub(super) helper_sequences: bool,
    /// The helper views are there, open or not.
    pub(super) helpers: bool,
    control_open: bool,
    conninfo_open: bool,
}

impl Place {
    /// Before the search path is made neutral.
    pub(super) async fn read(snapshot: &Snapshot<'_>) -> Result<Self, Error> {
        let rows = snapshot.query(include_str!("place.sql"), &[]).await?;
        decode(rows.first().ok_or_else(|| Error::Exchange("no row of the session".into()))?)
    }
}

#[derive(Deserialize)]
struct Identifier {
    system_identifier: i64,
}

impl Collector<'_> {
    pub(super) async fn server(&mut self, place: &Place) -> Result<Server, Error> {
        let rows: Vec<Server> = self.ask(Query::new(include_str!("server.sql"))).await?;
        let mut server =
            rows.into_iter().next().ok_or_else(|| Error::Exchange("no row of the server".into()))?;
        self.set_role(&server.user);
        if place.control_open {
            let answer =
                self.attempt::<Identifier>(Query::new(include_str!("system_identifier.sql"))).await?;
            server.system_identifier =
                answer.ok().and_then(|rows| rows.first().map(|row| row.system_identifier));
        }
        Ok(server)
    }

    /// What is not in the schema.
    pub(super) async fn surroundings(&mut self, census: &mut Census, place: &Place) -> Result<(), Error> {
        self.settings(census).await?;
        census.databases = self.plain(Source::Databases).await?;
        census.extensions = self.plain(Source::Extensions).await?;
        census.available_extensions = self.plain(Source::AvailableExtensions).await?;
        census.roles = self.plain(Source::Roles).await?;
        census.memberships = self.plain(Source::Memberships).await?;
        census.passwords = self.plain(Source::Passwords).await?;
        census.hba_rules = self.plain(Source::HbaRules).await?;
        census.default_privileges = self.plain(Source::DefaultPrivileges).await?;
        census.replicas = self.plain(Source::Replicas).await?;
        census.slots = self.plain(Source::Slots).await?;
        census.publications = self.plain(Source::Publications).await?;
        let has_password = if place.conninfo_open {
            r"s.subconninfo ~* 'password\s*=' OR s.subconninfo ~ '://[^/@]*:[^/@]*@'"
        } else {
            "NULL::bool"
        };
        let subscriptions = Query::new(sql(Source::Subscriptions));
        let values = [("{has_password}", has_password)];
        census.subscriptions = self.read(Source::Subscriptions, subscriptions.put(&values)).await?;
        self.server_counters(census).await
    }

    async fn server_counters(&mut self, census: &mut Census) -> Result<(), Error> {
        census.archiver = self.one(Source::Archiver, Query::new(sql(Source::Archiver))).await?;
        census.checkpoints = self.one(Source::Checkpoints, Query::new(sql(Source::Checkpoints))).await?;
        self.needs(Source::Wal, "pg_stat_wal", 14);
        census.wal = self.one(Source::Wal, Query::new(sql(Source::Wal))).await?;
        census.wal_files = self.one(Source::WalFiles, Query::new(sql(Source::WalFiles))).await?;
        self.needs(Source::Io, "pg_stat_io", 16);
        census.io = self.plain(Source::Io).await?;
        Ok(())
    }

    async fn settings(&mut self, census: &mut Census) -> Result<(), Error> {
        let mut settings: Vec<Setting> = self.plain(Source::Settings).await?;
        for setting in &mut settings {
            setting.setting = redact::setting(&setting.name, std::mem::take(&mut setting.setting));
        }
        let mut of_roles: Vec<RoleSetting> = self.plain(Source::RoleSettings).await?;
        for settings in of_roles.iter_mut().map(|it| &mut it.settings) {
            *settings = std::mem::take(settings).into_iter().map(redact::assignment).collect();
        }
        census.settings = settings;
        census.role_settings = of_roles;
        Ok(())
    }
}
