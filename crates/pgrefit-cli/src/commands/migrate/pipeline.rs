//! A run on a database that asks for proofs: backup, restore and comparison, rehearsal, gate, apply, verification, record.

use std::collections::BTreeSet;
use std::path::PathBuf;

use pgrefit_bench::{Measured, Pace, ReplayOptions, Tolerance, Traffic, compare, measure, replay};
use pgrefit_catalog::Catalog;
use pgrefit_history::{RunBegins, begin_run};
use pgrefit_migrate::evidence::{self, Measured as Lines};
use pgrefit_migrate::policy::Policy;
use pgrefit_migrate::proof::Standing;
use pgrefit_migrate::{
    BackedUp, Cleared, EXPECTED_FILE, Error as MigrateError, Job, Judged, Planned, Rehearsal, Rehearsed, Seen,
    Verified, apply, clear, rehearse, settle, standing, verify,
};
use pgrefit_pg::Stop;
use pgrefit_report::evidence::StageName;
use pgrefit_report::{Finding, Outcome, Report, Status, counted, human_duration};

use super::copies::{Copy, Copies};
use super::record::Record;
use crate::progress::Progress;
use crate::setup::Setup;
use crate::{Context, Exit, Failed};
