//! The settings of each version that the tests of the judgement rest on are those of real servers.

use std::path::Path;

use pgrefit_tune::server::{Facts, Given, Setting, judge, setting_names};

use crate::place::Place;

/// Each file has the settings that rules look at. `UPDATE_FIXTURES=1` writes it anew.
#[tokio::test]
async fn fixtures_are_what_servers_say() {
    for place in Place::all() {
        let mut facts = place.facts(Given::default()).await;
        let names = setting_names();
        facts.settings.retain(|name, _| names.contains(&name.as_str()));
        let path = format!("{}/tests/settings/{}.json", env!("CARGO_MANIFEST_DIR"), place.major);
        if std::env::var_os("UPDATE_FIXTURES").is_some() {
            let text = serde_json::to_string_pretty(&facts.settings).expect("JSON");
            std::fs::write(&path, text + "\n").expect("written");
        }
        let text = std::fs::read_to_string(Path::new(&path)).expect("a fixture");
        let known: Facts = Facts { settings: serde_json::from_str(&text).expect("JSON"), ..Facts::default() };
        for (name, setting) in &facts.settings {
            let of_file = known.settings.get(name).unwrap_or_else(|| panic!("{} has no {name}", place.major));
            let limits = |s: &Setting| (s.kind, s.unit.clone(), s.min.clone(), s.context.clone());
            assert_eq!(limits(setting), limits(of_file), "{name} of {}", place.major);
        }
        let names: Vec<&String> = facts.settings.keys().collect();
        assert_eq!(names, known.settings.keys().collect::<Vec<_>>(), "{}", place.major);
        assert!(judge(&facts).budget.is_none(), "without a limit there is no budget");
    }
}
