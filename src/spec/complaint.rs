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
    /// A table's header names no kind of stage.
    UnknownKind = "unknown-kind",
    /// A table of a kind has no name of its own.
    NoName = "no-name",
    /// A stage's name has other signs than letters, digits, `-` and `_`.
    BadName = "bad-name",
    /// A key that its table does not have.
    UnknownKey = "unknown-key",
    /// A key that its table must have is absent.
    MissingKey = "missing-key",
    /// A value of another type than its key takes.
    WrongType = "wrong-type",
    /// A word that is none of those the key takes.
    UnknownValue = "unknown-value",
    /// A length of time without a unit, or with one that is not known.
    WrongUnit = "wrong-unit",
    /// A number or length beyond its bounds.
    OutOfRange = "out-of-range",
    /// A pattern of a `replace` stage is no regular expression.
    BadPattern = "bad-pattern",
    // The stages agree.
    /// The file declares no stage.
    EmptyPipeline = "empty-pipeline",
    /// Nothing in the file gives sound or text.
    NoSource = "no-source",
    /// Two stages have one name.
    NameTaken = "name-taken",
    /// `from` names no stage of the file.
    UnknownStage = "unknown-stage",
    /// A stage listens to one that gives something else than it takes.
    WrongPort = "wrong-port",
    /// Stages listen to each other in a circle.
    Cycle = "cycle",
    /// Nobody listens to a stage.
    Unheard = "unheard",
    /// A stage hears the same thing twice.
    HeardTwice = "heard-twice",
    /// A translator hears nothing but translations.
    NoOriginal = "no-original",
    /// One subtitle file would hold several languages or tracks.
    MixedFile = "mixed-file",
    /// A queue of text may not drop: it would lose finished captions.
    LossyCaptions = "lossy-captions",
    /// A queue is measured in the wrong way, or set where there is none.
    WrongQueue = "wrong-queue",
    /// An address to listen on is none.
    BadListen = "bad-listen",
    /// What `cluster` says is no address of a Redis server, or holds a password.
    BadCluster = "bad-cluster",
    /// Anybody could send anything to everybody, from other machines too.
    OpenRelay = "open-relay",
    /// Two broadcasts listen on one port.
    PortTakenTwice = "port-taken-twice",
    /// Two stages write to one file.
    FileTakenTwice = "file-taken-twice",
    /// Two stages read standard input.
    TwoStdin = "two-stdin",
    /// A setting that the model cannot follow.
    ModelLimit = "model-limit",
    /// A language that the provider of a translator does not know.
    ProviderLimit = "provider-limit",
    /// A file format that cannot hold what is written into it.
    FormatLimit = "format-limit",
    /// `LIVECAP_HOST` and the like cannot say which of two broadcasts they mean.
    TwoBroadcasts = "two-broadcasts",
    /// An environment variable that overrides the file has no usable value.
    BadOverride = "bad-override",
    // The machine has what is named.
    /// The model is neither in the catalogue nor on this machine.
    NoModel = "no-model",
    /// The model's file is damaged or no model.
    BadModel = "bad-model",
    /// A file that is to be read cannot be.
    NoFile = "no-file",
    /// There is no such microphone.
    NoDevice = "no-device",
    /// Another program has the port.
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
