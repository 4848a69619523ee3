//! The query paths: what the application asks, and what it may ask instead on the migrated schema.

/// What is asked of the p99 of a path's processor time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Key,
    Counts,
    Rare,
    Medium,
    Common,
    Vector,
    VectorFiltered,
    VectorBySigns,
    /// A storage that is measured, and not part of the migrations.
    VectorInline,
    /// Shown, not judged: the application should not ask it so.
    Whole,
}

pub(super) struct Path {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// As the application asks it today; nothing if it has no such query.
    pub(super) before: Option<&'static str>,
    /// As it may ask on the migrated schema, if another query is better.
    pub(super) changed: Option<&'static str>,
    /// A query for the arguments, a row for a call; they are asked for before the migration and after it alike.
    pub(super) arguments: &'static str,
    /// How often the application's own query is run. Few for those that take seconds.
    pub(super) repetitions: usize,
}

impl Path {
    /// The application's own query, where it is measured after the migration too: what takes seconds and has a
    /// better query takes the same seconds.
    pub(super) fn unchanged(&'static self) -> Option<&'static str> {
        self.before.filter(|_| self.changed.is_none() || self.repetitions > SLOW)
    }
}

pub(super) const REPETITIONS: usize = 120;
const SLOW: usize = 3;
const FEW: usize = 15;

macro_rules! columns {
    () => {
        "SELECT id, doc_type, source_name, doc_path, content, metadata, token_count, created_at, updated_at FROM documents "
    };
}

macro_rules! term {
    ($class:literal, $filters:literal) => {
        concat!(
            "SELECT format('%L, %L, %L', 'rust', word, '",
            $filters,
            "') FROM bench.term WHERE class = '",
            $class,
            "' AND n <= 40 ORDER BY n"
        )
    };
}

const NONE: &str = "SELECT ''";
const SOURCE: &str = "SELECT format('%L', source_name) FROM bench.sample ORDER BY md5(id::text) LIMIT 120";
const CRATE: &str =
    "SELECT format('%L', crate) FROM bench.sample WHERE crate IS NOT NULL ORDER BY md5(id::text) LIMIT 120";
const VECTOR: &str = "SELECT format('bench.vector_of(%L)', id) FROM bench.wanted LIMIT 120";
const SEARCH: &str = include_str!("sql/changed/search.sql");
/// `$3` is there so that both queries take the same arguments.
const FOUND: &str = concat!(
    "SELECT id, doc_type, source_name, doc_path, content, metadata, token_count, created_at, updated_at, ",
    "ts_rank_cd(to_tsvector('english', content), websearch_to_tsquery('english', $2)) AS rank FROM documents ",
    "WHERE doc_type = $1 AND metadata @> $3 AND (to_tsvector('english', content) @@ websearch_to_tsquery('english', $2) ",
    "OR doc_path ILIKE '%' || $2 || '%') ORDER BY rank DESC, created_at DESC LIMIT 20"
);
const FOUND_ANYWHERE: &str = concat!(
    "SELECT id, doc_type, source_name, doc_path, content, metadata, token_count, created_at, updated_at, ",
    "ts_rank_cd(to_tsvector('english', content), websearch_to_tsquery('english', $2)) AS rank FROM documents ",
    "WHERE doc_type = $1 AND metadata @> $3 AND (to_tsvector('english', content) @@ websearch_to_tsquery('english', $2) ",
    "OR doc_path ILIKE '%' || $2 || '%' OR content ILIKE '%' || $2 || '%') ORDER BY rank DESC, created_at DESC LIMIT 20"
);
const CONTAINING: &str = concat!(
    "SELECT id, source_name, doc_path FROM documents WHERE doc_type = $1 AND metadata @> $3 ",
    "AND (content ILIKE '%' || $2 || '%' OR doc_path ILIKE '%' || $2 || '%') ORDER BY created_at DESC LIMIT 20"
);

const fn path(name: &'static str, kind: Kind, arguments: &'static str, before: &'static str) -> Path {
    Path { name, kind, before: Some(before), changed: None, arguments, repetitions: REPETITIONS }
}

impl Path {
    const fn changed(mut self, changed: &'static str) -> Self {
        self.changed = Some(changed);
        self
    }

    const fn times(mut self, repetitions: usize) -> Self {
        self.repetitions = repetitions;
        self
    }
}

pub(super) const PATHS: &[Path] = &[
    path("R01 by source", Kind::Key, SOURCE, concat!(columns!(), "WHERE source_name = $1 ORDER BY created_at DESC LIMIT 100")),
    path("R01 by source, no limit", Kind::Whole, SOURCE, concat!(columns!(), "WHERE source_name = $1 ORDER BY created_at DESC")),
    path("R02 latest 100", Kind::Key, NONE, concat!(columns!(), "WHERE content IS NOT NULL ORDER BY created_at DESC LIMIT 100")),
    path(
        "R03 by type",
        Kind::Key,
        "SELECT format('%L, %L, %L', 'ebpf', created_at, id) FROM bench.sample ORDER BY md5(id::text) LIMIT 120",
        concat!(columns!(), "WHERE doc_type = $1 AND $2::timestamptz IS NOT NULL AND $3::uuid IS NOT NULL ORDER BY created_at DESC"),
    )
    .changed(concat!(columns!(), "WHERE doc_type = $1 AND (created_at, id) < ($2, $3) ORDER BY created_at DESC, id DESC LIMIT 50"))
    .times(SLOW),
    path(
        "R04 by type, the largest",
        Kind::Key,
        "SELECT format('%L, %L, %L', 'rust', created_at, id) FROM bench.sample ORDER BY md5(id::text) LIMIT 120",
        concat!(columns!(), "WHERE doc_type = $1 AND $2::timestamptz IS NOT NULL AND $3::uuid IS NOT NULL ORDER BY created_at DESC"),
    )
    .changed(concat!(columns!(), "WHERE doc_type = $1 AND (created_at, id) < ($2, $3) ORDER BY created_at DESC, id DESC LIMIT 50"))
    .times(1),
    path("R06 by id", Kind::Key, "SELECT format('%L', id) FROM bench.sample ORDER BY md5(id::text) LIMIT 120", "SELECT * FROM documents WHERE id = $1"),
    path(
        "R07 by natural key",
        Kind::Key,
        "SELECT format('%L, %L, %L', doc_type, source_name, doc_path) FROM bench.sample ORDER BY md5(id::text) LIMIT 120",
        "SELECT id FROM documents WHERE doc_type = $1 AND source_name = $2 AND doc_path = $3",
    ),
    path("R08 count", Kind::Counts, NONE, "SELECT count(*) FROM documents")
        .changed("SELECT sum(documents) FROM document_counts").times(FEW),
    path("R09 count by type", Kind::Counts, NONE, "SELECT doc_type, count(*) FROM documents GROUP BY doc_type ORDER BY doc_type")
        .changed("SELECT doc_type, sum(documents) FROM document_counts GROUP BY doc_type ORDER BY doc_type").times(FEW),
    path("R10 count embedded", Kind::Counts, "SELECT format('%L', 'rust')", "SELECT count(*) FROM documents WHERE doc_type = $1 AND embedding IS NOT NULL")
        .changed("SELECT sum(embedded) FROM document_counts WHERE doc_type = $1").times(SLOW),
    path("R11 average length", Kind::Counts, NONE, "SELECT avg(length(content)), sum(length(content)) FROM documents")
        .changed("SELECT sum(characters) / sum(documents), sum(characters) FROM document_counts").times(SLOW),
    path(
        "R12 list crates",
        Kind::Counts,
        "SELECT format('%L', 50 * n) FROM generate_series(0, 9) AS n",
        "SELECT metadata->>'crate_name', metadata->>'crate_version', count(*), sum(token_count) FROM documents WHERE doc_type = 'rust' AND metadata->>'crate_name' IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2 LIMIT 50 OFFSET $1::bigint",
    )
    .changed("SELECT crate_name, crate_version, sum(documents), sum(tokens) FROM document_counts WHERE doc_type = 'rust' AND crate_name IS NOT NULL GROUP BY 1, 2 HAVING sum(documents) > 0 ORDER BY 1, 2 LIMIT 50 OFFSET $1::bigint")
    .times(SLOW),
    path("R13 count crates", Kind::Counts, NONE, "SELECT count(DISTINCT metadata->>'crate_name') FROM documents WHERE doc_type = 'rust'")
        .changed("SELECT count(*) FROM (SELECT FROM document_counts WHERE doc_type = 'rust' AND crate_name IS NOT NULL GROUP BY crate_name HAVING sum(documents) > 0) AS crates").times(SLOW),
    path("R14 crate statistics", Kind::Counts, NONE, "SELECT metadata->>'crate_name', count(*), coalesce(sum(token_count), 0) FROM documents WHERE doc_type = 'rust' GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 5")
        .changed("SELECT crate_name, sum(documents), sum(tokens) FROM document_counts WHERE doc_type = 'rust' GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 5").times(SLOW),
    path("R26 by source, statistics", Kind::Counts, NONE, "SELECT source_name, count(*), sum(token_count) FROM documents GROUP BY source_name ORDER BY source_name")
        .changed("SELECT source_name, sum(documents), sum(tokens) FROM document_counts GROUP BY source_name HAVING sum(documents) > 0 ORDER BY source_name").times(SLOW),
    path("R15 crate by name", Kind::Key, CRATE, "SELECT metadata->>'crate_version', created_at FROM documents WHERE doc_type = 'rust' AND metadata->>'crate_name' = $1 ORDER BY created_at DESC, id DESC LIMIT 1"),
    path("R16 crate or source", Kind::Key, CRATE, "SELECT count(*) FROM documents WHERE doc_type = 'rust' AND (metadata->>'crate_name' = $1 OR source_name = $1)")
        .changed("SELECT coalesce(sum(documents), 0) FROM document_counts WHERE doc_type = 'rust' AND (crate_name = $1 OR source_name = $1)"),
    path(
        "R17 by ingestion job",
        Kind::Key,
        "SELECT format('%L', job) FROM bench.sample WHERE job IS NOT NULL ORDER BY md5(id::text) LIMIT 120",
        "SELECT count(*) FROM documents WHERE doc_type = 'rust' AND metadata->>'ingestion_job_id' = $1",
    ),
    path("R18 R25 containing, medium", Kind::Medium, term!("medium", "{}"), CONTAINING).changed(SEARCH).times(1),
    path("R20 full text, rare", Kind::Rare, term!("rare", "{}"), FOUND).changed(SEARCH).times(1),
    path("R21 full text, medium", Kind::Medium, term!("medium", "{}"), FOUND).changed(SEARCH).times(1),
    path("R22 full text, common", Kind::Common, term!("common", "{}"), FOUND).changed(SEARCH).times(1),
    path("R23 full text or content", Kind::Medium, term!("medium", "{}"), FOUND_ANYWHERE).changed(SEARCH).times(1),
    path("R24 full text, two filters", Kind::Medium, term!("medium", r#"{"format": "rustdoc", "complexity": "advanced"}"#), FOUND).changed(SEARCH).times(1),
    path("R27 last jobs", Kind::Key, NONE, "SELECT id, crate_name, operation, status FROM crate_jobs ORDER BY started_at DESC, id LIMIT 5"),
    path("R27 jobs by status", Kind::Key, NONE, "SELECT id, crate_name, operation FROM crate_jobs WHERE status IN ('queued', 'running') ORDER BY started_at, id"),
    path("V nearest, all", Kind::Vector, VECTOR, "SELECT id, doc_path, embedding <=> $1 AS distance FROM documents WHERE doc_type = 'raydium' AND embedding IS NOT NULL ORDER BY distance LIMIT 10"),
    Path {
        before: None,
        ..path("V nearest, by signs", Kind::VectorBySigns, VECTOR, "").changed(include_str!("sql/changed/nearest.sql"))
    },
    Path {
        before: None,
        ..path("V nearest, halfvec inline", Kind::VectorInline, VECTOR, "").changed(include_str!("sql/changed/half.sql"))
    },
    Path {
        before: None,
        ..path(
            "V nearest, one source, by signs",
            Kind::VectorBySigns,
            "SELECT format('bench.vector_of(%L), %L', id, source_name) FROM bench.wanted LIMIT 120",
            "",
        )
        .changed(include_str!("sql/changed/nearest_in_source.sql"))
    },
    path(
        "V nearest, one source",
        Kind::VectorFiltered,
        "SELECT format('bench.vector_of(%L), %L', id, source_name) FROM bench.wanted LIMIT 120",
        "SELECT id, doc_path, embedding <=> $1 AS distance FROM documents WHERE doc_type = 'raydium' AND source_name = $2 AND embedding IS NOT NULL ORDER BY distance LIMIT 10",
    ),
];
