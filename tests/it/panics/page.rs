//! Ten panics with the real server and client, and the rules of the page.
use std::{
    sync::{Arc, Condvar, Mutex},
    time::Duration,
};

use livecap::{
    cli::client::Client,
    flow::WhenFull,
    host::HostSettings,
    serve::{Server, Settings},
    stages::broadcast::Broadcast,
    wire::TrackInfo,
};
use serde_json::json;
use tokio::time::timeout;

use super::{CaptionStore, PanickingRecogniser, PipelineSettings, check_words, generous, pipeline};

/// No step takes longer, on any machine.
const LIMIT: Duration = Duration::from_secs(20);

/// Numbers of words: at the beginning, in the middle and at the end of sentences, two in one sentence, and one in the last.
const PANICS_AT: [usize; 10] = [3, 9, 21, 30, 32, 41, 50, 53, 70, 95];

/// What the page shows.
#[derive(Default)]
struct Page {
    store: Mutex<CaptionStore>,
    changed: Condvar,
    /// The partial that was shown before each panic: its segment, and its committed words.
    panics: Mutex<Vec<Option<(u64, String)>>>,
}

impl Page {
    /// Waits until `hypothesis`, the newest one, is shown, and records the partial.
    fn record(&self, hypothesis: &str) {
        let store = self.store.lock().unwrap();
        let is_late = |store: &mut CaptionStore| {
            !hypothesis.is_empty() && store.open().is_none_or(|it| it.text != hypothesis)
        };
        let (store, late) = self.changed.wait_timeout_while(store, LIMIT, is_late).unwrap();
        if !late.timed_out() {
            let open = store.open().filter(|_| !hypothesis.is_empty());
            let open = open.map(|it| (it.segment, it.committed.clone()));
            self.panics.lock().unwrap().push(open);
        }
    }

    /// Receives events until the `end` event.
    async fn read(&self, mut client: Client) {
        loop {
            let event = timeout(LIMIT, client.next()).await.expect("an event").unwrap();
            let event = event.expect("an end");
            self.store.lock().unwrap().take(&event);
            self.changed.notify_all();
            if event.name == "end" {
                return;
            }
        }
    }
}

#[tokio::test]
async fn ten_panics_in_the_middle_of_sentences_leave_no_open_partials() {
    let server = Server::bind(Settings { port: 0, ..Settings::default() }).await.unwrap();
    let page = Arc::<Page>::default();
    let shown = page.clone();
    let settings = PipelineSettings {
        live: false,
        when_full: WhenFull::Wait,
        max_lag: None,
        stage: generous(),
        is_starting: Arc::default(),
    };
    let recogniser =
        PanickingRecogniser::new(&PANICS_AT, move |hypothesis| shown.record(hypothesis));
    let pipeline = pipeline(settings, recogniser, Broadcast::new(server.publisher()));
    let english = TrackInfo { name: "english".into(), lang: "en".into(), langs: vec![] };
    server.attach(pipeline.registry().clone(), vec![english], None);
    let url = format!("http://{}", server.local_addr());
    let client = Client::connect(&url, json!({ "v": 1, "from": 0 })).await.unwrap();
    let mut running = pipeline.start(HostSettings::default()).await;
    let (outcome, ()) = tokio::join!(running.ended(), page.read(client));
    assert_eq!(outcome, Default::default());
    let restarts: Vec<_> = running.registry().stages().iter().map(|it| it.restarts).collect();
    assert_eq!(restarts, [0, 10, 0]);

    {
        let (store, panics) = (page.store.lock().unwrap(), page.panics.lock().unwrap());
        assert!(store.open().is_none(), "a partial stays open: {:?}", store.open());
        let restarted = store.gaps.iter().filter(|it| it.why == "restart").count();
        assert_eq!((restarted, store.gaps.len()), (10, 10), "gaps: {:?}", store.gaps);
        assert_eq!(panics.len(), 10, "the newest hypothesis was shown before each");
        assert!(panics.iter().flatten().any(|(_, committed)| !committed.is_empty()));
        assert!(panics.iter().flatten().any(|(_, committed)| committed.is_empty()));
        for (segment, committed) in panics.iter().flatten() {
            let last = store.finals.get(segment).map_or("", |it| &it.text);
            assert_eq!(last, committed, "the committed words of segment {segment}");
        }
        check_words(&store);
    }
    server.shutdown(Duration::from_millis(200)).await;
}
