//! Censuses for the tests of checks that no schema can show: what goes on, counters, settings.

mod activity;
pub(crate) mod constraints;
mod design;
mod history;
mod indexes;
pub(crate) mod partitions;
mod replication;
mod security;
pub(crate) mod sequences;
mod settings;
mod vacuum;
mod vectors;

use pgrefit_catalog::census::{Census, Namespace, Relation, RelationKind, Server, Setting};
use pgrefit_report::Status;

use crate::check::Check;
use crate::run::judge;
use crate::{Facts, Options, Verdict};

/// A census under construction. Fields without a method here are set on [`Sample::census`].
#[derive(Debug)]
pub(crate) struct Sample {
    pub(crate) census: Census,
    pub(crate) options: Options,
}

impl Sample {
    /// A superuser's view of an empty database whose counters have counted for 60 days.
    pub(crate) fn new(major: u32) -> Self {
        const DAY_S: f64 = 86_400.0;
        let server = Server {
            version_num: major * 10_000 + 1,
            database: "app".to_owned(),
            user: "auditor".to_owned(),
            is_superuser: true,
            started_age_s: 90.0 * DAY_S,
            counted_for_s: Some(60.0 * DAY_S),
            block_size: 8_192,
            ..Server::default()
        };
        let mut census = Census::empty(server);
        census.namespaces.push(Namespace { oid: 1, name: "public".to_owned(), ..Namespace::default() });
        Self { census, options: Options::default() }
    }

    /// Anything else.
    pub(crate) fn with(mut self, change: impl FnOnce(&mut Census)) -> Self {
        change(&mut self.census);
        self
    }

    /// A setting without a unit.
    pub(crate) fn setting(self, name: &str, value: &str) -> Self {
        self.setting_in(name, value, None)
    }

    /// A setting with a unit, such as `8kB`, `ms`.
    pub(crate) fn setting_in(self, name: &str, value: &str, unit: Option<&str>) -> Self {
        let setting = Setting {
            name: name.to_owned(),
            setting: value.to_owned(),
            unit: unit.map(str::to_owned),
            context: "sighup".to_owned(),
            vartype: "string".to_owned(),
            source: "configuration file".to_owned(),
            min_val: None,
            max_val: None,
            enumvals: None,
            boot_val: None,
            pending_restart: false,
        };
        self.with(|census| census.settings.push(setting))
    }

    /// A relation in `public` of 100 pages and 1,000 rows, to be changed by `change`.
    pub(crate) fn relation(
        self,
        oid: u32,
        kind: RelationKind,
        name: &str,
        change: impl FnOnce(&mut Relation),
    ) -> Self {
        let mut relation = Relation {
            oid,
            namespace: 1,
            name: name.to_owned(),
            kind,
            persistence: 'p',
            owner: 10,
            access_method: None,
            pages: 100,
            rows: Some(1_000.0),
            pages_all_visible: 100,
            toast: None,
            is_partition: false,
            of_type: false,
            row_security: false,
            row_security_forced: false,
            replica_identity: 'd',
            options: Vec::new(),
            acl: None,
            xid_age: None,
            mxid_age: None,
            tablespace: None,
            bound: None,
            of_extension: false,
            has_comment: false,
            shows_statistics: true,
        };
        change(&mut relation);
        self.with(|census| census.relations.push(relation))
    }

    /// What the check says of it.
    pub(crate) fn verdict(&self, check: &'static Check) -> Verdict {
        judge(check, &Facts::new(&self.census, &self.options))
    }

    /// How the check ends.
    pub(crate) fn status(&self, check: &'static Check) -> Status {
        self.verdict(check).status
    }

    /// The objects that the check finds, worst first.
    pub(crate) fn objects(&self, check: &'static Check) -> Vec<String> {
        self.verdict(check).findings.into_iter().filter_map(|finding| finding.object).collect()
    }
}
