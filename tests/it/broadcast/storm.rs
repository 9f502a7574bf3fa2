//! Viewers who come and go at random while captions flow: each ends with the same numbered list, no hole, no double.
use std::env;

use futures::future::join_all;
use livecap::serve::Retention;

use super::*;

const VIEWERS: usize = 20;

/// How often all of them come back, together. `LIVECAP_STORM=10000` makes a storm of it.
fn reconnects() -> usize {
    env::var("LIVECAP_STORM").ok().and_then(|it| it.parse().ok()).unwrap_or(400)
}

/// One viewer, over all its connections.
struct Wanderer {
    stream: Option<String>,
    next: u64,
    heard: Vec<(u64, String)>,
    random: fastrand::Rng,
}

impl Wanderer {
    /// Connects, hears some events, and leaves in the middle of whatever comes; whether it has heard the end.
    async fn visit(&mut self, url: &str, most: usize) -> bool {
        let auth = json!({ "v": 1, "from": self.next, "stream": self.stream });
        let mut client = Client::connect(url, auth).await.unwrap();
        for _ in 0..most {
            let Some(event) = client.next().await.unwrap() else { return false };
            let data = &event.args[0];
            match event.name.as_str() {
                "hello" => {
                    let stream = data["stream"].as_str().map(str::to_owned);
                    assert!(self.stream.is_none() || self.stream == stream, "another stream");
                    self.stream = stream;
                }
                "caption" if data["kind"] == "final" => {
                    let seq = data["seq"].as_u64().unwrap();
                    self.heard.push((seq, data["text"].as_str().unwrap().to_owned()));
                    self.next = seq + 1;
                }
                "end" => return true,
                _ => (),
            }
        }
        // Some say goodbye, most do not.
        if self.random.u8(0..4) == 0 {
            let _ = client.close().await;
        }
        false
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_comes_back_has_the_same_list_in_the_end() {
    let each = reconnects() / VIEWERS;
    let keep = Retention { count: 10_000_000, ..settings().keep };
    let mut pipeline = Pipeline::start(Settings { keep, ..settings() }).await;
    let url = pipeline.url();
    let (comes, mut visits) = tokio::sync::mpsc::channel(VIEWERS);
    let visitors = (0..VIEWERS as u64).map(|seed| {
        let (url, comes) = (url.clone(), comes.clone());
        tokio::spawn(async move {
            let random = fastrand::Rng::with_seed(seed);
            let mut it = Wanderer { stream: None, next: 1, heard: Vec::new(), random };
            for _ in 0..each {
                comes.send(()).await.unwrap();
                let most = it.random.usize(0..12);
                timeout(SOON, it.visit(&url, most)).await.expect("a visit in time");
            }
            it
        })
    });
    let visitors: Vec<_> = visitors.collect();
    drop(comes);
    let mut said = Vec::new();
    // As long as anybody comes and goes. Most visits hear more than is said in one, so that nobody falls far behind.
    while visits.recv().await.is_some() {
        let text = format!("sentence {}", said.len() + 1);
        pipeline.partial("", "sentence").await;
        pipeline.finish(&text).await;
        said.push((said.len() as u64 + 1, text));
    }
    let wanderers = join_all(visitors).await;
    let (server, _) = pipeline.end().await;
    for it in wanderers {
        let mut it = it.unwrap();
        assert!(timeout(SOON, it.visit(&url, usize::MAX)).await.expect("the end in time"));
        assert_eq!(it.heard.len(), said.len());
        assert_eq!(it.heard, said);
    }
    drop(server);
}
