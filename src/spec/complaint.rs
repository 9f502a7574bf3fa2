//! What is wrong with a pipeline file: a code in words, the places in the source, and how to mend it.
use std::{fmt, ops::Range};

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    pub code: Code,
    /// One line, names in backticks.
    pub title: String,
    /// The first is where the mistake stands; the others are its other ends.
    pub marks: Vec<Mark>,
    /// What to do, as something that can be typed where possible.
    pub help: Option<String>,
}

/// A place in the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// In bytes.
    pub span: Range<usize>,
    /// May be empty.
    pub label: String,
}

impl Complaint {
    pub(super) fn new(code: Code, title: impl Into<String>) -> Complaint {
        Complaint { code, title: title.into(), marks: Vec::new(), help: None }
    }

    pub(super) fn mark(mut self, span: Range<usize>, label: impl Into<String>) -> Complaint {
        self.marks.push(Mark { span, label: label.into() });
        self
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Complaint {
        self.help = Some(help.into());
        self
    }

    pub(super) fn maybe_help(mut self, help: Option<String>) -> Complaint {
        self.help = help;
        self
    }
}

/// In the order in which they stand in the file.
pub(super) fn in_file_order(complaints: &mut [Complaint]) {
    complaints.sort_by_key(|it| it.marks.first().map_or(0, |mark| mark.span.start));
}

/// The closest of `known` to what was written, if it is close: a few letters away, or the only one that begins so.
pub(super) fn closest<'a>(
    written: &str,
    known: impl IntoIterator<Item = &'a str> + Clone,
) -> Option<&'a str> {
    let begins = |it: &&str| written.len() >= 3 && it.starts_with(written);
    let mut longer = known.clone().into_iter().filter(begins);
    if let (Some(only), None) = (longer.next(), longer.next()) {
        return Some(only);
    }
    let reach = match written.chars().count() {
        0..=2 => 1,
        3..=5 => 2,
        _ => 3,
    };
    known
        .into_iter()
        .map(|it| (strsim::damerau_levenshtein(written, it), it))
        .filter(|(distance, _)| *distance <= reach)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, it)| it)
}

/// "`a`, `b` or `c`"
pub(super) fn list<'a>(names: impl IntoIterator<Item = &'a str>, last: &str) -> String {
    let quoted: Vec<String> = names.into_iter().map(|it| format!("`{it}`")).collect();
    match quoted.split_last() {
        None => String::new(),
        Some((only, [])) => only.clone(),
        Some((end, rest)) => format!("{} {last} {end}", rest.join(", ")),
    }
}

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal,)+) => {
        /// The kind of mistake, in words that stay the same from version to version.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code { $($(#[doc = $doc])+ $variant,)+ }

        impl Code {
            pub const ALL: &[Code] = &[$(Code::$variant),+];

            pub const fn name(self) -> &'static str {
                match self { $(Code::$variant => $name,)+ }
            }

            /// One sentence on what it means.
            pub const fn meaning(self) -> &'static str {
                match self { $(Code::$variant => concat!($($doc),+),)+ }
            }
        }
    };
}

codes! {
    // The file is read.
    /// The file is not TOML.
    NotToml = "not-toml",
    /// The header of a table names an unknown kind of stage.
    UnknownKind = "unknown-kind",
    /// The header of a stage has a kind but no name.
    NoName = "no-name",
    /// The name of a stage has characters other than letters, digits, `-` and `_`.
    BadName = "bad-name",
    /// The table has no such key.
    UnknownKey = "unknown-key",
    /// A required key is missing.
    MissingKey = "missing-key",
    /// The value has the wrong type.
    WrongType = "wrong-type",
    /// The value is not one of the words that the key accepts.
    UnknownValue = "unknown-value",
    /// A length of time has no unit, or an unknown one.
    WrongUnit = "wrong-unit",
    /// A number or length is out of its bounds.
    OutOfRange = "out-of-range",
    /// A pattern of a `replace` stage is not a valid regular expression.
    BadPattern = "bad-pattern",
    /// `accent` is not a colour.
    BadColour = "bad-colour",
    /// `starts` is not a date with a time of day.
    BadTime = "bad-time",
    // The stages agree.
    /// The file declares no stage.
    EmptyPipeline = "empty-pipeline",
    /// Nothing in the file gives sound or text.
    NoSource = "no-source",
    /// Two stages have the same name.
    NameTaken = "name-taken",
    /// `from` names a stage that does not exist.
    UnknownStage = "unknown-stage",
    /// A stage takes something else than the stage in its `from` gives.
    WrongPort = "wrong-port",
    /// Stages take from each other in a circle.
    Cycle = "cycle",
    /// No stage takes the output of this stage.
    Unheard = "unheard",
    /// A stage gets the same captions or sound twice.
    HeardTwice = "heard-twice",
    /// A translator gets only translations, no originals.
    NoOriginal = "no-original",
    /// One subtitle file would have several languages or tracks.
    MixedFile = "mixed-file",
    /// A queue of text must not drop items: finals would be lost.
    LossyCaptions = "lossy-captions",
    /// A queue is measured in the wrong unit, or set on a stage that has none.
    WrongQueue = "wrong-queue",
    /// `listen` is not an address to listen on.
    BadListen = "bad-listen",
    /// `cluster` is not an address of a Redis server, or contains a password.
    BadCluster = "bad-cluster",
    /// Anybody, also on other machines, could send events to all viewers.
    OpenRelay = "open-relay",
    /// Speakers have no server to send their sound to, or several.
    NoServer = "no-server",
    /// Anybody, also on other machines, could speak.
    OpenSpeakers = "open-speakers",
    /// Two broadcasts listen on the same port.
    PortTakenTwice = "port-taken-twice",
    /// Two stages write to the same file.
    FileTakenTwice = "file-taken-twice",
    /// Two stages read standard input.
    TwoStdin = "two-stdin",
    /// Two journals keep the events of the same broadcast.
    TwoJournals = "two-journals",
    /// `record` of a journal names no `record` stage, or one that hears something else than its captions come from.
    WrongRecord = "wrong-record",
    /// The model does not support a setting.
    ModelLimit = "model-limit",
    /// The provider of a translator does not know a language.
    ProviderLimit = "provider-limit",
    /// A file format cannot store what is written to it.
    FormatLimit = "format-limit",
    /// `LIVECAP_HOST` or a similar variable is set, but the file has two broadcasts.
    TwoBroadcasts = "two-broadcasts",
    /// An environment variable that overrides the file has no usable value.
    BadOverride = "bad-override",
    // The machine has what is named.
    /// The model is neither in the catalogue nor on this machine.
    NoModel = "no-model",
    /// The model's file is damaged, or is not a model.
    BadModel = "bad-model",
    /// A file cannot be read.
    NoFile = "no-file",
    /// The logo is too large, or no picture that browsers show.
    BadLogo = "bad-logo",
    /// There is no such microphone.
    NoDevice = "no-device",
    /// Another program uses the port.
    PortInUse = "port-in-use",
    /// An environment variable is not set.
    NoVariable = "no-variable",
    /// A program is not found.
    NoProgram = "no-program",
    /// A file cannot be written.
    NotWritable = "not-writable",
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
