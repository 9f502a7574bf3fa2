//! Writes subtitle files, one for each language. Each final is written at once and completely, so that files can be played after a
//! crash. In the file of a translation, the original takes the place of a translation that was given up.
use std::{
    collections::{HashMap, HashSet, VecDeque},
    io,
    path::{Path, PathBuf},
};

use tokio::time::Instant;

use super::text_file::{self, TextFile};
pub use crate::message::{SubtitleFormat, SubtitleSettings};
use crate::{
    flow::{Fault, Never, Outlet, Stage},
    logic::{
        names::{Names, labelled, labelled_text},
        subtitle::{Cue, Cues, Said, VTT_HEAD, timed},
    },
    message::{
        Caption, Gap, Kind, Language, SegmentId, Speaker, TrackName, Translated, WhenExists, Word,
    },
};

/// Originals that are kept in case their translation is given up.
const KEPT: usize = 256;

/// The open files. They outlive the runs of the stage.
pub struct SubtitleFiles {
    settings: SubtitleSettings,
    files: HashMap<(TrackName, Option<Language>), Sheet>,
    originals: VecDeque<(TrackName, SegmentId, Vec<Word>)>,
    /// Translations that were given up and whose original has not arrived yet, as it comes by another edge.
    owed: Vec<(TrackName, SegmentId, Language)>,
    /// Files of this stage. None of them replaces another.
    written: HashSet<PathBuf>,
}

struct Sheet {
    file: TextFile,
    cues: Cues,
    names: Names,
    /// The number of the newest cue.
    number: usize,
    /// The part of the timeline in this file, counted in multiples of `roll`.
    part: u32,
}

/// The sink.
#[derive(Default)]
pub struct Subtitles {
    /// When to try a full disk again.
    again: Option<Instant>,
}

impl Subtitles {
    fn tell(&mut self, open: &SubtitleFiles, out: &Outlet<Never>) {
        let trouble = open.files.values().find_map(|it| it.file.trouble());
        self.again = open.files.values().filter_map(|it| it.file.again()).min();
        text_file::tell(trouble, out);
    }
}

impl Stage for Subtitles {
    type In = Caption;
    type Out = Never;
    type Kept = SubtitleFiles;

    async fn handle(
        &mut self,
        open: &mut SubtitleFiles,
        caption: Caption,
        out: &Outlet<Never>,
    ) -> Result<(), Fault> {
        open.take(caption).await?;
        self.tell(open, out);
        Ok(())
    }

    async fn wake(&mut self, _: &mut SubtitleFiles) {
        text_file::wait_until(self.again).await;
    }

    async fn tend(&mut self, open: &mut SubtitleFiles, out: &Outlet<Never>) -> Result<(), Fault> {
        open.write_waiting().await?;
        self.tell(open, out);
        Ok(())
    }

    async fn flush(&mut self, open: &mut SubtitleFiles, out: &Outlet<Never>) -> Result<(), Fault> {
        self.tend(open, out).await?;
        let lost = open.files.values().find_map(|it| it.file.trouble());
        lost.map_or(Ok(()), |lost| Err(Fault::permanent(lost)))
    }

    async fn fail_item(
        &mut self,
        _: &mut SubtitleFiles,
        caption: Caption,
        _: &Outlet<Never>,
    ) -> Result<(), Fault> {
        tracing::warn!(track = %caption.track(), "a caption could not be written as a subtitle");
        Ok(())
    }
}

impl SubtitleFiles {
    pub fn new(settings: SubtitleSettings) -> SubtitleFiles {
        let (files, originals, owed) = (HashMap::new(), VecDeque::new(), Vec::new());
        SubtitleFiles { settings, files, originals, owed, written: HashSet::new() }
    }

    async fn write_waiting(&mut self) -> Result<(), Fault> {
        for sheet in self.files.values_mut() {
            let written = sheet.file.write_waiting().await;
            written.map_err(|error| fault(sheet.file.path(), &error))?;
        }
        Ok(())
    }

    async fn take(&mut self, caption: Caption) -> Result<(), Fault> {
        match caption {
            Caption::Transcript(it) if it.kind() == Kind::Final => {
                let (track, words) = (it.track().clone(), it.words().to_vec());
                self.originals.push_back((track.clone(), it.segment(), words.clone()));
                if KEPT < self.originals.len() {
                    self.originals.pop_front();
                }
                let waits = |owed: &mut (TrackName, SegmentId, Language)| {
                    (&owed.0, owed.1) == (&track, it.segment())
                };
                for (_, _, language) in self.owed.extract_if(.., waits).collect::<Vec<_>>() {
                    let said = Said { words: &words, speaker: it.speaker() };
                    self.write(&track, Some(&language), &language, said).await?;
                }
                let said = Said { words: &words, speaker: it.speaker() };
                self.write(&track, None, it.language(), said).await
            }
            Caption::Translation(it) if it.kind == Kind::Final => {
                let original = |(track, segment, _): &&(TrackName, SegmentId, Vec<Word>)| {
                    *segment == it.of.segment && *track == it.of.track
                };
                let words = match &it.text {
                    Translated::Text(text) => timed(text, it.of.span),
                    Translated::Not(_) => match self.originals.iter().find(original) {
                        Some((_, _, words)) => words.clone(),
                        None => {
                            let owed = (it.of.track.clone(), it.of.segment, it.language.clone());
                            self.owed.push(owed);
                            // If the stage does not listen to the originals, none will come.
                            let excess = self.owed.len().saturating_sub(KEPT);
                            self.owed.drain(..excess);
                            return Ok(());
                        }
                    },
                };
                let said = Said { words: &words, speaker: it.of.speaker.as_ref() };
                self.write(&it.of.track, Some(&it.language), &it.language, said).await
            }
            Caption::Transcript(_) | Caption::Translation(_) => Ok(()),
            Caption::Gap(gap) => self.note(&gap).await,
        }
    }

    /// `whose`: the language of a translation; `None` for the original.
    async fn write(
        &mut self,
        track: &TrackName,
        whose: Option<&Language>,
        language: &Language,
        said: Said<'_>,
    ) -> Result<(), Fault> {
        let Some(first) = said.words.first() else { return Ok(()) };
        let SubtitleSettings { template, format, roll, when_exists } = self.settings.clone();
        let part = roll.map_or(0, |roll| {
            (first.span.start.since_start().as_nanos() / roll.as_nanos().max(1)) as u32
        });
        let key = (track.clone(), whose.cloned());
        // Captions that wait for room belong into their file, so a new file begins after they are written.
        let is_over = |it: &Sheet| it.part < part && it.file.again().is_none();
        if self.files.get(&key).is_none_or(is_over) {
            let wanted = named(&template, track, language);
            let failed = |error| fault(&wanted, &error);
            let is_own = self.written.contains(&wanted);
            let when_exists = if is_own { WhenExists::Number } else { when_exists };
            let mut file = TextFile::create(&wanted, when_exists).await.map_err(failed)?;
            self.written.insert(file.path().to_owned());
            if format == SubtitleFormat::Vtt {
                file.begin_with(VTT_HEAD.as_bytes());
            }
            let before = self.files.remove(&key);
            let (cues, mut names) = before.map(|it| (it.cues, it.names)).unwrap_or_default();
            names.begin_anew();
            self.files.insert(key.clone(), Sheet { file, cues, names, number: 0, part });
        }
        let Some(sheet) = self.files.get_mut(&key) else { return Ok(()) };
        let text = sheet.written(format, said);
        sheet.append(&text).await
    }

    /// Writes a gap as a note, in formats that have notes.
    async fn note(&mut self, gap: &Gap) -> Result<(), Fault> {
        let (why, seconds) = (gap.why.name(), gap.span.length.as_secs_f64());
        let text = match self.settings.format {
            SubtitleFormat::Srt => return Ok(()),
            SubtitleFormat::Vtt => format!("NOTE {seconds:.1} s are missing here: {why}\n\n"),
            SubtitleFormat::Txt => format!("[{seconds:.1} s are missing here: {why}]\n"),
        };
        for ((track, _), sheet) in &mut self.files {
            if *track == gap.track {
                sheet.append(&text).await?;
            }
        }
        Ok(())
    }
}

impl Sheet {
    fn written(&mut self, format: SubtitleFormat, said: Said<'_>) -> String {
        let Said { words, speaker } = said;
        let name: Option<&Speaker> = self.names.before(speaker);
        match format {
            SubtitleFormat::Txt => {
                let line: String = words.iter().map(|it| it.text.as_str()).collect();
                labelled_text(&line, name) + "\n"
            }
            SubtitleFormat::Srt => {
                let cues = self.cues.of(&labelled(words, name)[..]);
                let numbered = cues.iter().zip(self.number + 1..);
                let text = numbered.map(|(cue, number)| cue.srt(number)).collect();
                self.number += cues.len();
                text
            }
            SubtitleFormat::Vtt => self.cues.of(said).iter().map(Cue::vtt).collect(),
        }
    }

    async fn append(&mut self, text: &str) -> Result<(), Fault> {
        let written = self.file.append(text.as_bytes()).await;
        written.map_err(|error| fault(self.file.path(), &error))
    }
}

fn fault(path: &Path, error: &io::Error) -> Fault {
    Fault::permanent(format!("cannot write subtitles to {}: {error}", path.display()))
}

/// Placeholders are replaced in the name of the file, not in its folders.
fn named(template: &Path, track: &TrackName, language: &Language) -> PathBuf {
    let name = template.file_name().unwrap_or_default().to_string_lossy();
    // A language may come from a line of input, so it must not contain path separators.
    let safe =
        |text: &str| text.replace(|it: char| !it.is_alphanumeric() && it != '-' && it != '_', "_");
    let name = name.replace("{lang}", &safe(language.as_str()));
    template.with_file_name(name.replace("{track}", &safe(track.as_str())))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::message::{MediaSpan, MediaTime, Segments, Trace};

    #[tokio::test]
    async fn what_waits_for_room_outlives_the_length_of_its_file() {
        let at = |seconds| MediaTime::new(Duration::from_secs(seconds));
        let mut segments = Segments::new(TrackName::new("english"));
        // `/dev/full` is always full.
        let template = PathBuf::from("/dev/full");
        let roll = Some(Duration::from_secs(1));
        let format = SubtitleFormat::Srt;
        let when_exists = WhenExists::Number;
        let mut open = SubtitleFiles::new(SubtitleSettings { template, format, roll, when_exists });
        for second in [0, 5] {
            let span = MediaSpan { start: at(second), length: Duration::from_millis(500) };
            segments.open(at(second), Language::new("en"));
            let words = vec![Word { text: " Hello.".to_owned(), span }];
            let said = segments.close(words, span.end(), Trace::starting(Instant::now())).unwrap();
            open.take(Caption::Transcript(said)).await.unwrap();
        }
        let told = open.files.values().find_map(|it| it.file.trouble()).unwrap();
        assert!(told.contains("2 captions wait"), "{told}");
    }

    #[tokio::test]
    async fn names_stand_at_changes_of_speaker_as_each_format_has_them() {
        let expected = [
            (SubtitleFormat::Txt, "One.\nBen: Two.\nThree.\nAda: Four.\n"),
            (
                SubtitleFormat::Srt,
                "1\n00:00:00,000 --> 00:00:01,000\nOne.\n\n2\n00:00:02,000 --> 00:00:03,000\nBen: Two.\n\n\
                 3\n00:00:04,000 --> 00:00:05,000\nThree.\n\n4\n00:00:06,000 --> 00:00:07,000\nAda: Four.\n\n",
            ),
            (
                SubtitleFormat::Vtt,
                "WEBVTT\n\n00:00:00.000 --> 00:00:01.000\n<v Ada>One.\n\n00:00:02.000 --> 00:00:03.000\n<v Ben>Two.\n\n\
                 00:00:04.000 --> 00:00:05.000\n<v Ben>Three.\n\n00:00:06.000 --> 00:00:07.000\n<v Ada>Four.\n\n",
            ),
        ];
        for (format, expected) in expected {
            let folder = tempfile::tempdir().unwrap();
            let template = folder.path().join("talk");
            let (roll, when_exists) = (None, WhenExists::Replace);
            let settings =
                SubtitleSettings { template: template.clone(), format, roll, when_exists };
            let mut open = SubtitleFiles::new(settings);
            let mut segments = Segments::new(TrackName::new("english"));
            for (second, name, text) in [
                (0, "Ada", " One."),
                (2, "Ben", " Two."),
                (4, "Ben", " Three."),
                (6, "Ada", " Four."),
            ] {
                segments.set_speaker(Speaker::named(name));
                let at = MediaTime::new(Duration::from_secs(second));
                let span = MediaSpan { start: at, length: Duration::from_millis(500) };
                segments.open(at, Language::new("en"));
                let words = vec![Word { text: text.to_owned(), span }];
                let now = Trace::starting(Instant::now());
                let said = segments.close(words, span.end(), now).unwrap();
                open.take(Caption::Transcript(said)).await.unwrap();
            }
            assert_eq!(std::fs::read_to_string(&template).unwrap(), expected);
        }
    }

    #[tokio::test]
    async fn a_later_part_replaces_no_earlier_one_of_the_same_run() {
        let at = |seconds| MediaTime::new(Duration::from_secs(seconds));
        let folder = tempfile::tempdir().unwrap();
        let template = folder.path().join("talk.txt");
        std::fs::write(&template, "of yesterday\n").unwrap();
        let (roll, when_exists) = (Some(Duration::from_secs(10)), WhenExists::Replace);
        let format = SubtitleFormat::Txt;
        let mut open = SubtitleFiles::new(SubtitleSettings { template, format, roll, when_exists });
        let mut segments = Segments::new(TrackName::new("english"));
        for (second, text) in [(0, " One."), (12, " Two."), (25, " Three.")] {
            let span = MediaSpan { start: at(second), length: Duration::from_millis(500) };
            segments.open(at(second), Language::new("en"));
            let words = vec![Word { text: text.to_owned(), span }];
            let said = segments.close(words, span.end(), Trace::starting(Instant::now())).unwrap();
            open.take(Caption::Transcript(said)).await.unwrap();
        }
        for (name, text) in [("talk", "One.\n"), ("talk-2", "Two.\n"), ("talk-3", "Three.\n")] {
            let path = folder.path().join(name).with_extension("txt");
            assert_eq!(std::fs::read_to_string(path).unwrap(), text);
        }
    }
}
