//! The threads that encode row groups and the one that writes them, and how many row groups they have at a time.

use std::fmt;
use std::io::Write;
use std::num::NonZero;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::{self, Builder, JoinHandle};

use crate::{Error, Options, RowDigest, Table, schema};

use super::encode::Layout;
use super::file::{self, Encoded, Finished, Part};
use super::group::Group;

const ZSTD_LEVELS: std::ops::RangeInclusive<i32> = 1..=22;
/// The thread that decodes and digests the rows keeps no more than this many busy: it takes a fourth of the time, for text.
const THREADS_MAX: usize = 4;

/// The other end of the threads.
pub(super) struct Pool<W> {
    table: Table,
    options: Options,
    layout: Option<Arc<Layout>>,
    threads: usize,
    /// How many row groups may be in the hands of threads: one each, one that is written.
    groups_max: usize,
    /// Row groups that were handed over and are not yet in the file, and the memory that they need.
    groups: usize,
    weight: usize,
    rows: u64,
    jobs: Option<SyncSender<Job>>,
    parts: Option<SyncSender<Part>>,
    written: Receiver<Group>,
    spare: Vec<Group>,
    encoding: Vec<JoinHandle<()>>,
    writing: Option<JoinHandle<Result<Finished<W>, Error>>>,
}

/// A row group to be encoded, and where it is awaited.
struct Job {
    layout: Arc<Layout>,
    group: Group,
    answer: SyncSender<Result<Encoded, Error>>,
}

impl<W: Write + Send + 'static> Pool<W> {
    pub(super) fn start(sink: W, table: &Table, options: &Options) -> Result<Self, Error> {
        check(table, options)?;
        let threads = threads(options);
        let groups_max = threads + 1;
        // None of these fills up: there are no more row groups than that, the beginning and the end of the file.
        let (jobs, to_encode) = sync_channel(groups_max);
        let (parts, to_write) = sync_channel(groups_max + 2);
        let (give_back, written) = sync_channel(groups_max);
        let mut pool = Self {
            table: table.clone(),
            options: *options,
            layout: None,
            threads,
            groups_max,
            groups: 0,
            weight: 0,
            rows: 0,
            jobs: Some(jobs),
            parts: Some(parts),
            written,
            spare: Vec::new(),
            encoding: Vec::new(),
            writing: None,
        };
        pool.writing = Some(spawn("parquet-file", move || file::run(sink, &to_write, &give_back))?);
        let to_encode = Arc::new(Mutex::new(to_encode));
        for _ in 0..threads {
            let to_encode = Arc::clone(&to_encode);
            pool.encoding.push(spawn("parquet", move || encode(&to_encode))?);
        }
        Ok(pool)
    }

    /// Takes the rows, and leaves an empty group in their place. Waits while there is no room for one more.
    pub(super) fn hand_over(&mut self, group: &mut Group) -> Result<(), Error> {
        self.make_room(group.weight())?;
        let layout = self.layout(group)?;
        self.rows += group.rows() as u64;
        let mut next = self.spare.pop().unwrap_or_else(|| Group::new(self.table.columns.len(), 0));
        next.reset(self.rows);
        let group = std::mem::replace(group, next);
        self.groups += 1;
        self.weight += group.weight();
        let (answer, encoded) = sync_channel(1);
        self.send(Part::Group(encoded))?;
        let sent = self.jobs.as_ref().is_some_and(|jobs| jobs.send(Job { layout, group, answer }).is_ok());
        if sent { Ok(()) } else { Err(self.failure()) }
    }

    /// Has the footer written.
    pub(super) fn finish(mut self, digest: RowDigest) -> Result<Finished<W>, Error> {
        if self.layout.is_none() {
            self.layout(&Group::new(self.table.columns.len(), 0))?;
        }
        self.send(Part::Footer(digest))?;
        self.join()
    }

    /// Waits until one row group more, of this weight, is not too much.
    fn make_room(&mut self, weight: usize) -> Result<(), Error> {
        let most = self.options.group_bytes.saturating_mul(self.groups_max);
        while self.groups == self.groups_max || (self.groups > 0 && self.weight + weight > most) {
            let Ok(group) = self.written.recv() else { return Err(self.failure()) };
            self.groups -= 1;
            self.weight -= group.weight();
            // What a single row needed is not kept.
            if group.bytes() <= self.options.group_bytes {
                self.spare.push(group);
            }
        }
        Ok(())
    }

    /// How the file is laid out, which its first row group decides.
    fn layout(&mut self, group: &Group) -> Result<Arc<Layout>, Error> {
        if let Some(layout) = &self.layout {
            return Ok(Arc::clone(layout));
        }
        let layout = Arc::new(Layout::new(self.table.clone(), &self.options, &group.long())?);
        self.layout = Some(Arc::clone(&layout));
        self.send(Part::Start(Arc::clone(&layout)))?;
        Ok(layout)
    }

    fn send(&mut self, part: Part) -> Result<(), Error> {
        let sent = self.parts.as_ref().is_some_and(|parts| parts.send(part).is_ok());
        if sent { Ok(()) } else { Err(self.failure()) }
    }

    /// Threads that do not listen have failed: the error of the one that writes is the answer.
    fn failure(&mut self) -> Error {
        self.join().err().unwrap_or(Error::Ended)
    }

    fn join(&mut self) -> Result<Finished<W>, Error> {
        (self.jobs, self.parts) = (None, None);
        let writing = self.writing.take().ok_or(Error::Ended)?;
        writing.join().unwrap_or(Err(Error::Ended))
    }
}

impl<W> Drop for Pool<W> {
    /// Waits until the sink is no longer written and no thread is left: at most one row group each.
    fn drop(&mut self) {
        (self.jobs, self.parts) = (None, None);
        if let Some(writing) = self.writing.take() {
            let _ = writing.join();
        }
        for encoding in self.encoding.drain(..) {
            let _ = encoding.join();
        }
    }
}

impl<W> fmt::Debug for Pool<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool")
            .field("threads", &self.threads)
            .field("rows", &self.rows)
            .finish_non_exhaustive()
    }
}

fn check(table: &Table, options: &Options) -> Result<(), Error> {
    let columns = table.columns.len();
    if columns == 0 || i16::try_from(columns).is_err() {
        return Err(Error::Columns { columns });
    }
    if !ZSTD_LEVELS.contains(&options.zstd_level) {
        return Err(Error::Level { level: options.zstd_level });
    }
    schema::schema(table).map(|_| ()).map_err(Error::Write)
}

fn threads(options: &Options) -> usize {
    let wanted = options.threads.or_else(|| thread::available_parallelism().ok());
    wanted.map_or(1, NonZero::get).min(THREADS_MAX)
}

fn spawn<T: Send + 'static>(
    name: &str,
    run: impl FnOnce() -> T + Send + 'static,
) -> Result<JoinHandle<T>, Error> {
    Builder::new().name(name.to_owned()).spawn(run).map_err(|cause| Error::Write(cause.into()))
}

/// What each thread that encodes does, until nobody has work for it.
fn encode(jobs: &Mutex<Receiver<Job>>) {
    while let Some(Job { layout, mut group, answer }) = next(jobs) {
        let encoded = layout.encode(&mut group).map(|chunks| Encoded { chunks, group });
        // Whoever is gone has an error already.
        let _ = answer.send(encoded);
    }
}

/// The next job. Those who have to wait for their turn to wait have nothing to do either.
fn next(jobs: &Mutex<Receiver<Job>>) -> Option<Job> {
    jobs.lock().ok()?.recv().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::copy::Row;
    use crate::{Column, PgType};

    #[test]
    fn a_panic_while_a_row_group_is_encoded_ends_the_pool() {
        let column =
            Column { name: "c".to_owned(), type_name: String::new(), form: PgType::Int4, not_null: true };
        let table = Table { name: "t".to_owned(), columns: vec![column] };
        let options = Options { threads: NonZero::new(2), ..Options::default() };
        let mut layout = Layout::new(table.clone(), &options, &[]).expect("a layout");
        // Parquet panics when a column is written as another type than it has.
        layout.table.columns.iter_mut().for_each(|column| column.form = PgType::Int8);
        let layout = Arc::new(layout);
        let mut pool = Pool::start(Vec::new(), &table, &options).expect("started");
        pool.layout = Some(Arc::clone(&layout));
        pool.send(Part::Start(layout)).expect("sent");
        let mut group = Group::new(1, 0);
        let error = (0..100).find_map(|_| {
            group.push(Row::new(&[0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0]));
            pool.hand_over(&mut group).err()
        });
        assert!(matches!(error, Some(Error::Ended)), "{error:?}");
    }

    #[test]
    fn threads_are_at_least_one_and_not_too_many() {
        let check = |wanted: usize, expected: std::ops::RangeInclusive<usize>| {
            let options = Options { threads: NonZero::new(wanted), ..Options::default() };
            assert!(expected.contains(&threads(&options)), "{wanted}");
        };
        check(0, 1..=4);
        check(1, 1..=1);
        check(3, 3..=3);
        check(99, 4..=4);
    }
}
