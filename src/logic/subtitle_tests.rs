//! Cues: how long they are, where they are broken, and what they escape.
use super::*;
use proptest::prelude::*;

/// Words of 300 ms each, from `start` ms on.
fn words(start: u64, text: &str) -> Vec<Word> {
    let place = |n: usize| MediaSpan {
        start: MediaTime::new(Duration::from_millis(start + 300 * n as u64)),
        length: Duration::from_millis(300),
    };
    let word = |(n, it): (usize, &str)| Word { text: format!(" {it}"), span: place(n) };
    text.split_whitespace().enumerate().map(word).collect()
}

#[test]
fn a_long_segment_is_split_at_the_end_of_a_sentence_by_its_word_times() {
    let segment = words(
        500,
        "The first slide shows the plan. The train to Amsterdam leaves from platform five at ten thirty. Thank you.",
    );
    assert_eq!(
        srt(&cues([&segment[..]])),
        "1\n00:00:00,500 --> 00:00:02,300\nThe first slide shows the plan.\n\n\
         2\n00:00:02,300 --> 00:00:06,200\nThe train to Amsterdam leaves from\nplatform five at ten thirty. Thank you.\n\n"
    );
}

#[test]
fn a_short_cue_stays_for_a_second_where_there_is_time() {
    let (first, second, third) =
        (words(0, "Yes."), words(400, "No."), words(5_000, "Tags <b> & -->"));
    assert_eq!(
        vtt(&cues([&first[..], &second[..], &third[..]])),
        "WEBVTT\n\n00:00:00.000 --> 00:00:00.400\nYes.\n\n00:00:00.400 --> 00:00:01.400\nNo.\n\n\
         00:00:05.000 --> 00:00:06.200\nTags &lt;b&gt; &amp; --&gt;\n\n"
    );
}

#[test]
fn who_speaks_is_a_voice_and_text_as_well() {
    let said = words(0, "Hello.");
    let speaker = Speaker::named("A & <b> -->");
    let cues = cues([Said { words: &said, speaker: speaker.as_ref() }]);
    assert_eq!(
        vtt(&cues),
        "WEBVTT\n\n00:00:00.000 --> 00:00:01.000\n<v A &amp; &lt;b&gt; --&gt;>Hello.\n\n"
    );
    assert_eq!(srt(&cues), "1\n00:00:00,000 --> 00:00:01,000\nHello.\n\n");
}

#[test]
fn a_name_counts_in_the_length_of_its_line() {
    let said = words(0, "The train to Amsterdam leaves from platform five.");
    let name = Speaker::named("Ada Lovelace");
    let lines = |name| cues([&super::super::names::labelled(&said, name)[..]])[0].lines.clone();
    assert_eq!(lines(None), ["The train to Amsterdam", "leaves from platform five."]);
    let named = lines(name.as_ref());
    assert_eq!(named, ["Ada Lovelace: The train to", "Amsterdam leaves from platform five."]);
}

#[test]
fn a_cue_stays_up_until_it_can_be_read_where_there_is_time() {
    // 40 letters in 0.6 s: two seconds to read.
    let fast: Vec<Word> = timed(
        "It was said so fast that nobody read it.",
        MediaSpan::between(MediaTime::ZERO, MediaTime::new(Duration::from_millis(600))),
    );
    assert_eq!(cues([&fast[..]])[0].span.length, Duration::from_secs(2));
    let mut live = Cues::default();
    assert_eq!(
        live.of(&fast[..])[0].span.length,
        Duration::from_millis(1600),
        "a second past its end"
    );
    let next = live.of(&words(700, "And then.")[..]);
    assert_eq!(next[0].span.start, MediaTime::new(Duration::from_millis(1600)), "none overlap");
}

/// The lines of each cue of a text in `ms`, and where each begins.
fn check(text: &str, ms: u64, expected: &[(u128, &str)]) {
    let span = MediaSpan { start: MediaTime::ZERO, length: Duration::from_millis(ms) };
    let cues = cues([&timed(text, span)[..]]);
    let shown = |it: &Cue| (it.span.start.since_start().as_millis(), it.lines.join("/"));
    let expected: Vec<_> = expected.iter().map(|it| (it.0, it.1.to_owned())).collect();
    assert_eq!(cues.iter().map(shown).collect::<Vec<_>>(), expected);
}

#[test]
fn lines_without_spaces_hold_half_as_many_wide_characters_and_end_where_they_may() {
    check(
        "今日はとても良い天気なので、駅まで歩いて行くことにしました。",
        6_000,
        &[(0, "今日はとても良い天気なので、駅/まで歩いて行くことにしました。")],
    );
    // 24 characters before the sentence ends, of which a line holds 21.
    check(
        "一二三四五六七八九十一二三四五六七八九十一二三。一二三四五六七八九十一二三四五六七八九十一二三四五六七。",
        52_000,
        &[
            (0, "一二三四五六七八九十一二/三四五六七八九十一二三。"),
            (24_000, "一二三四五六七八九十一二三四/五六七八九十一二三四五六七。"),
        ],
    );
    // No line breaks a word, though no space tells where it ends.
    check(
        "ขอบคุณมากครับที่มาฟังการบรรยายในวันนี้เราจะเริ่มกันเลย",
        5_000,
        &[(0, "ขอบคุณมากครับที่มาฟังการ/บรรยายในวันนี้เราจะเริ่มกันเลย")],
    );
}

#[test]
fn a_word_that_no_line_holds_is_cut_between_characters_and_its_parts_share_its_time() {
    let long = "e\u{301}".repeat(50);
    let word = Word {
        text: long.clone(),
        span: MediaSpan { start: MediaTime::ZERO, length: Duration::from_secs(50) },
    };
    let parts = cut(&word);
    assert_eq!(parts.iter().map(|it| script::width(&it.text)).collect::<Vec<_>>(), [42, 8]);
    assert_eq!(parts[1].span.start, MediaTime::new(Duration::from_secs(42)));
    assert_eq!(parts[1].span.end(), word.span.end());
    assert_eq!(parts.iter().map(|it| it.text.as_str()).collect::<String>(), long);
}

proptest! {
    #[test]
    fn a_text_without_word_times_fills_its_span(text in "[a-z]{1,9}( [a-z]{1,9}){0,8}", ms in 1u64..9_000) {
        let span = MediaSpan { start: MediaTime::new(Duration::from_millis(70)), length: Duration::from_millis(ms) };
        let words = timed(&text, span);
        prop_assert_eq!(joined(&words), text);
        prop_assert_eq!(words[0].span.start, span.start);
        prop_assert_eq!(words[words.len() - 1].span.end(), span.end());
        prop_assert!(words.windows(2).all(|pair| pair[0].span.end() == pair[1].span.start));
    }

    #[test]
    fn cues_are_well_formed_and_hold_every_word(
        segments in prop::collection::vec((0u64..3_000, "([a-z]{1,60}[.,]?|[日本語、。]{1,60})( ([a-z]{1,12}[.,]?)){0,30}"), 0..6),
    ) {
        let mut from = 0;
        let segments: Vec<Vec<Word>> = segments.iter().map(|(pause, text)| {
            let words = words(from + pause, text);
            from += pause + 300 * words.len() as u64;
            words
        }).collect();
        let cues = cues(segments.iter().map(Vec::as_slice));
        for cue in &cues {
            prop_assert!((1..=LINES).contains(&cue.lines.len()), "{cue:?}");
            prop_assert!(cue.lines.iter().all(|it| !it.is_empty() && script::width(it) <= LINE), "{cue:?}");
            prop_assert!(cue.span.length >= TICK, "{cue:?}");
        }
        for pair in cues.windows(2) {
            prop_assert!(pair[0].span.end() <= pair[1].span.start, "{pair:?}");
        }
        let bare = |text: String| text.split_whitespace().collect::<String>();
        let shown: String = cues.iter().flat_map(|it| it.lines.clone()).collect();
        prop_assert_eq!(bare(shown), bare(segments.iter().map(|it| joined(it)).collect()));
    }
}
