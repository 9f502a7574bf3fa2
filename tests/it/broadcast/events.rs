//! What viewers see: the first words of the server, captions and their numbers, replay, and the end.
use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering::Relaxed},
};

use super::*;

#[tokio::test]
async fn hello_comes_first_then_partials_and_finals_with_numbers() {
    let mut pipeline = Pipeline::start(settings()).await;
    let mut viewer = pipeline.viewer(captions()).await;
    let hello = viewer.hello().await;
    assert_eq!((hello.v, hello.next, hello.stream.len()), (1, 1, 16));
    assert_eq!(hello.tracks[0].name, "english");
    assert!(hello.notice.unwrap().starts_with("demo model"));

    pipeline.partial("good", "mourning").await;
    let partial = viewer.caption().await;
    assert_eq!((partial.seq, partial.revision, partial.kind), (0, 0, CaptionKind::Partial));
    assert_eq!(
        (partial.text.as_str(), partial.committed.as_deref()),
        ("good mourning", Some("good"))
    );
    assert!(
        partial.at.captured >= hello.started_at && partial.at.published.is_some(),
        "{partial:?}"
    );

    pipeline.finish("morning everyone").await;
    let whole = viewer.caption().await;
    assert_eq!(
        (whole.seq, whole.segment, whole.revision, whole.kind),
        (1, 0, 1, CaptionKind::Final)
    );
    assert_eq!(
        (whole.text.as_str(), whole.committed, whole.words),
        ("good morning everyone", None, None)
    );
    assert_eq!((whole.start, whole.end, whole.lang.as_str()), (0.0, 1.0, "en"));

    pipeline.lose(Why::Overload).await;
    pipeline.finish_on(1, "elsewhere").await;
    let gap: GapEvent = viewer.expect("gap").await;
    assert_eq!((gap.seq, gap.start, gap.end, gap.why.as_ref()), (Some(2), 1.0, 1.5, "overload"));
    assert_eq!(viewer.final_text().await, (3, "elsewhere".into()));
}

#[tokio::test]
async fn a_late_joiner_gets_what_is_kept_then_live_then_what_is_open() {
    let mut pipeline = Pipeline::start(settings()).await;
    pipeline.finish("one").await;
    pipeline.finish("two").await;
    pipeline.partial("", "thr").await;
    let mut first = pipeline.viewer(json!({ "v": 1, "from": 0 })).await;
    let hello: Hello = first.expect("hello").await;
    // What the stage has not taken yet comes as live.
    let mut seen = Vec::new();
    while seen.len() < 2 {
        let event = first.event().await;
        match event.name.as_str() {
            "caption" => seen.push(event.args[0]["text"].as_str().unwrap().to_owned()),
            "live" => assert_eq!(event.args[0]["next"], hello.next),
            name => assert_eq!(name, "state"),
        }
    }
    assert_eq!(seen, ["one", "two"]);

    let mut late = pipeline.viewer(json!({ "v": 1, "from": 0 })).await;
    assert_eq!(late.expect::<Hello>("hello").await.next, 3);
    assert_eq!(late.final_text().await, (1, "one".into()));
    assert_eq!(late.final_text().await, (2, "two".into()));
    assert_eq!(late.expect::<Next>("live").await.next, 3);
    assert_eq!(late.caption().await.text, "thr");
    late.expect::<StateEvent>("state").await;

    // Who asks for no replay gets what follows, the open segment first.
    let mut other = pipeline.viewer(captions()).await;
    assert_eq!(other.expect::<Hello>("hello").await.next, 3);
    assert_eq!(other.caption().await.text, "thr");
    other.expect::<StateEvent>("state").await;
    pipeline.finish("three").await;
    assert_eq!(other.final_text().await, (3, "three".into()));
}

#[tokio::test]
async fn who_comes_back_goes_on_where_it_was() {
    let mut pipeline = Pipeline::start(settings()).await;
    let mut viewer = pipeline.viewer(captions()).await;
    let stream = viewer.hello().await.stream;
    pipeline.finish("one").await;
    assert_eq!(viewer.final_text().await, (1, "one".into()));
    viewer.0.close().await.unwrap();
    pipeline.finish("two").await;
    pipeline.finish("three").await;

    let mut viewer = pipeline.viewer(json!({ "v": 1, "stream": stream, "from": 2 })).await;
    viewer.expect::<Hello>("hello").await;
    let mut seen = Vec::new();
    while seen.len() < 2 {
        let event = viewer.event().await;
        if event.name == "caption" {
            seen.push(event.args[0]["seq"].as_u64().unwrap());
        }
    }
    assert_eq!(seen, [2, 3]);

    // The numbers of another run mean nothing: it gets all there is.
    let mut stranger = pipeline.viewer(json!({ "v": 1, "stream": "another", "from": 3 })).await;
    assert_eq!(stranger.expect::<Hello>("hello").await.next, 4);
    assert_eq!(stranger.final_text().await, (1, "one".into()));
}

#[tokio::test]
async fn what_is_no_longer_kept_is_told() {
    let keep = livecap::serve::Retention { count: 2, age: SOON };
    let mut pipeline = Pipeline::start(Settings { keep, ..settings() }).await;
    let mut watching = pipeline.viewer(captions()).await;
    watching.hello().await;
    for text in ["one", "two", "three", "four"] {
        pipeline.finish(text).await;
        watching.final_text().await;
    }
    let mut late = pipeline.viewer(json!({ "v": 1, "from": 1 })).await;
    late.expect::<Hello>("hello").await;
    let gap: GapEvent = late.expect("gap").await;
    assert_eq!((gap.seq, gap.track, gap.why.as_ref()), (None, None, "history"));
    assert_eq!((gap.start, gap.end), (0.0, 1.0));
    assert_eq!(late.final_text().await, (3, "three".into()));
    assert_eq!(late.final_text().await, (4, "four".into()));
    assert_eq!(late.expect::<Next>("live").await.next, 5);
}

#[tokio::test]
async fn a_plain_client_sees_the_demos_events() {
    let mut pipeline = Pipeline::start(settings()).await;
    let mut viewer = pipeline.viewer(Value::Null).await;
    let mut watching = pipeline.viewer(captions()).await;
    watching.hello().await;
    // Its task begins by itself, as there is no hello: what it is there for, is seen.
    pipeline.partial("good", "mourning").await;
    assert_eq!(viewer.event().await, text_event("intermediate", "good mourning"));
    pipeline.finish("morning").await;
    pipeline.lose(Why::Overload).await;
    pipeline.finish("\"quoted\"").await;
    assert_eq!(viewer.event().await, text_event("final", "good morning"));
    assert_eq!(viewer.event().await, text_event("final", "\"quoted\""));
}

fn text_event(name: &str, text: &str) -> Event {
    Event { name: name.into(), args: vec![json!(text)], attachments: vec![] }
}

#[tokio::test]
async fn the_end_reaches_who_is_there_and_who_comes_later() {
    let mut pipeline = Pipeline::start(settings()).await;
    let mut viewer = pipeline.viewer(captions()).await;
    viewer.hello().await;
    pipeline.finish("one").await;
    let url = pipeline.url();
    let (server, _) = pipeline.end().await;
    assert_eq!(viewer.final_text().await, (1, "one".into()));
    assert_eq!(viewer.expect::<Next>("end").await.next, 2);

    let late = Client::connect(&url, json!({ "v": 1, "from": 0 })).await.unwrap();
    let mut late = Viewer(late);
    late.expect::<Hello>("hello").await;
    assert_eq!(late.final_text().await, (1, "one".into()));
    assert_eq!(late.expect::<Next>("live").await.next, 2);
    assert_eq!(late.expect::<Next>("end").await.next, 2);
    late.expect::<StateEvent>("state").await;
    server.shutdown(SOON).await;
    assert_eq!(timeout(SOON, late.0.next()).await.unwrap().unwrap(), None);
}

#[tokio::test]
async fn a_viewer_chooses_tracks_partials_and_words() {
    let mut pipeline = Pipeline::start(settings()).await;
    let auth = json!({ "v": 1, "tracks": ["second"], "partials": false, "words": true });
    let mut chosen = pipeline.viewer(auth).await;
    let mut silent = pipeline.viewer(json!({ "v": 1, "partials": false })).await;
    chosen.hello().await;
    silent.hello().await;
    pipeline.partial("", "uh").await;
    pipeline.finish("first").await;
    pipeline.finish_on(1, "on the second").await;
    let caption = chosen.caption().await;
    assert_eq!((caption.seq, caption.track.as_str()), (2, "second"));
    let words: Vec<String> = caption.words.unwrap().into_iter().map(|it| it.word).collect();
    assert_eq!(words, [" on", " the", " second"]);
    assert_eq!(silent.final_text().await, (1, "first".into()));
    assert_eq!(silent.final_text().await, (2, "on the second".into()));
}

#[tokio::test]
async fn viewers_are_told_how_the_pipeline_is() {
    let mut pipeline = Pipeline::start(settings()).await;
    let mut viewer = pipeline.viewer(captions()).await;
    viewer.expect::<Hello>("hello").await;
    let state: StateEvent = viewer.expect("state").await;
    assert_eq!((state.lag_ms, state.paused, state.stages.len()), (None, false, 2));
    assert_eq!(
        (state.stages[0].name.as_str(), state.stages[0].state.as_ref()),
        ("english", "running")
    );
    pipeline.finish("one").await;
    viewer.final_text().await;
    pipeline.recogniser.set(StageState::Restarting, Some("panicked: once".into()));
    let state: StateEvent = viewer.expect("state").await;
    assert_eq!(state.stages[0].state, "restarting");
    assert_eq!(state.stages[0].why.as_deref(), Some("panicked: once"));
    assert!(state.lag_ms.is_some());
}

#[tokio::test]
async fn the_clock_is_told_and_nothing_a_client_says_is_passed_on() {
    let pipeline = Pipeline::start(settings()).await;
    let mut viewer = pipeline.viewer(captions()).await;
    let mut other = pipeline.viewer(captions()).await;
    let started_at = viewer.hello().await.started_at;
    other.hello().await;
    viewer.0.emit("painted", &[json!({ "segment": 0 })]).await.unwrap();
    viewer.0.emit("final", &[json!("forged")]).await.unwrap();
    let now = timeout(SOON, viewer.0.emit_with_ack("clock", &[])).await.unwrap().unwrap();
    assert!(now[0]["now"].as_u64().unwrap() >= started_at, "{now:?}");
    let now = timeout(SOON, other.0.emit_with_ack("clock", &[])).await.unwrap().unwrap();
    assert!(now[0]["now"].is_u64(), "{now:?}");
    pipeline.server.shutdown(SOON).await;
    assert_eq!(timeout(SOON, other.0.next()).await.unwrap().unwrap(), None);
}

/// Else any viewer could make a bench's figures what it likes.
#[tokio::test]
async fn what_was_painted_counts_from_the_page_that_the_bench_has_opened_only() {
    let pipeline = Pipeline::start(settings()).await;
    let mut painted = pipeline.server.painted();
    let url = pipeline.server.measuring_url();
    let measure = url.split("measure=").nth(1).unwrap();
    let mut bench = pipeline.viewer(json!({ "v": 1, "measure": measure })).await;
    let it = json!({ "track": "english", "segment": 1, "revision": 2, "ms": 3.5 });
    for auth in [json!({ "v": 1 }), json!({ "v": 1, "measure": "" }), json!({ "measure": "x" })] {
        let mut other = pipeline.viewer(auth).await;
        let told = other.0.emit_with_ack("painted", std::slice::from_ref(&it)).await.unwrap();
        assert!(told[0]["error"].as_str().unwrap().contains("a bench has opened"), "{told:?}");
    }
    assert_eq!(bench.0.emit_with_ack("painted", &[it]).await.unwrap(), [] as [Value; 0]);
    let told = bench.0.emit_with_ack("painted", &[json!("?")]).await.unwrap();
    assert!(told[0]["error"].as_str().unwrap().contains("cannot be read"), "{told:?}");
    assert_eq!(painted.try_recv().unwrap().revision, 2);
    assert!(painted.try_recv().is_err(), "only one of them counts");
}

/// Nobody is read while so many answers wait for it; else its answers would take all the room there is.
#[tokio::test]
async fn who_tells_much_of_what_it_painted_is_held_like_anybody_else() {
    let pipeline = Pipeline::start(settings()).await;
    let mut viewer = pipeline.viewer(captions()).await;
    viewer.hello().await;
    let mut other = pipeline.viewer(captions()).await;
    for _ in 0..2000 {
        viewer.0.emit("painted", &[json!({})]).await.unwrap();
    }
    let answer = timeout(SOON, viewer.0.emit_with_ack("painted", &[json!({})])).await;
    assert!(answer.unwrap().unwrap()[0]["error"].is_string());
    other.hello().await;
    let (_, counts) = get(&pipeline.server, "/metrics").await;
    assert!(counts.contains("refused_total 2001"), "{counts}");
}

/// Panics on certain items, as often as it is told to.
struct Fragile {
    inner: Broadcast,
    panics: Arc<AtomicU32>,
}

impl Stage for Fragile {
    type In = Caption;
    type Out = Never;
    type Kept = ();

    async fn handle(
        &mut self,
        kept: &mut (),
        item: Caption,
        out: &Outlet<Never>,
    ) -> Result<(), Fault> {
        let is_bad = matches!(&item, Caption::Transcript(it) if it.text().contains("bad"));
        let left = self.panics.load(Relaxed);
        if is_bad && left > 0 {
            self.panics.store(left - 1, Relaxed);
            panic!("as the test wants it");
        }
        self.inner.handle(kept, item, out).await
    }

    async fn flush(&mut self, kept: &mut (), out: &Outlet<Never>) -> Result<(), Fault> {
        self.inner.flush(kept, out).await
    }

    async fn fail_item(
        &mut self,
        kept: &mut (),
        item: Caption,
        out: &Outlet<Never>,
    ) -> Result<(), Fault> {
        self.inner.fail_item(kept, item, out).await
    }
}

#[tokio::test]
async fn lives_that_panic_leave_the_numbers_and_their_neighbours_untouched() {
    for (panics, lost) in [(1, false), (2, true)] {
        let left = Arc::new(AtomicU32::new(panics));
        let life = move |inner| Fragile { inner, panics: left.clone() };
        let mut pipeline = Pipeline::start_with(settings(), life).await;
        let mut viewer = pipeline.viewer(captions()).await;
        viewer.hello().await;
        pipeline.finish("one").await;
        pipeline.partial("", "soon").await;
        assert_eq!(viewer.final_text().await, (1, "one".into()));
        assert_eq!(viewer.caption().await.text, "soon");
        pipeline.finish("bad").await;
        pipeline.finish("three").await;
        let (_server, lives) = pipeline.end().await;
        assert_eq!(lives, panics + 1);
        if lost {
            let gap: GapEvent = viewer.expect("gap").await;
            assert_eq!((gap.seq, gap.why.as_ref()), (Some(2), "fault"));
        } else {
            assert_eq!(viewer.final_text().await, (2, "bad".into()));
        }
        assert_eq!(viewer.final_text().await, (3, "three".into()));
        assert_eq!(viewer.expect::<Next>("end").await.next, 4);
    }
}
