//! Viewers at nodes: they come, move and stay, and see what they would see at the writer.
use livecap::{
    serve::{EventPage, Logo},
    wire::{CorrectionEvent, PageInfo},
};

use super::*;

/// One viewer, wherever it is connected.
struct Nomad {
    stream: String,
    next: u64,
    heard: Vec<(u64, String)>,
}

impl Nomad {
    /// Connects, hears `most` events, and leaves in the middle of whatever comes; whether it has heard the end.
    async fn visit(&mut self, url: &str, most: usize) -> bool {
        let auth = json!({ "v": 1, "from": self.next, "stream": self.stream });
        let mut client = Client::connect(url, auth).await.unwrap();
        for _ in 0..most {
            let event = client.next().await.unwrap().expect("nobody cuts it off");
            let data = &event.args[0];
            match event.name.as_str() {
                "hello" => assert_eq!(data["stream"], self.stream.as_str()),
                "caption" if data["kind"] == "final" => {
                    let seq = data["seq"].as_u64().unwrap();
                    self.heard.push((seq, data["text"].as_str().unwrap().to_owned()));
                    self.next = seq + 1;
                }
                "gap" => panic!("it missed something: {data}"),
                "end" => return true,
                _ => (),
            }
        }
        false
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_moves_between_nodes_during_a_broadcast_misses_nothing_and_hears_nothing_twice() {
    let Some(redis) = Redis::start(Data::Lost).await else { return };
    let mut pipeline = writer(&redis).await;
    let nodes = [node(&redis).await, node(&redis).await];
    let stream = pipeline.viewer(captions()).await.hello().await.stream;
    let urls = [pipeline.url(), nodes[0].url(), nodes[1].url()];
    let (comes, mut visits) = tokio::sync::mpsc::channel(4);
    let nomads: Vec<_> = (0..4u64)
        .map(|seed| {
            let (urls, comes, stream) = (urls.clone(), comes.clone(), stream.clone());
            tokio::spawn(async move {
                let mut random = fastrand::Rng::with_seed(seed);
                let mut it = Nomad { stream, next: 1, heard: Vec::new() };
                for _ in 0..30 {
                    comes.send(()).await.unwrap();
                    let (url, most) = (&urls[random.usize(0..3)], random.usize(1..12));
                    timeout(SOON, it.visit(url, most)).await.expect("a visit in time");
                }
                it
            })
        })
        .collect();
    drop(comes);
    let mut count = 0;
    // As long as anybody moves: at the pace of the visits, and on where all wait for more.
    while !matches!(timeout(Duration::from_millis(10), visits.recv()).await, Ok(None)) {
        count += 1;
        pipeline.say([count]).await;
    }
    let nomads = futures::future::join_all(nomads).await;
    let (_writer, _) = pipeline.end().await;
    for (place, nomad) in nomads.into_iter().enumerate() {
        let mut it = nomad.unwrap();
        let url = &urls[place % 3];
        assert!(timeout(SOON, it.visit(url, usize::MAX)).await.expect("the end in time"));
        assert_eq!(it.heard, said(1..=count));
    }
}

#[tokio::test]
async fn a_node_that_starts_late_or_again_has_all_there_is() {
    let Some(redis) = Redis::start(Data::Lost).await else { return };
    let mut pipeline = writer(&redis).await;
    pipeline.say(1..=300).await;
    pipeline.lose(Why::Overload).await;
    // What was said has to be in the log for the mark to come behind it.
    pipeline.viewer(json!({ "v": 1, "from": 0 })).await.numbered(301).await;
    let (head, body) = post(&pipeline.server, "/api/mark", r#"{"text":"here"}"#).await;
    assert!(head.starts_with("HTTP/1.1 200") && body == r#"{"seq":302}"#, "{head} {body}");
    pipeline.say([303]).await;
    let mut wanted = said(1..=300);
    wanted.extend([
        (301, "gap".to_owned()),
        (302, "mark".to_owned()),
        (303, "sentence 303".to_owned()),
    ]);
    for _ in 0..2 {
        let late = node(&redis).await;
        let mut viewer = viewer(&late, json!({ "v": 1, "from": 0 })).await;
        let hello: Hello = viewer.expect("hello").await;
        assert_eq!(hello.tracks.len(), 2);
        assert_eq!(hello.notice.as_deref(), Some("demo model: a small fixed vocabulary"));
        assert_eq!(viewer.numbered(303).await, wanted);
        late.shutdown(SOON).await;
    }
    let (writer, _) = pipeline.end().await;
    // As one who came for what follows: nothing of the history, and the end.
    let late = node(&redis).await;
    let mut newcomer = viewer(&late, captions()).await;
    assert_eq!(newcomer.expect::<Hello>("hello").await.next, 304);
    assert_eq!(newcomer.skip_to::<Next>("end").await.next, 304);
    for format in ["json", "txt", "srt", "vtt"] {
        let path = format!("/api/transcript.{format}");
        let (there, here) = (get(&late, &path).await.1, get(&writer, &path).await.1);
        assert_eq!(there, here);
        assert!(there.contains("sentence 303") && there.len() > 3000);
    }
}

#[tokio::test]
async fn partials_clearings_and_states_come_to_a_node_and_operators_are_sent_to_the_writer() {
    let Some(redis) = Redis::start(Data::Lost).await else { return };
    let late = node(&redis).await;
    until(&late, "/readyz", |it| it.contains("nothing was heard of a writer yet")).await;
    // Who is there before there is a pipeline is greeted when it comes.
    let mut early = viewer(&late, json!({ "v": 1, "from": 0, "words": true })).await;
    let mut pipeline = writer(&redis).await;
    let hello: Hello = early.expect("hello").await;
    assert_eq!(hello, pipeline.viewer(captions()).await.hello().await);
    until(&late, "/readyz", |it| it.contains("200 OK")).await;
    pipeline.partial("good", "mourning").await;
    let partial: CaptionEvent = early.skip_to("caption").await;
    assert_eq!(
        (partial.text.as_str(), partial.committed.as_deref()),
        ("good mourning", Some("good"))
    );
    assert_eq!(
        (partial.kind, partial.seq, partial.words.map(|it| it.len())),
        (CaptionKind::Partial, 0, Some(2))
    );
    pipeline.finish("morning").await;
    assert_eq!(early.numbered(1).await, [(1, "good morning".to_owned())]);
    assert!(post(&pipeline.server, "/api/clear", "").await.0.starts_with("HTTP/1.1 204"));
    early.skip_to::<Value>("clear").await;
    pipeline.recogniser.set(StageState::Degraded, Some("too slow".to_owned()));
    loop {
        let state: StateEvent = early.skip_to("state").await;
        if state.stages[0].state == "degraded" {
            assert_eq!(state.stages[0].why.as_deref(), Some("too slow"));
            break;
        }
    }
    let (_, told) = get(&late, "/api/state").await;
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told["node"], json!({ "writer": pipeline.url(), "connected": true }));
    assert_eq!(told["stages"][0]["state"], "degraded");
    let operated = Settings {
        tokens: Tokens { operator: Some(Token::new("o")), ..Tokens::default() },
        cluster: Some(redis.cluster(Role::Node)),
        ..settings()
    };
    let operated = Server::bind(operated).await.unwrap();
    until(&operated, "/readyz", |it| it.contains("200 OK")).await;
    let head = "GET /api/state HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer o";
    let (_, told) = request(&operated, head, "").await;
    assert!(told.contains("\"may_operate\":false"), "{told}");
    for path in ["pause", "resume", "clear", "mark", "end", "correct"] {
        let (head, body) = post(&operated, &format!("/api/{path}"), "{}").await;
        assert!(head.starts_with("HTTP/1.1 409"), "{head}");
        assert!(body.contains("this is a node") && body.contains(&pipeline.url()), "{body}");
    }
}

#[tokio::test]
async fn a_node_has_the_page_of_the_event_without_its_logo() {
    let Some(redis) = Redis::start(Data::Lost).await else { return };
    let info = PageInfo { title: Some("Town hall".into()), starts: Some(7), ..PageInfo::default() };
    let logo = Logo { bytes: b"<svg/>".as_slice().into(), content_type: "image/svg+xml" };
    let page = Some(EventPage::new(info.clone(), Some(logo)));
    let writer = Pipeline::start(Settings { page, ..writing(&redis, "live") }).await;
    let node = node(&redis).await;
    let hello = viewer(&node, json!({ "v": 1 })).await.hello().await;
    assert_eq!(hello.page, Some(info));
    let hello = viewer(&writer.server, json!({ "v": 1 })).await.hello().await;
    assert_eq!(hello.page.and_then(|it| it.logo).as_deref(), Some("logo"));
    until(&node, "/", |text| {
        text.contains("<title>Town hall</title>") || !text.contains("<title ")
    })
    .await;
    let (head, _) = get(&node, "/logo").await;
    assert!(head.starts_with("HTTP/1.1 404"), "{head}");
}

#[tokio::test]
async fn a_node_has_corrections_too() {
    let Some(redis) = Redis::start(Data::Lost).await else { return };
    let mut pipeline = writer(&redis).await;
    let early = node(&redis).await;
    pipeline.say([1]).await;
    let from_the_start = json!({ "v": 1, "from": 0 });
    pipeline.viewer(from_the_start.clone()).await.numbered(1).await;
    let wanted = r#"{"track":"english","segment":0,"lang":"en","before":"sentence 1","text":"sentence one"}"#;
    let (head, body) = post(&pipeline.server, "/api/correct", wanted).await;
    assert!(head.starts_with("HTTP/1.1 200"), "{head} {body}");
    for server in [&early, &node(&redis).await] {
        let mut viewer = viewer(server, from_the_start.clone()).await;
        assert_eq!(viewer.numbered(1).await, said([1]));
        let it: CorrectionEvent = viewer.skip_to("correction").await;
        assert_eq!((it.seq, it.text.as_str()), (2, "sentence one"));
        let (_, text) = get(server, "/api/transcript.txt").await;
        assert_eq!(text, "sentence one\n");
    }
}
