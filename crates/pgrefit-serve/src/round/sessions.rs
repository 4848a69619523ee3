//! Sessions of a database, as its server says.

use pgrefit_pg::{Error as PgError, ReadOnly, SimpleRow};

const SQL: &str = include_str!("sessions.sql");
const OID: &str = "SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()";

/// Sessions of clients at one moment, but for those of the exporter.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Sessions {
    pub(crate) active: u32,
    pub(crate) idle: u32,
    pub(crate) idle_in_transaction: u32,
    pub(crate) other: u32,
    pub(crate) lock_waiters: u32,
    pub(crate) oldest_transaction_s: f64,
    /// Of all databases of the server.
    pub(crate) used: u32,
    /// That the server lets in.
    pub(crate) max: u32,
}

impl Sessions {
    /// By state, in the order of the metrics' words.
    pub(crate) fn by_state(&self) -> [u32; 4] {
        [self.active, self.idle, self.idle_in_transaction, self.other]
    }

    /// All of the database.
    pub(crate) fn all(&self) -> u32 {
        self.by_state().iter().sum()
    }
}

/// Reads `pg_stat_activity`; locks nothing.
pub(super) async fn read(session: &ReadOnly) -> Result<Sessions, PgError> {
    let rows = session.simple(SQL).await?;
    Ok(rows.into_iter().next().map(|row| sessions(&row)).unwrap_or_default())
}

fn sessions(row: &SimpleRow) -> Sessions {
    let text = |at: usize| row.get(at).and_then(Option::as_deref).unwrap_or_default();
    let count = |at: usize| text(at).parse().unwrap_or_default();
    Sessions {
        active: count(0),
        idle: count(1),
        idle_in_transaction: count(2),
        other: count(3),
        lock_waiters: count(4),
        oldest_transaction_s: text(5).parse::<f64>().unwrap_or_default().max(0.0),
        used: count(6),
        max: count(7),
    }
}

/// The oid of the database; 0 if it cannot be told.
pub(super) async fn database_oid(session: &ReadOnly) -> Result<u32, PgError> {
    let value = session.simple(OID).await?.into_iter().flatten().flatten().next();
    Ok(value.and_then(|text| text.parse().ok()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::sessions;

    #[test]
    fn a_row_is_read_whatever_is_in_it() {
        let check = |row: &[Option<&str>], expected: (u32, f64, u32)| {
            let found = sessions(&row.iter().map(|value| value.map(str::to_owned)).collect());
            assert_eq!((found.all(), found.oldest_transaction_s, found.max), expected, "{row:?}");
        };
        let row = ["1", "2", "3", "4", "1", "7.25", "12", "97"].map(Some);
        check(&row, (10, 7.25, 97));
        check(&[], (0, 0.0, 0));
        check(&[None, Some("x"), None, None, None, Some("-1"), None, Some("5")], (0, 0.0, 5));
    }
}
