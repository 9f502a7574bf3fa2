//! Clients that do not keep to the protocol: refused, counted, and no matter to others.
use super::*;

#[tokio::test]
async fn what_breaks_the_protocol_is_refused_and_counted_and_another_speaker_goes_on() {
    let mut stand = Stand::start().await;
    let (mut good, welcome) = stand.welcomed(json!({ "name": "Grace" })).await;
    assert_eq!(welcome["slot"], 1);
    let silence = vec![0; 2 * BLOCK];
    let attacks: Vec<(&str, &str, Vec<Message>)> = vec![
        ("too large", "too-large", vec![Message::binary(vec![1; 50_000])]),
        ("a long text", "too-large", vec![Message::text("x".repeat(5_000))]),
        ("no head", "format", vec![Message::binary(vec![1, 0, 0])]),
        ("another kind", "format", vec![Message::binary(vec![9; 100])]),
        ("no sound", "format", vec![Message::binary(message(0, 0, 0.0, &[]))]),
        ("half a sample", "format", vec![Message::binary(message(0, 0, 0.0, &[0; 3]))]),
        ("a second of sound", "format", vec![Message::binary(message(0, 0, 0.0, &[0; 32_000]))]),
        ("no number", "format", vec![Message::binary(message(0, 0, f64::NAN, &silence))]),
        (
            "sequence backwards",
            "sequence",
            vec![Message::binary(block(5, 0, 0)), Message::binary(block(4, 320, 0))],
        ),
        (
            "samples backwards",
            "sequence",
            vec![Message::binary(block(0, 3200, 0)), Message::binary(block(1, 0, 0))],
        ),
        ("beyond all numbers", "sequence", vec![Message::binary(block(0, u64::MAX - 5, 0))]),
        (
            "an hour ahead",
            "too-fast",
            vec![Message::binary(block(0, 0, 0)), Message::binary(block(1, 57_600_000, 0))],
        ),
        (
            "too fast",
            "too-fast",
            (0..2000).map(|n| Message::binary(block(n, u64::from(n) * 320, 0))).collect(),
        ),
        (
            "too many texts",
            "too-fast",
            (0..500).map(|_| Message::text(r#"{"type":"mute","muted":true}"#)).collect(),
        ),
        ("an unknown type", "protocol", vec![Message::text(r#"{"type":"shout"}"#)]),
        ("no JSON", "protocol", vec![Message::text("hello")]),
        (
            "hello twice",
            "protocol",
            vec![Message::text(
                r#"{"type":"hello","protocol":1,"clock_ms":0,"format":{"codec":"opus","rate":48000}}"#,
            )],
        ),
    ];
    let mut counted = std::collections::BTreeMap::<&str, f64>::new();
    for (n, (what, code, messages)) in attacks.into_iter().enumerate() {
        let (mut bad, welcome) = stand.welcomed(json!({})).await;
        assert_eq!(welcome["slot"], 2, "{what}");
        let session = welcome["session"].clone();
        for message in messages {
            let _ = bad.socket.feed(message).await;
        }
        let _ = bad.socket.flush().await;
        assert_eq!(bad.refused().await, code, "{what}");
        *counted.entry(code).or_default() += 1.0;
        // It leaves its place by a session that ends well.
        // The one with too many texts is not heard before its pace is a usual one again.
        loop {
            let (mut again, _) = stand.welcomed(json!({ "session": session })).await;
            again.say(json!({ "type": "bye" })).await;
            match again.next().await {
                None => break,
                Some(refused) => {
                    assert_eq!((what, &refused["code"]), ("too many texts", &json!("too-fast")));
                    *counted.entry(code).or_default() += 1.0;
                }
            }
        }
        let n = u32::try_from(n).unwrap();
        good.block(n).await;
        let frame = stand.sound(1).await;
        assert_eq!(u32::try_from(number(&frame)).unwrap(), n, "{what}");
        assert!(n == 0 || frame.hole.is_none(), "{what}: {:?}", frame.hole);
    }
    for (code, count) in counted {
        let name = format!("livecap_speaker_refused_total{{code=\"{code}\"}}");
        assert_eq!(stand.metric(&name).await, count, "{code}");
    }
}

#[tokio::test]
async fn a_hello_that_cannot_be_met_is_refused_with_what_to_do() {
    let stand = Stand::start().await;
    for (changes, code) in [
        (json!({ "protocol": 2 }), "protocol"),
        (json!({ "stage": "hall" }), "stage"),
        (json!({ "format": { "codec": "pcm_s16le", "rate": 96_000 } }), "format"),
        (json!({ "format": { "codec": "pcm_s16le", "rate": 0 } }), "format"),
        (json!({ "format": { "codec": "mp3", "rate": 16_000 } }), "protocol"),
        (json!({ "token": "guessed" }), "token"),
    ] {
        let mut speaker = stand.speaker().await;
        speaker.hello(changes.clone()).await;
        assert_eq!(speaker.refused().await, code, "{changes}");
    }
    let mut speaker = stand.speaker().await;
    speaker.bytes(block(0, 0, 0)).await;
    assert_eq!(speaker.refused().await, "protocol");
}

#[tokio::test]
async fn a_codec_that_the_stage_does_not_take_is_refused() {
    let only = SpeakerSettings { codecs: vec![Codec::PcmS16le], ..stage() };
    let stand = Stand::with(only, operated()).await;
    let mut speaker = stand.speaker().await;
    speaker.hello(json!({ "format": { "codec": "pcm_f32le", "rate": 16_000 } })).await;
    assert_eq!(speaker.refused().await, "format");
}

#[tokio::test]
async fn a_clock_that_jumps_is_counted_and_moves_nothing() {
    let mut stand = Stand::start().await;
    let (mut speaker, _) = stand.welcomed(json!({})).await;
    let sound = [0; 2 * BLOCK];
    for n in 0..20u32 {
        // Set back by an hour in the middle.
        let clock = f64::from(n) * 20.0 + if n < 10 { 7_200_000.0 } else { 3_600_000.0 };
        speaker.bytes(message(n, u64::from(n) * 320, clock, &sound)).await;
    }
    let mut end = None;
    for _ in 0..20 {
        let frame = stand.frame(1).await;
        assert!(end.is_none_or(|it| it == frame.start), "the timeline goes on");
        let age = frame.trace.captured().elapsed();
        assert!(age < SOON, "{age:?}");
        end = Some(frame.span().end());
    }
    assert_eq!(stand.metric("livecap_speaker_clock_jumps_total").await, 1.0);
}

#[tokio::test]
async fn connections_that_say_nothing_are_few_per_address_and_end_by_themselves() {
    let limits = PerAddress { half_open: 20, loopback_too: true, ..PerAddress::default() };
    let settings = Settings { per_address: limits, ..operated() };
    let mut stand = Stand::with(stage(), settings).await;
    let (mut good, _) = stand.welcomed(json!({})).await;
    let mut silent = Vec::new();
    let mut refused = 0;
    for _ in 0..300 {
        match Speaker::connect(&stand.server, "").await {
            Ok(speaker) => silent.push(speaker),
            Err(status) => {
                assert_eq!(status, 503);
                refused += 1;
            }
        }
    }
    assert_eq!((silent.len(), refused), (20, 280));
    let counted = "livecap_speaker_refused_total{code=\"too-many\"}";
    assert_eq!(stand.metric(counted).await, 280.0);
    good.block(0).await;
    assert_eq!(number(&stand.frame(1).await), 0);
    for mut speaker in silent {
        assert_eq!(speaker.refused().await, "timeout");
    }
    let (_late, welcome) = stand.welcomed(json!({})).await;
    assert_eq!(welcome["slot"], 2);
}

#[tokio::test]
async fn a_thousand_connections_that_say_nothing_keep_no_speaker_out() {
    let mut stand = Stand::with(stage(), operated()).await;
    let (mut good, _) = stand.welcomed(json!({})).await;
    let mut silent = Vec::new();
    for _ in 0..1000 {
        silent.push(Speaker::connect(&stand.server, "").await.expect("each may try"));
    }
    let (mut late, welcome) = stand.welcomed(json!({})).await;
    assert_eq!(welcome["slot"], 2);
    // Those that had to make room for others.
    let counted = "livecap_speaker_refused_total{code=\"too-many\"}";
    assert_eq!(stand.metric(counted).await, 745.0);
    good.block(0).await;
    assert_eq!(number(&stand.frame(1).await), 0);
    late.block(0).await;
    assert_eq!(number(&stand.frame(2).await), 0);
}

#[tokio::test]
async fn tokens_cannot_be_guessed_by_many_tries() {
    let guarded = SpeakerSettings { token: Some(Token::new("s")), ..stage() };
    let limits = PerAddress { wrong_tokens: 3, loopback_too: true, ..PerAddress::default() };
    let stand = Stand::with(guarded, Settings { per_address: limits, ..operated() }).await;
    let (mut good, _) = stand.welcomed(json!({ "token": "s" })).await;
    for (n, code) in ["token", "token", "token", "too-many", "too-many"].into_iter().enumerate() {
        let mut guess = stand.speaker().await;
        guess.hello(json!({ "token": format!("guess {n}") })).await;
        assert_eq!(guess.refused().await, code, "{n}");
    }
    // The right one is not told from others any more, as the answer would help.
    let mut late = stand.speaker().await;
    late.hello(json!({ "token": "s" })).await;
    assert_eq!(late.refused().await, "too-many");
    good.say(json!({ "type": "clock", "client_ms": 1 })).await;
    good.expect("clock").await;
}

#[tokio::test]
async fn who_may_speak_without_a_token_is_on_this_machine_and_no_page_of_another_site() {
    let stand = Stand::start().await;
    let mut foreign =
        Speaker::connect(&stand.server, "origin: https://evil.example").await.unwrap();
    foreign.hello(json!({})).await;
    assert_eq!(foreign.refused().await, "token");
    let everywhere = Settings { host: "0.0.0.0".into(), ..operated() };
    let open = Stand::with(stage(), everywhere).await;
    let mut anybody = open.speaker().await;
    anybody.hello(json!({})).await;
    assert_eq!(anybody.refused().await, "token");
}
