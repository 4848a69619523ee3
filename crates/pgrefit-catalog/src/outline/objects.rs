//! How each kind of object that stands on its own is described for comparison.

use super::relations::{constraint, indexes, rules, table, triggers};
use super::{Node, quoted_labels};
use crate::{Attribute, Catalog, DataType, Extension, Kind, Name, Routine, Sequence, View, quote_ident};

/// Every object of the catalog.
pub(crate) fn outline(catalog: &Catalog) -> Vec<Node> {
    let schemas = catalog.schemas.iter().map(|name| Node::new(Kind::Schema, &quote_ident(name)));
    let extensions = catalog.extensions.iter().map(|(name, it)| extension(name, it));
    let types = catalog.types.iter().map(|(name, it)| data_type(name, it));
    let sequences = catalog.sequences.iter().map(|(name, it)| sequence(name, it));
    let tables = catalog.tables.iter().map(|(name, it)| table(name, it));
    let views = catalog.views.iter().map(|(name, it)| view(name, it));
    let routines = catalog.routines.iter().map(|(signature, it)| routine(signature, it));
    schemas
        .chain(extensions)
        .chain(types)
        .chain(sequences)
        .chain(tables)
        .chain(views)
        .chain(routines)
        .collect()
}

fn extension(name: &str, extension: &Extension) -> Node {
    Node::new(Kind::Extension, &quote_ident(name)).fact("schema", quote_ident(&extension.schema))
}

fn data_type(name: &Name, data_type: &DataType) -> Node {
    let node = Node::new(Kind::Type, name);
    match data_type {
        DataType::Enum { labels } => node.fact("kind", "enum").fact("labels", quoted_labels(labels)),
        DataType::Domain { base, collation, not_null, default, constraints } => node
            .fact("kind", "domain")
            .fact("base", base.as_str())
            .fact("collation", collation)
            .fact("not null", *not_null)
            .fact("default", default)
            .children(constraints.iter().map(|(it, check)| constraint(name, it, check))),
        DataType::Composite { attributes } => {
            let attributes: Vec<_> = attributes.iter().map(attribute).collect();
            node.fact("kind", "composite").fact("attributes", attributes.as_slice())
        }
        DataType::Range { subtype, collation, operator_class, functions } => node
            .fact("kind", "range")
            .fact("subtype", subtype.as_str())
            .fact("collation", collation)
            .fact("operator class", operator_class.to_string())
            .fact("functions", functions.as_slice()),
    }
}

fn attribute(attribute: &Attribute) -> String {
    let collation = attribute.collation.as_ref().map(|name| format!(" COLLATE {name}")).unwrap_or_default();
    format!("{} {}{collation}", quote_ident(&attribute.name), attribute.data_type)
}

fn sequence(name: &Name, sequence: &Sequence) -> Node {
    let owner = sequence.owned_by.as_ref().map(|(table, column)| super::qualified(table, column));
    Node::new(Kind::Sequence, name)
        .fact("type", sequence.data_type.as_str())
        .fact("start", sequence.start)
        .fact("increment", sequence.increment)
        .fact("min", sequence.min)
        .fact("max", sequence.max)
        .fact("cache", sequence.cache)
        .fact("cycle", sequence.cycle)
        .fact("owned by", &owner)
}

fn view(name: &Name, view: &View) -> Node {
    Node::new(Kind::View, name)
        .fact("kind", if view.materialized { "materialized" } else { "plain" })
        .fact("definition", view.definition.as_str())
        .fact("options", view.options.as_slice())
        .children(indexes(name, view.indexes.iter()))
        .children(triggers(name, &view.triggers))
        .children(rules(name, &view.rules))
}

fn routine(signature: &str, routine: &Routine) -> Node {
    Node::new(Kind::Routine, signature)
        .fact("kind", format!("{:?}", routine.kind).to_lowercase())
        .fact("arguments", routine.arguments.as_str())
        .fact("result", &routine.result)
        .fact("language", routine.language.as_str())
        .fact("volatility", format!("{:?}", routine.volatility).to_lowercase())
        .fact("strict", routine.strict)
        .fact("security definer", routine.security_definer)
        .fact("leakproof", routine.leakproof)
        .fact("parallel", routine.parallel.as_str())
        .fact("settings", routine.settings.as_slice())
        .fact("body", routine.source_hash())
}
