//! `livecap devices`: lists the microphones of this machine.
use std::io::{self, Write};

/// List the microphones of this machine, and how each would be opened.
#[derive(Clone, Debug, clap::Args)]
pub struct DevicesArgs {
    /// Format of the list
    #[arg(long, value_enum, default_value_t)]
    pub format: ListFormat,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum ListFormat {
    /// A table
    #[default]
    Text,
    /// One JSON array of objects
    Json,
}

#[derive(Debug, thiserror::Error)]
pub enum DevicesError {
    #[error("this build has no microphone: build it with `--features microphone`")]
    NotBuilt,
    #[cfg(feature = "microphone")]
    #[error(transparent)]
    Device(#[from] crate::stages::microphone::DeviceError),
    #[error("cannot write the list: {0}")]
    Write(#[from] io::Error),
}

#[cfg(not(feature = "microphone"))]
pub fn run(_args: &DevicesArgs, _out: &mut dyn Write) -> Result<(), DevicesError> {
    Err(DevicesError::NotBuilt)
}

/// Writes every device to `out`. If there is none, it says so without an error.
#[cfg(feature = "microphone")]
pub fn run(args: &DevicesArgs, out: &mut dyn Write) -> Result<(), DevicesError> {
    let devices = crate::stages::microphone::devices()?;
    match args.format {
        ListFormat::Text => table(&devices, out)?,
        ListFormat::Json => {
            serde_json::to_writer_pretty(&mut *out, &devices).map_err(io::Error::from)?;
            writeln!(out)?;
        }
    }
    Ok(())
}

#[cfg(feature = "microphone")]
fn table(devices: &[crate::stages::microphone::DeviceInfo], out: &mut dyn Write) -> io::Result<()> {
    if devices.is_empty() {
        return writeln!(out, "no microphone: plug one in, or start the sound server");
    }
    let wide = |text: &dyn Fn(&crate::stages::microphone::DeviceInfo) -> usize, head: &str| {
        devices.iter().map(text).chain([head.len()]).max().unwrap_or_default()
    };
    let name = wide(&|it| it.name.chars().count(), "name");
    let id = wide(&|it| it.id.chars().count(), "id");
    writeln!(out, "  {:name$}  {:id$}  {:10}  opens at", "name", "id", "host")?;
    for device in devices {
        // The mark stands before the name of what `device = "default"` means.
        let mark = if device.default { '*' } else { ' ' };
        let opens = device.opens.as_ref().map_or_else(
            || "cannot be opened now".to_owned(),
            |it| {
                let plural = if it.channels == 1 { "" } else { "s" };
                format!("{} Hz, {} channel{plural}, {}", it.rate, it.channels, it.format)
            },
        );
        writeln!(
            out,
            "{mark} {:name$}  {:id$}  {:10}  {opens}",
            device.name, device.id, device.host
        )?;
    }
    writeln!(out, "\n* is what `device = \"default\"` means; a part of a name or id is enough")
}

#[cfg(all(test, feature = "microphone"))]
mod tests {
    use super::*;
    use crate::stages::microphone::{DeviceInfo, StreamFormat};

    #[test]
    fn the_table_marks_the_default_and_says_how_each_opens() {
        let opens = Some(StreamFormat { rate: 48_000, channels: 2, format: "i16".to_owned() });
        let device = |name: &str, id: &str, default, opens| {
            let host = "PulseAudio".to_owned();
            DeviceInfo { name: name.to_owned(), id: id.to_owned(), host, default, opens }
        };
        let devices =
            [device("Røde NT-USB", "rode", true, opens), device("Cam", "cam", false, None)];
        let mut out = Vec::new();
        table(&devices, &mut out).unwrap();
        let expected = "\
\x20 name         id    host        opens at
* Røde NT-USB  rode  PulseAudio  48000 Hz, 2 channels, i16
\x20 Cam          cam   PulseAudio  cannot be opened now

* is what `device = \"default\"` means; a part of a name or id is enough
";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn a_machine_without_any_says_so() {
        let mut out = Vec::new();
        table(&[], &mut out).unwrap();
        assert!(String::from_utf8(out).unwrap().starts_with("no microphone"));
    }
}

#[cfg(all(test, not(feature = "microphone")))]
mod tests {
    use super::*;

    #[test]
    fn a_build_without_a_microphone_says_so() {
        let args = DevicesArgs { format: ListFormat::Text };
        let error = run(&args, &mut Vec::new()).unwrap_err();
        assert!(error.to_string().contains("--features microphone"));
    }
}
