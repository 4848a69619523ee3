//! A message with probes in it: the server's clock is read between the statements, and its locks before `COMMIT`. It stays
//! one message, so that whatever fails or is cancelled, nothing runs outside of the transaction; an error is told as if the
//! probes were not there.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use pgrefit_pg::{Error as PgError, ScriptError, SimpleRow};
use pgrefit_sql::{LockMode, Place};

use super::attend::Attended;
use super::between::Sent;
use super::crew::Crew;
use super::tracer::{Observe, StepAt};
use super::{HeldLock, Probed};
use crate::message::{Message, Pieces};
use crate::table::literal;
use crate::{History, OWN_TABLES};

/// A message with probes.
pub(super) struct Probe<'m> {
    message: &'m Message<'m>,
    pieces: Pieces,
    sql: String,
    /// Begins each row of a probe: rows of the file's own do not.
    mark: String,
    /// Where pieces of the message stand: in `sql`, and in the message.
    places: Vec<(Range<usize>, usize)>,
}

/// What the probes of a message have found.
#[derive(Debug, Default)]
struct Found {
    /// The server's clock in microseconds, at each probe.
    clock: Vec<u64>,
    held: BTreeMap<String, LockMode>,
}

impl<'m> Probe<'m> {
    pub(super) fn new(message: &'m Message<'m>, own_tables: &str) -> Self {
        let pieces = message.pieces();
        let mark = format!("pgrefit {:016x}", fastrand::u64(..));
        let mut probe =
            Self { message, pieces: pieces.clone(), sql: String::new(), mark, places: Vec::new() };
        let clock =
            format!("SELECT '{}', extract(epoch FROM pg_catalog.clock_timestamp()) * 1000000", probe.mark);
        probe.piece(pieces.head);
        probe.probe(&clock);
        for (statement, _) in pieces.statements {
            probe.piece(statement);
            probe.sql.push_str("\n;\n");
            probe.probe(&clock);
        }
        probe.piece(pieces.tail);
        probe.sql.push_str(";\n");
        probe.probe(&include_str!("probe.sql").replace("$mark", &probe.mark).replace("$own", own_tables));
        probe.probe(&clock);
        probe.piece(pieces.commit);
        probe
    }

    fn piece(&mut self, range: Range<usize>) {
        let start = self.sql.len();
        self.sql.push_str(&self.message.sql[range.clone()]);
        self.places.push((start..self.sql.len(), range.start));
    }

    fn probe(&mut self, sql: &str) {
        self.sql.push_str(sql);
        self.sql.push_str(";\n");
    }

    /// The error as it would be of the message without probes.
    fn plain(&self, error: ScriptError) -> ScriptError {
        let ScriptError { completed, source } = error;
        ScriptError { completed: self.plain_completed(completed), source: self.plain_position(source) }
    }

    /// One probe stands before the statements of the file, one behind each, and two before `COMMIT`.
    fn plain_completed(&self, completed: usize) -> usize {
        let (before, statements) = (self.pieces.before, self.pieces.statements.len());
        let Some(beyond) = completed.checked_sub(before + 1) else { return completed };
        match beyond.checked_sub(2 * statements) {
            None => before + beyond.div_ceil(2),
            Some(behind) => before + statements + behind.min(self.pieces.behind),
        }
    }

    fn plain_position(&self, error: PgError) -> PgError {
        error.moved(|position| {
            let byte = Place::byte_of_server_position(&self.sql, position);
            // One in a probe belongs to the piece before it.
            let piece = self.places.iter().rev().find(|(range, _)| range.start <= byte);
            let Some((range, start)) = piece else { return position };
            let byte = start + (byte.min(range.end) - range.start);
            let characters = self.message.sql[..byte].chars().count();
            u32::try_from(characters).unwrap_or(u32::MAX).saturating_add(1)
        })
    }

    fn take(&self, row: &SimpleRow, found: &mut Found) {
        match &row[..] {
            [Some(mark), Some(clock)] if *mark == self.mark => found.clock.push(micros(clock)),
            [Some(mark), Some(relation), Some(mode)] if *mark == self.mark => {
                let Some(mode) = LockMode::of_pg_locks(mode) else { return };
                let strongest = found.held.entry(relation.clone()).or_insert(mode);
                *strongest = mode.max(*strongest);
            }
            _ => {}
        }
    }
}

/// pgrefit's own tables, as a list of SQL.
fn own_tables(history: &History) -> String {
    let own = [history.table.as_str()].into_iter().chain(OWN_TABLES);
    let pairs: Vec<String> =
        own.map(|table| format!("({}, {})", literal(&history.schema), literal(table))).collect();
    pairs.join(", ")
}

/// The whole microseconds of a number that may have a fraction.
fn micros(text: &str) -> u64 {
    text.split('.').next().and_then(|whole| whole.parse().ok()).unwrap_or(0)
}

impl Found {
    fn probed(&self, first: usize) -> impl Iterator<Item = Probed> {
        let statements = self.clock.len().saturating_sub(2);
        self.clock.windows(2).take(statements).enumerate().map(move |(index, pair)| Probed {
            number: first + index,
            duration: Duration::from_micros(pair[1].saturating_sub(pair[0])),
        })
    }

    fn held(self, step: usize) -> impl Iterator<Item = HeldLock> {
        let open = self.clock.last().copied().unwrap_or(0) - self.clock.first().copied().unwrap_or(0);
        let open = Duration::from_micros(open);
        self.held.into_iter().map(move |(relation, mode)| HeldLock { step, relation, mode, open })
    }
}

impl Crew<'_, '_> {
    /// Whether probes stand in messages.
    pub(super) fn is_probed(&self) -> bool {
        matches!(self.observe, Observe::Probes)
    }

    /// Sends a message with probes in it.
    pub(super) async fn send_probed(&mut self, title: &str, message: &Message<'_>, at: StepAt<'_>) -> Sent {
        let probe = Probe::new(message, &own_tables(self.history));
        let mut found = Found::default();
        let (session, attendant) = self.attendant(title, &probe.sql);
        let mut take = |row: SimpleRow| probe.take(&row, &mut found);
        let attended = attendant.attend(session.script_with_rows(&probe.sql, &mut take)).await;
        let Attended { result, blockers, ended } = attended;
        if matches!(result, Some(Ok(()))) {
            self.probed.extend(found.probed(at.number));
            self.held.extend(found.held(at.number));
        }
        Attended { result: result.map(|result| result.map_err(|error| probe.plain(error))), blockers, ended }
    }

    /// Notes how long a statement took outside of a transaction block.
    pub(super) fn note_time(&mut self, number: usize, duration: Duration) {
        if self.is_probed() {
            self.probed.push(Probed { number, duration });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::MigrationFile;
    use crate::message::Body;

    /// A message of two statements before the file's, those of `sql`, and one behind them.
    fn with_message(sql: &str, check: impl Fn(&Message<'_>, &Probe<'_>)) {
        let file = MigrationFile::new(Path::new("V1__a.sql"), sql.into()).unwrap();
        let body = Body::whole(&file, file.script());
        let before = ["BEGIN".to_owned(), "INSERT 'ä'".to_owned()];
        let message = Message::new(&file, body, &before, &["NOTE".to_owned()]);
        check(&message, &Probe::new(&message, "('x', 'y')"));
    }

    #[test]
    fn the_statements_of_a_message_keep_their_order() {
        with_message("-- a\nSELECT 1; SELECT 2 -- b", |_, probe| {
            let without: Vec<&str> = probe
                .sql
                .split(';')
                .map(str::trim)
                .filter(|sql| !sql.is_empty() && !sql.contains("'pgrefit "))
                .collect();
            assert_eq!(without, ["BEGIN", "INSERT 'ä'", "SELECT 1", "SELECT 2", "NOTE", "COMMIT"]);
        });
    }

    #[test]
    fn counts_are_those_without_probes() {
        with_message("SELECT 1; SELECT 2", |_, probe| {
            let plain: Vec<usize> = (0..11).map(|completed| probe.plain_completed(completed)).collect();
            // BEGIN, INSERT, probe; 1, probe, 2, probe; NOTE, probe, probe; COMMIT.
            assert_eq!(plain, [0, 1, 2, 2, 3, 3, 4, 4, 5, 5, 5]);
        });
    }

    #[test]
    fn positions_are_those_without_probes() {
        with_message("SELECT 'é', zebra; SELECT 2, yak", |message, probe| {
            for word in ["INSERT", "zebra", "yak", "NOTE"] {
                let position = |sql: &str| {
                    let byte = sql.find(word).unwrap();
                    u32::try_from(sql[..byte].chars().count() + 1).unwrap()
                };
                let server = pgrefit_pg::ServerError {
                    position: Some(position(&probe.sql)),
                    ..pgrefit_pg::ServerError::default()
                };
                let plain = probe.plain_position(PgError::Server(Box::new(server)));
                assert_eq!(plain.server().unwrap().position, Some(position(&message.sql)), "{word}");
            }
        });
    }
}
