//! The kinds of stages: what each takes, what it gives, and whether its stage is built yet.
use std::fmt;

/// The first half of a table's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    Microphone,
    Recording,
    Pcm,
    Command,
    Resample,
    Whisper,
    Translate,
    Replace,
    Lines,
    Broadcast,
    Subtitles,
    Record,
    Journal,
}

/// What an edge carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Port {
    /// Sound at whatever rate its source has.
    Audio,
    /// Sound at 16 kHz.
    Speech,
    Captions,
}

impl Port {
    pub const fn name(self) -> &'static str {
        match self {
            Port::Audio => "audio",
            Port::Speech => "speech",
            Port::Captions => "captions",
        }
    }

    pub const fn is_sound(self) -> bool {
        match self {
            Port::Audio | Port::Speech => true,
            Port::Captions => false,
        }
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Port::Audio => "audio at the device's rate",
            Port::Speech => "speech at 16 kHz",
            Port::Captions => "captions",
        })
    }
}

impl Kind {
    pub const ALL: [Kind; 13] = [
        Kind::Microphone,
        Kind::Recording,
        Kind::Pcm,
        Kind::Command,
        Kind::Resample,
        Kind::Whisper,
        Kind::Translate,
        Kind::Replace,
        Kind::Lines,
        Kind::Broadcast,
        Kind::Subtitles,
        Kind::Record,
        Kind::Journal,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Kind::Microphone => "microphone",
            Kind::Recording => "recording",
            Kind::Pcm => "pcm",
            Kind::Command => "command",
            Kind::Resample => "resample",
            Kind::Whisper => "whisper",
            Kind::Translate => "translate",
            Kind::Replace => "replace",
            Kind::Lines => "lines",
            Kind::Broadcast => "broadcast",
            Kind::Subtitles => "subtitles",
            Kind::Record => "record",
            Kind::Journal => "journal",
        }
    }

    pub fn named(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|it| it.name() == name)
    }

    /// What it listens to; empty for sources.
    pub const fn takes(self) -> &'static [Port] {
        match self {
            Kind::Microphone | Kind::Recording | Kind::Pcm | Kind::Command => &[],
            Kind::Resample => &[Port::Audio],
            Kind::Whisper => &[Port::Speech],
            Kind::Record => &[Port::Audio, Port::Speech],
            Kind::Translate
            | Kind::Replace
            | Kind::Lines
            | Kind::Broadcast
            | Kind::Subtitles
            | Kind::Journal => &[Port::Captions],
        }
    }

    /// What others hear from it; `None` for sinks. Only `lines` asks whether it listens itself.
    pub const fn gives(self, listens: bool) -> Option<Port> {
        match self {
            Kind::Microphone | Kind::Recording | Kind::Pcm | Kind::Command => Some(Port::Audio),
            Kind::Resample => Some(Port::Speech),
            Kind::Whisper | Kind::Translate | Kind::Replace => Some(Port::Captions),
            Kind::Lines if !listens => Some(Port::Captions),
            Kind::Lines | Kind::Broadcast | Kind::Subtitles | Kind::Record | Kind::Journal => None,
        }
    }

    /// May `from` be a list?
    pub const fn takes_several(self) -> bool {
        matches!(self, Kind::Lines | Kind::Broadcast | Kind::Subtitles | Kind::Journal)
    }

    /// Is there a stage for it in this version?
    pub const fn is_built(self) -> bool {
        !matches!(self, Kind::Journal)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
