//! Cues as TTML: a document of the IMSC 1.1 Text Profile, which broadcasters and players take.
use std::io;

use quick_xml::{
    Writer,
    events::{BytesDecl, BytesText, Event},
};

use super::subtitle::Cue;
use crate::message::{MediaTime, Speaker};

/// What the document follows.
const PROFILE: &str = "http://www.w3.org/ns/ttml/profile/imsc1.1/text";

/// What stands before the cues.
#[derive(Clone, Copy, Debug, Default)]
pub struct Head<'a> {
    pub title: Option<&'a str>,
    /// Of all cues; `None`: of several languages, or not known.
    pub lang: Option<&'a str>,
}

/// The document. Speakers are named in it once, and each cue says whose it is.
pub fn ttml(cues: &[Cue], head: Head<'_>) -> String {
    let mut xml = Writer::new_with_indent(Vec::new(), b' ', 1);
    let written = write(&mut xml, cues, head);
    written.expect("memory takes whatever is written");
    let mut text = String::from_utf8(xml.into_inner()).expect("what was text stays text");
    text.push('\n');
    text
}

fn write(xml: &mut Writer<Vec<u8>>, cues: &[Cue], head: Head<'_>) -> io::Result<()> {
    let mut speakers: Vec<&Speaker> = Vec::new();
    for speaker in cues.iter().filter_map(|it| it.speaker.as_ref()) {
        if !speakers.contains(&speaker) {
            speakers.push(speaker);
        }
    }
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let root = xml.create_element("tt").with_attributes([
        ("xmlns", "http://www.w3.org/ns/ttml"),
        ("xmlns:ttp", "http://www.w3.org/ns/ttml#parameter"),
        ("xmlns:tts", "http://www.w3.org/ns/ttml#styling"),
        ("xmlns:ttm", "http://www.w3.org/ns/ttml#metadata"),
        ("ttp:contentProfiles", PROFILE),
        ("ttp:timeBase", "media"),
        ("ttp:cellResolution", "32 15"),
        ("xml:lang", head.lang.unwrap_or_default()),
    ]);
    root.write_inner_content(|xml| {
        xml.create_element("head").write_inner_content(|xml| about(xml, head, &speakers))?;
        xml.create_element("body").write_inner_content(|xml| {
            xml.create_element("div").write_inner_content(|xml| {
                cues.iter().enumerate().try_for_each(|(at, it)| cue(xml, at + 1, it, &speakers))
            })?;
            Ok(())
        })?;
        Ok(())
    })?;
    Ok(())
}

fn about(xml: &mut Writer<Vec<u8>>, head: Head<'_>, speakers: &[&Speaker]) -> io::Result<()> {
    if let Some(title) = head.title {
        xml.create_element("ttm:title").write_text_content(BytesText::new(&plain(title)))?;
    }
    for (at, speaker) in speakers.iter().enumerate() {
        let agent = xml.create_element("ttm:agent");
        let agent = agent.with_attributes([("xml:id", &*agent_of(at)), ("type", "person")]);
        agent.write_inner_content(|xml| {
            let name = xml.create_element("ttm:name").with_attribute(("type", "full"));
            name.write_text_content(BytesText::new(&plain(speaker.as_str())))?;
            Ok(())
        })?;
    }
    xml.create_element("styling").write_inner_content(|xml| {
        // White on black, as captions are.
        let style = xml.create_element("style").with_attributes([
            ("xml:id", "caption"),
            ("tts:fontFamily", "proportionalSansSerif"),
            ("tts:fontSize", "80%"),
            ("tts:lineHeight", "125%"),
            ("tts:textAlign", "center"),
        ]);
        style.write_empty()?;
        let words = xml.create_element("style").with_attributes([
            ("xml:id", "words"),
            ("tts:color", "#ffffff"),
            ("tts:backgroundColor", "#000000cc"),
        ]);
        words.write_empty()?;
        Ok(())
    })?;
    xml.create_element("layout").write_inner_content(|xml| {
        let region = xml.create_element("region").with_attributes([
            ("xml:id", "bottom"),
            ("tts:origin", "10% 70%"),
            ("tts:extent", "80% 25%"),
            ("tts:displayAlign", "after"),
            ("tts:overflow", "visible"),
        ]);
        region.write_empty()?;
        Ok(())
    })?;
    Ok(())
}

fn cue(xml: &mut Writer<Vec<u8>>, number: usize, cue: &Cue, all: &[&Speaker]) -> io::Result<()> {
    let (begin, end) = (clock(cue.span.start), clock(cue.span.end()));
    let id = format!("c{number}");
    let paragraph = xml.create_element("p").with_attributes([
        ("xml:id", &*id),
        ("begin", &begin),
        ("end", &end),
        ("region", "bottom"),
        ("style", "caption"),
    ]);
    let speaker = cue.speaker.as_ref().and_then(|it| all.iter().position(|other| *other == it));
    let agent = speaker.map(agent_of);
    let paragraph = match &agent {
        Some(agent) => paragraph.with_attribute(("ttm:agent", agent.as_str())),
        None => paragraph,
    };
    let is_reversed = cue.lines.first().is_some_and(|it| is_right_to_left(it));
    let paragraph = match is_reversed {
        true => paragraph.with_attribute(("tts:direction", "rtl")),
        false => paragraph,
    };
    // The space between elements would be shown: a cue stands in one line.
    let mut line = Writer::new(Vec::new());
    let span = line.create_element("span").with_attribute(("style", "words"));
    span.write_inner_content(|xml| {
        for (at, text) in cue.lines.iter().enumerate() {
            if at > 0 {
                xml.create_element("br").write_empty()?;
            }
            xml.write_event(Event::Text(BytesText::new(&plain(text))))?;
        }
        Ok(())
    })?;
    let line = String::from_utf8(line.into_inner()).unwrap_or_default();
    paragraph.write_text_content(BytesText::from_escaped(line))?;
    Ok(())
}

fn agent_of(number: usize) -> String {
    format!("speaker{}", number + 1)
}

/// Without what XML has no place for, escaped or not.
fn plain(text: &str) -> String {
    let is_no_character = |it: char| it.is_control() || matches!(it, '\u{fffe}' | '\u{ffff}');
    text.chars().map(|it| if is_no_character(it) { ' ' } else { it }).collect()
}

/// Whether its first letter is Hebrew, Arabic or of another script that runs from right to left.
fn is_right_to_left(text: &str) -> bool {
    let letter = text.chars().find(|it| it.is_alphabetic());
    letter.is_some_and(|it| {
        matches!(it, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}' | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
    })
}

/// `00:01:02.345`
fn clock(at: MediaTime) -> String {
    let ms = at.since_start().as_millis();
    let (s, ms) = (ms / 1000, ms % 1000);
    format!("{:02}:{:02}:{:02}.{ms:03}", s / 3600, s / 60 % 60, s % 60)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::message::MediaSpan;

    fn cue(lines: &[&str], speaker: Option<&str>) -> Cue {
        let at = |ms| MediaTime::new(Duration::from_millis(ms));
        Cue {
            span: MediaSpan::between(at(3_723_456), at(3_725_000)),
            lines: lines.iter().map(|it| (*it).to_owned()).collect(),
            speaker: speaker.and_then(Speaker::named),
        }
    }

    #[test]
    fn a_cue_says_when_whose_and_what() {
        let cues = [cue(&["Rights & <duties>,", "for all."], Some("Ada & Co"))];
        let text = ttml(&cues, Head { title: Some("Town \u{1}hall"), lang: Some("en") });
        for part in [
            r#"<?xml version="1.0" encoding="UTF-8"?>"#,
            r#"xml:lang="en""#,
            "<ttm:title>Town  hall</ttm:title>",
            r#"<ttm:name type="full">Ada &amp; Co</ttm:name>"#,
            r#"begin="01:02:03.456" end="01:02:05.000""#,
            r#"ttm:agent="speaker1""#,
            r#"><span style="words">Rights &amp; &lt;duties&gt;,<br/>for all.</span></p>"#,
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
        assert!(!text.contains("rtl"));
    }

    #[test]
    fn what_runs_from_right_to_left_says_so() {
        for (line, reversed) in
            [("שלום לכולם", true), ("«مرحبا»", true), ("hello", false), ("12", false)]
        {
            let text = ttml(&[cue(&[line], None)], Head::default());
            assert_eq!(text.contains(r#"tts:direction="rtl""#), reversed, "{line}");
            assert!(text.contains(r#"xml:lang="""#) && !text.contains("agent"));
        }
    }
}
