//! How many of the nearest ten the prefilter finds, of what an exact search finds.

use super::data::rows;
use crate::bench::server::Server;
use crate::failure::Outcome;

/// Rows that the prefilter passes on.
const CANDIDATES: [u32; 5] = [10, 50, 100, 200, 400];
/// Queries: documents, each turned a little, so that none finds itself.
const QUERIES: u32 = 300;

pub(super) struct Recall {
    pub(super) candidates: u32,
    pub(super) queries: u32,
    pub(super) found: f64,
}

pub(super) fn measure(server: &Server, url: &str) -> Outcome<Vec<Recall>> {
    eprintln!("recall");
    let text = rows(&mut server.psql(url), &statement())?;
    let values = text.trim().split('|').filter_map(|value| value.parse::<f64>().ok());
    Ok(CANDIDATES
        .into_iter()
        .zip(values)
        .map(|(candidates, found)| Recall { candidates, queries: QUERIES, found })
        .collect())
}

/// One row with the recall of each number of candidates. Ties count: a distance that is the tenth's, to 2e-6, is as good.
fn statement() -> String {
    let recall = |k: &u32| {
        format!(
            "avg(least(10, (SELECT count(*) FROM unnest(numbers, distances) AS near (number, distance) \
        WHERE number <= {k} AND distance <= tenth + 2e-6)) / 10.0)"
        )
    };
    let columns: Vec<String> = CANDIDATES.iter().map(recall).collect();
    let last = CANDIDATES.iter().max().copied().unwrap_or_default();
    format!(
        "SET max_parallel_workers_per_gather = 0; SELECT {} FROM (
             SELECT l2_normalize(d.embedding + l2_normalize(other.embedding))::vector(3072) AS vector
             FROM (SELECT id, lead(id) OVER (ORDER BY md5(id::text)) AS next FROM bench.wanted LIMIT {QUERIES}) AS w
             JOIN documents AS d ON d.id = w.id JOIN documents AS other ON other.id = w.next
             OFFSET 0
         ) AS query
         CROSS JOIN LATERAL (
             SELECT max(distance) AS tenth FROM (
                 SELECT embedding <=> query.vector AS distance FROM documents
                 WHERE doc_type = 'raydium' AND embedding IS NOT NULL ORDER BY 1 LIMIT 10) AS nearest
         ) AS exact
         CROSS JOIN LATERAL (
             SELECT array_agg(number) AS numbers, array_agg(embedding <=> query.vector) AS distances FROM (
                 SELECT id, row_number() OVER (ORDER BY away) AS number FROM (
                     SELECT s.id, signs_apart(s.signs, own.signs) AS away
                     FROM documents_signs AS s, (SELECT embedding_signs(query.vector) AS signs OFFSET 0) AS own
                     WHERE s.doc_type = 'raydium' ORDER BY away LIMIT {last}) AS first
             ) AS numbered JOIN documents USING (id)
         ) AS candidates",
        columns.join(", ")
    )
}
