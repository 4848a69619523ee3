//! Rows that wait to be written, column by column, as the bytes that were sent.

use bytes::Bytes;

use crate::copy::Row;

/// The length that means NULL.
const NULL: u32 = u32::MAX;
/// What is longer on average is a long value.
const LONG_BYTES: usize = 256;
/// How many times the longest row may be in memory while its row group is encoded.
const LONGEST_COPIES: usize = 4;

/// The rows of one row group.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) columns: Vec<Fields>,
    /// How many rows of the file come before.
    pub(super) first: u64,
    rows: usize,
    bytes: usize,
    longest: usize,
}

/// The fields of one column, one after the other.
#[derive(Debug, Default)]
pub(super) struct Fields {
    bytes: Vec<u8>,
    lengths: Vec<u32>,
}

/// The same, of which Parquet can hold slices.
pub(super) struct Shared {
    pub(super) bytes: Bytes,
    lengths: Vec<u32>,
}

impl Group {
    /// An empty one, before which so many rows came.
    pub(super) fn new(columns: usize, first: u64) -> Self {
        Self {
            columns: (0..columns).map(|_| Fields::default()).collect(),
            first,
            rows: 0,
            bytes: 0,
            longest: 0,
        }
    }

    /// Empties it, but keeps its memory for the next rows.
    pub(super) fn reset(&mut self, first: u64) {
        for fields in &mut self.columns {
            fields.bytes.clear();
            fields.lengths.clear();
        }
        (self.first, self.rows, self.bytes, self.longest) = (first, 0, 0, 0);
    }

    pub(super) fn push(&mut self, row: Row<'_>) {
        for (fields, field) in self.columns.iter_mut().zip(row.fields()) {
            // A field of the stream is shorter than 1 GiB.
            let length = field.map_or(NULL, |bytes| u32::try_from(bytes.len()).unwrap_or(NULL));
            fields.lengths.push(length);
            fields.bytes.extend_from_slice(field.unwrap_or_default());
        }
        self.rows += 1;
        self.bytes += row.body().len();
        self.longest = self.longest.max(row.body().len());
    }

    /// Of each column, whether its values are long.
    pub(super) fn long(&self) -> Vec<bool> {
        self.columns.iter().map(|fields| fields.bytes.len() > self.rows * LONG_BYTES).collect()
    }

    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// How much memory the rows take: the length of a field is kept as it was sent.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// How much memory it takes to encode them, about: a long value is copied to a page, compressed and kept for the file.
    pub(super) fn weight(&self) -> usize {
        self.bytes.max(self.longest.saturating_mul(LONGEST_COPIES))
    }
}

impl Fields {
    pub(super) fn share(self) -> Shared {
        Shared { bytes: self.bytes.into(), lengths: self.lengths }
    }
}

impl Shared {
    /// Ends the sharing, and keeps the memory if nobody has a slice of it any longer.
    pub(super) fn take_back(self) -> Fields {
        let bytes = self.bytes.try_into_mut().map(Vec::from).unwrap_or_default();
        Fields { bytes, lengths: self.lengths }
    }

    /// In the order of the rows.
    pub(super) fn iter(&self) -> impl Iterator<Item = Option<&[u8]>> {
        let mut rest = self.bytes.as_ref();
        self.lengths.iter().map(move |length| {
            if *length == NULL {
                return None;
            }
            let (field, after) = rest.split_at_checked(usize::try_from(*length).ok()?)?;
            rest = after;
            Some(field)
        })
    }
}
