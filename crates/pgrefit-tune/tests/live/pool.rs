//! Sweeps on real servers: work that needs the CPU, work that waits, and both.

use std::time::Duration;

use pgrefit_load::{Drawn, LoadStatement, Workload, draw};
use pgrefit_pg::Stop;
use pgrefit_report::{Report, TextOptions, render_text};
use pgrefit_scratch::StopMode;
use pgrefit_tune::pool::{
    Choice, Connected, Error, Fleet, Little, Places, Point, Refusal, Sweep, SweepEvent, SweepOptions,
    Verdict, choose, outcome, sweep, tell, validate,
};

use crate::place::Place;

const SLEEP: &str = "SELECT pg_catalog.pg_sleep(0.005)";
const WORK: &str = "SELECT pg_catalog.sum(i) FROM pg_catalog.generate_series(1, 15000) i";

fn options() -> SweepOptions {
    SweepOptions {
        users: vec![12],
        size_max: 8,
        rounds: 2,
        warm_up: Duration::from_secs(1),
        duration: Duration::from_secs(1),
        ..SweepOptions::default()
    }
}

async fn drawn(place: &Place, statements: &[&str]) -> Drawn {
    let statement = |(index, sql): (usize, &&str)| LoadStatement::new(&format!("s{index}"), sql);
    let statements = statements.iter().enumerate().map(statement).collect();
    let workload = Workload { name: "test".to_owned(), statements };
    let session = place.connector().read_only().await.expect("a session");
    draw(&session, &workload).await.expect("drawn")
}

async fn swept(place: &Place, drawn: &Drawn, options: &SweepOptions) -> (Sweep, Choice) {
    let mut events = 0;
    let count = |_: SweepEvent<'_>| events += 1;
    let swept = sweep(&place.connector(), drawn, options, &Stop::default(), count).await;
    let swept = swept.unwrap_or_else(|error| panic!("{error:?}"));
    assert_eq!(events, swept.points.len() * 2);
    let choice = choose(&swept.points, 1).expect("points");
    (swept, choice)
}

/// What must hold of every sweep, whatever else the machine does.
fn check_points(sweep: &Sweep, options: &SweepOptions) {
    assert!(sweep.is_local);
    assert_eq!(sweep.points.len(), 6 * options.rounds, "1, 2, 3, 4, 6, 8");
    for point in &sweep.points {
        // All connections are busy all the time, as there are more users.
        let connections = f64::from(u32::try_from(point.size).expect("few"));
        assert!((point.little.busy_counted / connections - 1.0).abs() < 0.05, "{point:#?}");
        assert!(point.service.p50 <= point.total.p50 && point.total.p50 <= point.total.p99, "{point:#?}");
        let others = point.others_share.expect("seen");
        assert!((0.0..=1.0).contains(&others), "{point:#?}");
        assert!(point.server_cpu.expect("seen") > Duration::ZERO, "{point:#?}");
    }
    // A second is short: where other work stops the whole machine at its beginning or end, the law seems broken.
    let lawful = sweep.points.iter().filter(|point| point.little.holds()).count();
    assert!(lawful * 4 >= sweep.points.len() * 3, "{:#?}", sweep.points);
}

/// Prints what was measured, for whoever asks for the output.
#[expect(clippy::print_stdout, reason = "the test runner shows it to whoever asks for the output")]
fn show(sweep: &Sweep, choice: &Choice) {
    let mut report = Report::new("tune pool", "0", "2026-01-01T00:00:00Z", outcome(sweep, choice, None));
    tell(&mut report, sweep, choice, Fleet::default(), None);
    println!("{}", render_text(&report, &TextOptions { color: false, width: 140, verbose: true }));
}

/// Whether the sweep was refused for what others did, or some size of it breaks the law for that; then nothing more can be said of
/// it here.
fn is_disturbed(choice: &Choice) -> bool {
    is_contended(choice) || !choice.unlawful.is_empty()
}

fn is_contended(choice: &Choice) -> bool {
    if choice.verdict == Some(Verdict::Contended) {
        assert!(
            matches!(choice.size, Err(Refusal::Contended { others_share }) if others_share > 0.2),
            "{choice:#?}"
        );
    }
    choice.verdict == Some(Verdict::Contended)
}

/// What would be chosen from the same measurements on a quiet machine.
fn calm(sweep: &Sweep) -> Choice {
    let law = |point: &Point| Little {
        busy: point.little.busy_counted,
        inside: point.little.users,
        ..point.little
    };
    let quiet = |point: &Point| Point { others_share: Some(0.05), little: law(point), ..*point };
    choose(&sweep.points.iter().map(quiet).collect::<Vec<_>>(), 1).expect("points")
}

fn throughput(choice: &Choice, size: usize) -> f64 {
    choice.curve.iter().find(|point| point.size == size).expect("measured").throughput
}

#[tokio::test]
async fn waiting_work_gets_as_many_connections_as_there_are_users() {
    let place = Place::one(&[]);
    let (sweep, choice) = swept(&place, &drawn(&place, &[SLEEP]).await, &options()).await;
    show(&sweep, &choice);
    check_points(&sweep, &options());
    assert!(throughput(&choice, 8) > throughput(&choice, 2) * 2.0, "{choice:#?}");
    let calm = calm(&sweep);
    assert_eq!((calm.verdict, &calm.size), (Some(Verdict::WaitBound), &Ok(8)), "{calm:#?}");
    if is_disturbed(&choice) {
        return;
    }
    assert_eq!((choice.verdict, &choice.size), (Some(Verdict::WaitBound), &Ok(8)), "{choice:#?}");
    assert!(choice.still_grows && choice.prediction_error.is_some_and(|error| error < 0.2), "{choice:#?}");
}

#[tokio::test]
async fn working_work_gets_few_connections() {
    let place = Place::one(&[]);
    let (sweep, choice) = swept(&place, &drawn(&place, &[WORK]).await, &options()).await;
    show(&sweep, &choice);
    check_points(&sweep, &options());
    let of_calm = *calm(&sweep).size.as_ref().expect("recommended");
    assert!(throughput(&choice, of_calm) >= choice.peak.1 * 0.95, "{of_calm} of {choice:#?}");
    if is_disturbed(&choice) {
        return;
    }
    let size = *choice.size.as_ref().expect("recommended");
    assert_eq!(choice.verdict, Some(Verdict::CpuBound), "{choice:#?}");
    assert!(sweep.cpus > 2 || size <= 6, "{choice:#?}");
    let best = choice.curve.iter().map(|point| point.normalised).fold(0.0, f64::max);
    let own = choice.curve.iter().find(|point| point.size == size).expect("measured").normalised;
    assert!(own >= best * 0.95, "{choice:#?}");
}

#[tokio::test]
async fn mixed_work_is_swept_and_validated() {
    let place = Place::one(&[]);
    let drawn = drawn(&place, &[SLEEP, WORK]).await;
    let (sweep, choice) = swept(&place, &drawn, &options()).await;
    show(&sweep, &choice);
    check_points(&sweep, &options());
    let size = *calm(&sweep).size.as_ref().expect("recommended");
    // The server had room for eight, whatever was asked for.
    let of_two_cpus = Sweep { cpus: 2, ..sweep.clone() };
    let asked = SweepOptions { size_max: 64, ..options() };
    let validation = validate(&place.connector(), &drawn, &asked, (size, &of_two_cpus), &Stop::default())
        .await
        .expect("validated");
    assert!(validation.rivals.iter().any(|rival| rival.is_default) || size == 4);
    assert!(validation.rivals.iter().all(|rival| rival.size <= 8), "{:?}", validation.rivals);
    let mut report =
        Report::new("tune pool", "0", "2026-01-01T00:00:00Z", outcome(&sweep, &choice, Some(&validation)));
    tell(&mut report, &sweep, &calm(&sweep), Fleet::default(), Some(&validation));
    let text = render_text(&report, &TextOptions { color: false, width: 140, verbose: true });
    for word in ["is the smallest size within 5 %", "neighbour", "Little's law", "recommended"] {
        assert!(text.contains(word), "{word} in\n{text}");
    }
    assert!(validation.rivals.len() <= 3 && !validation.rivals.is_empty());
    for rival in &validation.rivals {
        let ratio = rival.throughput.expect("measured");
        assert!(ratio.low <= ratio.estimate && ratio.estimate <= ratio.high && ratio.low > 0.0, "{rival:?}");
    }
    assert_eq!(validation.points.len(), (validation.rivals.len() + 1) * options().rounds);
}

/// A busy neighbour on every CPU: the sweep says so and recommends nothing.
#[tokio::test]
async fn a_busy_neighbour_is_seen() {
    let place = Place::one(&[]);
    let cpus = std::thread::available_parallelism().map_or(2, usize::from);
    let neighbours: Vec<_> = (0..cpus)
        .map(|_| {
            std::process::Command::new("sh").args(["-c", "while :; do :; done"]).spawn().expect("a neighbour")
        })
        .collect();
    let small = SweepOptions { users: vec![4], size_max: 4, rounds: 1, ..options() };
    let drawn = drawn(&place, &[WORK]).await;
    let result = sweep(&place.connector(), &drawn, &small, &Stop::default(), |_| {}).await;
    for mut neighbour in neighbours {
        neighbour.kill().expect("killed");
        neighbour.wait().expect("ended");
    }
    let sweep = result.expect("swept");
    let choice = choose(&sweep.points, 1).expect("points");
    assert_eq!(choice.verdict, Some(Verdict::Contended), "{choice:#?}");
    assert!(is_contended(&choice));
    let end = outcome(&sweep, &choice, None);
    assert_eq!(end.exit_code, 3, "{end:?}");
}

/// A workload that fails is no measurement, and a server that is full is not swept.
#[tokio::test]
async fn what_cannot_be_measured_is_said() {
    let place = Place::one(&[("max_connections", "12"), ("superuser_reserved_connections", "3")]);
    let small = SweepOptions { users: vec![64], size_max: 64, rounds: 1, ..options() };
    let failing = drawn(&place, &["SELECT 1 / (pg_catalog.random() < 2)::int4 / 0"]).await;
    let error = sweep(&place.connector(), &failing, &small, &Stop::default(), |_| {}).await;
    assert!(matches!(error, Err(Error::Failing { .. } | Error::Load { .. })), "{error:?}");
    let session = place.connector().read_only().await.expect("a session");
    let (before, nobody) = Places::read(&session, &[]).await.expect("read");
    assert_eq!(nobody, []);
    assert_eq!((before.max_connections, before.superuser_reserved, before.others), (12, 3, 0));
    let mut held = Vec::new();
    for _ in 0..9 {
        held.push(place.connector().read_only().await.expect("a session"));
    }
    let (places, others) = Places::read(&session, &["nobody's", "it's"]).await.expect("read");
    assert_eq!((places.others, places.available()), (9, 0));
    assert_eq!(others, [Connected { application: "tune".to_owned(), connections: 9 }]);
    let (own, others) = Places::read(&session, &["tune"]).await.expect("read");
    assert_eq!((own.others, own.own, others), (0, 9, Vec::new()), "those of the application are not others");
    assert_eq!((own.available(), own.free()), (9, 0), "but in the way of a sweep");
    let of_own = SweepOptions { own_applications: vec!["tune".to_owned()], ..small.clone() };
    let working = drawn(&place, &[SLEEP]).await;
    let error = sweep(&place.connector(), &working, &small, &Stop::default(), |_| {}).await;
    assert!(matches!(error, Err(Error::NoRoom { available: 0 })), "{error:?}");
    let error = sweep(&place.connector(), &working, &of_own, &Stop::default(), |_| {}).await;
    assert!(matches!(error, Err(Error::NoRoom { available: 0 })), "{error:?}");
}

#[tokio::test]
async fn a_sweep_stops_when_asked() {
    let place = Place::one(&[]);
    let drawn = drawn(&place, &[SLEEP]).await;
    let stop = Stop::default();
    let asked = stop.clone();
    let begun = std::time::Instant::now();
    let ask = |event: SweepEvent<'_>| {
        if matches!(event, SweepEvent::Measured(_)) {
            asked.request();
        }
    };
    let error = sweep(&place.connector(), &drawn, &options(), &stop, ask).await;
    assert!(matches!(error, Err(Error::Stopped)), "{error:?}");
    assert!(begun.elapsed() < Duration::from_secs(10));
}

/// A server that is stopped in the middle of a sweep ends it, within a bound.
#[tokio::test]
async fn a_server_that_stops_ends_the_sweep() {
    let mut place = Place::one(&[]);
    let (connector, drawn) = (place.connector(), drawn(&place, &[SLEEP]).await);
    let long = SweepOptions { duration: Duration::from_secs(3), ..options() };
    let stop = Stop::default();
    let begun = std::time::Instant::now();
    let run = sweep(&connector, &drawn, &long, &stop, |_| {});
    let end = async {
        tokio::time::sleep(Duration::from_millis(2500)).await;
        tokio::task::spawn_blocking(move || place.server.stop_mode(StopMode::Immediate))
            .await
            .expect("joined")
    };
    let (error, ended) = tokio::join!(run, end);
    ended.expect("stopped");
    assert!(matches!(error, Err(Error::Failing { .. } | Error::Load { .. })), "{error:?}");
    assert!(begun.elapsed() < Duration::from_mins(1), "{:?}", begun.elapsed());
}

/// Backends that are terminated now and then are opened anew: the sweep goes on, and tells what failed.
#[tokio::test]
async fn terminated_backends_do_not_end_a_sweep() {
    let place = Place::one(&[]);
    let (connector, drawn) = (place.connector(), drawn(&place, &[SLEEP]).await);
    let short = SweepOptions {
        users: vec![8],
        size_max: 4,
        rounds: 1,
        duration: Duration::from_secs(2),
        ..options()
    };
    let mut other = place.migrator().await;
    let stop = Stop::default();
    let run = sweep(&connector, &drawn, &short, &stop, |_| {});
    let kill = async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() \
                   AND backend_type = 'client backend'";
        other.simple(sql).await.expect("terminated").len()
    };
    let (swept, ended) = tokio::join!(run, kill);
    let swept = swept.expect("swept");
    assert!(ended > 0 && swept.points.iter().any(|point| point.failed > 0), "{:#?}", swept.points);
    assert!(swept.points.iter().all(|point| point.done > 50));
}
