//! Which microphone to listen to: the one that is named, the only one, the one that somebody chooses, or the default.
use crate::{
    cli::{ask, exit::Trouble},
    stages::microphone::{DeviceInfo, devices},
};

use super::device_list;

/// What a pipeline file calls it, and what to say about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Chosen {
    pub(super) device: String,
    pub(super) told: String,
}

/// Asks only where there are several and somebody is at a terminal.
pub(super) async fn choose() -> Result<Chosen, Trouble> {
    let all = tokio::task::spawn_blocking(devices).await;
    let all = all.map_err(|error| Trouble::Told(error.to_string()))?;
    let there = microphones(all.map_err(|error| Trouble::Told(error.to_string()))?);
    if there.len() > 1 && ask::at_terminal() {
        let at = device_list::choose(&there).await?;
        return Ok(Chosen { device: name(&there[at], &there), told: told(&there[at]) });
    }
    by_itself(&there).ok_or_else(|| {
        Trouble::Told(
            "there is no microphone here: plug one in, or caption a recording with `--input FILE`; \
             `livecap devices` lists what the system has"
                .to_owned(),
        )
    })
}

/// Those to choose from: what can be opened, one entry a sound card. A monitor plays back what this machine plays, and counts only
/// where there is nothing else.
fn microphones(all: Vec<DeviceInfo>) -> Vec<DeviceInfo> {
    let mut opens: Vec<DeviceInfo> = all.into_iter().filter(|it| it.opens.is_some()).collect();
    let is_monitor = |it: &DeviceInfo| it.id.ends_with(".monitor");
    if !opens.iter().all(is_monitor) {
        opens.retain(|it| !is_monitor(it));
    }
    if opens.iter().any(|it| it.host == "ALSA") {
        return cards(opens);
    }
    opens
}

/// ALSA lists each card several times, and names that stand for one of them. Where there is but one card, the default is enough.
fn cards(all: Vec<DeviceInfo>) -> Vec<DeviceInfo> {
    let card = |it: &DeviceInfo| {
        let (_, rest) = it.id.split_once("CARD=")?;
        rest.split(',').next().map(str::to_owned)
    };
    // The plainest of its names converts rates and formats, and lets others use the card, too.
    let rank = |it: &DeviceInfo| {
        ["sysdefault:", "plughw:"].iter().position(|start| it.id.starts_with(start)).unwrap_or(2)
    };
    let mut of_cards: Vec<DeviceInfo> = Vec::new();
    for device in all.iter().filter(|it| card(it).is_some()) {
        match of_cards.iter_mut().find(|it| card(it) == card(device)) {
            Some(kept) if rank(device) < rank(kept) => *kept = device.clone(),
            Some(_) => (),
            None => of_cards.push(device.clone()),
        }
    }
    let default = all.iter().find(|it| it.default).cloned();
    match (default, of_cards.len()) {
        (Some(default), 0 | 1) => vec![default],
        (None, 0) => all,
        (Some(default), _) if card(&default).is_none() => {
            [default].into_iter().chain(of_cards).collect()
        }
        _ => of_cards,
    }
}

/// The default, or else the first.
fn by_itself(there: &[DeviceInfo]) -> Option<Chosen> {
    let chosen = there.iter().find(|it| it.default).or(there.first())?;
    let device = if chosen.default { "default".to_owned() } else { name(chosen, there) };
    let others: Vec<String> =
        there.iter().filter(|it| it.id != chosen.id).map(|it| name(it, there)).collect();
    let told = match (others.is_empty(), chosen.default) {
        (true, _) => told(chosen),
        (false, true) => format!(
            "{}, the default; `--microphone` takes another: {}",
            told(chosen),
            others.join(", ")
        ),
        (false, false) => {
            format!("{}; `--microphone` takes another: {}", told(chosen), others.join(", "))
        }
    };
    Some(Chosen { device, told })
}

fn told(device: &DeviceInfo) -> String {
    format!("microphone: {}", device.name)
}

/// Its name, or its id where another has the same name.
fn name(device: &DeviceInfo, there: &[DeviceInfo]) -> String {
    let twins = there.iter().filter(|it| it.name == device.name).count();
    if twins > 1 { device.id.clone() } else { device.name.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stages::microphone::StreamFormat;

    fn device(name: &str, id: &str, host: &str) -> DeviceInfo {
        let opens = Some(StreamFormat { rate: 48_000, channels: 1, format: "i16".to_owned() });
        let (name, id, host) = (name.to_owned(), id.to_owned(), host.to_owned());
        DeviceInfo { name, id, host, default: false, opens }
    }

    fn default(device: DeviceInfo) -> DeviceInfo {
        DeviceInfo { default: true, ..device }
    }

    fn ids(there: &[DeviceInfo]) -> Vec<&str> {
        there.iter().map(|it| it.id.as_str()).collect()
    }

    #[test]
    fn what_this_machine_plays_is_offered_only_where_there_is_nothing_else() {
        let monitor = device("Monitor of Speakers", "out.monitor", "PulseAudio");
        let mic = device("Mic", "in", "PulseAudio");
        let closed = DeviceInfo { opens: None, ..device("Cam", "cam", "PulseAudio") };
        assert_eq!(ids(&microphones(vec![monitor.clone(), mic, closed])), ["in"]);
        assert_eq!(ids(&microphones(vec![monitor])), ["out.monitor"]);
    }

    #[test]
    fn one_card_under_many_names_is_one_microphone_and_two_are_two() {
        let usual = default(device("Default", "default", "ALSA"));
        let one = ["hw:CARD=PCH,DEV=0", "plughw:CARD=PCH,DEV=0", "sysdefault:CARD=PCH"];
        let one = one.map(|id| device("HDA Intel PCH", id, "ALSA"));
        let names: Vec<DeviceInfo> = [usual.clone()].into_iter().chain(one.clone()).collect();
        assert_eq!(ids(&microphones(names.clone())), ["default"]);
        let two = names.into_iter().chain([device("USB", "plughw:CARD=USB,DEV=0", "ALSA")]);
        assert_eq!(
            ids(&microphones(two.collect())),
            ["default", "sysdefault:CARD=PCH", "plughw:CARD=USB,DEV=0"]
        );
        assert_eq!(microphones(one.to_vec()).len(), 1);
    }

    #[test]
    fn without_anybody_to_ask_the_default_is_taken_and_the_others_are_named() {
        let (rode, cam) = (default(device("Rode", "usb-1", "P")), device("Cam", "usb-2", "P"));
        let two = [cam.clone(), rode.clone(), device("Cam", "usb-3", "P")];
        let chosen = by_itself(&two).unwrap();
        assert_eq!(chosen.device, "default");
        assert_eq!(
            chosen.told,
            "microphone: Rode, the default; `--microphone` takes another: usb-2, usb-3"
        );
        assert_eq!(by_itself(&[rode]).unwrap().told, "microphone: Rode");
        assert_eq!(by_itself(&[cam]).unwrap().device, "Cam");
        assert_eq!(by_itself(&[]), None);
    }
}
