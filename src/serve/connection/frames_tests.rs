//! Frames of clients, split anywhere, with one frame or several for a text.
use super::*;
use proptest::prelude::*;

const WHOLE: u8 = LAST | TEXT;
const PING: u8 = 0x89;
const KEY: [u8; 4] = [1, 200, 3, 44];

/// A frame as a client sends it.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    masked(first, payload, KEY)
}

/// A frame as the library receives a rewritten text.
fn made(text: &str) -> Vec<u8> {
    masked(WHOLE, text.as_bytes(), [0; 4])
}

fn masked(first: u8, payload: &[u8], key: [u8; 4]) -> Vec<u8> {
    let mut frame = vec![first];
    match payload.len() {
        length @ 0..126 => frame.push(MASKED | length as u8),
        length => {
            frame.push(MASKED | 126);
            frame.extend((length as u16).to_be_bytes());
        }
    }
    frame.extend(key);
    frame.extend(payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key));
    frame
}

fn through(sent: &[u8], cut: usize) -> Vec<u8> {
    let mut frames = Frames::new(1000);
    sent.chunks(cut.max(1)).for_each(|it| frames.take(it));
    frames.end();
    let mut out = vec![0; frames.out.len()];
    frames.give(&mut ReadBuf::new(&mut out));
    out
}

#[test]
fn a_name_with_an_escape_is_made_readable_however_the_bytes_come() {
    let sent = [
        frame(WHOLE, br#"42["a"]"#),
        frame(WHOLE, br#"421["a\"b",1]"#),
        frame(PING, b"\\"),
        frame(WHOLE, format!(r#"42["\/","{}"]"#, "x".repeat(110)).as_bytes()),
    ];
    let wanted = [
        frame(WHOLE, br#"42["a"]"#),
        made(r#"421["livecap:escaped","a\"b",1]"#),
        frame(PING, b"\\"),
        // It no longer fits the short form of a length.
        made(&format!(r#"42["livecap:escaped","\/","{}"]"#, "x".repeat(110))),
    ];
    for cut in 1..200 {
        assert_eq!(through(&sent.concat(), cut), wanted.concat(), "{cut}");
    }
}

#[test]
fn a_text_in_several_frames_is_one_text() {
    let parts = |text: &str| {
        let (begin, rest) = text.split_at(5);
        let (middle, end) = rest.split_at(3);
        let all = [(TEXT, begin), (FURTHER, middle), (FURTHER, ""), (LAST | FURTHER, end)];
        all.map(|(first, part)| frame(first, part.as_bytes()))
    };
    let [a, b, c, d] = parts(r#"42["a\"b",1]"#);
    let as_it_was = parts(r#"42["a","b",1]"#).concat();
    // Control frames may come between the frames of a text. They are not delayed.
    let ping = frame(PING, b"1");
    let sent = [a, ping.clone(), b, c, d, as_it_was.clone()].concat();
    let wanted = [ping, made(r#"42["livecap:escaped","a\"b",1]"#), as_it_was].concat();
    for cut in 1..100 {
        assert_eq!(through(&sent, cut), wanted, "{cut}");
    }
}

#[test]
fn what_is_too_long_or_no_text_is_not_held() {
    let name = br#"42["a\"b"]"#;
    for (first, payload) in [(0x82, &name[..]), (0x02, name), (0xc1, name), (LAST, name)] {
        let mut frames = Frames::new(1000);
        let sent = frame(first, payload);
        frames.take(&sent[..8]);
        assert_eq!(frames.out, sent[..8]);
        frames.take(&sent[8..]);
        assert_eq!(frames.out, sent);
    }
    // The frames are too long together, or too many.
    let (half, empty) = ([b'\\'; 51], frame(FURTHER, b""));
    let halves = [frame(TEXT, &half), frame(FURTHER, &half)].concat();
    for sent in [halves, [frame(TEXT, b"\\"), empty.repeat(40)].concat()] {
        let mut frames = Frames::new(100);
        frames.take(&sent);
        assert_eq!(frames.out, sent);
    }
    let mut frames = Frames::new(100);
    let long = frame(WHOLE, &[b'\\'; 101]);
    frames.take(&long[..9]);
    assert_eq!(frames.out, long[..9]);
    let endless = [WHOLE, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1, 2, 3, 4];
    let mut frames = Frames::new(100);
    frames.take(&endless);
    frames.take(&[7; 5000]);
    assert_eq!((frames.out.len(), frames.held.len()), (5014, 0));
}

/// A control frame may overtake frames of a text that came before it.
fn no_control() -> impl Strategy<Value = u8> {
    any::<u8>().prop_map(|it| it & !CONTROL)
}

proptest! {
    /// Whatever comes, nothing is lost, and messages without escapes are unchanged.
    #[test]
    fn bytes_without_escapes_come_as_they_were(
        payloads in prop::collection::vec(("[^\\\\]{0,200}", no_control()), 0..6),
        tail in prop::collection::vec(no_control(), 0..20),
        cut in 1usize..50,
    ) {
        let frames = payloads.iter().map(|(text, first)| frame(*first, text.as_bytes()));
        let sent = [frames.collect::<Vec<_>>().concat(), tail].concat();
        prop_assert_eq!(through(&sent, cut), sent);
    }
}
