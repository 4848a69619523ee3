//! Security: one line a check.

use crate::check::Check;

mod audit_role_too_strong;
mod default_privileges_public;
mod event_trigger;
mod extension_files_missing;
mod extension_in_public;
mod extension_outdated;
mod foreign_server_mapping;
mod hba_error;
mod hba_open_to_world;
mod hba_password_clear;
mod hba_trust;
mod owner_is_login_role;
mod password_encryption_md5;
mod password_expired;
mod password_md5;
mod policy_always_true;
mod policy_without_row_security;
mod public_privileges;
mod public_schema_create;
mod role_runs_programs;
mod role_too_strong;
mod row_security_not_forced;
mod row_security_without_policy;
mod secret_in_statement;
mod security_definer_public;
mod security_definer_search_path;
mod session_without_tls;
mod subscription_password;
mod tls_off;
mod tls_version_old;
mod untrusted_language;

pub(super) static CHECKS: &[&Check] = &[
    &audit_role_too_strong::CHECK,
    &default_privileges_public::CHECK,
    &event_trigger::CHECK,
    &extension_files_missing::CHECK,
    &extension_in_public::CHECK,
    &extension_outdated::CHECK,
    &foreign_server_mapping::CHECK,
    &hba_error::CHECK,
    &hba_open_to_world::CHECK,
    &hba_password_clear::CHECK,
    &hba_trust::CHECK,
    &owner_is_login_role::CHECK,
    &password_encryption_md5::CHECK,
    &password_expired::CHECK,
    &password_md5::CHECK,
    &policy_always_true::CHECK,
    &policy_without_row_security::CHECK,
    &public_privileges::CHECK,
    &public_schema_create::CHECK,
    &role_runs_programs::CHECK,
    &role_too_strong::CHECK,
    &row_security_not_forced::CHECK,
    &row_security_without_policy::CHECK,
    &secret_in_statement::CHECK,
    &security_definer_public::CHECK,
    &security_definer_search_path::CHECK,
    &session_without_tls::CHECK,
    &subscription_password::CHECK,
    &tls_off::CHECK,
    &tls_version_old::CHECK,
    &untrusted_language::CHECK,
];
