//! What a container asks for and may use.

use crate::field::Field;
use crate::names;
use crate::problem::Problems;
use crate::quantity::Quantity;
use k8s_openapi::api::core::v1::Container;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity as Text;
use std::collections::BTreeMap;

type Amounts = BTreeMap<String, Text>;

pub(super) fn check(container: &Container, at: &Field, problems: &mut Problems) {
    let resources = container.resources.clone().unwrap_or_default();
    let at = at.child("resources");
    let (limits, requests) = (resources.limits.unwrap_or_default(), resources.requests.unwrap_or_default());
    amounts(&limits, &at.child("limits"), problems);
    amounts(&requests, &at.child("requests"), problems);
    for (name, request) in &requests {
        below_limit(name, request, limits.get(name), &at.child("requests"), problems);
    }
    if !limits.contains_key("memory") {
        let why = "without a limit, a leak takes the node's memory from everybody";
        problems.strict("no-memory-limit", &at.child("limits"), why);
    }
}

fn amounts(amounts: &Amounts, at: &Field, problems: &mut Problems) {
    for (name, text) in amounts {
        let at = at.key(name);
        resource_name(name, &at, problems);
        let Ok(amount) = Quantity::parse(&text.0) else { continue };
        if amount.is_negative() {
            problems.invalid(&at, &text.0, "must be greater than or equal to 0");
        }
        if !amount.is_whole() && matches!(name.as_str(), "memory" | "ephemeral-storage") {
            problems.strict("part-of-a-byte", &at, format!("{} is not a whole number of bytes", text.0));
        }
    }
}

fn resource_name(name: &str, at: &Field, problems: &mut Problems) {
    let standard = matches!(name, "cpu" | "memory" | "ephemeral-storage") || name.starts_with("hugepages-");
    if standard {
        return;
    }
    if names::qualified_name(name).is_some() || !name.contains('/') {
        problems.invalid(at, name, "must be a standard resource type or fully qualified");
    }
}

fn below_limit(name: &str, request: &Text, limit: Option<&Text>, at: &Field, problems: &mut Problems) {
    let overcommits = matches!(name, "cpu" | "memory" | "ephemeral-storage");
    let Some(limit) = limit else {
        if !overcommits {
            problems.required(&at.key(name), "limit must be set for non overcommitable resources");
        }
        return;
    };
    let (Ok(asked), Ok(most)) = (Quantity::parse(&request.0), Quantity::parse(&limit.0)) else { return };
    if !overcommits && asked != most {
        problems.invalid(at, &request.0, format!("must be equal to {name} limit of {}", limit.0));
    } else if asked > most {
        problems.invalid(
            at,
            &request.0,
            format!("must be less than or equal to {name} limit of {}", limit.0),
        );
    }
}
