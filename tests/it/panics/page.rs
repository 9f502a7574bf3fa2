//! Ten panics as somebody sees them who reads along: the real server, the real client, the page's rules.
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

use super::{Bomb, Ledger, Setting, check_words, generous, pipeline};

/// Nothing here takes longer, on any machine.
const SOON: Duration = Duration::from_secs(20);

/// At the beginning, in the middle and at the end of sentences, twice within one, and in the last.
const BOMBS: [usize; 10] = [3, 9, 21, 30, 32, 41, 50, 53, 70, 95];

/// The reader's page, and what woke it.
#[derive(Default)]
struct Page {
    ledger: Mutex<Ledger>,
    changed: Condvar,
    /// What was on the screen before each panic: the segment, and its committed words.
    panics: Mutex<Vec<Option<(u64, String)>>>,
}

impl Page {
    /// Waits until the reader has read what was `said` last, and notes what it was.
    fn note(&self, said: &str) {
        let ledger = self.ledger.lock().unwrap();
        let is_late = |ledger: &mut Ledger| {
            !said.is_empty() && ledger.open().is_none_or(|it| it.text != said)
        };
        let (ledger, late) = self.changed.wait_timeout_while(ledger, SOON, is_late).unwrap();
        if !late.timed_out() {
            let open = ledger.open().filter(|_| !said.is_empty());
            let open = open.map(|it| (it.segment, it.committed.clone()));
            self.panics.lock().unwrap().push(open);
        }
    }

    /// Reads until the end is told.
    async fn read(&self, mut client: Client) {
        loop {
            let event = timeout(SOON, client.next()).await.expect("an event").unwrap();
            let event = event.expect("an end");
            self.ledger.lock().unwrap().take(&event);
            self.changed.notify_all();
            if event.name == "end" {
                return;
            }
        }
    }
}

#[tokio::test]
async fn a_recogniser_that_panics_in_mid_sentence_ten_times_leaves_no_stale_words() {
    let server = Server::bind(Settings { port: 0, ..Settings::default() }).await.unwrap();
    let page = Arc::<Page>::default();
    let seen = page.clone();
    let setting = Setting {
        live: false,
        when_full: WhenFull::Wait,
        max_lag: None,
        recogniser: generous(),
        making: Arc::default(),
    };
    let bomb = Bomb::new(&BOMBS, move |said| seen.note(said));
    let pipeline = pipeline(setting, bomb, Broadcast::new(server.publisher()));
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
        let (ledger, panics) = (page.ledger.lock().unwrap(), page.panics.lock().unwrap());
        assert!(ledger.open().is_none(), "the page shows stale words: {:?}", ledger.open());
        let restarted = ledger.gaps.iter().filter(|it| it.why == "restart").count();
        assert_eq!((restarted, ledger.gaps.len()), (10, 10), "holes: {:?}", ledger.gaps);
        assert_eq!(panics.len(), 10, "the reader had read what was said before each");
        assert!(panics.iter().flatten().any(|(_, committed)| !committed.is_empty()));
        assert!(panics.iter().flatten().any(|(_, committed)| committed.is_empty()));
        for (segment, committed) in panics.iter().flatten() {
            let last = ledger.finals.get(segment).map_or("", |it| &it.text);
            assert_eq!(last, committed, "what segment {segment} had promised");
        }
        check_words(&ledger);
    }
    server.shutdown(Duration::from_millis(200)).await;
}
