//! Sound on its way from a speaker into the pipeline.
use livecap::message::Why;
use tokio::time::Instant;

use super::*;

#[tokio::test]
async fn a_speaker_is_welcomed_and_its_sound_comes_out_as_it_was_sent() {
    let mut stand = Stand::start().await;
    let (mut speaker, welcome) = stand.welcomed(json!({ "name": " Ada\nLovelace " })).await;
    assert_eq!(welcome["stage"], "panel");
    assert_eq!((&welcome["slot"], &welcome["name"]), (&json!(1), &json!("Ada Lovelace")));
    assert_eq!((&welcome["resumed"], &welcome["next_sequence"]), (&json!(false), &json!(0)));
    assert_eq!((&welcome["ring_ms"], &welcome["max_lag_ms"]), (&json!(10_000), &json!(10_000)));
    for n in 0..10 {
        speaker.block(n).await;
    }
    let mut end = None;
    for n in 0..10 {
        let frame = stand.frame(1).await;
        assert_eq!((number(&frame), frame.samples.len(), frame.rate.hertz()), (n, BLOCK, 16_000));
        assert!(end.is_none_or(|it| it == frame.start), "the timeline goes on");
        assert!(frame.trace.captured() <= Instant::now());
        end = Some(frame.span().end());
    }
    loop {
        let ack = speaker.ack().await;
        if ack["next_sequence"] == 10 {
            assert_eq!((&ack["waiting_ms"], &ack["state"]), (&json!(0), &json!("ready")));
            break;
        }
    }
    speaker.say(json!({ "type": "clock", "client_ms": 12.5 })).await;
    let clock = speaker.expect("clock").await;
    assert_eq!(clock["client_ms"], 12.5);
    assert!(clock["server_ms"].as_f64().unwrap() >= welcome["clock_ms"].as_f64().unwrap());
    assert_eq!(stand.metric("livecap_speaker_messages_total").await, 10.0);
}

#[tokio::test]
async fn floats_come_out_as_they_are() {
    let mut stand = Stand::start().await;
    let format = json!({ "codec": "pcm_f32le", "rate": 48_000 });
    let (mut speaker, _) = stand.welcomed(json!({ "format": format })).await;
    let sound = [0.5f32, -0.25, f32::NAN].map(f32::to_le_bytes).concat();
    speaker.bytes(message(0, 0, 0.0, &sound)).await;
    let frame = stand.frame(1).await;
    // What is no number becomes silence where it enters its first edge.
    assert_eq!((&frame.samples[..], frame.rate.hertz()), (&[0.5, -0.25, 0.0][..], 48_000));
}

#[cfg(feature = "opus")]
#[tokio::test]
async fn opus_packets_are_decoded_and_a_damaged_one_is_a_hole() {
    let mut stand = Stand::start().await;
    let format = json!({ "codec": "opus", "rate": 48_000 });
    let (mut speaker, _) = stand.welcomed(json!({ "format": format })).await;
    let silence = [0xF8, 0xFF, 0xFE];
    speaker.bytes(message(0, 0, 20.0, &silence)).await;
    // SILK of 20 ms in two frames of different lengths, the first longer than the packet.
    speaker.bytes(message(1, 960, 40.0, &[0x42, 250])).await;
    speaker.bytes(message(2, 960 + 960, 60.0, &silence)).await;
    let (first, second) = (stand.frame(1).await, stand.frame(1).await);
    assert_eq!((first.samples.len(), second.samples.len()), (960, 960));
    assert_eq!(second.start.since(first.span().end()).as_millis(), 20);
    assert_eq!(second.hole, Some(Why::Source));
}

#[cfg(not(feature = "opus"))]
#[tokio::test]
async fn a_build_without_opus_says_so() {
    let stand = Stand::start().await;
    let mut speaker = stand.speaker().await;
    speaker.hello(json!({ "format": { "codec": "opus", "rate": 48_000 } })).await;
    let refused = speaker.expect("refused").await;
    assert_eq!(refused["code"], "format");
    assert!(refused["message"].as_str().unwrap().contains("without Opus"), "{refused}");
}

#[tokio::test]
async fn a_mute_ends_what_was_said_and_is_no_gap() {
    let mut stand = Stand::start().await;
    let (mut speaker, _) = stand.welcomed(json!({})).await;
    speaker.block(0).await;
    speaker.say(json!({ "type": "mute", "muted": true })).await;
    let before = stand.until_quiet(1).await;
    assert_eq!(before.len(), 1);
    speaker.say(json!({ "type": "mute", "muted": false })).await;
    // The page does not count while it is muted. Its clock does.
    let sound = [1i16.to_le_bytes(); BLOCK].concat();
    speaker.bytes(message(1, BLOCK as u64, 5_040.0, &sound)).await;
    let after = stand.frame(1).await;
    assert!(after.start >= before[0].span().end());
    assert!(matches!(after.hole, None | Some(Why::Muted)), "{:?}", after.hole);
}

#[tokio::test]
async fn sound_that_a_client_lost_is_a_hole_of_its_length_with_its_reason() {
    let mut stand = Stand::start().await;
    let (mut speaker, _) = stand.welcomed(json!({})).await;
    speaker.block(0).await;
    speaker.say(json!({ "type": "gap", "samples": 48_000, "why": "device" })).await;
    speaker.bytes(block(1, 320 + 48_000, 1)).await;
    // What a client leaves out without a word was lost on its way.
    speaker.bytes(block(2, 640 + 48_000 + 16_000, 2)).await;
    let (first, second) = (stand.frame(1).await, stand.frame(1).await);
    let third = stand.frame(1).await;
    assert_eq!(second.start.since(first.span().end()), Duration::from_secs(3));
    assert_eq!(third.start.since(second.span().end()), Duration::from_secs(1));
    assert_eq!((second.hole, third.hole), (Some(Why::Device), Some(Why::Network)));
}

const DROPPED: &str = "livecap_speaker_dropped_ms_total{stage=\"panel\",slot=\"1\"}";

#[tokio::test]
async fn sound_that_waits_too_long_is_given_up_oldest_first_and_told() {
    let short = SpeakerSettings { max_lag: Duration::from_secs(1), ..stage() };
    let mut stand = Stand::without_sources(short, operated()).await;
    let (mut speaker, _) = stand.welcomed(json!({})).await;
    for n in 0..150 {
        speaker.block(n).await;
    }
    while speaker.ack().await["next_sequence"] != 150 {}
    assert_eq!(stand.metric(DROPPED).await, 2000.0);
    stand.listen(1);
    // How much more was too old by then depends on the machine.
    let first = stand.frame(1).await;
    assert!(number(&first) >= 100 && first.hole == Some(Why::Overload), "{:?}", first.hole);
    let mut next = number(&first) + 1;
    while next < 150 {
        let frame = stand.frame(1).await;
        assert_eq!(number(&frame), next);
        next += 1;
    }
}

#[tokio::test]
async fn when_the_source_ends_speakers_are_told() {
    let stand = Stand::start().await;
    let (mut speaker, _) = stand.welcomed(json!({})).await;
    stand.stop.cancel();
    assert_eq!(speaker.refused().await, "ended");
    let mut late = stand.speaker().await;
    for running in stand.running {
        timeout(SOON, running).await.unwrap().unwrap();
    }
    late.hello(json!({})).await;
    assert_eq!(late.refused().await, "ended");
}

#[tokio::test]
async fn when_the_server_ends_speakers_are_told() {
    let stand = Stand::start().await;
    let (mut speaker, _) = stand.welcomed(json!({})).await;
    let ended = tokio::spawn(stand.server.shutdown(Duration::from_secs(5)));
    assert_eq!(speaker.refused().await, "ended");
    drop(speaker);
    timeout(SOON, ended).await.unwrap().unwrap();
}
