//! Where the time of a translation goes, and whether originals wait for it: `cargo bench --bench translate`. Run by `cargo test
//! --benches` it only shows that it runs.
#![allow(clippy::print_stdout, reason = "it shows what it measured")]
use std::{num::NonZeroUsize, sync::Arc, time::Duration};

use futures::future::BoxFuture;
use livecap::{
    flow::{EdgeSettings, Inlet, Outlet, Room, StageGauge, WhenFull, drive, edge},
    logic::{
        histogram::{Distribution, Summary},
        stability::Erasure,
        translate::{Again, Ask, Failure, Scheduler, SchedulerSettings},
        update::Update,
    },
    message::{
        Caption, Kind, Language, MediaSpan, MediaTime, Segments, Trace, TrackName, Translated,
        Translation, Word,
    },
    serve::{Server, Settings},
    stages::{
        broadcast::Broadcast,
        translate::{Translate, TranslateSettings, Translator},
    },
};
use tokio::time::{Instant, interval, sleep};

/// What the service does.
#[derive(Clone, Copy, PartialEq)]
enum Service {
    /// There is no translator.
    None,
    Takes(Duration),
    /// Fails, after so long.
    Fails(Duration),
}

impl Translator for Service {
    fn translate(&self, ask: Ask) -> BoxFuture<'static, Result<String, Failure>> {
        let it = *self;
        Box::pin(async move {
            match it {
                Service::None => Ok(ask.text),
                Service::Takes(time) => {
                    sleep(time).await;
                    Ok(ask.text.to_uppercase())
                }
                Service::Fails(time) => {
                    sleep(time).await;
                    Err(Failure { why: "it always fails".to_owned(), again: Again::Soon })
                }
            }
        })
    }
}

struct Run {
    /// ms from when an original was captured until it was in the log.
    originals: Option<Summary>,
    translations: Vec<Translation>,
}

/// So many sentences, this far apart, from a recogniser to a broadcast, with a translator beside it. `clauses`: each comes
/// clause by clause before.
async fn run(service: Service, sentences: usize, apart: Duration, clauses: bool) -> Run {
    let server =
        Server::bind(Settings { port: 0, ..Settings::default() }).await.expect("a free port");
    let mut published = server.published();
    let room = Room::Items(NonZeroUsize::new(64).expect("64"));
    let settings = EdgeSettings { room, when_full: WhenFull::Coalesce };
    let (english, heard) = edge::<Caption>("english", "web", settings);
    let (to_dutch, dutch_hears) = edge::<Caption>("english", "dutch", settings);
    let (from_dutch, dutch_heard) = edge::<Caption>("dutch", "web", settings);
    let gauge = StageGauge::new("dutch");
    let translating = (service != Service::None).then(|| {
        let scheduler =
            SchedulerSettings { clauses, ..SchedulerSettings::new(Language::new("nl")) };
        let settings =
            TranslateSettings { scheduler, timeout: Duration::from_secs(8), waits: false };
        let mut kept = Scheduler::new(settings.scheduler.clone());
        let mut stage = Translate::new(settings, Arc::new(service));
        let (out, gauge) = (Outlet::new(vec![from_dutch], gauge.clone()), gauge.clone());
        let mut inlet = Inlet::new(vec![dutch_hears]);
        tokio::spawn(async move { drive(&mut stage, &mut kept, &mut inlet, &out, &gauge).await })
    });
    let mut web = Broadcast::new(server.publisher());
    let serving = tokio::spawn(async move {
        let (mut inlet, gauge) = (Inlet::new(vec![heard, dutch_heard]), StageGauge::new("web"));
        drive(&mut web, &mut (), &mut inlet, &Outlet::new(vec![], gauge.clone()), &gauge).await
    });
    let speaking = tokio::spawn(async move {
        let edges = if service == Service::None { vec![english] } else { vec![english, to_dutch] };
        speak(&Outlet::new(edges, StageGauge::new("english")), sentences, apart, clauses).await;
    });
    let mut taken = (Distribution::default(), Vec::new());
    let wanted = if service == Service::None { sentences } else { 2 * sentences };
    let mut finals = 0;
    while finals < wanted {
        match published.recv().await.expect("it reads fast enough") {
            Caption::Transcript(it) => {
                finals += usize::from(it.kind() == Kind::Final);
                let age = it.trace().age(livecap::message::Milestone::Published);
                taken.0.record(age.unwrap_or_default().as_secs_f64() * 1000.0);
            }
            Caption::Translation(it) => {
                finals += usize::from(it.kind == Kind::Final);
                taken.1.push(it);
            }
            Caption::Gap(_) => (),
        }
    }
    speaking.await.expect("it spoke");
    if let Some(translating) = translating {
        translating.await.expect("no panic").expect("no fault");
    }
    serving.await.expect("no panic").expect("no fault");
    Run { originals: taken.0.summary(), translations: taken.1 }
}

async fn speak(out: &Outlet<Caption>, sentences: usize, apart: Duration, clauses: bool) {
    let mut segments = Segments::new(TrackName::new("english"));
    let word = |text: &str| Word { text: format!(" {text}"), span: MediaSpan::default() };
    let words = |text: String| text.split_whitespace().map(word).collect::<Vec<_>>();
    let mut ticks = interval(apart);
    for n in 0..sentences {
        segments.open(MediaTime::ZERO, Language::new("en"));
        if clauses {
            let parts = [
                format!("When the train number {n} leaves, the next"),
                format!("one comes, so that {n} people"),
            ];
            for part in parts {
                ticks.tick().await;
                let open = segments.current().expect("it is open");
                let trace = Trace::starting(Instant::now());
                let partial = open.revise(words(part), vec![], MediaTime::ZERO, trace);
                let _ = out.send(Caption::Transcript(partial)).await;
            }
        }
        ticks.tick().await;
        let trace = Trace::starting(Instant::now());
        let rest = words(format!("get out at stop {n}."));
        if let Some(it) = segments.close(rest, MediaTime::ZERO, trace) {
            let _ = out.send(Caption::Transcript(it)).await;
        }
    }
}

fn ms(it: Duration) -> f64 {
    it.as_secs_f64() * 1000.0
}

fn show(what: &str, times: impl Iterator<Item = Duration>) {
    let summary = Distribution::of(times.map(ms)).summary();
    let Some(it) = summary else { return println!("  {what:8} nothing") };
    println!(
        "  {what:8} p50 {:7.1}  p95 {:7.1}  p99 {:7.1}  max {:7.1} ms  n {}",
        it.p50, it.p95, it.p99, it.max, it.n
    );
}

fn erasure(translations: &[Translation]) -> Erasure {
    let update = |it: &Translation| Update {
        segment: it.of.segment.number(),
        revision: it.of.revision.number(),
        is_final: it.kind == Kind::Final,
        text: it.text().to_owned(),
        ..Update::default()
    };
    Erasure::of(&translations.iter().map(update).collect::<Vec<_>>())
}

#[tokio::main(worker_threads = 2)]
async fn main() {
    // `cargo bench` says so; `cargo test --benches` does not.
    let whole = std::env::args().any(|it| it == "--bench");
    let (sentences, apart, takes) = match whole {
        true => (90, Duration::from_millis(333), Duration::from_millis(400)),
        false => (6, Duration::from_millis(10), Duration::from_millis(5)),
    };
    println!(
        "{sentences} sentences, one every {apart:?}; the service takes {takes:?}, 4 in flight"
    );
    let it = run(Service::Takes(takes), sentences, apart, false).await.translations;
    show("queue", it.iter().map(|it| it.took.queue));
    show("request", it.iter().map(|it| it.took.request));
    show("order", it.iter().map(|it| it.took.order));
    show("whole", it.iter().map(|it| it.took.queue + it.took.request + it.took.order));
    let lost = it.iter().filter(|it| matches!(it.text, Translated::Not(_))).count();
    println!("  given up {lost}");

    let it = run(Service::Takes(takes), sentences / 3, apart, true).await.translations;
    let partials = it.iter().filter(|it| it.kind == Kind::Partial).count();
    let erased = erasure(&it);
    println!(
        "clauses before their final: {partials} partial translations, {} of {} words taken back: normalised erasure {:.3}",
        erased.deleted,
        erased.of_finals,
        erased.normalised().unwrap_or_default()
    );

    println!("what an original takes to the log, in one run after the other:");
    let kinds = [
        ("alone", Service::None),
        ("with a translator", Service::Takes(takes)),
        ("with one that fails", Service::Fails(takes)),
    ];
    let mut sums = [0.0; 3];
    // Faster than the service can follow, so that it falls behind for good.
    let (rounds, sentences, apart) = if whole { (3, 300, apart / 10) } else { (1, 6, apart) };
    for _ in 0..rounds {
        for ((name, kind), sum) in kinds.iter().zip(&mut sums) {
            let Some(it) = run(*kind, sentences, apart, false).await.originals else { continue };
            println!(
                "  {name:20} p50 {:6.3}  p95 {:6.3}  max {:6.3} ms  n {}",
                it.p50, it.p95, it.max, it.n
            );
            *sum += it.p50 / f64::from(rounds);
        }
    }
    let [alone, with, failing] = sums;
    println!(
        "  that is {:+.3} ms with a translator, {:+.3} ms with one that fails",
        with - alone,
        failing - alone
    );
}
