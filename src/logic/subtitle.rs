//! Finals to subtitles: two lines of at most 42 columns, long segments split at sentence ends by their words' times,
//! each cue up for as long as it takes to be read, where there is the time.
use std::time::Duration;

use super::{script, sentence};
use crate::message::{MediaSpan, MediaTime, Speaker, Word};

/// Columns in a line (measures.md: 37 to 42); a full-width character takes two.
pub const LINE: usize = 42;
/// Lines of a cue.
pub const LINES: usize = 2;
/// A cue stays at least so long, where the next one leaves it the time.
const SHORTEST: Duration = Duration::from_secs(1);
/// Columns that are read in a second.
const READ: u32 = 20;
/// Where it is not known when the next cue comes, one stays up no longer than so much past its last word.
const LINGER: Duration = Duration::from_secs(1);
/// A cue cannot be shorter, even where its words have no length.
const TICK: Duration = Duration::from_millis(1);

/// What is shown at once.
#[derive(Clone, Debug, PartialEq)]
pub struct Cue {
    pub span: MediaSpan,
    /// One or two.
    pub lines: Vec<String>,
    /// Who speaks, where that is known. Of the formats only WebVTT has a place for it.
    pub speaker: Option<Speaker>,
}

/// One segment: its words, with a [name](super::names) before them where the format has no other place for it.
#[derive(Clone, Copy, Debug)]
pub struct Said<'a> {
    pub words: &'a [Word],
    pub speaker: Option<&'a Speaker>,
}

impl<'a> From<&'a [Word]> for Said<'a> {
    fn from(words: &'a [Word]) -> Said<'a> {
        Said { words, speaker: None }
    }
}

/// The cues of segments in the order of the timeline. No two overlap, none is empty.
pub fn cues<'a>(segments: impl IntoIterator<Item = impl Into<Said<'a>>>) -> Vec<Cue> {
    let mut cues: Vec<Cue> = Vec::new();
    for segment in segments {
        let free = cues.last().map_or(MediaTime::ZERO, |it| it.span.end());
        cues.extend(spoken(segment.into(), free));
    }
    let starts: Vec<MediaTime> = cues.iter().skip(1).map(|it| it.span.start).collect();
    for (at, cue) in cues.iter_mut().enumerate() {
        let wished = cue.span.end().max(cue.span.start + cue.reading());
        let end = starts.get(at).map_or(wished, |next| wished.min(*next).max(cue.span.end()));
        cue.span = MediaSpan::between(cue.span.start, end);
    }
    cues
}

/// The cues of one segment after the other, as they become final: what was given is not moved any more.
#[derive(Debug, Default)]
pub struct Cues {
    free: MediaTime,
}

impl Cues {
    /// Of the next segment. Its last cue lingers a little, for nobody knows how long it will be quiet.
    pub fn of<'a>(&mut self, segment: impl Into<Said<'a>>) -> Vec<Cue> {
        let mut cues = spoken(segment.into(), self.free);
        let starts: Vec<MediaTime> = cues.iter().skip(1).map(|it| it.span.start).collect();
        for (at, cue) in cues.iter_mut().enumerate() {
            let end = cue.span.end();
            let latest = starts.get(at).map_or(end + LINGER, |next| *next);
            let wished = (cue.span.start + cue.reading()).min(latest);
            cue.span = MediaSpan::between(cue.span.start, end.max(wished));
        }
        self.free = cues.last().map_or(self.free, |it| it.span.end());
        cues
    }
}

impl Cue {
    /// How long it takes to be read.
    fn reading(&self) -> Duration {
        let columns: usize = self.lines.iter().map(|it| script::width(it)).sum();
        SHORTEST.max(Duration::from_secs(1) * columns as u32 / READ)
    }

    /// As a SubRip file has it, with its `number` from 1.
    pub fn srt(&self, number: usize) -> String {
        let (start, end) = (clock(self.span.start, ','), clock(self.span.end(), ','));
        let lines = self.lines.join("\n").replace("-->", "->");
        format!("{number}\n{start} --> {end}\n{lines}\n\n")
    }

    /// As a WebVTT file has it.
    pub fn vtt(&self) -> String {
        let (start, end) = (clock(self.span.start, '.'), clock(self.span.end(), '.'));
        let voice = self.speaker.as_ref().map(|it| format!("<v {}>", escaped(it.as_str())));
        let (voice, lines) = (voice.unwrap_or_default(), escaped(&self.lines.join("\n")));
        format!("{start} --> {end}\n{voice}{lines}\n\n")
    }
}

/// What WebVTT would take for its own: in texts, and in the names of voices.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// A text without word times as words that share the span, each as long as it is wide.
pub fn timed(text: &str, span: MediaSpan) -> Vec<Word> {
    let units = script::units(text);
    let spans = shares(span, units.iter().copied());
    let word = |(at, (unit, span)): (usize, (&&str, MediaSpan))| {
        let space = if at == 0 || unit.starts_with(char::is_whitespace) { " " } else { "" };
        Word { text: format!("{space}{}", unit.trim_start()), span }
    };
    units.iter().zip(spans).enumerate().map(word).collect()
}

/// The span divided among the texts, one behind the other, each as long as it is wide.
fn shares<'a>(span: MediaSpan, texts: impl Iterator<Item = &'a str>) -> Vec<MediaSpan> {
    let widths: Vec<u32> = texts.map(|it| script::width(it.trim()).max(1) as u32).collect();
    let all: u32 = widths.iter().sum();
    let place = |width: u32| match width == all {
        true => span.end(),
        false => span.start + span.length / all * width,
    };
    let mut passed = 0;
    let share = |width: &u32| {
        let start = place(passed);
        passed += width;
        MediaSpan::between(start, place(passed))
    };
    widths.iter().map(share).collect()
}

/// Cues that stand as long as their words last, none before `free`.
fn spoken(segment: Said<'_>, mut free: MediaTime) -> Vec<Cue> {
    let mut cues = Vec::new();
    let words = pieces(segment.words);
    let mut rest = &words[..];
    while !rest.is_empty() {
        let (cue, after) = rest.split_at(cue_length(rest));
        let start = cue[0].span.start.max(free);
        let end = cue[cue.len() - 1].span.end().max(start + TICK);
        let lines = lines(cue).unwrap_or_default();
        let (span, speaker) = (MediaSpan::between(start, end), segment.speaker.cloned());
        cues.push(Cue { span, lines, speaker });
        (rest, free) = (after, end);
    }
    cues
}

/// What a WebVTT file begins with.
pub const VTT_HEAD: &str = "WEBVTT\n\n";

/// As SubRip (`.srt`).
pub fn srt(cues: &[Cue]) -> String {
    cues.iter().enumerate().map(|(at, cue)| cue.srt(at + 1)).collect()
}

/// As WebVTT (`.vtt`).
pub fn vtt(cues: &[Cue]) -> String {
    VTT_HEAD.to_owned() + &cues.iter().map(Cue::vtt).collect::<String>()
}

/// `01:02:03,456`; hours as many as there are.
fn clock(at: MediaTime, point: char) -> String {
    let ms = at.since_start().as_millis();
    let (s, ms) = (ms / 1000, ms % 1000);
    format!("{:02}:{:02}:{:02}{point}{ms:03}", s / 3600, s / 60 % 60, s % 60)
}

/// What a line may not be broken within, in order: words, in scripts without spaces parts of the text between two places where a
/// line may end. Those that no line can hold are cut. Line ends inside of words would end a cue.
fn pieces(words: &[Word]) -> Vec<Word> {
    let plain = |it: &Word| {
        let text = it.text.chars().map(|it| if it.is_control() { ' ' } else { it }).collect();
        Word { text, ..*it }
    };
    let words = words.iter().map(plain).filter(|it| !it.text.trim().is_empty());
    let words: Vec<Word> = words.collect();
    let breaks = script::breaks(&words.iter().map(|it| it.text.as_str()).collect::<String>());
    let (mut pieces, mut at): (Vec<Word>, usize) = (Vec::new(), 0);
    for word in words {
        let begins = word.text.starts_with(char::is_whitespace) || breaks.contains(&at);
        at += word.text.len();
        match pieces.last_mut() {
            Some(last) if !begins => {
                last.text.push_str(&word.text);
                last.span = MediaSpan::between(last.span.start, word.span.end());
            }
            _ => pieces.push(word),
        }
    }
    pieces.into_iter().flat_map(|it| cut(&it)).collect()
}

/// In parts that a line can hold, cut where lines may end or else between characters. They share its time.
fn cut(word: &Word) -> Vec<Word> {
    let mut parts = Vec::new();
    let text = word.text.trim_end();
    let (breaks, clusters) = (script::breaks(text), script::clusters(text));
    let mut from = 0;
    while from < text.len() {
        let fits = |to: &&usize| from < **to && script::width(text[from..**to].trim()) <= LINE;
        let next = clusters.iter().find(|it| from < **it);
        let to = breaks.iter().rfind(fits).or(clusters.iter().rfind(fits)).or(next);
        let to = to.copied().unwrap_or(text.len());
        parts.push(&text[from..to]);
        from = to;
    }
    let spans = shares(word.span, parts.iter().copied());
    let part = |(text, span): (&&str, MediaSpan)| Word { text: (*text).to_owned(), span };
    parts.iter().zip(spans).map(part).collect()
}

/// How many of the pieces make the next cue: all that fit, back to the last end of a sentence where not all do, or to
/// the last comma in the second half.
fn cue_length(words: &[Word]) -> usize {
    let fitting = (1..=words.len()).take_while(|count| lines(&words[..*count]).is_some()).last();
    let fitting = fitting.unwrap_or(1);
    if fitting == words.len() {
        return fitting;
    }
    let last = |ends: fn(&str) -> bool, from: usize| {
        (from..=fitting).rev().find(|count| ends(&words[*count - 1].text))
    };
    last(sentence::is_end, 1)
        .or_else(|| last(sentence::is_clause_end, fitting / 2 + 1))
        .unwrap_or(fitting)
}

/// The words as at most two lines, as equal as can be; `None` where they do not fit.
fn lines(words: &[Word]) -> Option<Vec<String>> {
    let whole = joined(words);
    if script::width(&whole) <= LINE {
        return Some(vec![whole]);
    }
    let halves = (1..words.len()).map(|at| [joined(&words[..at]), joined(&words[at..])]);
    let length = |line: &String| script::width(line);
    let fits = |halves: &[String; LINES]| halves.iter().all(|line| length(line) <= LINE);
    let best = halves.filter(fits).min_by_key(|[a, b]| length(a).abs_diff(length(b)));
    best.map(Vec::from)
}

fn joined(words: &[Word]) -> String {
    words.iter().map(|it| it.text.as_str()).collect::<String>().trim().to_owned()
}

#[cfg(test)]
#[path = "subtitle_tests.rs"]
mod tests;
