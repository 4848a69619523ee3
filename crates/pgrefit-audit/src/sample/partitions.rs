//! Partitioned tables.

use pgrefit_catalog::census::{Inheritance, Node, PartitionKey, RelationKind, Statement, StatementTotals};

use super::Sample;

impl Sample {
    /// A partitioned table without partitions, by the column with number 1, which is named and of a type.
    pub(crate) fn partitioned(
        self,
        oid: u32,
        name: &str,
        strategy: char,
        column: &str,
        type_name: &str,
    ) -> Self {
        let sample = self.relation(oid, RelationKind::Partitioned, name, |it| it.pages = 0);
        let key = PartitionKey { relation: oid, strategy, columns: vec![1], default_partition: None };
        sample.attribute(oid, 1, column, type_name).with(|census| census.partition_keys.push(key))
    }

    /// A partition with counters at zero and a bound as text: see [`range`] and [`default`].
    pub(crate) fn partition(self, oid: u32, parent: u32, name: &str, bound: &str) -> Self {
        let sample = self.heap(oid, name, 1, 1_000.0);
        sample.with(|census| {
            let relation = census.relations.last_mut().expect("a table");
            relation.is_partition = true;
            relation.bound = Some(Node::new(bound));
            census.inheritance.push(Inheritance { child: oid, parent, detach_pending: false });
            if bound.contains("default true") {
                let key = census.partition_keys.iter_mut().find(|key| key.relation == parent);
                key.expect("a key").default_partition = Some(oid);
            }
        })
    }

    /// The clock, in days since 2000.
    pub(crate) fn clock(mut self, days: f64) -> Self {
        self.census.server.taken_at_epoch_s = 946_684_800.0 + days * 86_400.0;
        self
    }

    /// A statement of `pg_stat_statements`; hidden without a text.
    pub(crate) fn statement_ran(self, query: Option<&str>, calls: i64, mean_ms: f64) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "a test")]
        let total_ms = calls as f64 * mean_ms;
        let query = query.map(str::to_owned);
        let hidden = i64::from(query.is_none());
        let statement = Statement { query, calls, mean_ms, total_ms, ..Statement::default() };
        self.with(|census| {
            census.statements.push(statement);
            let totals = census.statement_totals.get_or_insert(StatementTotals {
                entries: 0,
                hidden: 0,
                deallocations: None,
                reset_age_s: None,
            });
            totals.entries += 1;
            totals.hidden += hidden;
        })
    }
}

/// A bound from one value to another, of a type of 4 or 8 bytes; none for no end.
pub(crate) fn range(type_oid: u32, lower: Option<i64>, upper: Option<i64>) -> String {
    let length = if matches!(type_oid, 23 | 1082) { 4 } else { 8 };
    let end = |value: Option<i64>, missing: i32| match value {
        None => format!("({{PARTITIONRANGEDATUM :kind {missing} :value <> :location -1}})"),
        Some(value) => {
            let bytes: Vec<String> =
                value.to_le_bytes().iter().map(|byte| byte.cast_signed().to_string()).collect();
            format!(
                "({{PARTITIONRANGEDATUM :kind 0 :value {{CONST :consttype {type_oid} :constlen {length} \
                 :constisnull false :constvalue {length} [ {} ]}} :location -1}})",
                bytes.join(" ")
            )
        }
    };
    format!(
        "{{PARTITIONBOUNDSPEC :strategy r :is_default false :modulus 0 :remainder 0 :listdatums <> \
         :lowerdatums {} :upperdatums {} :location -1}}",
        end(lower, -1),
        end(upper, 1)
    )
}

/// A bound by the remainder of a hash.
pub(crate) fn hash(modulus: i64, remainder: i64) -> String {
    format!(
        "{{PARTITIONBOUNDSPEC :strategy h :is_default false :modulus {modulus} :remainder {remainder} \
         :listdatums <> :lowerdatums <> :upperdatums <> :location -1}}"
    )
}

/// The bound of a default partition.
pub(crate) const DEFAULT: &str = "{PARTITIONBOUNDSPEC :strategy r :is_default true :modulus 0 :remainder 0 \
                                  :listdatums <> :lowerdatums <> :upperdatums <> :location -1}";
