//! How a model is decoded: what its header asks for, and what the catalogue says otherwise.
use std::time::Duration;

use serde::Deserialize;

use super::Header;

/// How a model is decoded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Decoding {
    /// The longest sound that it is given at once.
    pub longest: Duration,
    /// The encoder's context of a decode that makes a partial.
    pub partial: Context,
    /// The encoder's context of a decode that makes a final.
    pub full: Context,
    /// Whether blanks at the beginning, sound annotations and music notes are suppressed. A small vocabulary lacks the
    /// tokens that this needs.
    pub suppress: bool,
    /// Of the first decode; 0 takes the most probable token each time.
    pub temperature: f32,
    /// So much silence ends a segment.
    pub endpoint: Duration,
    /// From this probability on a word is committed on which two decodes agree.
    pub commit: f32,
    /// While somebody speaks, a partial comes after so much new sound.
    pub interval: Duration,
}

/// How much of its context the encoder is given. OpenAI's models were trained on 30 s, sound that is shorter being followed
/// by silence. A shorter context costs less, but one that ends with the sound makes them repeat words or make some up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Context {
    /// At least so much, however short the sound is.
    pub floor: Duration,
    /// So much behind the end of the sound.
    pub margin: Duration,
}

/// One position of the encoder.
pub const POSITION: Duration = Duration::from_millis(20);

/// Positions that the matrix kernels of ggml take at a time.
const TILE: usize = 16;

/// The width of OpenAI's smallest models.
const TINY: u64 = 384;

impl Context {
    /// Positions of the encoder for `sound`, at most `room`. A whole number of tiles of 16: the fast matrix kernels of ggml take no
    /// other, and a context of 450 positions costs a third more than one of 448.
    pub fn positions(self, sound: Duration, room: usize) -> usize {
        let wanted = (sound + self.margin).max(self.floor);
        let positions = usize::try_from(wanted.as_nanos().div_ceil(POSITION.as_nanos()));
        positions.map_or(room, |it| it.next_multiple_of(TILE).min(room))
    }
}

impl Decoding {
    /// What suits a model with this header: one of OpenAI's shapes, or another. All of it was measured with tiny.en and base (`docs/figures.md`).
    pub fn of(header: &Header) -> Decoding {
        let ms = Duration::from_millis;
        // Longer pauses and surer words save a larger model errors; the smallest one would only be later. More context makes the
        // smallest one waver less, at a price that only it can pay; rarer partials pay it.
        let is_tiny = header.state <= TINY;
        let (endpoint, commit) = if is_tiny { (ms(750), 0.4) } else { (ms(900), 0.7) };
        let (floor, margin) = if is_tiny { (6_000, 2_500) } else { (5_000, 2_000) };
        let room = POSITION * u32::try_from(header.audio_context).unwrap_or(u32::MAX);
        if header.is_of_usual_size() {
            return Decoding {
                longest: room,
                partial: Context { floor: ms(floor), margin: ms(margin) },
                full: Context { floor: ms(10_240), margin: ms(3_000) },
                suppress: true,
                temperature: 0.0,
                endpoint,
                commit,
                interval: if is_tiny { ms(980) } else { ms(940) },
            };
        }
        // Trained by us, on sound that the context was fitted to, and on a few words.
        let fitted = Context { floor: Duration::ZERO, margin: ms(160) };
        Decoding {
            longest: room.min(ms(10_000)),
            partial: fitted,
            full: fitted,
            suppress: false,
            temperature: 0.0,
            endpoint,
            commit,
            interval: ms(900),
        }
    }
}

/// What a catalogue's entry says otherwise; a length of time is written as `"8s"`, `"1.5s"` or `"160ms"`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct DecodingChange {
    #[serde(deserialize_with = "length")]
    pub longest: Option<Duration>,
    #[serde(deserialize_with = "length")]
    pub context_floor: Option<Duration>,
    #[serde(deserialize_with = "length")]
    pub context_margin: Option<Duration>,
    #[serde(deserialize_with = "length")]
    pub final_context_floor: Option<Duration>,
    #[serde(deserialize_with = "length")]
    pub final_context_margin: Option<Duration>,
    pub suppress: Option<bool>,
    pub temperature: Option<f32>,
    #[serde(deserialize_with = "length")]
    pub endpoint: Option<Duration>,
    pub commit: Option<f32>,
    #[serde(deserialize_with = "length")]
    pub interval: Option<Duration>,
}

impl DecodingChange {
    /// What `self` leaves open is as `usual` has it.
    #[must_use]
    pub fn over(self, usual: DecodingChange) -> DecodingChange {
        DecodingChange {
            longest: self.longest.or(usual.longest),
            context_floor: self.context_floor.or(usual.context_floor),
            context_margin: self.context_margin.or(usual.context_margin),
            final_context_floor: self.final_context_floor.or(usual.final_context_floor),
            final_context_margin: self.final_context_margin.or(usual.final_context_margin),
            suppress: self.suppress.or(usual.suppress),
            temperature: self.temperature.or(usual.temperature),
            endpoint: self.endpoint.or(usual.endpoint),
            commit: self.commit.or(usual.commit),
            interval: self.interval.or(usual.interval),
        }
    }

    pub fn apply(self, to: Decoding) -> Decoding {
        let context = |floor: Option<Duration>, margin: Option<Duration>, usual: Context| Context {
            floor: floor.unwrap_or(usual.floor),
            margin: margin.unwrap_or(usual.margin),
        };
        Decoding {
            longest: self.longest.map_or(to.longest, |it| it.min(to.longest)),
            partial: context(self.context_floor, self.context_margin, to.partial),
            full: context(self.final_context_floor, self.final_context_margin, to.full),
            suppress: self.suppress.unwrap_or(to.suppress),
            temperature: self.temperature.unwrap_or(to.temperature),
            endpoint: self.endpoint.unwrap_or(to.endpoint),
            commit: self.commit.unwrap_or(to.commit),
            interval: self.interval.unwrap_or(to.interval),
        }
    }
}

fn length<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
    let text = String::deserialize(from)?;
    let (number, unit) = match text.strip_suffix("ms") {
        Some(number) => (number, 0.001),
        None => (text.strip_suffix('s').unwrap_or_default(), 1.0),
    };
    let seconds = number.trim().parse::<f64>().ok().filter(|it| (0.0..=3600.0).contains(it));
    let told = || {
        serde::de::Error::custom(format!(
            "`{text}` is no length of time such as \"8s\" or \"160ms\""
        ))
    };
    seconds.map(|it| Some(Duration::from_secs_f64(it * unit))).ok_or_else(told)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_context_has_a_floor_a_margin_and_an_end() {
        let s = Duration::from_secs;
        let context = Context { floor: s(8), margin: s(2) };
        assert_eq!(context.positions(Duration::from_millis(500), 1500), 400);
        assert_eq!(context.positions(s(7), 1500), 464);
        assert_eq!(context.positions(Duration::from_millis(7_001), 1500), 464);
        assert_eq!(context.positions(s(29), 1500), 1500);
    }

    #[test]
    fn what_an_entry_says_goes_before_what_its_file_says_and_both_before_the_header() {
        let own: DecodingChange =
            toml::from_str("context-floor = \"1.5s\"\nsuppress = false\ncommit = 0.7").unwrap();
        let file: DecodingChange =
            toml::from_str("context-floor = \"3s\"\nlongest = \"160ms\"").unwrap();
        let usual = Decoding {
            longest: Duration::from_secs(30),
            partial: Context { floor: Duration::from_secs(8), margin: Duration::from_secs(2) },
            full: Context { floor: Duration::from_secs(10), margin: Duration::from_secs(3) },
            suppress: true,
            temperature: 0.0,
            endpoint: Duration::from_millis(750),
            commit: 0.5,
            interval: Duration::from_millis(900),
        };
        let done = own.over(file).apply(usual);
        assert_eq!(done.partial, Context { floor: Duration::from_millis(1500), ..usual.partial });
        assert_eq!((done.longest, done.suppress), (Duration::from_millis(160), false));
        assert_eq!((done.commit, done.endpoint), (0.7, usual.endpoint));
        assert_eq!(done.full, usual.full);
        let told = toml::from_str::<DecodingChange>("longest = \"soon\"").unwrap_err().to_string();
        assert!(told.contains("`soon` is no length of time"), "{told}");
    }
}
