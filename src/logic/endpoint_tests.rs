//! Streams of frames and their segments.
use super::*;
use proptest::prelude::*;

const FRAME: Duration = Duration::from_millis(16);

fn at(frames: usize) -> MediaTime {
    MediaTime::ZERO + FRAME * frames as u32
}

fn settings() -> EndpointSettings {
    EndpointSettings { longest: Duration::from_secs(3), ..EndpointSettings::default() }
}

/// The segments of a stream of frames. The end of the stream ends the last one.
fn segments(settings: EndpointSettings, speech: &[f32]) -> Vec<MediaSpan> {
    let mut endpoint = Endpoint::new(settings);
    let mut found = Vec::new();
    let mut open = None;
    let frame = |(n, speech): (usize, &f32)| Activity {
        span: MediaSpan { start: at(n), length: FRAME },
        speech: *speech,
        level: 0.0,
    };
    let mut kept = MediaTime::ZERO;
    let mut take = |event| match event {
        Some(EndpointEvent::Opened { start }) => {
            assert!(open.replace(start).is_none(), "opened twice");
        }
        Some(EndpointEvent::Closed { end, .. }) => {
            found.push(MediaSpan::between(open.take().expect("closed unopened"), end));
        }
        Some(EndpointEvent::Cut { at }) => {
            found.push(MediaSpan::between(open.replace(at).expect("cut unopened"), at));
        }
        None => (),
    };
    for activity in speech.iter().enumerate().map(frame) {
        let event = endpoint.step(activity);
        if let Some(EndpointEvent::Opened { start }) = event {
            assert!(start >= kept, "starts in dropped audio");
        }
        take(event);
        assert!(endpoint.needed_from() >= kept, "needs dropped audio");
        kept = endpoint.needed_from();
    }
    take(endpoint.finish(at(speech.len())));
    found
}

fn runs(lengths: &[(usize, f32)]) -> Vec<f32> {
    lengths.iter().flat_map(|(count, speech)| vec![*speech; *count]).collect()
}

#[test]
fn a_segment_includes_audio_before_and_after_its_speech() {
    let found = segments(settings(), &runs(&[(50, 0.0), (40, 0.9), (50, 0.0)]));
    let breath = Duration::from_millis(300);
    assert_eq!(found, [MediaSpan::between(at(50) - breath, at(90) + breath)]);
}

#[test]
fn a_click_opens_no_segment_and_a_short_pause_ends_none() {
    assert_eq!(segments(settings(), &runs(&[(9, 0.0), (3, 0.9), (50, 0.0)])), []);
    let speech = runs(&[(30, 0.9), (20, 0.0), (30, 0.9), (50, 0.0)]);
    assert_eq!(segments(settings(), &speech).len(), 1);
}

#[test]
fn a_segment_that_is_too_long_is_cut_at_its_weakest_place() {
    let speech = runs(&[(150, 0.9), (4, 0.4), (60, 0.9), (50, 0.0)]);
    let found = segments(settings(), &speech);
    assert_eq!(found.len(), 2);
    assert!((at(150)..=at(154)).contains(&found[0].end()), "{found:?}");
    assert_eq!(found[1].start, found[0].end());
}

#[test]
fn a_segment_that_cannot_be_decoded_in_time_is_cut_early() {
    let mut endpoint = Endpoint::new(settings());
    let speech = runs(&[(80, 0.9), (4, 0.4), (30, 0.9)]);
    let frame = |(n, speech): (usize, &f32)| Activity {
        span: MediaSpan { start: at(n), length: FRAME },
        speech: *speech,
        level: 0.0,
    };
    endpoint.cut_at_next_frame();
    for activity in speech.iter().enumerate().map(frame) {
        assert!(!matches!(endpoint.step(activity), Some(EndpointEvent::Cut { .. })));
    }
    endpoint.cut_at_next_frame();
    let next = frame((speech.len(), &0.9));
    let Some(EndpointEvent::Cut { at: cut }) = endpoint.step(next) else { panic!("it is cut") };
    assert!((at(80)..=at(84)).contains(&cut), "{cut:?}");
    let after = frame((speech.len() + 1, &0.9));
    assert_eq!(endpoint.step(after), None, "once is required_silence");
}

#[test]
fn a_segment_ended_by_its_sentence_leaves_half_of_the_pause_to_the_next() {
    let mut endpoint = Endpoint::new(long_segments());
    assert_eq!(endpoint.end_of_sentence(1.0), None, "nothing is open");
    let (spoken, now) =
        (frames_in(LONG_SEGMENT[1]), frames_in(LONG_SEGMENT[1] + long_segments().sentence) + 1);
    for n in 0..now {
        endpoint.step(frame(n, if n < spoken { 0.9 } else { 0.0 }));
    }
    let event = endpoint.end_of_sentence(1.0);
    let end = at(spoken) + long_segments().sentence / 2;
    let speech = FRAME * spoken as u32;
    assert_eq!(event, Some(EndpointEvent::Closed { end, speech_end: at(spoken), speech }));
    assert_eq!(endpoint.needed_from(), end);
    let opened = (now..now + 10).find_map(|n| endpoint.step(frame(n, 0.9)));
    assert_eq!(
        opened,
        Some(EndpointEvent::Opened { start: end.max(at(now) - long_segments().pre_roll) })
    );
}

/// Settings for models that decode long segments.
fn long_segments() -> EndpointSettings {
    EndpointSettings { longest: Duration::from_secs(30), ..settings() }
}

fn frame(n: usize, speech: f32) -> Activity {
    Activity { span: MediaSpan { start: at(n), length: FRAME }, speech, level: 0.0 }
}

/// The number of frames that are at least as long.
fn frames_in(length: Duration) -> usize {
    length.as_nanos().div_ceil(FRAME.as_nanos()) as usize
}

#[test]
fn a_confident_sentence_in_a_long_segment_shortens_the_pause_that_ends_it() {
    let pause = |length: Duration, confidence: f32| {
        let (mut endpoint, spoken) = (Endpoint::new(long_segments()), frames_in(length));
        for n in 0..spoken {
            endpoint.step(frame(n, 0.9));
        }
        endpoint.step(frame(spoken, 0.0));
        assert_eq!(
            endpoint.end_of_sentence(confidence),
            None,
            "the pause is too short for any sentence"
        );
        let closed = (spoken + 1..).find(|n| endpoint.step(frame(*n, 0.0)).is_some());
        FRAME * (closed.expect("it ends") + 1 - spoken) as u32
    };
    let EndpointSettings { sentence, silence, .. } = long_segments();
    let ([long, longer], half) = (LONG_SEGMENT, (sentence + silence) / 2);
    for (length, confidence, wanted) in [
        (longer, 1.0, sentence),
        (longer, 0.5, half),
        (longer, 0.0, silence),
        (longer * 2, 1.0, sentence),
        ((long + longer) / 2, 1.0, half),
        (long, 1.0, silence),
        (long / 4, 1.0, silence),
    ] {
        let pause = pause(length, confidence);
        let near = wanted.saturating_sub(FRAME)..wanted + FRAME;
        assert!(near.contains(&pause), "{length:?}, {confidence}: {pause:?}, not {wanted:?}");
    }
}

#[test]
fn a_sentence_end_is_forgotten_when_speech_continues() {
    let mut endpoint = Endpoint::new(long_segments());
    let spoken = frames_in(LONG_SEGMENT[1]);
    let mut step = |n: usize, speech, confidence: Option<f32>| {
        let event = endpoint.step(frame(n, speech));
        confidence.map_or(event, |confidence| endpoint.end_of_sentence(confidence))
    };
    assert_eq!((0..spoken).filter(|n| step(*n, 0.9, None).is_some()).count(), 1, "it opens");
    assert_eq!(step(spoken, 0.0, Some(1.0)), None);
    assert_eq!(step(spoken + 1, 0.9, None), None);
    let closed = (spoken + 2..).find(|n| step(*n, 0.0, None).is_some()).expect("it ends");
    assert!(FRAME * (closed - spoken - 1) as u32 >= long_segments().silence);
}

proptest! {
    #[test]
    fn segments_contain_all_speech_without_overlap_up_to_their_maximum_length(
        lengths in prop::collection::vec((1usize..120, prop_oneof![Just(0.0f32), Just(0.4), Just(0.6), Just(0.95)]), 1..40),
        silence in 100u64..900,
        longest in 1_500u64..4_000,
    ) {
        let settings = EndpointSettings {
            silence: Duration::from_millis(silence),
            longest: Duration::from_millis(longest),
            ..EndpointSettings::default()
        };
        let speech = runs(&lengths);
        let found = segments(settings, &speech);
        for span in &found {
            prop_assert!(span.length <= settings.longest, "{span:?}");
        }
        for pair in found.windows(2) {
            prop_assert!(pair[0].end() <= pair[1].start, "{pair:?}");
        }
        // Segments contain all speech that is long enough, with its pre-roll.
        let holds = |place: MediaTime| found.iter().any(|it| it.start <= place && place < it.end());
        let mut from = 0;
        while from < speech.len() {
            let run = speech[from..].iter().take_while(|it| **it >= settings.threshold).count();
            if FRAME * run as u32 >= settings.min_speech {
                for n in from..from + run {
                    prop_assert!(holds(at(n)), "frame {n} of {found:?}");
                }
                let before = at(from) - settings.pre_roll;
                let earlier = found.iter().filter(|it| it.start < before).any(|it| it.end() > before);
                prop_assert!(earlier || holds(before) , "pre-roll of frame {from} in {found:?}");
            }
            from += run.max(1);
        }
    }
}
