//! Distributions of durations that cost two atomic additions to observe.
//!
//! The library's own histogram needs five, one of them in a loop, on memory that all tasks share; a pool observes twice in each
//! use of a connection. Sums are kept in nanoseconds, which are good for 584 years.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use prometheus::core::{Collector, Desc};
use prometheus::proto;

use crate::family::Family;

/// One series.
#[derive(Debug)]
pub(crate) struct Buckets {
    /// The upper edges.
    edges: Vec<u64>,
    /// One for each edge, and one for what is beyond the last.
    counts: Vec<AtomicU64>,
    sum: AtomicU64,
}

impl Buckets {
    fn new(edges: &[f64]) -> Self {
        Self {
            edges: edges.iter().map(|seconds| nanoseconds(Duration::from_secs_f64(*seconds))).collect(),
            counts: (0..=edges.len()).map(|_| AtomicU64::new(0)).collect(),
            sum: AtomicU64::new(0),
        }
    }

    pub(crate) fn observe(&self, duration: Duration) {
        let value = nanoseconds(duration);
        // Most are short: from below it takes fewer comparisons than halving.
        let index = self.edges.iter().position(|edge| value <= *edge).unwrap_or(self.edges.len());
        if let Some(count) = self.counts.get(index) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        self.sum.fetch_add(value, Ordering::Relaxed);
    }

    pub(crate) fn count(&self) -> u64 {
        self.counts.iter().map(|count| count.load(Ordering::Relaxed)).sum()
    }

    /// In seconds.
    pub(crate) fn sum(&self) -> f64 {
        Duration::from_nanos(self.sum.load(Ordering::Relaxed)).as_secs_f64()
    }

    /// What a scrape sees. The count is that of the buckets it shows, whatever is observed meanwhile.
    fn read(&self, family: &Family) -> proto::Histogram {
        let mut histogram = proto::Histogram::default();
        let mut so_far = 0;
        let mut buckets = Vec::with_capacity(family.buckets.len());
        for (index, count) in self.counts.iter().enumerate() {
            so_far += count.load(Ordering::Relaxed);
            let Some(edge) = family.buckets.get(index) else { break };
            let mut bucket = proto::Bucket::default();
            bucket.set_upper_bound(*edge);
            bucket.set_cumulative_count(so_far);
            buckets.push(bucket);
        }
        histogram.set_bucket(buckets);
        histogram.set_sample_count(so_far);
        histogram.set_sample_sum(self.sum());
        histogram
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// A family of series.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    family: &'static Family,
    desc: Desc,
    series: Arc<Mutex<HashMap<Vec<String>, Arc<Buckets>>>>,
}

impl Table {
    pub(crate) fn new(family: &'static Family) -> Result<Self, prometheus::Error> {
        let labels = family.labels.iter().map(|label| label.name.to_owned()).collect();
        let desc = Desc::new(family.name.to_owned(), family.help.to_owned(), labels, HashMap::new())?;
        Ok(Self { family, desc, series: Arc::default() })
    }

    /// The series with these values of the labels, which are as many as the family has labels.
    pub(crate) fn series(&self, values: &[&str]) -> Arc<Buckets> {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        let mut series = self.series.lock().unwrap_or_else(PoisonError::into_inner);
        let buckets = series.entry(values).or_insert_with(|| Arc::new(Buckets::new(self.family.buckets)));
        Arc::clone(buckets)
    }

    fn metric(&self, values: &[String], buckets: &Buckets) -> proto::Metric {
        let label = |(of, value): (&crate::Label, &String)| {
            let mut label = proto::LabelPair::default();
            label.set_name(of.name.to_owned());
            label.set_value(value.clone());
            label
        };
        let mut labels: Vec<_> = self.family.labels.iter().zip(values).map(label).collect();
        labels.sort_by(|a, b| a.name().cmp(b.name()));
        let mut metric = proto::Metric::from_label(labels);
        metric.set_histogram(buckets.read(self.family));
        metric
    }
}

impl Collector for Table {
    fn desc(&self) -> Vec<&Desc> {
        vec![&self.desc]
    }

    fn collect(&self) -> Vec<proto::MetricFamily> {
        let series = self.series.lock().unwrap_or_else(PoisonError::into_inner);
        let mut family = proto::MetricFamily::default();
        family.set_name(self.family.name.to_owned());
        family.set_help(self.family.help.to_owned());
        family.set_field_type(proto::MetricType::HISTOGRAM);
        family.set_metric(series.iter().map(|(values, buckets)| self.metric(values, buckets)).collect());
        vec![family]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(millis: &[u64], expected: &[u64]) {
        let buckets = Buckets::new(&[0.001, 0.01, 2.0]);
        for millis in millis {
            buckets.observe(Duration::from_millis(*millis));
        }
        let counts: Vec<u64> = buckets.counts.iter().map(|count| count.load(Ordering::Relaxed)).collect();
        assert_eq!(counts, expected, "{millis:?}");
        let sum = millis.iter().sum::<u64>();
        assert_eq!(
            (buckets.count(), Duration::from_secs_f64(buckets.sum())),
            (millis.len() as u64, Duration::from_millis(sum))
        );
    }

    #[test]
    fn an_edge_belongs_to_its_bucket() {
        check(&[], &[0, 0, 0, 0]);
        check(&[0, 1], &[2, 0, 0, 0]);
        check(&[2, 10, 11], &[0, 2, 1, 0]);
        check(&[2_000, 2_001, 99_999], &[0, 0, 1, 2]);
    }
}
