//! The stage with a scripted recogniser.
mod requests;
mod script;
mod sentences;
mod shared;
mod slow;
mod streaming;
mod unspaced;
mod varied;

use proptest::prelude::*;

use self::script::*;
use super::*;
use crate::{
    logic::endpoint::EndpointSettings,
    message::{AudioFrame, Kind, Speaker, Trace},
};

#[tokio::test(start_paused = true)]
async fn partials_grow_into_a_final() {
    let captions = captions(settings(), frames(&speech(&[(3, 700)])), &[]).await;
    let expected = [
        "partial  | w1",
        "partial w1 | w2",
        "partial w1 w2 | w3",
        "partial w1 w2 w3 |",
        "final w1 w2 w3",
    ];
    assert_eq!(lines(&captions), expected);
    check_order(&captions);
}

#[tokio::test(start_paused = true)]
async fn the_end_of_the_audio_closes_the_segment() {
    let captions = captions(settings(), frames(&speech(&[(2, 0)])), &[]).await;
    assert_eq!(lines(&captions).last().unwrap(), "final w1 w2");
}

#[tokio::test(start_paused = true)]
async fn a_short_pause_closes_only_a_long_segment_with_a_whole_sentence() {
    // Forty-five words last 15 s.
    let sound = ending_with(speech(&[(45, 300), (2, 300), (2, 700)]), 45);
    let all = |words: std::ops::RangeInclusive<usize>| {
        words.map(|it| format!("w{it}")).collect::<Vec<_>>().join(" ")
    };
    let longest = Duration::from_secs(30);
    let endpoint = EndpointSettings { longest, ..settings().endpoint };
    for partials in [true, false] {
        let settings = RecogniseSettings { partials, endpoint, ..settings() };
        let captions = captions(settings, frames(&sound), &[]).await;
        let lines = lines(&captions);
        let finals: Vec<&String> = lines.iter().filter(|it| it.starts_with("final")).collect();
        let [long, short] = [format!("final {}.", all(1..=45)), format!("final {}", all(46..=49))];
        assert_eq!(finals, [&long, &short]);
        assert_eq!(finals.len() == lines.len(), !partials, "{lines:?}");
        check_order(&captions);
    }
    let heedless = EndpointSettings { sentence: endpoint.silence, ..endpoint };
    let heedless = RecogniseSettings { endpoint: heedless, ..settings() };
    let one = lines(&captions(heedless, frames(&sound), &[]).await);
    assert_eq!(*one.last().unwrap(), format!("final {}. {}", all(1..=45), all(46..=49)));
    let short = ending_with(speech(&[(2, 300), (2, 700)]), 2);
    let short = lines(&captions(settings(), frames(&short), &[]).await);
    assert_eq!(short.last().unwrap(), "final w1 w2. w3 w4");
}

#[tokio::test(start_paused = true)]
async fn a_panic_keeps_committed_words_and_leaves_a_gap_for_the_rest() {
    let script = [
        ScriptedDecode::Answer,
        ScriptedDecode::Answer,
        ScriptedDecode::Answer,
        ScriptedDecode::Panic,
    ];
    let captions = captions(settings(), frames(&speech(&[(5, 700), (1, 700)])), &script).await;
    // The panic was in the decode at 1 840 ms. w2 ended at 1 172 ms.
    let expected = ["partial w1 w2 | w3", "final w1 w2", "gap restart 1172..1840"];
    assert_eq!(lines(&captions)[2..5], expected);
    assert_eq!(lines(&captions).last().unwrap(), "final w6");
    check_order(&captions);
}

#[tokio::test(start_paused = true)]
async fn each_of_ten_panics_leaves_a_gap_and_the_stage_recovers() {
    let captions =
        captions(settings(), frames(&speech(&[(30, 700), (1, 700)])), &[ScriptedDecode::Panic; 10])
            .await;
    let lines = lines(&captions);
    assert_eq!(lines.iter().filter(|it| it.starts_with("gap restart")).count(), 10, "{lines:?}");
    assert_eq!(lines.last().unwrap(), "final w31");
    check_order(&captions);
}

#[tokio::test(start_paused = true)]
async fn missing_audio_closes_the_segment_and_is_a_gap_with_its_reason() {
    for (hole, why) in [(None, "overload"), (Some(Why::Device), "device")] {
        let mut frames = frames(&speech(&[(2, 0), (2, 700)]));
        // Without 1 220 to 1 500 ms, which is w3 except its edges.
        frames.drain(61..75);
        frames[61].hole = hole;
        let lines = lines(&captions(settings(), frames, &[]).await);
        let at = lines.iter().position(|it| it.starts_with("gap")).unwrap();
        assert_eq!(lines[at - 1..=at], ["final w1 w2".to_owned(), format!("gap {why} 1220..1500")]);
        assert_eq!(lines.last().unwrap(), "final w4");
    }
}

#[tokio::test(start_paused = true)]
async fn another_speaker_closes_the_segment_at_once_and_no_audio_is_missing() {
    let said = |at: usize, it: AudioFrame| {
        let name = if at < 60 { "Ada" } else { "Ben" };
        AudioFrame { speaker: Speaker::named(name), ..it }
    };
    // Ben begins with w3, which follows w2 without a pause.
    let sound = frames(&speech(&[(2, 0), (2, 0)])).into_iter().enumerate();
    let captions = captions(settings(), sound.map(|(at, it)| said(at, it)).collect(), &[]).await;
    let finals = transcripts(&captions).into_iter().filter(|it| it.kind() == Kind::Final);
    let told: Vec<_> = finals.map(|it| (it.speaker().map(Speaker::as_str), it.text())).collect();
    assert_eq!(told, [(Some("Ada"), "w1 w2".to_owned()), (Some("Ben"), "w3 w4".to_owned())]);
    assert!(!lines(&captions).iter().any(|it| it.starts_with("gap")), "{captions:?}");
    check_order(&captions);
}

#[tokio::test(start_paused = true)]
async fn an_interruption_closes_the_segment_at_once() {
    let sound = frames(&speech(&[(2, 0), (2, 0)]));
    // Before w3, and long before the silence that would end the segment.
    let (before, after) = sound.split_at(60);
    let last = &before[59];
    let interruption = AudioFrame::interruption(last.span().end(), last.rate, last.trace);
    let before = [before, &[interruption]].concat();
    let lines = before_the_end(settings(), before.clone()).await;
    assert_eq!(lines.last().unwrap(), "final w1 w2", "{lines:?}");
    // There is no gap if the audio continues, and a gap with its own reason if audio is missing.
    let whole = captions(settings(), [&before, after].concat(), &[]).await;
    assert!(!self::lines(&whole).iter().any(|it| it.starts_with("gap")), "{whole:?}");
    check_order(&whole);
    let mut after = after[10..].to_vec();
    after[0].hole = Some(Why::Paused);
    let torn = captions(settings(), [before, after].concat(), &[]).await;
    assert!(self::lines(&torn).contains(&"gap paused 1200..1400".to_owned()), "{torn:?}");
}

#[tokio::test(start_paused = true)]
async fn audio_missing_before_the_first_frame_is_a_gap() {
    let late = frames(&speech(&[(1, 700)])).split_off(10);
    assert_eq!(lines(&captions(settings(), late, &[]).await)[0], "gap overload 0..200");
}

#[tokio::test(start_paused = true)]
async fn speech_without_a_pause_is_cut_without_losing_or_repeating_words() {
    let captions = captions(settings(), frames(&speech(&[(40, 700)])), &[]).await;
    let all = transcripts(&captions);
    let finals: Vec<_> = all.iter().filter(|it| it.kind() == Kind::Final).collect();
    let text: Vec<String> = finals.iter().map(|it| it.text()).collect();
    let expected: Vec<String> = (1..=40).map(|it| format!("w{it}")).collect();
    assert_eq!(text.join(" "), expected.join(" "));
    assert!(finals.len() >= 4, "{text:?}");
    check_order(&captions);
}

#[tokio::test(start_paused = true)]
async fn old_audio_gives_no_partials_and_audio_older_than_max_lag_is_dropped() {
    // Advance the clock, so that frames can be older than the test.
    tokio::time::advance(Duration::from_secs(60)).await;
    let mut frames = frames(&speech(&[(3, 700), (3, 700), (3, 700)]));
    let now = Instant::now();
    let aged = |frame: &mut AudioFrame, age| frame.trace = Trace::starting(now - age);
    let second = frames.len() * 2 / 5;
    frames[..second].iter_mut().for_each(|it| aged(it, Duration::from_secs(1)));
    frames[second..second * 2].iter_mut().for_each(|it| aged(it, Duration::from_secs(5)));
    let live = RecogniseSettings { max_lag: Some(Duration::from_secs(4)), ..settings() };
    let lines = lines(&captions(live, frames, &[]).await);
    assert_eq!(lines[0], "final w1 w2 w3");
    assert!(lines[1].starts_with("gap overload"), "{lines:?}");
    assert!(lines.last().unwrap().ends_with("w9"), "{lines:?}");
}

#[tokio::test(start_paused = true)]
async fn the_newest_frame_is_decoded_at_once() {
    let most = Some(Duration::from_secs(4));
    let live_settings = RecogniseSettings { max_lag: most, ..settings() };
    let (lines, _) = live(live_settings, &speech(&[(3, 0)]), &[]).await;
    assert_eq!(lines[0], "partial  | w1");
}

#[tokio::test]
async fn a_decode_that_takes_too_long_is_cancelled_and_the_next_one_has_its_words() {
    tokio::time::pause();
    let settings = RecogniseSettings { max_lag: Some(Duration::from_millis(40)), ..settings() };
    let (lines, counts) = live(settings, &speech(&[(3, 700)]), &[ScriptedDecode::Endless]).await;
    assert_eq!(lines.last().unwrap(), "final w1 w2 w3");
    assert!(counts.contains(&("decodes-cancelled", 1)), "{counts:?}");
}

#[tokio::test(start_paused = true)]
async fn filtered_hallucinations_are_counted() {
    let (lines, counts) =
        live(settings(), &speech(&[(1, 700)]), &[ScriptedDecode::Phrase; 3]).await;
    assert_eq!(lines, Vec::<String>::new());
    // Two decodes during speech, because nothing is shown yet, and one in the pause.
    assert_eq!(counts, [("filtered-phrase", 3)]);
}

#[tokio::test(start_paused = true)]
async fn a_pause_is_decoded_once_and_that_decode_becomes_the_final() {
    // The fourth decode is the one in the pause. A fifth would panic.
    let script = [
        ScriptedDecode::Answer,
        ScriptedDecode::Answer,
        ScriptedDecode::Answer,
        ScriptedDecode::Answer,
        ScriptedDecode::Panic,
    ];
    let (lines, _) = live(settings(), &speech(&[(3, 700)]), &script).await;
    assert_eq!(lines.last().unwrap(), "final w1 w2 w3");
}

fn scripts() -> impl Strategy<Value = Vec<ScriptedDecode>> {
    let decode = prop_oneof![6 => Just(ScriptedDecode::Answer), 1 => Just(ScriptedDecode::Panic), 1 => Just(ScriptedDecode::Fail)];
    prop::collection::vec(decode, 0..40)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_word_is_in_one_final_or_in_a_gap(
        sentences in prop::collection::vec((1usize..14, 0usize..1_500), 1..5),
        holes in prop::collection::vec((any::<prop::sample::Index>(), 1usize..60), 0..4),
        script in scripts(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let sound = speech(&sentences);
        let captions = runtime.block_on(async {
            let mut frames = frames(&sound);
            for (at, length) in &holes {
                let at = at.index(frames.len());
                // The last frame stays: nobody can know that audio is missing at the very end.
                let end = (at + length).min(frames.len() - 1);
                frames.drain(at.min(end)..end);
            }
            captions(settings(), frames, &script).await
        });
        check_order(&captions);
        let finals: Vec<_> =
            transcripts(&captions).into_iter().filter(|it| it.kind() == Kind::Final).flat_map(|it| it.words().to_vec()).collect();
        let gaps: Vec<MediaSpan> =
            captions.iter().filter_map(|it| if let Caption::Gap(gap) = it { Some(gap.span) } else { None }).collect();
        let mut at = 0;
        for run in sound.chunk_by(|a, b| a == b) {
            let time_of = |sample| MediaTime::of_sample(sample as u64, RATE);
            let span = MediaSpan::between(time_of(at), time_of(at + run.len()));
            at += run.len();
            let word = format!(" w{}", (run[0] * 1000.0).round());
            let times = finals.iter().filter(|it| it.text == word).count();
            let missing = gaps.iter().any(|gap| gap.start < span.end() && span.start < gap.end());
            prop_assert!(run[0] == 0.0 || times == 1 || (times == 0 && missing), "{word} {times} times: {:?}", lines(&captions));
        }
    }
}
