//! Connections that are lost, and sessions that go on in another one.
use livecap::message::Why;

use super::*;

#[tokio::test]
async fn after_a_cut_a_session_goes_on_and_nothing_is_doubled() {
    let mut stand = Stand::start().await;
    let (mut speaker, welcome) = stand.welcomed(json!({ "name": "Ada" })).await;
    for n in 0..10 {
        speaker.block(n).await;
    }
    let mut frames = Vec::new();
    for _ in 0..10 {
        frames.push(stand.frame(1).await);
    }
    speaker.cut();
    // A lost connection ends what was said before.
    assert!(stand.until_quiet(1).await.is_empty());
    let session = welcome["session"].clone();
    let (mut speaker, welcome) = stand.welcomed(json!({ "session": session })).await;
    assert_eq!((&welcome["resumed"], &welcome["name"]), (&json!(true), &json!("Ada")));
    assert_eq!((&welcome["next_sequence"], &welcome["next_sample"]), (&json!(10), &json!(3200)));
    // It sends some again all the same.
    for n in 5..15 {
        speaker.block(n).await;
    }
    for _ in 10..15 {
        frames.push(stand.frame(1).await);
    }
    for (n, frame) in frames.iter().enumerate() {
        assert_eq!(usize::try_from(number(frame)).unwrap(), n);
        assert!(n == 0 || frame.start == frames[n - 1].span().end(), "{n}");
        assert!(n == 0 || frame.hole.is_none(), "{n}: {:?}", frame.hole);
    }
    assert_eq!(stand.metric("livecap_speaker_repeated_total").await, 5.0);
    assert_eq!(stand.metric("livecap_speaker_resumed_total").await, 1.0);
}

#[tokio::test]
async fn what_a_client_no_longer_has_after_a_cut_is_a_gap_of_its_length() {
    let mut stand = Stand::start().await;
    let (mut speaker, welcome) = stand.welcomed(json!({})).await;
    speaker.block(0).await;
    let first = stand.frame(1).await;
    speaker.cut();
    assert!(stand.until_quiet(1).await.is_empty());
    let (mut speaker, _) = stand.welcomed(json!({ "session": welcome["session"] })).await;
    // 200 blocks are lost.
    speaker.block(201).await;
    let second = stand.frame(1).await;
    assert_eq!(second.start.since(first.span().end()), Duration::from_secs(4));
    assert_eq!(second.hole, Some(Why::Network));
}

#[tokio::test]
async fn a_session_that_comes_back_replaces_its_connection() {
    let mut stand = Stand::start().await;
    let (mut old, welcome) = stand.welcomed(json!({})).await;
    old.block(0).await;
    assert_eq!(number(&stand.frame(1).await), 0);
    // The server does not know yet that the connection is dead.
    let (mut new, again) = stand.welcomed(json!({ "session": welcome["session"] })).await;
    assert_eq!(again["resumed"], true);
    assert_eq!(old.refused().await, "replaced");
    new.block(1).await;
    let frame = stand.frame(1).await;
    assert_eq!((number(&frame), frame.is_interruption()), (1, false));
}

#[tokio::test]
async fn a_lost_session_keeps_its_place_and_one_that_said_bye_leaves_it() {
    let stand = Stand::start().await;
    let (lost, _) = stand.welcomed(json!({})).await;
    let (mut second, welcome) = stand.welcomed(json!({})).await;
    assert_eq!((&welcome["slot"], &welcome["name"]), (&json!(2), &json!("Panel 2")));
    lost.cut();
    let mut third = stand.speaker().await;
    third.hello(json!({})).await;
    assert_eq!(third.refused().await, "full");
    second.say(json!({ "type": "bye" })).await;
    assert!(second.next().await.is_none());
    let (_third, welcome) = stand.welcomed(json!({})).await;
    assert_eq!(welcome["slot"], 2);
}

#[tokio::test]
async fn an_unknown_session_begins_anew() {
    let stand = Stand::start().await;
    let (_speaker, welcome) = stand.welcomed(json!({ "session": "ffff" })).await;
    assert_eq!((&welcome["resumed"], &welcome["next_sequence"]), (&json!(false), &json!(0)));
    assert_ne!(welcome["session"], "ffff");
}
