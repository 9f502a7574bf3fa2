//! What operators see: how loud it is, where the milliseconds go, the plan, the log; and who may.
use livecap::{
    flow::Gate,
    message::{AudioFrame, SampleRate},
    serve::{LogBuffer, Token, Tokens},
    wire::{ApiState, Graph, GraphEdge, GraphStage, LogLines},
};

use super::*;

/// A frame of 10 ms at this peak.
fn frame(peak: f32) -> AudioFrame {
    let mut samples = vec![0.0; 160];
    samples[80] = -peak;
    AudioFrame {
        start: MediaTime::default(),
        rate: SampleRate::SPEECH,
        samples: samples.into(),
        hole: None,
        speaker: None,
        trace: Trace::starting(Instant::now()),
    }
}

async fn read<T: DeserializeOwned>(server: &Server, path: &str) -> T {
    let (head, body) = get(server, path).await;
    assert!(head.starts_with("HTTP/1.1 200") && head.contains("no-store"), "{path}: {head}");
    serde_json::from_str(&body).unwrap()
}

fn status(head: &str) -> &str {
    head.split(' ').nth(1).unwrap()
}

/// Sound of one peak, that goes on until it is dropped: however long this process was held up, some is heard at last.
struct Sounding(JoinHandle<()>);

impl Sounding {
    fn of(mic: &Arc<Outlet<AudioFrame>>, peak: f32) -> Sounding {
        let mic = mic.clone();
        Sounding(tokio::spawn(async move {
            let mut pace = tokio::time::interval(Duration::from_millis(10));
            loop {
                pace.tick().await;
                mic.send(frame(peak)).await.unwrap();
            }
        }))
    }
}

impl Drop for Sounding {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[tokio::test]
async fn viewers_learn_at_once_that_sound_begins_and_that_it_stays_away() {
    let server = Server::bind(settings()).await.unwrap();
    let room = Room::Span(Duration::from_secs(1));
    let (sender, _receiver) =
        edge("mic", "speech", EdgeSettings { room, when_full: WhenFull::DropOldest });
    let gauge = StageGauge::new("mic");
    gauge.set(StageState::Running, None);
    let mut registry = Registry::default();
    registry.add_stage(gauge.clone());
    registry.add_edge(sender.gauge());
    server.attach(registry, Vec::new(), None);
    let gate = Gate::default();
    let mic = Arc::new(Outlet::new(vec![sender], gauge).gated(gate.clone()));

    let url = format!("http://{}", server.local_addr());
    let mut viewer = Viewer(Client::connect(&url, captions()).await.unwrap());
    viewer.expect::<Hello>("hello").await;
    assert_eq!(viewer.expect::<StateEvent>("state").await.level_db, None);
    // What is told now and then would come after a minute.
    let mut learns = async |level| {
        while viewer.expect::<StateEvent>("state").await.level_db != level {}
    };
    let sounding = Sounding::of(&mic, 0.5);
    learns(Some(-6)).await;
    let levels = async || {
        let state: ApiState = read(&server, "/api/state").await;
        let levels = state.levels.into_iter().map(|it| (it.source, it.level_db));
        (state.state.level_db, levels.collect::<Vec<_>>())
    };
    while levels().await != (Some(-6), vec![("mic".to_owned(), Some(-6))]) {}
    drop(sounding);
    learns(None).await;
    // It is still a source, and has to be seen as one.
    assert_eq!(levels().await, (None, vec![("mic".to_owned(), None)]));
    let sounding = Sounding::of(&mic, 0.0);
    learns(Some(-120)).await;
    drop(sounding);
    // From silence to speech, in a pause too.
    gate.pause();
    let _sounding = Sounding::of(&mic, 0.25);
    learns(Some(-12)).await;
}

#[tokio::test]
async fn the_milliseconds_of_what_was_published_are_told_by_stage_and_track() {
    let mut pipeline = Pipeline::start(settings()).await;
    let mut viewer = pipeline.viewer(captions()).await;
    viewer.hello().await;
    for text in ["one", "two"] {
        pipeline.finish(text).await;
        viewer.final_text().await;
    }
    pipeline.finish_on(1, "elsewhere").await;
    viewer.final_text().await;
    let state: ApiState = read(&pipeline.server, "/api/state").await;
    let told: Vec<_> = state.latency.iter().map(|it| (&*it.stage, &*it.track, it.n)).collect();
    assert_eq!(
        told,
        [
            ("recognised", "english", 2),
            ("published", "english", 2),
            ("recognised", "second", 1),
            ("published", "second", 1),
            ("all", "english", 2),
            ("all", "second", 1),
        ]
    );
    for row in &state.latency {
        let total = row.total;
        assert!(0.0 <= total.p50 && total.p50 <= total.p95 && total.p95 <= total.p99, "{row:?}");
        assert_eq!(
            (row.wait.is_some(), row.service.is_some()),
            (row.stage != "all", row.stage != "all")
        );
    }
    assert_eq!((state.work[1].stage.as_str(), state.work[1].handled), ("web", 3));
    assert_eq!((state.edges[0].taken, state.edges[0].depth), (3, 0));
    assert_eq!((state.viewers, state.log.next, state.may_operate), (1, 4, false));
    assert_eq!(state.levels, [], "what gives text is no source of sound");
    pipeline.recogniser.count_restart();
    let state: ApiState = read(&pipeline.server, "/api/state").await;
    assert_eq!((state.state.stages[0].restarts, state.state.stages[1].restarts), (1, 0));
}

#[tokio::test]
async fn the_plan_and_the_log_are_told_as_they_were_given() {
    let pipeline = Pipeline::start(settings()).await;
    let server = &pipeline.server;
    assert_eq!(read::<Graph>(server, "/api/graph").await, Graph::default());
    assert_eq!(read::<LogLines>(server, "/api/log").await, LogLines::default());
    let stage = |kind: &str, name: &str| GraphStage {
        name: name.into(),
        kind: kind.into(),
        implied: false,
    };
    let graph = Graph {
        name: "two".into(),
        stages: vec![stage("whisper", "english"), stage("broadcast", "web")],
        edges: vec![GraphEdge {
            from: "english".into(),
            to: "web".into(),
            carries: "captions".into(),
            room: "64".into(),
            when_full: "coalesce".into(),
        }],
    };
    server.draw(graph.clone());
    assert_eq!(read::<Graph>(server, "/api/graph").await, graph);
    let diary = Arc::new(LogBuffer::new(2));
    server.keep_log(diary.clone());
    for text in ["one", "two", "three"] {
        diary.note("info", text.into());
    }
    let all: LogLines = read(server, "/api/log").await;
    assert_eq!((all.lines.len(), all.lines[1].text.as_str(), all.newest), (2, "three", 3));
    assert_eq!(read::<LogLines>(server, "/api/log?after=2").await.lines, all.lines[1..]);
    for query in ["after=-1", "after=x", "before=1"] {
        let (head, body) = get(server, &format!("/api/log?{query}")).await;
        assert!(status(&head) == "400" && body.contains("error"), "{query}: {head} {body}");
    }
}

#[tokio::test]
async fn only_operators_inspect_where_there_is_a_token_and_only_this_machine_where_there_is_none() {
    let ask = async |server: &Server, path: &str, with: &str| {
        let head = format!("GET {path} HTTP/1.1\r\nhost: localhost{with}");
        let (head, body) = request(server, &head, "").await;
        let body: Value = serde_json::from_str(&body).unwrap();
        (status(&head).parse::<u16>().unwrap(), body)
    };
    let tokens = Tokens { operator: Some(Token::new("o")), ..Tokens::default() };
    let elsewhere = Settings { host: "0.0.0.0".into(), ..settings() };
    let (bearer, wrong) = ("\r\nauthorization: Bearer o", "\r\nauthorization: Bearer x");
    let (own, foreign) = ("\r\norigin: http://localhost", "\r\norigin: https://evil.example");
    for (settings, with, allowed) in [
        (Settings { tokens: tokens.clone(), ..settings() }, bearer, Ok(true)),
        (Settings { tokens: tokens.clone(), ..settings() }, wrong, Err(401)),
        (Settings { tokens: tokens.clone(), ..settings() }, "\r\ncookie: token=o", Err(401)),
        (Settings { tokens: tokens.clone(), ..settings() }, "", Err(401)),
        (Settings { tokens, ..elsewhere.clone() }, bearer, Ok(true)),
        (settings(), "", Ok(false)),
        (settings(), own, Ok(false)),
        (settings(), foreign, Err(403)),
        (elsewhere, "", Err(403)),
    ] {
        let pipeline = Pipeline::start(settings).await;
        let server = &pipeline.server;
        for path in ["/api/graph", "/api/log"] {
            let (status, body) = ask(server, path, with).await;
            assert_eq!(status, allowed.err().unwrap_or(200), "{path} {with}: {body}");
            assert_eq!(body["error"].is_string(), allowed.is_err(), "{path} {with}: {body}");
        }
        let (_, state) = ask(server, "/api/state", with).await;
        assert!(state["stages"].is_array(), "{with}: {state}");
        for detail in ["edges", "work", "levels", "latency", "viewers", "log", "stream"] {
            assert_eq!(state.get(detail).is_some(), allowed.is_ok(), "{detail} {with}: {state}");
        }
        assert_eq!(state["may_operate"].as_bool(), allowed.ok(), "{with}: {state}");
    }
}

#[tokio::test]
async fn whoever_may_not_read_is_told_how_the_stages_are_and_not_when_somebody_speaks() {
    let tokens = Tokens { viewer: Some(Token::new("v")), ..Tokens::default() };
    let elsewhere = Settings { host: "0.0.0.0".into(), tokens, ..settings() };
    let mut pipeline = Pipeline::start(elsewhere).await;
    pipeline.recogniser.count("looks");
    let url = format!("http://{}", pipeline.server.local_addr());
    let auth = json!({ "v": 1, "token": "v" });
    let mut viewer = Viewer(Client::connect(&url, auth).await.unwrap());
    viewer.hello().await;
    pipeline.finish("one").await;
    viewer.final_text().await;
    for (with, reads) in [("", false), ("\r\nauthorization: Bearer v", true)] {
        let head = format!("GET /api/state HTTP/1.1\r\nhost: localhost{with}");
        let (_, body) = request(&pipeline.server, &head, "").await;
        let state: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(state["stages"][0]["state"], "running", "{state}");
        assert_eq!(state["lag_ms"].is_u64(), reads, "{state}");
        assert_eq!(state["stages"][0]["counts"]["looks"].is_u64(), reads, "{state}");
    }
}
