//! The segments of a track as they are spoken: partials that grow, one final that ends each, words that never change once committed.
use super::{
    Caption, Gap, Kind, Language, MediaSpan, MediaTime, Revision, SegmentId, Speaker, Trace,
    TrackName, Transcript, Why, Word,
};

/// A segment that is still being spoken. Closing consumes it, so nothing can follow a final, and the words that were
/// once committed are kept here, so that no later look can change them.
#[derive(Debug)]
pub struct OpenSegment {
    track: TrackName,
    id: SegmentId,
    next: u32,
    start: MediaTime,
    end: MediaTime,
    language: Language,
    speaker: Option<Speaker>,
    committed: Vec<Word>,
    last: Option<Trace>,
}

impl OpenSegment {
    pub fn id(&self) -> SegmentId {
        self.id
    }

    pub fn start(&self) -> MediaTime {
        self.start
    }

    pub fn committed(&self) -> &[Word] {
        &self.committed
    }

    pub fn language(&self) -> &Language {
        &self.language
    }

    /// Whether a partial of it has been given, so that its end must be told too.
    pub fn was_shown(&self) -> bool {
        self.next > 0
    }

    /// Settled per segment where the language is recognised; the newest decision stands.
    pub fn set_language(&mut self, language: Language) {
        self.language = language;
    }

    /// A partial: `agreed` is committed behind what was committed before, `tail` may still change.
    /// `end` is the end of the newest sound looked at.
    pub fn revise(
        &mut self,
        agreed: Vec<Word>,
        tail: Vec<Word>,
        end: MediaTime,
        trace: Trace,
    ) -> Transcript {
        self.committed.extend(agreed);
        self.end = self.end.max(end);
        let transcript = Transcript {
            track: self.track.clone(),
            segment: self.id,
            revision: Revision(self.next),
            kind: Kind::Partial,
            committed: self.committed.len(),
            words: self.committed.iter().cloned().chain(tail).collect(),
            span: MediaSpan::between(self.start, self.end),
            language: self.language.clone(),
            speaker: self.speaker.clone(),
            trace,
        };
        self.next += 1;
        self.last = Some(trace);
        transcript
    }

    /// The final: what was committed, followed by `tail`. It ends at `end`, however far looks reached, so that what comes
    /// next has its own place; or with its last word, where that one was promised and ends behind it.
    pub fn close(mut self, tail: Vec<Word>, end: MediaTime, trace: Trace) -> Transcript {
        let whole = self.revise(tail, Vec::new(), end, trace);
        let end = whole.words.last().map_or(end, |word| end.max(word.span.end()));
        Transcript { kind: Kind::Final, span: MediaSpan::between(self.start, end), ..whole }
    }
}

/// The segments of one track: the counter, and the one that is open. It lives as long as the track's edges do, longer
/// than any life of the recogniser, so that numbers only grow and committed words outlast a crash.
#[derive(Debug)]
pub struct Segments {
    track: TrackName,
    next: u64,
    /// Who speaks in segments from now on.
    speaker: Option<Speaker>,
    open: Option<OpenSegment>,
}

impl Segments {
    pub fn new(track: TrackName) -> Segments {
        Segments { track, next: 0, speaker: None, open: None }
    }

    pub fn track(&self) -> &TrackName {
        &self.track
    }

    pub fn speaker(&self) -> Option<&Speaker> {
        self.speaker.as_ref()
    }

    /// Who speaks in the segments that are opened from now on. The open one keeps whom it began with.
    pub fn set_speaker(&mut self, speaker: Option<Speaker>) {
        self.speaker = speaker;
    }

    /// Begins a segment at `start`. One that is still open must have been closed before.
    pub fn open(&mut self, start: MediaTime, language: Language) -> &mut OpenSegment {
        debug_assert!(self.open.is_none(), "a segment was left open");
        let id = SegmentId(self.next);
        self.next += 1;
        self.open.insert(OpenSegment {
            track: self.track.clone(),
            id,
            next: 0,
            start,
            end: start,
            language,
            speaker: self.speaker.clone(),
            committed: Vec::new(),
            last: None,
        })
    }

    pub fn current(&mut self) -> Option<&mut OpenSegment> {
        self.open.as_mut()
    }

    /// Ends the open segment with `tail` behind its committed words. `None` where none is open, or where it had no words
    /// and nobody was shown any; one that was shown and has none left ends with an empty final.
    pub fn close(&mut self, tail: Vec<Word>, end: MediaTime, trace: Trace) -> Option<Transcript> {
        let segment = self.open.take()?;
        let silent = segment.committed.is_empty() && tail.is_empty() && !segment.was_shown();
        (!silent).then(|| segment.close(tail, end, trace))
    }

    /// What a new life of the recogniser says first of the segment that the old one left open: a final with the
    /// committed words, or a gap where nothing was committed. `fallback` is its trace where nothing was ever shown.
    pub fn recover(&mut self, fallback: Trace) -> Option<Caption> {
        let segment = self.open.take()?;
        let trace = segment.last.unwrap_or(fallback);
        let span = MediaSpan::between(segment.start, segment.end);
        if segment.committed.is_empty() {
            return Some(Caption::Gap(Gap {
                track: self.track.clone(),
                span,
                why: Why::Restart,
                trace,
            }));
        }
        // It ends with the last word that stands: the sound behind it went unheard.
        let end = segment.start;
        Some(Caption::Transcript(segment.close(Vec::new(), end, trace)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::time::Duration;
    use tokio::time::Instant;

    fn words(text: &str) -> Vec<Word> {
        text.split_whitespace()
            .map(|it| Word { text: format!(" {it}"), span: MediaSpan::default() })
            .collect()
    }

    fn segments() -> Segments {
        Segments::new(TrackName::new("english"))
    }

    fn at(ms: u64) -> MediaTime {
        MediaTime::new(Duration::from_millis(ms))
    }

    fn trace() -> Trace {
        Trace::starting(Instant::now())
    }

    #[test]
    fn a_segment_with_words_ends_in_one_final() {
        let mut segments = segments();
        let open = segments.open(at(0), Language::new("en"));
        let partial = open.revise(words("good"), words("mourning every"), at(900), trace());
        assert_eq!(
            (partial.text().as_str(), partial.committed_text().as_str()),
            ("good mourning every", "good")
        );
        let end = segments.close(words("morning everyone"), at(1500), trace()).unwrap();
        assert_eq!((end.kind(), end.text().as_str()), (Kind::Final, "good morning everyone"));
        assert_eq!(end.committed_text(), end.text());
        assert!(end.supersedes(&partial));
        assert!(segments.close(words("more"), at(1600), trace()).is_none());
    }

    #[test]
    fn a_final_ends_where_its_segment_does_however_far_looks_reached() {
        let word = |from, to| {
            vec![Word { text: " good".to_owned(), span: MediaSpan::between(at(from), at(to)) }]
        };
        let mut segments = segments();
        segments.open(at(100), Language::new("en")).revise(
            word(200, 500),
            vec![],
            at(900),
            trace(),
        );
        let closed = segments.close(vec![], at(800), trace()).unwrap();
        assert_eq!((closed.span().start, closed.span().end()), (at(100), at(800)));
        segments.open(at(800), Language::new("en")).revise(
            word(900, 1200),
            vec![],
            at(1900),
            trace(),
        );
        let Some(Caption::Transcript(kept)) = segments.recover(trace()) else {
            panic!("a final was due")
        };
        assert_eq!((kept.span().start, kept.span().end()), (at(800), at(1200)));
    }

    #[test]
    fn a_segment_that_nobody_saw_and_said_nothing_leaves_no_trace() {
        let mut segments = segments();
        segments.open(at(0), Language::new("en"));
        assert!(segments.close(vec![], at(300), trace()).is_none());
        segments.open(at(400), Language::new("en")).revise(vec![], words("uh"), at(500), trace());
        assert_eq!(segments.close(vec![], at(600), trace()).unwrap().text(), "");
    }

    #[test]
    fn a_new_life_closes_what_was_open() {
        let mut segments = segments();
        segments.open(at(0), Language::new("en")).revise(
            words("good"),
            words("mourning"),
            at(900),
            trace(),
        );
        let Some(Caption::Transcript(kept)) = segments.recover(trace()) else {
            panic!("a final was due")
        };
        assert_eq!((kept.kind(), kept.text().as_str()), (Kind::Final, "good"));
        segments.open(at(1000), Language::new("en")).revise(
            vec![],
            words("every"),
            at(1900),
            trace(),
        );
        let Some(Caption::Gap(gap)) = segments.recover(trace()) else { panic!("a gap was due") };
        assert_eq!((gap.why, gap.span.start, gap.span.end()), (Why::Restart, at(1000), at(1900)));
        assert!(segments.recover(trace()).is_none());
    }

    #[test]
    fn a_segment_keeps_the_speaker_with_whom_it_began() {
        let mut segments = segments();
        segments.set_speaker(Speaker::named("Ada"));
        segments.open(at(0), Language::new("en"));
        segments.set_speaker(Speaker::named("Ben"));
        let name = |it: &Transcript| it.speaker().map(Speaker::to_string);
        let ada = segments.close(words("hello"), at(500), trace()).unwrap();
        segments.open(at(500), Language::new("en"));
        let ben = segments.close(words("hi"), at(900), trace()).unwrap();
        assert_eq!((name(&ada).as_deref(), name(&ben).as_deref()), (Some("Ada"), Some("Ben")));
    }

    proptest! {
        /// Any order of hypotheses and restarts: ids and revisions only grow, at most one final each, committed words stay.
        #[test]
        fn whatever_happens_numbers_grow_and_committed_words_stay(steps in prop::collection::vec((0u8..4, 0usize..4, 0usize..4), 1..60)) {
            let mut segments = segments();
            let mut given: Vec<Transcript> = Vec::new();
            let some = |n: usize| words(&"w ".repeat(n));
            for (what, agreed, tail) in steps {
                match what {
                    0 => if segments.current().is_none() { segments.open(at(0), Language::new("en")); },
                    1 => if let Some(open) = segments.current() { given.push(open.revise(some(agreed), some(tail), at(1), trace())) },
                    2 => given.extend(segments.close(some(tail), at(1), trace())),
                    _ => if let Some(Caption::Transcript(it)) = segments.recover(trace()) { given.push(it) },
                }
            }
            for pair in given.windows(2) {
                let (old, new) = (&pair[0], &pair[1]);
                prop_assert!((old.segment(), old.revision()) < (new.segment(), new.revision()));
                if old.segment() == new.segment() {
                    prop_assert_eq!(old.kind(), Kind::Partial);
                    prop_assert!(new.committed_text().starts_with(&old.committed_text()));
                }
            }
        }
    }
}
