//! The stage with a scripted recogniser.
mod script;
mod sentences;
mod slow;
mod unspaced;
mod varied;
mod wishes;

use proptest::prelude::*;

use self::script::*;
use super::*;
use crate::message::{AudioFrame, Kind};

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
    assert_eq!(told(&captions), expected);
    check_order(&captions);
}

#[tokio::test(start_paused = true)]
async fn the_end_of_the_sound_ends_the_sentence() {
    let captions = captions(settings(), frames(&speech(&[(2, 0)])), &[]).await;
    assert_eq!(told(&captions).last().unwrap(), "final w1 w2");
}

#[tokio::test(start_paused = true)]
async fn a_short_pause_ends_a_long_segment_with_its_sentence_and_nothing_else() {
    // Forty-five words are 15 s.
    let sound = ending_with(speech(&[(45, 300), (2, 300), (2, 700)]), 45);
    let all = |words: std::ops::RangeInclusive<usize>| {
        words.map(|it| format!("w{it}")).collect::<Vec<_>>().join(" ")
    };
    let longest = Duration::from_secs(30);
    let endpoint = EndpointSettings { longest, ..settings().endpoint };
    for partials in [true, false] {
        let settings = RecogniseSettings { partials, endpoint, ..settings() };
        let captions = captions(settings, frames(&sound), &[]).await;
        let told = told(&captions);
        let finals: Vec<&String> = told.iter().filter(|it| it.starts_with("final")).collect();
        let [long, short] = [format!("final {}.", all(1..=45)), format!("final {}", all(46..=49))];
        assert_eq!(finals, [&long, &short]);
        assert_eq!(finals.len() == told.len(), !partials, "{told:?}");
        check_order(&captions);
    }
    let heedless = EndpointSettings { sentence: endpoint.silence, ..endpoint };
    let heedless = RecogniseSettings { endpoint: heedless, ..settings() };
    let one = told(&captions(heedless, frames(&sound), &[]).await);
    assert_eq!(*one.last().unwrap(), format!("final {}. {}", all(1..=45), all(46..=49)));
    let short = ending_with(speech(&[(2, 300), (2, 700)]), 2);
    let short = told(&captions(settings(), frames(&short), &[]).await);
    assert_eq!(short.last().unwrap(), "final w1 w2. w3 w4");
}

#[tokio::test(start_paused = true)]
async fn a_panic_keeps_what_was_committed_and_marks_the_rest() {
    let looks = [Look::Answer, Look::Answer, Look::Answer, Look::Panic];
    let captions = captions(settings(), frames(&speech(&[(5, 700), (1, 700)])), &looks).await;
    // The panic was in the look at 1 840 ms; w2 ended at 1 172.
    let expected = ["partial w1 w2 | w3", "final w1 w2", "gap restart 1172..1840"];
    assert_eq!(told(&captions)[2..5], expected);
    assert_eq!(told(&captions).last().unwrap(), "final w6");
    check_order(&captions);
}

#[tokio::test(start_paused = true)]
async fn ten_panics_in_a_row_leave_a_gap_each_and_then_it_goes_on() {
    let captions =
        captions(settings(), frames(&speech(&[(30, 700), (1, 700)])), &[Look::Panic; 10]).await;
    let told = told(&captions);
    assert_eq!(told.iter().filter(|it| it.starts_with("gap restart")).count(), 10, "{told:?}");
    assert_eq!(told.last().unwrap(), "final w31");
    check_order(&captions);
}

#[tokio::test(start_paused = true)]
async fn a_hole_ends_the_sentence_and_is_told_with_its_reason() {
    for (hole, why) in [(None, "overload"), (Some(Why::Device), "device")] {
        let mut frames = frames(&speech(&[(2, 0), (2, 700)]));
        // Without 1 220 to 1 500 ms, which is all but the edges of w3.
        frames.drain(61..75);
        frames[61].hole = hole;
        let told = told(&captions(settings(), frames, &[]).await);
        let at = told.iter().position(|it| it.starts_with("gap")).unwrap();
        assert_eq!(told[at - 1..=at], ["final w1 w2".to_owned(), format!("gap {why} 1220..1500")]);
        assert_eq!(told.last().unwrap(), "final w4");
    }
}

#[tokio::test(start_paused = true)]
async fn an_interruption_ends_the_sentence_before_anything_follows() {
    let sound = frames(&speech(&[(2, 0), (2, 0)]));
    // Before w3, and long before the silence that would end the segment.
    let (before, after) = sound.split_at(60);
    let last = &before[59];
    let interruption = AudioFrame::interruption(last.span().end(), last.rate, last.trace);
    let before = [before, &[interruption]].concat();
    let told = so_far(settings(), before.clone()).await;
    assert_eq!(told.last().unwrap(), "final w1 w2", "{told:?}");
    // It is no gap where the sound goes on, and one of its own reason where it does not.
    let whole = captions(settings(), [&before, after].concat(), &[]).await;
    assert!(!self::told(&whole).iter().any(|it| it.starts_with("gap")), "{whole:?}");
    check_order(&whole);
    let mut after = after[10..].to_vec();
    after[0].hole = Some(Why::Paused);
    let torn = captions(settings(), [before, after].concat(), &[]).await;
    assert!(self::told(&torn).contains(&"gap paused 1200..1400".to_owned()), "{torn:?}");
}

#[tokio::test(start_paused = true)]
async fn what_never_came_before_the_first_sound_is_a_gap() {
    let late = frames(&speech(&[(1, 700)])).split_off(10);
    assert_eq!(told(&captions(settings(), late, &[]).await)[0], "gap overload 0..200");
}

#[tokio::test(start_paused = true)]
async fn a_sentence_without_end_is_cut_and_no_word_is_said_twice_or_lost() {
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
async fn old_sound_gives_no_partials_and_too_old_sound_is_given_up() {
    // A clock that has run for a while, so that frames can be older than it.
    tokio::time::advance(Duration::from_secs(60)).await;
    let mut frames = frames(&speech(&[(3, 700), (3, 700), (3, 700)]));
    let now = Instant::now();
    let aged = |frame: &mut AudioFrame, age| frame.trace = Trace::starting(now - age);
    let second = frames.len() * 2 / 5;
    frames[..second].iter_mut().for_each(|it| aged(it, Duration::from_secs(1)));
    frames[second..second * 2].iter_mut().for_each(|it| aged(it, Duration::from_secs(5)));
    let live = RecogniseSettings { max_lag: Some(Duration::from_secs(4)), ..settings() };
    let told = told(&captions(live, frames, &[]).await);
    assert_eq!(told[0], "final w1 w2 w3");
    assert!(told[1].starts_with("gap overload"), "{told:?}");
    assert!(told.last().unwrap().ends_with("w9"), "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn sound_that_was_waited_for_is_looked_at_at_once() {
    let most = Some(Duration::from_secs(4));
    let live_settings = RecogniseSettings { max_lag: most, ..settings() };
    let (told, _) = live(live_settings, &speech(&[(3, 0)]), &[]).await;
    assert_eq!(told[0], "partial  | w1");
}

#[tokio::test]
async fn a_look_that_takes_too_long_is_given_up_and_the_words_come_with_the_next() {
    tokio::time::pause();
    let settings = RecogniseSettings { max_lag: Some(Duration::from_millis(40)), ..settings() };
    let (told, counts) = live(settings, &speech(&[(3, 700)]), &[Look::Endless]).await;
    assert_eq!(told.last().unwrap(), "final w1 w2 w3");
    assert!(counts.contains(&("decodes-cancelled", 1)), "{counts:?}");
}

#[tokio::test(start_paused = true)]
async fn what_a_guard_leaves_out_is_counted() {
    let (told, counts) = live(settings(), &speech(&[(1, 700)]), &[Look::Phrase; 3]).await;
    assert_eq!(told, Vec::<String>::new());
    // Two looks while somebody speaks, for nothing is shown yet, and one at the pause.
    assert_eq!(counts, [("filtered-phrase", 3)]);
}

#[tokio::test(start_paused = true)]
async fn a_pause_is_looked_at_once_and_the_final_is_made_of_that_look() {
    // The fourth look is the one at the pause; a fifth would panic.
    let looks = [Look::Answer, Look::Answer, Look::Answer, Look::Answer, Look::Panic];
    let (told, _) = live(settings(), &speech(&[(3, 700)]), &looks).await;
    assert_eq!(told.last().unwrap(), "final w1 w2 w3");
}

fn looks() -> impl Strategy<Value = Vec<Look>> {
    let look = prop_oneof![6 => Just(Look::Answer), 1 => Just(Look::Panic), 1 => Just(Look::Fail)];
    prop::collection::vec(look, 0..40)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_word_is_told_once_or_lies_in_a_gap(
        sentences in prop::collection::vec((1usize..14, 0usize..1_500), 1..5),
        holes in prop::collection::vec((any::<prop::sample::Index>(), 1usize..60), 0..4),
        looks in looks(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let sound = speech(&sentences);
        let captions = runtime.block_on(async {
            let mut frames = frames(&sound);
            for (at, length) in &holes {
                let at = at.index(frames.len());
                // What is missing at the very end is known to nobody.
                let end = (at + length).min(frames.len() - 1);
                frames.drain(at.min(end)..end);
            }
            captions(settings(), frames, &looks).await
        });
        check_order(&captions);
        let finals: Vec<_> =
            transcripts(&captions).into_iter().filter(|it| it.kind() == Kind::Final).flat_map(|it| it.words().to_vec()).collect();
        let gaps: Vec<MediaSpan> =
            captions.iter().filter_map(|it| if let Caption::Gap(gap) = it { Some(gap.span) } else { None }).collect();
        let mut at = 0;
        for run in sound.chunk_by(|a, b| a == b) {
            let place = |sample| MediaTime::of_sample(sample as u64, RATE);
            let span = MediaSpan::between(time_of(at), time_of(at + run.len()));
            at += run.len();
            let word = format!(" w{}", (run[0] * 1000.0).round());
            let times = finals.iter().filter(|it| it.text == word).count();
            let missing = gaps.iter().any(|gap| gap.start < span.end() && span.start < gap.end());
            prop_assert!(run[0] == 0.0 || times == 1 || (times == 0 && missing), "{word} {times} times: {:?}", told(&captions));
        }
    }
}
