//! The device that a name means, and the channel that is used.
use super::error::DeviceError;
use crate::message::Channel;

/// A channel that is known to exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SelectedChannel {
    Mix,
    Index(usize),
}

impl SelectedChannel {
    /// `has`: how many channels the device has.
    pub(super) fn of(
        channel: Channel,
        device: &str,
        has: u16,
    ) -> Result<SelectedChannel, DeviceError> {
        match channel {
            Channel::Mix => Ok(SelectedChannel::Mix),
            Channel::Number(wanted) if (1..=usize::from(has)).contains(&wanted) => {
                Ok(SelectedChannel::Index(wanted - 1))
            }
            Channel::Number(wanted) => {
                Err(DeviceError::NoChannel { device: device.to_owned(), wanted, has })
            }
        }
    }

    /// The mono sample of one moment, from those of all channels. A sample that is not finite becomes silence.
    pub(super) fn from(self, frame: impl ExactSizeIterator<Item = f32>) -> f32 {
        let count = frame.len();
        let mut frame = frame;
        let sample = match self {
            SelectedChannel::Mix => frame.sum::<f32>() / count as f32,
            SelectedChannel::Index(index) => frame.nth(index).unwrap_or(0.0),
        };
        if sample.is_finite() { sample } else { 0.0 }
    }
}

/// The name of a device for people, and its host's id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Label {
    pub(super) name: String,
    pub(super) id: String,
}

/// The index of the one device that `wanted` means. An exact name or id is preferred to a part of one.
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
            matches: found.iter().map(|&at| unambiguous(at, there)).collect(),
        }),
    }
}

/// Two cards of one model have the same name. Then the id tells them apart.
fn unambiguous(at: usize, there: &[Label]) -> String {
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
    fn a_device_is_found_by_part_of_its_name_or_id_in_any_case() {
        assert_eq!(choose("RØDE", &there()), Ok(0));
        assert_eq!(choose("cam.1", &there()), Ok(2));
        assert_eq!(choose(" webcam pro ", &there()), Ok(3));
    }

    #[test]
    fn an_exact_name_is_preferred_and_equal_names_are_listed_with_their_ids() {
        let error = choose("webcam", &there()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`webcam` is part of several microphones' names: `Webcam (usb-cam.0)`, `Webcam (usb-cam.1)`; \
             write more of the name, or its id"
        );
        assert!(error.is_permanent());
    }

    #[test]
    fn the_error_for_an_absent_device_lists_the_present_ones() {
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
    fn channels_are_counted_from_one_and_must_exist() {
        let selected = |number| SelectedChannel::of(Channel::Number(number), "mic", 2);
        assert_eq!(selected(2), Ok(SelectedChannel::Index(1)));
        let error = selected(3).unwrap_err();
        assert_eq!(
            error.to_string(),
            "there is no channel 3 on microphone `mic`, which has 2: take one of 1 to 2, or mix them"
        );
        assert!(selected(0).is_err());
    }

    #[test]
    fn channels_are_averaged_or_selected_and_samples_are_finite() {
        assert_eq!(SelectedChannel::Mix.from([0.5, -0.25].into_iter()), 0.125);
        assert_eq!(SelectedChannel::Index(1).from([0.5, -0.25].into_iter()), -0.25);
        assert_eq!(SelectedChannel::Mix.from([f32::NAN, 0.5].into_iter()), 0.0);
    }
}
