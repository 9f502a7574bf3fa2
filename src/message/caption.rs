//! What travels on an edge of text: transcripts, translations, and the places where there is neither.
use super::{MediaSpan, Trace, TrackName, Transcript, Translation};

/// One item on an edge of text. A recogniser gives transcripts and gaps, in order; a translator gives translations only.
#[derive(Clone, Debug)]
pub enum Caption {
    Transcript(Transcript),
    Translation(Translation),
    Gap(Gap),
}

impl Caption {
    pub fn track(&self) -> &TrackName {
        match self {
            Caption::Transcript(it) => it.track(),
            Caption::Translation(it) => &it.of.track,
            Caption::Gap(it) => &it.track,
        }
    }

    pub fn trace(&self) -> &Trace {
        match self {
            Caption::Transcript(it) => it.trace(),
            Caption::Translation(it) => &it.trace,
            Caption::Gap(it) => &it.trace,
        }
    }

    /// Where on the audio timeline it stands.
    pub fn span(&self) -> MediaSpan {
        match self {
            Caption::Transcript(it) => it.span(),
            Caption::Translation(it) => it.of.span,
            Caption::Gap(it) => it.span,
        }
    }

    #[must_use]
    pub fn traced(self, trace: Trace) -> Caption {
        match self {
            Caption::Transcript(it) => Caption::Transcript(it.traced(trace)),
            Caption::Translation(it) => Caption::Translation(Translation { trace, ..it }),
            Caption::Gap(it) => Caption::Gap(Gap { trace, ..it }),
        }
    }
}

/// Sound or text that was given up, said aloud instead of left out.
#[derive(Clone, Debug)]
pub struct Gap {
    pub track: TrackName,
    pub span: MediaSpan,
    pub why: Why,
    pub trace: Trace,
}

/// Why something is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The machine could not keep up, and the oldest sound was given up.
    Overload,
    /// The device was gone, or gave nothing.
    Device,
    /// A source gave its sound faster than time passes: its rate or its channels are not what they are said to be.
    Source,
    /// The connection of a speaker was gone.
    Network,
    /// A speaker was muted, or nobody spoke here. Nothing is missing, and no gap tells of it.
    Muted,
    /// An operator had paused the pipeline.
    Paused,
    /// The recogniser was started anew while a segment was open and nothing of it was committed.
    Restart,
    /// A stage failed twice on the same item.
    Fault,
}

impl Why {
    pub const ALL: [Why; 8] = [
        Why::Overload,
        Why::Device,
        Why::Source,
        Why::Network,
        Why::Muted,
        Why::Paused,
        Why::Restart,
        Why::Fault,
    ];

    /// The one with this [name](Self::name).
    pub fn named(name: &str) -> Option<Why> {
        Why::ALL.into_iter().find(|it| it.name() == name)
    }

    pub const fn name(self) -> &'static str {
        match self {
            Why::Overload => "overload",
            Why::Device => "device",
            Why::Source => "source",
            Why::Network => "network",
            Why::Muted => "muted",
            Why::Paused => "paused",
            Why::Restart => "restart",
            Why::Fault => "fault",
        }
    }
}
