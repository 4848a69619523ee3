//! Every memory limit, version and number of connections: the budget adds up below the limit, and the server takes each value.

use std::collections::BTreeMap;

use pgrefit_tune::server::{
    Connections, Facts, Given, Judgement, Kind, Proposal, Purpose, Setting, Storage, Takes, WalRate, judge,
    setting_names,
};

const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;
const LIMITS: [u64; 16] = [
    256 * MIB,
    300 * MIB,
    512 * MIB,
    1000 * MIB,
    GIB,
    1500 * MIB,
    2 * GIB,
    3 * GIB,
    4 * GIB,
    8 * GIB,
    16 * GIB,
    32 * GIB,
    64 * GIB,
    128 * GIB,
    512 * GIB,
    1024 * GIB,
];
const CONNECTIONS: [u32; 7] = [20, 50, 100, 200, 500, 1000, 5000];
const MAJORS: [u32; 6] = [13, 14, 15, 16, 17, 18];

/// The settings of a real server of this version, see `live/fixtures.rs`.
fn settings(major: u32) -> BTreeMap<String, Setting> {
    let path = format!("{}/tests/settings/{major}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).expect("a fixture");
    serde_json::from_str(&text).expect("JSON")
}

fn facts(major: u32, given: Given) -> Facts {
    Facts {
        version_num: major * 10_000 + 1,
        version: format!("{major}.1"),
        settings: settings(major),
        databases_bytes: Some(2048 * GIB),
        connections: Connections { now: 3, active: 1 },
        replicas: Some(1),
        slots: 1,
        given,
        ..Facts::default()
    }
}

/// Whether the server takes a value, told apart from how the product tells it.
fn takes(setting: &Setting, raw: &str) -> bool {
    let limit = |limit: &Option<String>| limit.as_ref().map(|text| text.parse::<f64>().expect("a number"));
    match setting.kind {
        Kind::Bool => raw == "on" || raw == "off",
        Kind::Enum => setting.words.contains(&raw.to_owned()),
        Kind::String => panic!("no rule sets text"),
        Kind::Integer | Kind::Real => {
            let number: f64 = raw.parse().expect("a number");
            assert!(setting.kind == Kind::Real || number.fract() == 0.0);
            limit(&setting.min).is_none_or(|min| number >= min)
                && limit(&setting.max).is_none_or(|max| number <= max)
        }
    }
}

fn check_values(facts: &Facts, judged: &Judgement, what: &str) {
    for proposal in &judged.proposals {
        let setting =
            facts.settings.get(&proposal.name).unwrap_or_else(|| panic!("{what}: {}", proposal.name));
        assert!(takes(setting, &proposal.raw), "{what}: {} = {}", proposal.name, proposal.raw);
        assert_eq!(
            proposal.takes == Takes::Restart,
            setting.context == "postmaster",
            "{what}: {}",
            proposal.name
        );
        assert!(!proposal.reason.is_empty() && !proposal.source.is_empty(), "{what}: {}", proposal.name);
        assert_ne!(proposal.raw, setting.value, "{what}: {}", proposal.name);
    }
}

/// What is in force once the proposals are, in bytes or as a count.
fn effective(facts: &Facts, judged: &Judgement, name: &str) -> u64 {
    let setting = &facts.settings[name];
    let proposal = judged.proposals.iter().find(|proposal| proposal.name == name);
    let raw: i64 = proposal.map_or(&setting.value, |proposal| &proposal.raw).parse().expect("a number");
    let unit = match setting.unit.as_deref() {
        None => 1,
        Some("8kB") => 8192,
        Some("kB") => 1024,
        Some("MB") => MIB,
        Some(unit) => panic!("{unit}"),
    };
    u64::try_from(raw).unwrap_or_default() * unit
}

/// The budget by its formula, told apart from how the product reckons it: shared memory, connections of 5 MB at least, sorts of
/// all active and parallel processes, maintenance.
fn reckoned(facts: &Facts, judged: &Judgement) -> u64 {
    let of = |name| effective(facts, judged, name);
    let hash = if facts.major() >= 15 { 2 } else { 1 };
    let active = u64::from(facts.given.active_backends.unwrap_or(1)).min(of("max_connections") - 3);
    let parallel = of("max_parallel_workers").min(of("max_worker_processes"));
    of("shared_buffers")
        + of("max_connections") * 5 * MIB
        + (active + parallel) * 3 * of("work_mem") * hash
        + of("maintenance_work_mem")
        + of("autovacuum_max_workers") * of("autovacuum_work_mem")
}

#[test]
fn every_budget_is_below_its_limit() {
    let mut budgets = 0;
    for (major, limit, max_connections, cpus) in points() {
        let given = Given {
            memory_bytes: Some(limit),
            cpus,
            active_backends: cpus.map(|cpus| 2 * cpus),
            storage: Some(Storage::Ssd),
            pool_connections: Some(1),
            ..Given::default()
        };
        let mut facts = facts(major, given);
        let connections = facts.settings.get_mut("max_connections").expect("it is there");
        connections.value = max_connections.to_string();
        let judged = judge(&facts);
        let what = format!("{major}, {} MB, {max_connections} connections, {cpus:?} CPUs", limit / MIB);
        check_values(&facts, &judged, &what);
        let budget = judged.budget.as_ref().unwrap_or_else(|| panic!("{what}: {:?}", judged.refusal));
        assert_eq!(budget.total_bytes(), limit, "{what}: it adds up");
        assert!(budget.used_bytes() <= limit, "{what}");
        assert!(budget.page_cache_bytes() >= limit / 100 * 15, "{what}: {budget:#?}");
        assert!(reckoned(&facts, &judged) <= budget.used_bytes(), "{what}: {budget:#?}");
        assert!(effective(&facts, &judged, "shared_buffers") <= limit / 5 * 2, "{what}");
        assert!(effective(&facts, &judged, "max_connections") >= 10, "{what}");
        budgets += 1;
    }
    assert_eq!(budgets, LIMITS.len() * CONNECTIONS.len() * MAJORS.len() * 3);
}

/// How many are open at one moment is no reason to allow fewer: it is told that it is not known, and memory is reckoned with
/// what is allowed.
#[test]
fn without_pools_connections_are_not_lowered() {
    let (mut crowded, mut refused) = (0, 0);
    for (major, limit, max_connections, cpus) in points().step_by(5) {
        let mut facts = facts(major, Given { memory_bytes: Some(limit), cpus, ..Given::default() });
        facts.settings.get_mut("max_connections").expect("it is there").value = max_connections.to_string();
        let judged = judge(&facts);
        let what = format!("{major}, {} MB, {max_connections} connections, {cpus:?} CPUs", limit / MIB);
        let proposed = |name: &str| judged.proposals.iter().any(|proposal| proposal.name == name);
        assert!(!proposed("max_connections"), "{what}: {judged:#?}");
        let needs = judged.blind.iter().find(|blind| blind.name == "max_connections").map(|it| &it.needs);
        match (&judged.budget, &judged.refusal) {
            (Some(budget), None) => {
                assert!(budget.used_bytes() >= u64::from(max_connections) * 5 * MIB, "{what}: {budget:#?}");
                assert!(needs.is_none_or(|needs| needs.contains("--pools")), "{what}");
                assert!(needs.is_none() || !proposed("work_mem"), "{what}: {judged:#?}");
                crowded += usize::from(needs.is_some());
            }
            (None, Some(why)) => {
                assert!(why.contains("--pools"), "{what}: {why}");
                let carries = judged.carries.as_ref().expect("the limit carries some");
                assert_eq!(carries.budget.total_bytes(), limit, "{what}: {carries:#?}");
                let pool_connections = Some(carries.pool_connections);
                facts.given = Given { pool_connections, ..facts.given };
                assert_eq!(judge(&facts).budget.as_ref(), Some(&carries.budget), "{what}");
                refused += 1;
            }
            _ => panic!("{what}: {judged:#?}"),
        }
    }
    assert!(crowded > 20 && refused > 20, "{crowded} {refused}");
}

fn points() -> impl Iterator<Item = (u32, u64, u32, Option<u32>)> {
    let with_cpus = |limit: u64| {
        let large = u32::try_from(limit / (4 * GIB)).expect("few").clamp(1, 96);
        [None, Some(1), Some(large)]
    };
    MAJORS.into_iter().flat_map(move |major| {
        LIMITS.into_iter().flat_map(move |limit| {
            let of_limit = move |connections| with_cpus(limit).map(|cpus| (major, limit, connections, cpus));
            CONNECTIONS.into_iter().flat_map(of_limit)
        })
    })
}

#[test]
fn what_does_not_fit_is_refused_and_not_squeezed_in() {
    let check = |given: Given, now: u64, fits: bool| {
        let mut facts = facts(18, given);
        facts.connections.now = now;
        let judged = judge(&facts);
        assert_eq!(judged.budget.is_some(), fits, "{judged:#?}");
        assert_eq!(judged.refusal.is_none(), fits);
        let of_memory = ["shared_buffers", "work_mem", "max_connections", "effective_cache_size"];
        let proposed = judged.proposals.iter().any(|proposal| of_memory.contains(&proposal.name.as_str()));
        assert_eq!(proposed, fits, "nothing of memory without a budget");
        check_values(&facts, &judged, "refused");
    };
    let of = |memory: u64, pools: Option<u32>| Given {
        memory_bytes: Some(memory),
        pool_connections: pools,
        ..Given::default()
    };
    check(of(GIB, None), 3, false);
    check(of(8 * GIB, None), 3, true);
    check(of(GIB, None), 500, false);
    check(of(GIB, Some(20)), 3, true);
    check(of(GIB, Some(400)), 3, false);
    check(of(64 * GIB, Some(400)), 3, true);
    check(of(16 * MIB, None), 0, false);
    check(of(0, None), 0, false);
    check(of(u64::MAX / 1024, None), 3, true);
}

#[test]
fn without_a_limit_memory_is_not_judged() {
    let judged = judge(&facts(18, Given::default()));
    let blind: Vec<&str> = judged.blind.iter().map(|blind| blind.name.as_str()).collect();
    for name in ["shared_buffers", "work_mem", "effective_cache_size", "max_connections", "random_page_cost"]
    {
        assert!(blind.contains(&name), "{name} in {blind:?}");
        assert!(judged.proposals.iter().all(|proposal| proposal.name != name));
    }
    assert_eq!((judged.budget, judged.refusal), (None, None));
    assert!(judged.blind.iter().all(|blind| !blind.needs.is_empty()));
}

#[test]
fn settings_that_a_version_does_not_have_are_not_proposed() {
    let given = Given {
        memory_bytes: Some(16 * GIB),
        cpus: Some(32),
        storage: Some(Storage::Ssd),
        ..Given::default()
    };
    for major in MAJORS {
        let mut facts = facts(major, given);
        for name in ["io_method", "io_workers"] {
            assert_eq!(facts.settings.contains_key(name), major >= 18, "{name} of {major}");
        }
        let judged = judge(&facts);
        let proposed =
            |judged: &Judgement, name: &str| judged.proposals.iter().any(|proposal| proposal.name == name);
        assert_eq!(proposed(&judged, "io_workers"), major >= 18, "{major}");
        assert_eq!(proposed(&judged, "effective_io_concurrency"), major < 18, "{major}");
        assert_eq!(proposed(&judged, "checkpoint_completion_target"), major < 14, "{major}");
        assert_eq!(proposed(&judged, "log_checkpoints"), major < 15, "{major}");
        facts.settings.remove("jit");
        assert!(!proposed(&judge(&facts), "jit"));
    }
}

#[test]
fn only_words_of_this_build_are_proposed() {
    let mut facts = facts(18, Given::default());
    let check = |facts: &Facts, words: &[&str], expected: Option<&str>| {
        let mut facts = facts.clone();
        let setting = facts.settings.get_mut("wal_compression").expect("it is there");
        setting.words = words.iter().map(|word| (*word).to_owned()).collect();
        setting.value = "off".to_owned();
        let judged = judge(&facts);
        let found = judged.proposals.iter().find(|proposal| proposal.name == "wal_compression");
        assert_eq!(found.map(|proposal| proposal.value.as_str()), expected, "{words:?}");
    };
    check(&facts, &["pglz", "lz4", "zstd", "on", "off"], Some("lz4"));
    check(&facts, &["pglz", "zstd", "on", "off"], Some("zstd"));
    check(&facts, &["pglz", "on", "off"], Some("pglz"));
    check(&facts, &["off"], None);
    facts.settings.get_mut("io_method").expect("it is there").value = "sync".to_owned();
    let judged = judge(&facts);
    let method = judged.proposals.iter().find(|proposal| proposal.name == "io_method").expect("proposed");
    assert_eq!(method.value, "worker");
}

#[test]
fn what_alter_system_does_not_reach_is_told_apart() {
    let given = Given { memory_bytes: Some(4 * GIB), ..Given::default() };
    let mut facts = facts(18, given);
    let setting = facts.settings.get_mut("shared_buffers").expect("it is there");
    setting.source = "command line".to_owned();
    setting.value = "16384".to_owned();
    let judged = judge(&facts);
    assert!(judged.out_of_reach.iter().any(|proposal| proposal.name == "shared_buffers"));
    assert!(judged.budget.is_some());
    // More than the limit, and not to be changed: no budget can be promised.
    facts.settings.get_mut("shared_buffers").expect("it is there").value = (5 * GIB / 8192).to_string();
    let judged = judge(&facts);
    assert!(judged.budget.is_none() && judged.refusal.is_some_and(|why| why.contains("shared_buffers")));
}

#[test]
fn a_standby_is_not_lowered_below_its_primary() {
    let given = Given { memory_bytes: Some(4 * GIB), pool_connections: Some(20), ..Given::default() };
    let check = |is_standby: bool, connections: &str, proposed: Option<&str>, fits: bool| {
        let mut facts = Facts { is_standby, replicas: Some(0), ..facts(18, given) };
        facts.settings.get_mut("max_connections").expect("it is there").value = connections.to_owned();
        let judged = judge(&facts);
        let found = judged.proposals.iter().find(|proposal| proposal.name == "max_connections");
        assert_eq!(found.map(|proposal| proposal.value.as_str()), proposed, "{connections}");
        assert_eq!(judged.budget.is_some(), fits, "{connections}: {:?}", judged.refusal);
    };
    check(false, "5000", Some("110"), true);
    check(true, "5000", None, false);
    check(true, "130", None, true);
    check(true, "100", None, true);
}

#[test]
fn wal_follows_what_is_written() {
    let check = |rate: Option<f64>, disk: Option<u64>, expected: Option<&str>| {
        let given = Given { wal_disk_bytes: disk, purpose: Purpose::Mixed, ..Given::default() };
        let mut facts = facts(16, given);
        facts.wal = rate.map(|bytes_a_second| WalRate {
            bytes_a_second,
            over: std::time::Duration::from_mins(1),
            is_mean: false,
        });
        let judged = judge(&facts);
        let found = judged.proposals.iter().find(|proposal| proposal.name == "max_wal_size");
        assert_eq!(found.map(|proposal| proposal.value.as_str()), expected, "{rate:?} {disk:?}");
        let blind = judged.blind.iter().any(|blind| blind.name == "max_wal_size");
        assert_eq!(blind, rate.is_none() && disk.is_none_or(|disk| disk / 10 * 3 >= GIB));
    };
    check(None, None, None);
    check(Some(1000.0), None, None);
    // 5 MB/s × 900 s × 1.9.
    check(Some(5e6), None, Some("8GB"));
    check(Some(5e7), None, Some("16GB"));
    check(Some(5e7), Some(200 * GIB), Some("60GB"));
    check(Some(5e6), Some(10 * GIB), Some("3GB"));
    // A disk that is too small for what is set already.
    check(None, Some(2 * GIB), Some("576MB"));
    // Below two segments the server does not start.
    check(None, Some(213 * MIB), Some("32MB"));
    check(None, Some(50 * MIB), Some("32MB"));
}

#[test]
fn a_slot_that_is_behind_is_not_invalidated() {
    let check = |kept: Option<u64>, proposed: bool| {
        let given = Given { wal_disk_bytes: Some(100 * GIB), ..Given::default() };
        let judged = judge(&Facts { slots_keep_bytes: kept, ..facts(18, given) });
        let (wanted, other) = if proposed {
            (&judged.proposals, &judged.out_of_reach)
        } else {
            (&judged.out_of_reach, &judged.proposals)
        };
        let of = |all: &[Proposal]| all.iter().find(|it| it.name == "max_slot_wal_keep_size").cloned();
        let found = of(wanted).expect("it is there");
        assert_eq!((found.value.as_str(), of(other)), ("40GB", None), "{kept:?}");
        assert!(found.caveats.iter().any(|caveat| caveat.contains("cannot be undone")), "{found:#?}");
        let behind = found.caveats.iter().any(|caveat| caveat.contains("keeps 61440 MB"));
        assert_eq!(behind, kept == Some(60 * GIB), "{found:#?}");
    };
    check(None, true);
    check(Some(0), true);
    check(Some(20 * GIB), true);
    check(Some(20 * GIB + 1), false);
    check(Some(60 * GIB), false);
}

/// Each setting with what it is now, in kB, and what is proposed.
#[test]
fn memory_that_the_budget_allows_is_not_taken_away() {
    let check = |name: &str, memory: u64, now: u64, expected: Option<&str>| {
        let given = Given {
            memory_bytes: Some(memory),
            cpus: Some(4),
            active_backends: Some(10),
            ..Given::default()
        };
        let mut facts = facts(18, given);
        facts.settings.get_mut(name).expect("it is there").value = now.to_string();
        let judged = judge(&facts);
        let found = judged.proposals.iter().find(|proposal| proposal.name == name);
        assert_eq!(found.map(|proposal| proposal.value.as_str()), expected, "{name} {now}: {found:#?}");
        assert!(judged.budget.is_some_and(|budget| budget.page_cache_bytes() >= memory / 5), "{name} {now}");
    };
    // The share is 111 MB; 16 MB is what it is raised to without temporary files.
    check("work_mem", 32 * GIB, 4096, Some("16MB"));
    check("work_mem", 32 * GIB, 16 * 1024, None);
    check("work_mem", 32 * GIB, 64 * 1024, None);
    check("work_mem", 32 * GIB, 1024 * 1024, Some("111MB"));
    check("maintenance_work_mem", 64 * GIB, 65_536, Some("2GB"));
    check("maintenance_work_mem", 64 * GIB, 3 * 1024 * 1024, None);
    check("maintenance_work_mem", 64 * GIB, 5 * 1024 * 1024, Some("4GB"));
    check("autovacuum_work_mem", 64 * GIB, 5 * 1024 * 1024, Some("1344MB"));
}

/// What an earlier run has set is not set once more: the way back would lead to our own values.
#[test]
fn what_waits_for_a_restart_is_not_proposed_again() {
    let given = Given { memory_bytes: Some(8 * GIB), pool_connections: Some(20), ..Given::default() };
    let check = |pending_restart: bool, prior: Option<&str>, is_waiting: bool| {
        let mut facts = facts(18, given);
        facts.prior.is_known = true;
        facts.settings.get_mut("shared_buffers").expect("it is there").pending_restart = pending_restart;
        facts.prior.values.extend(prior.map(|value| ("shared_buffers".to_owned(), value.to_owned())));
        let judged = judge(&facts);
        let has = |all: &[Proposal]| all.iter().any(|proposal| proposal.name == "shared_buffers");
        assert_eq!(has(&judged.waiting), is_waiting, "{pending_restart} {prior:?}");
        assert_eq!(has(&judged.proposals), !is_waiting, "{pending_restart} {prior:?}");
        let budget = judged.budget.expect("a budget");
        assert_eq!(budget.lines[0].bytes, 2 * GIB, "what is set and waits is counted in: {budget:#?}");
    };
    check(true, Some("2GB"), true);
    check(true, Some("262144"), true);
    check(true, Some("1GB"), false);
    check(false, Some("2GB"), false);
    check(true, None, false);
}

#[test]
fn each_rule_has_a_setting_of_its_own() {
    let mut names = setting_names();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    // checkpoint_timeout is a rule, and looked at by others.
    assert_eq!(count - names.len(), 1, "{names:?}");
}
