//! What ran beside a rehearsal or the live run.

use pgrefit_bench::{Bucket, Traffic as Replayed};
use pgrefit_report::evidence::{StageName, Traffic, TrafficBucket, TrafficTotal};

use super::{fractions, ms};

/// The workload in its pieces of time.
#[must_use]
pub fn traffic(stage: StageName, workload: impl Into<String>, replayed: &Replayed) -> Traffic {
    let piece = |bucket: &Bucket| TrafficBucket {
        from_ms: ms(bucket.begins_at),
        completed: bucket.served,
        failed: bucket.failed,
        p50_ms: (bucket.served > 0).then(|| fractions(bucket.p50)),
        p99_ms: (bucket.served > 0).then(|| fractions(bucket.p99)),
        max_ms: (bucket.served + bucket.failed > 0).then(|| fractions(bucket.max)),
    };
    Traffic {
        stage,
        workload: workload.into(),
        bucket_ms: replayed.buckets.first().map_or(0, |bucket| ms(bucket.length)),
        buckets: replayed.buckets.iter().map(piece).collect(),
        total: TrafficTotal {
            completed: replayed.served,
            failed: replayed.not_served(),
            p50_ms: (replayed.served > 0).then(|| fractions(replayed.p50)),
            p99_ms: (replayed.served > 0).then(|| fractions(replayed.p99)),
            max_ms: replayed.longest.as_ref().map(|longest| fractions(longest.took)),
        },
    }
}
