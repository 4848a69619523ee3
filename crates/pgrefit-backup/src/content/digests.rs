//! Tables digested by several sessions at once, large ones in parts.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::future::try_join_all;
use pgrefit_catalog::Name;
use pgrefit_pg::Snapshot;
use pgrefit_pg::digest::{KeyRange, Part, Reading, Sample, TableDigest, read_part, sample_keys};

use super::{Content, Kind, Look, TableContent, TableFacts};
use crate::{Error, Event, Thoroughness};

/// A table of more bytes is read in parts of about this size, so that sessions can share it.
const PART_BYTES: u64 = 64 * 1024 * 1024;

/// A table of more parts is read in larger ones.
const PARTS_MAX: u64 = 256;

/// How many pieces a session reads before it lets go of its locks.
const PIECES_AT_ONCE: usize = 500;

/// A table of fewer rows than this is not worth a sample.
const SAMPLE_ROWS_MIN: u64 = 10_000;

/// How many ranges of keys make up a sample.
const SAMPLE_RANGES: u32 = 100;

/// One thing to read.
struct Piece {
    table: usize,
    /// `None` has the rows counted only.
    part: Option<Part>,
    bytes: u64,
}

/// What is known of a table so far.
#[derive(Clone)]
struct Sum {
    /// How many pieces are to come.
    open: usize,
    digest: TableDigest,
    /// The rows of the whole table, when the digest is of some only.
    counted: Option<u64>,
}

/// What the sessions share.
struct Shared<'a> {
    look: &'a Look<'a>,
    facts: Vec<TableFacts>,
    /// The largest last: they are taken from the end.
    waiting: Mutex<Vec<Piece>>,
    done: Mutex<Done>,
}

struct Done {
    tables: Vec<Sum>,
    bytes: u64,
    count: usize,
}

/// Digests all that has rows of its own.
pub(super) async fn read(
    look: &Look<'_>,
    facts: Vec<TableFacts>,
    like: Option<&Content>,
    side: fn(pgrefit_pg::Error) -> Error,
) -> Result<BTreeMap<Name, TableContent>, Error> {
    let ranges = ranges(look, &facts, like, side).await?;
    let pieces = pieces(&facts, &ranges);
    let mut tables = vec![Sum { open: 0, digest: TableDigest::empty(), counted: None }; facts.len()];
    for piece in &pieces {
        tables[piece.table].open += 1;
    }
    let sessions = usize::from(look.jobs.max(1)).min(pieces.len());
    let done = Mutex::new(Done { tables, bytes: 0, count: 0 });
    let shared = Shared { look, facts, waiting: Mutex::new(pieces), done };
    try_join_all((0..sessions).map(|_| work(&shared, side))).await?;
    Ok(shared.finish(ranges))
}

/// By table: the rows that a sample reads; none where it is read whole.
async fn ranges(
    look: &Look<'_>,
    facts: &[TableFacts],
    like: Option<&Content>,
    side: fn(pgrefit_pg::Error) -> Error,
) -> Result<Vec<Vec<KeyRange>>, Error> {
    let Thoroughness::Sample { percent } = look.thoroughness else {
        return Ok(vec![Vec::new(); facts.len()]);
    };
    if let Some(like) = like {
        let same = |facts: &TableFacts| like.tables.get(&facts.name).map(|table| table.ranges.clone());
        return Ok(facts.iter().map(|facts| same(facts).unwrap_or_default()).collect());
    }
    let mut session = look.connector.read_only().await.map_err(side)?;
    let mut ranges = Vec::with_capacity(facts.len());
    for facts in facts {
        let moment = look.moment(&mut session).await.map_err(side)?;
        ranges.push(sample_of(&moment, facts, percent).await.map_err(side)?);
    }
    Ok(ranges)
}

/// Some hundred runs of rows, each beginning at a page that was chosen at random.
async fn sample_of(
    moment: &Snapshot<'_>,
    facts: &TableFacts,
    percent: u8,
) -> Result<Vec<KeyRange>, pgrefit_pg::Error> {
    if facts.key.is_empty() || facts.kind != Kind::Table || facts.pages < 2 * SAMPLE_RANGES {
        return Ok(Vec::new());
    }
    let rows = count(moment, &facts.name).await?;
    if rows < SAMPLE_ROWS_MIN {
        return Ok(Vec::new());
    }
    let per_range = rows * u64::from(percent) / 100 / u64::from(SAMPLE_RANGES) + 1;
    let share = 100.0 * f64::from(SAMPLE_RANGES) / f64::from(facts.pages);
    let sample = Sample { percent: share, count: 2 * SAMPLE_RANGES, rows: per_range, seed: facts.pages };
    sample_keys(moment, &facts.name, &facts.key, sample).await
}

async fn count(moment: &Snapshot<'_>, table: &Name) -> Result<u64, pgrefit_pg::Error> {
    let rows = moment.query(&format!("SELECT count(*) FROM ONLY {table}"), &[]).await?;
    let rows = rows.first().and_then(|row| row.try_get::<_, i64>(0).ok());
    rows.map(i64::unsigned_abs).ok_or_else(|| pgrefit_pg::Error::Exchange("no count came back".into()))
}

fn pieces(facts: &[TableFacts], ranges: &[Vec<KeyRange>]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for (table, (facts, ranges)) in facts.iter().zip(ranges).enumerate() {
        if matches!(facts.kind, Kind::Foreign | Kind::Unlogged) {
            continue;
        }
        let parts: Vec<_> = if ranges.is_empty() {
            parts(facts).into_iter().map(Some).collect()
        } else {
            ranges.iter().cloned().map(|range| Some(Part::Keys(range))).chain([None]).collect()
        };
        let bytes = facts.bytes / (parts.len().max(1) as u64);
        pieces.extend(parts.into_iter().map(|part| Piece { table, part, bytes }));
    }
    pieces.sort_by_key(|piece| piece.bytes);
    pieces
}

/// The last part has no end: the table may have grown since it was measured.
fn parts(facts: &TableFacts) -> Vec<Part> {
    let count = (facts.bytes / PART_BYTES).clamp(1, PARTS_MAX).min(u64::from(facts.pages.max(1)));
    let Ok(count) = u32::try_from(count) else { return vec![Part::Own] };
    if count == 1 {
        return vec![Part::Own];
    }
    let start = |part: u32| {
        u32::try_from(u64::from(facts.pages) * u64::from(part) / u64::from(count)).unwrap_or(u32::MAX)
    };
    let end = |part: u32| if part + 1 == count { u32::MAX } else { start(part + 1) };
    (0..count).map(|part| Part::Pages(start(part)..end(part))).collect()
}

/// One session: takes what is waiting until there is no more.
async fn work(shared: &Shared<'_>, side: fn(pgrefit_pg::Error) -> Error) -> Result<(), Error> {
    let look = shared.look;
    let mut session = look.connector.read_only().await.map_err(side)?;
    let canceller = session.cancel_handle();
    let reading = async {
        while shared.is_waiting() {
            let moment = look.moment(&mut session).await?;
            read_some(shared, &moment).await?;
        }
        Ok(())
    };
    tokio::select! {
        done = reading => done.map_err(side),
        () = look.stop.requested() => {
            // It ends with its session; asking saves the server the rest of a long statement.
            let _ = canceller.cancel().await;
            Err(Error::Stopped)
        }
    }
}

/// Reads what is waiting within one transaction, which keeps its locks until it ends: not too many.
async fn read_some(shared: &Shared<'_>, moment: &Snapshot<'_>) -> Result<(), pgrefit_pg::Error> {
    let look = shared.look;
    for _ in 0..PIECES_AT_ONCE {
        let Some(piece) = shared.next() else { break };
        let name = &shared.facts[piece.table].name;
        if let Some(part) = piece.part.clone() {
            let reading = Reading { encoding: look.encoding, part, limit: Some(look.limit) };
            let digest = read_part(moment, name, None, &reading).await?;
            shared.add(&piece, |sum| sum.digest = sum.digest.plus(&digest));
        } else {
            let counted = count(moment, name).await?;
            shared.add(&piece, |sum| sum.counted = Some(counted));
        }
    }
    Ok(())
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared<'_> {
    fn is_waiting(&self) -> bool {
        !locked(&self.waiting).is_empty()
    }

    fn next(&self) -> Option<Piece> {
        locked(&self.waiting).pop()
    }

    fn add(&self, piece: &Piece, add: impl FnOnce(&mut Sum)) {
        let mut done = locked(&self.done);
        done.bytes += piece.bytes;
        let bytes = done.bytes;
        let sum = &mut done.tables[piece.table];
        sum.open -= 1;
        add(sum);
        if sum.open == 0 {
            done.count += 1;
            let table = self.facts[piece.table].name.clone();
            (self.look.on_event)(Event::TableDigested {
                table,
                done: done.count,
                tables: self.facts.len(),
                bytes,
            });
        }
    }

    fn finish(self, ranges: Vec<Vec<KeyRange>>) -> BTreeMap<Name, TableContent> {
        let digests = self.done.into_inner().unwrap_or_else(PoisonError::into_inner).tables;
        let all = self.facts.into_iter().zip(digests).zip(ranges);
        let content = all.map(|((facts, sum), ranges)| {
            // A table of which a piece is missing is one that was not read: never equal.
            let read = !matches!(facts.kind, Kind::Foreign | Kind::Unlogged) && sum.open == 0;
            let rows = sum.counted.unwrap_or(sum.digest.rows);
            let table = TableContent { digest: read.then_some(sum.digest), rows, facts, ranges };
            (table.facts.name.clone(), table)
        });
        content.collect()
    }
}
