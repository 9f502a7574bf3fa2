//! The server of the captions' load, in a process of its own: a broadcast whose recognisers say the time.
use std::{
    io::{Write, stdin, stdout},
    path::Path,
    time::Duration,
};

use livecap::{
    flow::{Outlet, Registry, Stage, StageGauge},
    message::{
        Caption, Kind, Language, MediaSpan, MediaTime, Milestone, Original, Segments, Took, Trace,
        TrackName, Transcript, Translated, Translation, Word,
    },
    serve::{Server, Settings, Token, Tokens},
    stages::broadcast::Broadcast,
    wire::TrackInfo,
};
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::{
    captions::{Load, languages},
    times::now_us,
};

/// Of whoever corrects.
pub const TOKEN: &str = "operator";

/// Says where it listens, and speaks once it is told to by a line; ends with its standard input.
pub async fn speak(load: Load, book: Option<&Path>) {
    let tokens = Tokens { operator: Some(Token::new(TOKEN)), ..Tokens::default() };
    #[cfg(feature = "journal")]
    let journal = match book {
        Some(path) => Some(super::journal::open(path).await),
        None => None,
    };
    #[cfg(not(feature = "journal"))]
    let journal = None::<livecap::serve::JournalSettings>.filter(|_| book.is_none());
    let settings =
        Settings { port: 0, max_viewers: 100_000, tokens, journal, ..Settings::default() };
    let server = Server::bind(settings).await.unwrap();
    let tracks: Vec<TrackInfo> = (0..load.tracks)
        .map(|it| TrackInfo {
            name: format!("t{it}"),
            lang: "en".to_owned(),
            langs: languages(load.languages),
        })
        .collect();
    let mut speakers: Vec<Segments> =
        tracks.iter().map(|it| Segments::new(TrackName::new(&it.name))).collect();
    server.attach(Registry::default(), tracks, None);
    println!("{}", server.url());
    let _ = stdout().flush();
    let line = || tokio::task::spawn_blocking(|| stdin().read_line(&mut String::new()));
    let _ = line().await;
    let mut stage = Broadcast::new(server.publisher());
    let out = Outlet::new(vec![], StageGauge::new("web"));
    let begun = Instant::now();
    let mut ticks = interval(Duration::from_secs(1) / load.rate);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    for _ in 0..load.rate as u64 * load.length.as_secs() {
        ticks.tick().await;
        for segments in &mut speakers {
            let whole = say(segments, begun.elapsed(), load.bytes);
            for language in languages(load.languages) {
                let it = translation(&whole, &language);
                publish(&mut stage, &out, Caption::Translation(it)).await;
            }
            publish(&mut stage, &out, Caption::Transcript(whole)).await;
        }
    }
    let _ = line().await;
}

async fn publish(stage: &mut Broadcast, out: &Outlet<livecap::flow::Never>, caption: Caption) {
    stage.handle(&mut (), caption, out).await.unwrap();
}

/// A final that begins with the time.
fn say(segments: &mut Segments, at: Duration, bytes: usize) -> Transcript {
    let end = MediaTime::new(at);
    let text = format!("{} {}", now_us(), "x".repeat(bytes.saturating_sub(17)));
    segments.open(end, Language::new("en"));
    let word = Word { text, span: MediaSpan::between(end, end) };
    let trace = Trace::starting(Instant::now());
    segments.close(vec![word], end, trace).unwrap()
}

fn translation(of: &Transcript, language: &str) -> Translation {
    let now = Instant::now();
    let hop = livecap::message::Hop { begun: now, done: now };
    Translation {
        of: Original::from(of),
        language: Language::new(language),
        kind: Kind::Final,
        text: Translated::Text(of.text()),
        took: Took::default(),
        trace: of.trace().with(Milestone::Translated, hop),
    }
}
