//! Hostile clients at the doors for other programs: refused, counted, and no matter to who speaks our own protocol.
use std::collections::BTreeMap;

use super::*;

const WHISPER_LIVE: &str = "/whisper-live";
const REALTIME: &str = "/v1/realtime";

/// The first message of WhisperLive's client.
fn options() -> Message {
    Message::text(json!({ "uid": "u", "language": null }).to_string())
}

/// With `audio` as it is in its base64.
fn append(audio: &str) -> Message {
    let event = json!({ "type": "input_audio_buffer.append", "audio": audio });
    Message::text(event.to_string())
}

impl Stand {
    async fn other(&self, path: &str) -> Speaker {
        Speaker::connect_to(&self.server, path, "").await.expect("an upgrade")
    }

    async fn refused(&self, code: &str) -> f64 {
        self.metric(&format!("livecap_speaker_refused_total{{code=\"{code}\"}}")).await
    }

    /// Block `n` of the speaker at the first place comes out of it, with nothing missing before it.
    async fn goes_on(&mut self, speaker: &mut Speaker, n: u32, what: &str) {
        speaker.block(n).await;
        let frame = self.sound(1).await;
        assert_eq!(number(&frame), n as i16, "{what}");
        assert!(n == 0 || frame.hole.is_none(), "{what}: {:?}", frame.hole);
    }
}

impl Speaker {
    /// What it is told before it is closed, if it is told that it was refused.
    async fn turned_away(&mut self) -> Option<Value> {
        let mut last = None;
        while let Some(message) = self.next().await {
            let is_refusal = message["status"] == "ERROR" || message["event_id"] == "event_refused";
            last = is_refusal.then_some(message);
        }
        last
    }
}

#[tokio::test]
async fn what_breaks_the_protocols_of_others_is_refused_and_counted_and_a_speaker_goes_on() {
    let mut stand = Stand::start().await;
    let (mut good, welcome) = stand.welcomed(json!({ "name": "Grace" })).await;
    assert_eq!(welcome["slot"], 1);
    let attacks: Vec<(&str, &str, &str, Vec<Message>)> = vec![
        (
            "a frame too large",
            WHISPER_LIVE,
            "too-large",
            vec![options(), Message::binary(vec![0; 300_000])],
        ),
        ("half a float", WHISPER_LIVE, "format", vec![options(), Message::binary(vec![0; 6])]),
        ("sound first", WHISPER_LIVE, "protocol", vec![Message::binary(vec![0; 1280])]),
        ("no JSON first", WHISPER_LIVE, "protocol", vec![Message::text("hello")]),
        ("a list first", WHISPER_LIVE, "protocol", vec![Message::text("[]")]),
        ("no uid first", WHISPER_LIVE, "protocol", vec![Message::text("{}")]),
        ("nothing first", WHISPER_LIVE, "timeout", Vec::new()),
        ("an event too large", REALTIME, "too-large", vec![append(&"A".repeat(1_100_000))]),
        ("half a sample", REALTIME, "format", vec![append("AQL/")]),
        ("sound as it is", REALTIME, "protocol", vec![Message::binary(vec![0; 960])]),
    ];
    let mut counted = BTreeMap::<&str, f64>::new();
    for (n, (what, path, code, messages)) in (0..).zip(attacks) {
        let mut bad = stand.other(path).await;
        for message in messages {
            let _ = bad.socket.send(message).await;
        }
        assert!(bad.turned_away().await.is_some(), "{what}");
        *counted.entry(code).or_default() += 1.0;
        stand.goes_on(&mut good, n, what).await;
    }
    for (code, count) in counted {
        assert_eq!(stand.refused(code).await, count, "{code}");
    }
    // None of them has kept the second place.
    let (_late, welcome) = stand.welcomed(json!({})).await;
    assert_eq!(welcome["slot"], 2);
}

#[tokio::test]
async fn who_goes_without_the_end_of_the_audio_leaves_its_place() {
    let mut stand = Stand::start().await;
    let (mut good, _) = stand.welcomed(json!({})).await;
    for n in 0..5 {
        let mut other = stand.other(WHISPER_LIVE).await;
        other.socket.send(options()).await.unwrap();
        assert_eq!(other.next().await.unwrap()["message"], "SERVER_READY", "{n}");
        let sound = 0.5f32.to_le_bytes().repeat(BLOCK);
        other.bytes(sound).await;
        assert_eq!(stand.sound(2).await.samples[0], 0.5);
        other.cut();
        // The pause at its end says that it is gone.
        assert!(stand.until_quiet(2).await.len() < 2);
        stand.goes_on(&mut good, n, "while others come and go").await;
    }
    let (_late, welcome) = stand.welcomed(json!({})).await;
    assert_eq!(welcome["slot"], 2);
}

#[tokio::test]
async fn tokens_cannot_be_guessed_at_one_door_after_another() {
    let guarded = SpeakerSettings { token: Some(Token::new("s")), ..stage() };
    let per_address = PerAddress { wrong_tokens: 3, loopback_too: true, ..PerAddress::default() };
    let settings = Settings { per_address, tokens: Tokens::default(), ..operated() };
    let mut stand = Stand::with(guarded, settings).await;
    let (mut good, _) = stand.welcomed(json!({ "token": "s" })).await;
    let in_header = |token: &str| format!("authorization: Bearer {token}");
    // As OpenAI's clients present it, and as WhisperLive's do.
    let mut guess =
        Speaker::connect_to(&stand.server, REALTIME, &in_header("guess")).await.unwrap();
    assert_eq!(guess.turned_away().await.unwrap()["error"]["code"], "token");
    let (answer, told) = posted(&stand.server, &in_header("another guess")).await;
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer} {told}");
    for (n, path) in (0..).zip([WHISPER_LIVE, REALTIME, WHISPER_LIVE]) {
        // The last has the right one, which is not told from others any more.
        let token = if n == 2 { "s" } else { "third" };
        let mut guess = stand.other(&format!("{path}?token={token}")).await;
        let _ = guess.socket.send(options()).await;
        assert!(guess.turned_away().await.is_some(), "{n}");
        stand.goes_on(&mut good, n, "while tokens are guessed").await;
    }
    let late = Speaker::connect_to(&stand.server, REALTIME, &in_header("s")).await;
    assert_eq!(late.err(), Some(429));
    let (answer, _) = posted(&stand.server, &in_header("s")).await;
    assert!(answer.starts_with("HTTP/1.1 429"), "{answer}");
    let (_, metrics) = request(&stand.server, "GET /metrics HTTP/1.1\r\nhost: localhost", "").await;
    for counted in ["{code=\"token\"} 3", "{code=\"too-many\"} 2"] {
        let line = format!("livecap_speaker_refused_total{counted}\n");
        assert!(metrics.contains(&line), "{line}: {metrics}");
    }
}

#[tokio::test]
async fn where_nobody_needs_a_token_the_key_of_a_client_means_nothing() {
    let limits = PerAddress { wrong_tokens: 3, loopback_too: true, ..PerAddress::default() };
    let settings = Settings { per_address: limits, tokens: Tokens::default(), ..operated() };
    let stand = Stand::with(stage(), settings).await;
    for _ in 0..5 {
        let header = "authorization: Bearer any-key";
        let mut other = Speaker::connect_to(&stand.server, REALTIME, header).await.unwrap();
        assert_eq!(other.next().await.unwrap()["type"], "session.created");
        // It is let in; only nothing is there that transcribes.
        let (answer, told) = posted(&stand.server, header).await;
        assert!(told.contains("no recogniser listens"), "{answer} {told}");
        other.socket.close(None).await.unwrap();
        assert!(other.next().await.is_none());
    }
}

/// A request for a file to be transcribed, without the file.
async fn posted(server: &Server, header: &str) -> (String, String) {
    let head = format!(
        "POST /v1/audio/transcriptions HTTP/1.1\r\nhost: localhost\r\n{header}\r\n\
         content-type: multipart/form-data; boundary=b"
    );
    request(server, &head, "--b--\r\n").await
}
