//! Logical replication: subscribers know the table by its name.

use pgrefit_pg::partition::PublicationReach;

use super::{Case, Found};
use crate::Finding;

pub(super) fn look(case: &Case<'_>, found: &mut Found) {
    for publication in &case.facts.table.publications {
        let (name, place) = (&publication.name, format!("publication {}", publication.name));
        if publication.reach == PublicationReach::Table && !publication.owned {
            found.refuse(Finding::new(
                format!("not-owner:{name}"),
                place.clone(),
                "it has the table, and this role may not put the partitioned table in its place",
                "run as its owner, or as a member of that role",
            ));
        }
        if !publication.via_root {
            found.refuse(
                Finding::new(
                    format!("publication:{name}"),
                    place.clone(),
                    "it publishes the changes of each partition under the partition's name, which subscribers do not have",
                    "ALTER PUBLICATION … SET (publish_via_partition_root = true); or make the same partitions there, then accept it",
                )
                .acceptable(),
            );
        }
        if case.set.move_rows && publication.reach != PublicationReach::Table {
            found.refuse(Finding::new(
                format!("published:{name}"),
                place,
                "it publishes every table, also those into which rows are moved: subscribers would get rows of a table that they do not have",
                "name the tables in the publication, or do without `move`",
            ));
        }
    }
}
