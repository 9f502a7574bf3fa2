//! The kinds of stages, a row each: its settings, what it is called, what it takes and gives, and how long one item may take.
use std::fmt;

use super::{
    recogniser::Whisper,
    settings::{self, PlaybackSpeed},
};
use crate::message::Speaker;

/// What an edge carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Port {
    /// Sound at whatever rate its source has.
    Audio,
    /// Sound at 16 kHz.
    Speech,
    Captions,
    /// What the viewers of a broadcast get, numbered.
    Events,
}

impl Port {
    pub const fn name(self) -> &'static str {
        match self {
            Port::Audio => "audio",
            Port::Speech => "speech",
            Port::Captions => "captions",
            Port::Events => "events",
        }
    }

    pub const fn is_sound(self) -> bool {
        match self {
            Port::Audio | Port::Speech => true,
            Port::Captions | Port::Events => false,
        }
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Port::Audio => "audio at the device's rate",
            Port::Speech => "speech at 16 kHz",
            Port::Captions => "captions",
            Port::Events => "the events of its viewers",
        })
    }
}

/// What is said of a kind beside its settings, and its keys, which `kinds` has.
struct Row {
    name: &'static str,
    /// A name for a stage of it, such as the shipped files use.
    usual_name: &'static str,
    /// Its heading in the reference.
    group: Group,
    takes: &'static [Port],
    gives: Option<Port>,
    takes_several: bool,
    /// How long one item may take, unless the file says otherwise.
    patience: &'static str,
    /// Whether its sound comes whether or not anybody takes it.
    live: fn(&Planned) -> bool,
}

/// The headings of the reference, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Group {
    Sources,
    OnSound,
    OnCaptions,
    Sinks,
}

impl Group {
    pub(super) const ALL: [Group; 4] =
        [Group::Sources, Group::OnSound, Group::OnCaptions, Group::Sinks];

    pub(super) const fn title(self) -> &'static str {
        match self {
            Group::Sources => "Sources of sound",
            Group::OnSound => "On sound",
            Group::OnCaptions => "On captions",
            Group::Sinks => "Sinks",
        }
    }
}

/// Everything that has an entry for each kind, out of one table.
macro_rules! kinds {
    ($($kind:ident $(($settings:ty))?, $row:expr;)+) => {
        /// The first half of a table's header.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind { $($kind),+ }

        impl Kind {
            pub const ALL: [Kind; [$(Kind::$kind),+].len()] = [$(Kind::$kind),+];

            const fn row(self) -> &'static Row {
                match self { $(Kind::$kind => &$row),+ }
            }
        }

        /// What a stage does, with every setting resolved.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Planned { $($kind $(($settings))?),+ }

        impl Planned {
            pub fn kind(&self) -> Kind {
                match self { $(Planned::$kind { .. } => Kind::$kind),+ }
            }
        }
    };
}

const SOURCE: Row = Row {
    name: "",
    usual_name: "",
    group: Group::Sources,
    takes: &[],
    gives: Some(Port::Audio),
    takes_several: false,
    patience: "10s",
    live: |_| false,
};
const ON_CAPTIONS: Row = Row {
    group: Group::OnCaptions,
    takes: &[Port::Captions],
    gives: Some(Port::Captions),
    ..SOURCE
};
const SINK: Row = Row { group: Group::Sinks, gives: None, takes_several: true, ..ON_CAPTIONS };

kinds! {
    Microphone(settings::Microphone), Row { name: "microphone", usual_name: "mic", live: |_| true, ..SOURCE };
    Recording(settings::Recording), Row {
        name: "recording",
        usual_name: "recording",
        live: |it| matches!(it, Planned::Recording(it) if it.speed != PlaybackSpeed::Max),
        ..SOURCE
    };
    Pcm(settings::Pcm), Row { name: "pcm", usual_name: "stdin", ..SOURCE };
    Command(settings::Command), Row { name: "command", usual_name: "stream", live: |_| true, ..SOURCE };
    // Its places hold what waits, up to `max-lag`: a speaker who was cut off catches up faster than time passes.
    Browser(Box<settings::Browser>), Row { name: "browser", usual_name: "panel", ..SOURCE };
    Resample, Row {
        name: "resample",
        usual_name: "speech",
        group: Group::OnSound,
        takes: &[Port::Audio],
        gives: Some(Port::Speech),
        ..SOURCE
    };
    Whisper(Box<Whisper>), Row {
        name: "whisper",
        usual_name: "english",
        group: Group::OnSound,
        takes: &[Port::Speech],
        gives: Some(Port::Captions),
        patience: "60s",
        ..SOURCE
    };
    Translate(Box<settings::Translate>), Row { name: "translate", usual_name: "dutch", ..ON_CAPTIONS };
    Replace(settings::Replace), Row { name: "replace", usual_name: "glossary", ..ON_CAPTIONS };
    // Where it listens to nobody it is a source of captions.
    Lines(settings::Lines), Row { name: "lines", usual_name: "out", ..SINK };
    Broadcast(Box<settings::Broadcast>), Row { name: "broadcast", usual_name: "web", gives: Some(Port::Events), ..SINK };
    Journal(settings::Journal), Row {
        name: "journal",
        usual_name: "book",
        takes: &[Port::Events],
        takes_several: false,
        ..SINK
    };
    Subtitles(settings::SubtitleSettings), Row { name: "subtitles", usual_name: "subtitles", ..SINK };
    Record(settings::RecordSettings), Row {
        name: "record",
        usual_name: "sound",
        group: Group::OnSound,
        takes: &[Port::Audio, Port::Speech],
        takes_several: false,
        ..SINK
    };
}

impl Planned {
    /// Who speaks in its sound, where the file says so.
    pub fn speaker(&self) -> Option<&Speaker> {
        match self {
            Planned::Microphone(it) => it.speaker.as_ref(),
            Planned::Recording(it) => it.speaker.as_ref(),
            Planned::Pcm(it) => it.speaker.as_ref(),
            Planned::Command(it) => it.speaker.as_ref(),
            _ => None,
        }
    }

    /// Whether its sound comes whether or not anybody takes it.
    pub(super) fn gives_live_sound(&self) -> bool {
        (self.kind().row().live)(self)
    }
}

impl Kind {
    pub const fn name(self) -> &'static str {
        self.row().name
    }

    pub fn named(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|it| it.name() == name)
    }

    /// What it listens to; empty for sources.
    pub const fn takes(self) -> &'static [Port] {
        self.row().takes
    }

    /// What others hear from it; `None` for sinks. Only `lines` asks whether it listens itself.
    pub const fn gives(self, listens: bool) -> Option<Port> {
        match self {
            Kind::Lines if !listens => Some(Port::Captions),
            _ => self.row().gives,
        }
    }

    /// May `from` be a list?
    pub const fn takes_several(self) -> bool {
        self.row().takes_several
    }

    pub(super) const fn usual_name(self) -> &'static str {
        self.row().usual_name
    }

    pub(super) const fn group(self) -> Group {
        self.row().group
    }

    pub(super) const fn patience(self) -> &'static str {
        self.row().patience
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
