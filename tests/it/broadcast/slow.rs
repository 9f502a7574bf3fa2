//! Viewers who take little, or nothing: they lose no number, they cost nobody else anything, and in the end they go.
use livecap::serve::Retention;
use tokio::net::TcpSocket;

use super::*;

const SENTENCES: u64 = 1000;

/// Buffers of the kernel are megabytes otherwise, and would make anybody look quick. Pings come often: one that found its
/// queue full would end the connection.
fn small_buffers() -> Settings {
    let ping_interval = Duration::from_millis(20);
    Settings { send_buffer: 8 * 1024, ping_interval, ping_timeout: SOON, ..settings() }
}

async fn slow_viewer(pipeline: &Pipeline, auth: Value) -> Viewer {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4 * 1024).unwrap();
    let stream = socket.connect(pipeline.server.local_addr()).await.unwrap();
    Viewer(Client::connect_over(stream, &pipeline.url(), auth).await.unwrap())
}

fn long_sentence(number: u64) -> String {
    format!("sentence {number} {}", "and so on ".repeat(40))
}

#[tokio::test]
async fn who_reads_late_gets_every_number_and_slows_nobody() {
    let mut pipeline = Pipeline::start(small_buffers()).await;
    let mut slow = slow_viewer(&pipeline, captions()).await;
    let mut quick = pipeline.viewer(captions()).await;
    slow.hello().await;
    quick.hello().await;
    for number in 1..=SENTENCES {
        pipeline.partial("", "sentence").await;
        pipeline.finish(&long_sentence(number)).await;
        // The quick one is up to date after each, with the slow one's way long since blocked.
        while quick.caption().await.kind == CaptionKind::Partial {}
    }
    let mut partials = 0;
    for number in 1..=SENTENCES {
        loop {
            let caption = slow.caption().await;
            if caption.kind == CaptionKind::Final {
                assert_eq!(caption.seq, number);
                break;
            }
            partials += 1;
        }
    }
    assert!(partials < SENTENCES / 2, "{partials} partials were sent to who could not take them");
    // And is a viewer like any other from here on.
    pipeline.finish("the last").await;
    assert_eq!(slow.final_text().await, (SENTENCES + 1, "the last".into()));
}

#[tokio::test]
async fn who_falls_behind_the_log_is_told_of_the_hole() {
    let keep = Retention { count: 10, age: SOON };
    let mut pipeline = Pipeline::start(Settings { keep, ..small_buffers() }).await;
    let mut slow = slow_viewer(&pipeline, captions()).await;
    let mut quick = pipeline.viewer(captions()).await;
    slow.hello().await;
    quick.hello().await;
    for number in 1..=SENTENCES {
        pipeline.finish(&long_sentence(number)).await;
        assert_eq!(quick.final_text().await.0, number);
    }
    let mut last = 0;
    let mut holes = 0;
    while last < SENTENCES {
        let event = slow.event().await;
        if event.name == "gap" {
            assert_eq!(event.args[0]["why"], "history");
            holes += 1;
            last = 0;
            continue;
        }
        let number = event.args[0]["seq"].as_u64().unwrap();
        assert!(number == last + 1 || last == 0, "{number} after {last}");
        last = number;
    }
    assert!(holes > 0);
}

#[tokio::test]
async fn who_takes_nothing_for_long_is_disconnected() {
    let stall = Duration::from_millis(200);
    let mut pipeline = Pipeline::start(Settings { stall, ..small_buffers() }).await;
    let mut stuck = slow_viewer(&pipeline, captions()).await;
    let mut quick = pipeline.viewer(captions()).await;
    stuck.hello().await;
    quick.hello().await;
    http::until_viewers(&pipeline.server, 2).await;
    for number in 1..=500 {
        pipeline.finish(&long_sentence(number)).await;
        assert_eq!(quick.final_text().await.0, number);
    }
    http::until_viewers(&pipeline.server, 1).await;
    // What its kernel holds is still read; then it finds itself alone.
    let ended = async { while matches!(stuck.0.next().await, Ok(Some(_))) {} };
    timeout(SOON, ended).await.unwrap();
}

#[tokio::test]
async fn shutting_down_hands_over_what_there_is() {
    let mut pipeline = Pipeline::start(small_buffers()).await;
    let mut slow = slow_viewer(&pipeline, captions()).await;
    slow.hello().await;
    for number in 1..=200 {
        pipeline.finish(&long_sentence(number)).await;
    }
    let (server, _) = pipeline.end().await;
    let closing = tokio::spawn(async move { server.shutdown(SOON).await });
    for number in 1..=200 {
        assert_eq!(slow.final_text().await.0, number);
    }
    assert_eq!(slow.expect::<Next>("end").await.next, 201);
    assert_eq!(timeout(SOON, slow.0.next()).await.unwrap().unwrap(), None);
    timeout(SOON, closing).await.unwrap().unwrap();
}

/// What was handed to all viewers so far, in events.
async fn delivered(server: &Server) -> u64 {
    let (_, body) = get(server, "/metrics").await;
    let line = body.lines().find_map(|it| it.strip_prefix("livecap_delivered_total "));
    line.unwrap().parse().unwrap()
}

/// The bound that `docs/protocol.md` states: what waits in the library's queue and in the websocket's buffer, and what the
/// system holds for the connection at both of its ends.
const HELD: usize = 128 * 1024 + 128 * 1024 + 2 * (8 + 4) * 1024;

#[tokio::test]
async fn who_never_reads_is_handed_no_more_than_the_stated_bound() {
    const EVENTS: u64 = 1500;
    for by_polling in [false, true] {
        let mut pipeline = Pipeline::start(small_buffers()).await;
        let mut quick = pipeline.viewer(captions()).await;
        quick.hello().await;
        // It joins, and takes nothing from then on.
        let _stuck = match by_polling {
            false => Some(slow_viewer(&pipeline, captions()).await),
            true => {
                http::polling(&pipeline.server, http::CONNECT).await;
                None
            }
        };
        http::until_viewers(&pipeline.server, 2).await;
        let before = delivered(&pipeline.server).await;
        for number in 1..=EVENTS {
            pipeline.finish(&long_sentence(number)).await;
            assert_eq!(quick.final_text().await.0, number);
        }
        let handed = delivered(&pipeline.server).await - before - EVENTS;
        // Each event is longer than its sentence.
        let held = handed as usize * long_sentence(1).len();
        assert!(held <= HELD, "{handed} events, {held} bytes at least");
        assert!(!by_polling || handed <= 16, "{handed} events wait for one answer");
        assert_eq!(pipeline.server.viewers(), 2, "nobody was disconnected yet");
    }
}
