//! Values that were read at another time, as Prometheus' text format: a registry would keep the series of what is gone.

use std::collections::BTreeMap;

use prometheus::{TextEncoder, proto};

use crate::error::Error;
use crate::family::{Family, Kind};

/// Series that are written out once.
#[derive(Debug, Default)]
pub struct Exposition {
    families: BTreeMap<&'static str, (Family, Vec<proto::Metric>)>,
}

impl Exposition {
    /// Adds a series. `labels` are the values of the family's labels, in its order; each series is added once.
    pub fn set(&mut self, family: &Family, labels: &[&str], value: f64) {
        debug_assert_eq!(labels.len(), family.labels.len(), "{}", family.name);
        let label = |(of, value): (&crate::Label, &&str)| {
            let mut label = proto::LabelPair::default();
            label.set_name(of.name.to_owned());
            label.set_value((*value).to_owned());
            label
        };
        let mut labels: Vec<_> = family.labels.iter().zip(labels).map(label).collect();
        labels.sort_by(|a, b| a.name().cmp(b.name()));
        let mut metric = proto::Metric::from_label(labels);
        match family.kind {
            Kind::Counter => {
                let mut counter = proto::Counter::default();
                counter.set_value(value);
                metric.set_counter(counter);
            }
            Kind::Gauge | Kind::Histogram => {
                let mut gauge = proto::Gauge::default();
                gauge.set_value(value);
                metric.set_gauge(gauge);
            }
        }
        self.families.entry(family.name).or_insert_with(|| (*family, Vec::new())).1.push(metric);
    }

    /// All of it in Prometheus' text format, version 0.0.4; families by name.
    ///
    /// # Errors
    /// [`Error::Encode`].
    pub fn encode(self) -> Result<String, Error> {
        let families: Vec<_> =
            self.families.into_values().map(|(family, metrics)| whole(&family, metrics)).collect();
        TextEncoder::new().encode_to_string(&families).map_err(|error| Error::Encode(Box::new(error)))
    }
}

fn whole(family: &Family, metrics: Vec<proto::Metric>) -> proto::MetricFamily {
    let mut whole = proto::MetricFamily::default();
    whole.set_name(family.name.to_owned());
    whole.set_help(family.help.to_owned());
    whole.set_field_type(match family.kind {
        Kind::Counter => proto::MetricType::COUNTER,
        Kind::Gauge | Kind::Histogram => proto::MetricType::GAUGE,
    });
    whole.set_metric(metrics);
    whole
}
