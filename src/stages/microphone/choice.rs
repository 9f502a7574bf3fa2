//! Which device is meant by a name, and which of its channels.
use super::DeviceError;

/// What becomes of a device's channels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Channel {
    /// All of them, averaged.
    #[default]
    Mix,
    /// One of them, counted from 1.
    Number(u16),
}

impl Channel {
    pub(super) fn of(self, device: &str, has: u16) -> Result<Pick, DeviceError> {
        match self {
            Channel::Mix => Ok(Pick::Mix),
            Channel::Number(wanted) if (1..=has).contains(&wanted) => {
                Ok(Pick::Index(usize::from(wanted - 1)))
            }
            Channel::Number(wanted) => {
                Err(DeviceError::NoChannel { device: device.to_owned(), wanted, has })
            }
        }
    }
}

/// A channel that was seen to be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pick {
    Mix,
    Index(usize),
}

impl Pick {
    /// One mono sample of what all channels gave at one moment. What is not a number is silence.
    pub(super) fn from(self, frame: impl ExactSizeIterator<Item = f32>) -> f32 {
        let count = frame.len();
        let mut frame = frame;
        let sample = match self {
            Pick::Mix => frame.sum::<f32>() / count as f32,
            Pick::Index(index) => frame.nth(index).unwrap_or(0.0),
        };
        if sample.is_finite() { sample } else { 0.0 }
    }
}

/// What a device is called: for people, and by its host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Label {
    pub(super) name: String,
    pub(super) id: String,
}

/// The place of the one device that `wanted` means: a whole name or id goes before a part of one.
pub(super) fn choose(wanted: &str, there: &[Label]) -> Result<usize, DeviceError> {
    let lower = wanted.trim().to_lowercase();
    let matching = |fits: &dyn Fn(&str) -> bool| -> Vec<usize> {
        let fits =
            |label: &Label| fits(&label.name.to_lowercase()) || fits(&label.id.to_lowercase());
        (0..there.len()).filter(|&at| fits(&there[at])).collect()
    };
    let whole = matching(&|name| name == lower);
    let found = if whole.is_empty() && !lower.is_empty() {
        matching(&|name| name.contains(&lower))
    } else {
        whole
    };
    match found[..] {
        [one] => Ok(one),
        [] => Err(DeviceError::Absent {
            wanted: wanted.to_owned(),
            there: there.iter().map(|label| label.name.clone()).collect(),
        }),
        _ => Err(DeviceError::Ambiguous {
            wanted: wanted.to_owned(),
            matches: found.iter().map(|&at| told_apart(at, there)).collect(),
        }),
    }
}

/// Two cards of one make have one name: then only the id tells which is which.
fn told_apart(at: usize, there: &[Label]) -> String {
    let Label { name, id } = &there[at];
    let twins = there.iter().filter(|label| label.name == *name).count();
    if twins > 1 { format!("{name} ({id})") } else { name.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there() -> Vec<Label> {
        [
            ("Røde NT-USB", "usb-rode"),
            ("Webcam", "usb-cam.0"),
            ("Webcam", "usb-cam.1"),
            ("Webcam Pro", "pro"),
        ]
        .map(|(name, id)| Label { name: name.to_owned(), id: id.to_owned() })
        .to_vec()
    }

    #[test]
    fn a_part_of_a_name_or_id_in_any_case_is_enough() {
        assert_eq!(choose("RØDE", &there()), Ok(0));
        assert_eq!(choose("cam.1", &there()), Ok(2));
        assert_eq!(choose(" webcam pro ", &there()), Ok(3));
    }

    #[test]
    fn a_whole_name_goes_before_a_part_and_twins_are_told_apart_by_their_ids() {
        let error = choose("webcam", &there()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`webcam` is part of several microphones' names: `Webcam (usb-cam.0)`, `Webcam (usb-cam.1)`; \
             write more of the name, or its id"
        );
        assert!(error.is_permanent());
    }

    #[test]
    fn an_absent_device_is_answered_with_what_there_is() {
        let error = choose("shure", &there()[..2]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "there is no microphone `shure`: there are `Røde NT-USB`, `Webcam`; plug it in, or name one of these"
        );
        assert!(!error.is_permanent());
        let error = choose("shure", &[]).unwrap_err();
        assert!(error.to_string().contains("this machine has none"), "{error}");
        assert!(choose("", &there()).is_err());
    }

    #[test]
    fn channels_are_counted_from_one_and_must_be_there() {
        assert_eq!(Channel::Number(2).of("mic", 2), Ok(Pick::Index(1)));
        let error = Channel::Number(3).of("mic", 2).unwrap_err();
        assert_eq!(
            error.to_string(),
            "there is no channel 3 on microphone `mic`, which has 2: take one of 1 to 2, or mix them"
        );
        assert!(Channel::Number(0).of("mic", 2).is_err());
    }

    #[test]
    fn channels_are_averaged_or_one_is_picked_and_no_sample_is_other_than_finite() {
        assert_eq!(Pick::Mix.from([0.5, -0.25].into_iter()), 0.125);
        assert_eq!(Pick::Index(1).from([0.5, -0.25].into_iter()), -0.25);
        assert_eq!(Pick::Mix.from([f32::NAN, 0.5].into_iter()), 0.0);
    }
}
