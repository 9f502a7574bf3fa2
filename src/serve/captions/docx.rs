//! A transcript as a document of Word: the title, and paragraphs with their time and who speaks.
use std::io::{self, Cursor};

use docx_rs::{Docx, Paragraph, Run, Style, StyleType};
use jiff::Timestamp;
use quick_xml::{Writer, events::BytesText};

use super::{log::Run as Started, piece::Piece};
use crate::logic::sentence;

/// So many seconds without speech begin a new paragraph, as on the pages.
const PAUSE_S: f64 = 2.0;
/// A paragraph that is this long, in seconds or in characters, ends with its sentence.
const LONG_S: f64 = 60.0;
const LONG_CHARACTERS: usize = 700;
/// Speech without an end of a sentence is broken at so many times that.
const AT_MOST: usize = 2;

/// In twentieths of a point and in half points, as Word has them.
const TITLE_SIZE: usize = 40;
const SMALL_SIZE: usize = 18;
const GREY: &str = "595959";

/// The bytes of a `.docx`.
pub(super) fn document(pieces: &[Piece], title: Option<&str>, run: &Started) -> Vec<u8> {
    let title = title.unwrap_or("Transcript");
    let began = Timestamp::from_millisecond(i64::try_from(run.started_at).unwrap_or_default())
        .unwrap_or_default();
    let mut document = Docx::new()
        .add_style(Style::new("Title", StyleType::Paragraph).name("Title").size(TITLE_SIZE).bold())
        .add_style(
            Style::new("Subtitle", StyleType::Paragraph)
                .name("Subtitle")
                .size(SMALL_SIZE)
                .color(GREY),
        )
        .add_style(Style::new("Time", StyleType::Character).name("Time").color(GREY))
        .add_style(Style::new("Speaker", StyleType::Character).name("Speaker").bold())
        .add_paragraph(Paragraph::new().style("Title").add_run(text(title)))
        .add_paragraph(
            Paragraph::new()
                .style("Subtitle")
                .add_run(text(&began.strftime("%Y-%m-%d %H:%M UTC").to_string())),
        );
    for paragraph in paragraphs(pieces) {
        let first = paragraph[0];
        let mut line = Paragraph::new()
            .style("Normal")
            .add_run(text(&format!("[{}]", clock(first.start))).style("Time"))
            .add_run(text(" "));
        if let Some(speaker) = &first.speaker {
            line = line.add_run(text(&format!("{speaker}:")).style("Speaker")).add_run(text(" "));
        }
        let words = paragraph.iter().map(|it| it.text.trim()).collect::<Vec<_>>().join(" ");
        document = document.add_paragraph(line.add_run(text(&words)));
    }
    let mut built = document.build();
    // The crate has no way to set it.
    built.doc_props.core = properties(title, &began.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
        .expect("memory takes whatever is written");
    let mut bytes = Cursor::new(Vec::new());
    built.pack(&mut bytes).expect("memory takes whatever is written");
    bytes.into_inner()
}

/// A run without what XML has no place for.
fn text(text: &str) -> Run {
    Run::new().add_text(plain(text))
}

fn plain(text: &str) -> String {
    let is_no_character = |it: char| it.is_control() || matches!(it, '\u{fffe}' | '\u{ffff}');
    text.chars().map(|it| if is_no_character(it) { ' ' } else { it }).collect()
}

/// Pieces that stand together: of one speaker, without a long pause, and not too long.
fn paragraphs(pieces: &[Piece]) -> Vec<Vec<&Piece>> {
    let mut paragraphs: Vec<Vec<&Piece>> = Vec::new();
    for piece in pieces.iter().filter(|it| !it.text.trim().is_empty()) {
        match paragraphs.last_mut().filter(|it| goes_on(it, piece)) {
            Some(paragraph) => paragraph.push(piece),
            None => paragraphs.push(vec![piece]),
        }
    }
    paragraphs
}

fn goes_on(paragraph: &[&Piece], next: &Piece) -> bool {
    let (first, last) = (paragraph[0], paragraph[paragraph.len() - 1]);
    let characters: usize = paragraph.iter().map(|it| it.text.chars().count()).sum();
    let seconds = last.end - first.start;
    let is_long =
        |times: usize| seconds > LONG_S * times as f64 || characters > LONG_CHARACTERS * times;
    let is_full = is_long(AT_MOST) || is_long(1) && sentence::is_end(&last.text);
    (&last.speaker, &last.track) == (&next.speaker, &next.track)
        && next.start - last.end < PAUSE_S
        && !is_full
}

fn properties(title: &str, began: &str) -> io::Result<Vec<u8>> {
    let mut xml = Writer::new(Vec::new());
    let root = xml.create_element("cp:coreProperties").with_attributes([
        ("xmlns:cp", "http://schemas.openxmlformats.org/package/2006/metadata/core-properties"),
        ("xmlns:dc", "http://purl.org/dc/elements/1.1/"),
        ("xmlns:dcterms", "http://purl.org/dc/terms/"),
        ("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance"),
    ]);
    root.write_inner_content(|xml| {
        xml.create_element("dc:title").write_text_content(BytesText::new(&plain(title)))?;
        xml.create_element("dc:creator").write_text_content(BytesText::new("livecap"))?;
        let created =
            xml.create_element("dcterms:created").with_attribute(("xsi:type", "dcterms:W3CDTF"));
        created.write_text_content(BytesText::new(began))?;
        Ok(())
    })?;
    Ok(xml.into_inner())
}

/// `1:02:03` of seconds.
fn clock(seconds: f64) -> String {
    let whole = seconds.max(0.0) as u64;
    let (hours, minutes, seconds) = (whole / 3600, whole / 60 % 60, whole % 60);
    format!("{hours}:{minutes:02}:{seconds:02}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Speaker;

    fn piece(start: f64, speaker: &str, text: &str) -> Piece {
        Piece {
            track: "english".to_owned(),
            lang: "en".to_owned(),
            speaker: Speaker::named(speaker),
            start,
            end: start + 3.0,
            text: text.to_owned(),
            words: Vec::new(),
        }
    }

    #[test]
    fn a_paragraph_ends_with_its_speaker_a_pause_or_a_sentence_that_makes_it_long() {
        let long = "word ".repeat(150) + ".";
        let pieces = [
            piece(0.0, "Ada", "Good morning."),
            piece(3.5, "Ada", "Welcome."),
            piece(7.0, "Ben", "Thank you."),
            piece(14.0, "Ben", &long),
            piece(17.5, "Ben", "More."),
            piece(21.0, "Ben", " "),
        ];
        let lengths: Vec<usize> = paragraphs(&pieces).iter().map(Vec::len).collect();
        assert_eq!(lengths, [2, 1, 1, 1]);
        assert_eq!(clock(3723.9), "1:02:03");
    }
}
