//! A column of vectors with more dimensions than an approximate index takes.

use pgrefit_catalog::census::{Column, ColumnType, Source};
use pgrefit_catalog::quote_ident;
use pgrefit_report::Status;

use crate::check::{Check, Example, Group};
use crate::{Facts, Ruling};

/// What pgvector's indexes take of `vector`.
const VECTOR: i32 = 2_000;

/// Of `halfvec`.
const HALFVEC: i32 = 4_000;

/// Of `bit`.
const BIT: i32 = 64_000;

/// The check.
pub(super) static CHECK: Check = Check {
    id: "vector-not-indexable",
    code: "VEC-03",
    group: Group::Vectors,
    title: "A column of vectors has more dimensions than an index on it can have.",
    level: Status::Info,
    required: false,
    matters: "hnsw and ivfflat take 2,000 dimensions of vector, 4,000 of halfvec and 64,000 of bit; CREATE INDEX on more fails, \
              and with CONCURRENTLY leaves an invalid index behind. Searches are exact until there is an index on an \
              expression, and such an index serves only queries that spell the same expression.",
    cure: "Nothing, if exact searches are fast enough. Otherwise an index on a cast to halfvec, or on binary_quantize.",
    sources: &[Source::Columns, Source::Types, Source::Indexes, Source::IndexDependencies],
    example: Some(Example {
        bad: include_str!("vector_not_indexable/bad.sql"),
        good: include_str!("vector_not_indexable/good.sql"),
    }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for (table, column, base) in facts.vector_columns() {
        ruling.saw();
        let (Some(limit), Some(dimensions)) = (limit(base), facts.dimensions(column)) else { continue };
        if dimensions <= limit || facts.has_vector_index(table.oid, column) {
            continue;
        }
        ruling
            .info(
                facts.column_name(table.oid, column.number),
                format!(
                    "{}({dimensions}) cannot be indexed as it is: the limit is {limit} dimensions",
                    base.name
                ),
            )
            .number("dimensions", dimensions)
            .number("dimensions_max", limit)
            .hint(advice(column, base, dimensions));
    }
}

fn limit(base: &ColumnType) -> Option<i32> {
    match base.name.as_str() {
        "vector" => Some(VECTOR),
        "halfvec" => Some(HALFVEC),
        // Of sparsevec, not the dimensions are limited but the elements.
        _ => None,
    }
}

fn advice(column: &Column, base: &ColumnType, dimensions: i32) -> String {
    let name = quote_ident(&column.name);
    let form = if base.name == "vector" && dimensions <= HALFVEC {
        format!("(({name}::halfvec({dimensions})) halfvec_cosine_ops)")
    } else if dimensions <= BIT {
        format!("((binary_quantize({name})::bit({dimensions})) bit_hamming_ops)")
    } else {
        return "exact searches only".to_owned();
    };
    format!("searches are exact; if they must be faster, an index USING hnsw {form} is possible")
}
