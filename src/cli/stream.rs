//! `livecap stream`: captions as JSON lines.
use std::{
    num::NonZeroU16,
    path::{Path, PathBuf},
};

use tokio::time::Instant;

use super::{
    environment::this_machine,
    exit::{Exit, Trouble},
    pipe::{plan, quoted},
    run::{Service, report, until_ended},
    stop::Stop,
    terminal::Terminal,
};
use crate::assemble::{Assembled, LookedOn, assemble};

#[derive(clap::Args)]
pub(crate) struct StreamArgs {
    /// A sound file, or `-` for raw samples on standard input (16 bits, little-endian, mono); default: the microphone
    #[arg(value_name = "FILE")]
    input: Option<PathBuf>,
    /// The name of the microphone, or a part of it; `livecap devices` lists them
    #[arg(long, value_name = "NAME", conflicts_with = "input")]
    device: Option<String>,
    /// Samples per second of standard input
    #[arg(long, value_name = "HERTZ", default_value_t = 16_000)]
    rate: u32,
    /// Which channel to use, counted from 1; default: the average of all
    #[arg(long, value_name = "NUMBER")]
    channel: Option<NonZeroU16>,
    /// How fast to play a sound file: a multiple of its own pace, or `max`
    #[arg(long, value_name = "TIMES", default_value = "1")]
    speed: String,
    /// A name of `livecap models list`, or the path of a model file
    #[arg(long, value_name = "NAME", default_value = "base.en")]
    model: String,
    /// The spoken language, such as `en`; default: the model finds it
    #[arg(long, value_name = "CODE")]
    language: Option<String>,
}

impl StreamArgs {
    fn pipeline(&self) -> String {
        let source = match &self.input {
            None => {
                let device = self.device.as_deref().unwrap_or("default");
                format!("[microphone.sound]\ndevice = {}\n", quoted(device))
            }
            Some(path) if path == Path::new("-") => format!("[pcm.sound]\nrate = {}\n", self.rate),
            Some(path) => {
                let path = quoted(&path.to_string_lossy());
                let speed = match self.speed.parse::<f64>() {
                    Ok(times) => format!("{times:?}"),
                    Err(_) => quoted(&self.speed),
                };
                format!("[recording.sound]\npath = {path}\nspeed = {speed}\n")
            }
        };
        let channel = self.channel.map(|it| format!("channel = {it}\n")).unwrap_or_default();
        let language = self.language.as_ref().map(|it| format!("language = {}\n", quoted(it)));
        format!(
            "{source}{channel}\n[resample.speech]\nfrom = \"sound\"\n\n[whisper.stream]\nfrom = \"speech\"\nmodel = {}\n{}\n\
             [lines.out]\nfrom = \"stream\"\n",
            quoted(&self.model),
            language.unwrap_or_default(),
        )
    }
}

pub(crate) async fn stream(
    args: &StreamArgs,
    terminal: &Terminal,
    begun: Instant,
) -> Result<Exit, Trouble> {
    let mut stop = Stop::new()?;
    let name = Path::new("livecap stream");
    let plan = plan("livecap stream", &args.pipeline())?;
    let machine = this_machine()?;
    let looked_on = LookedOn { captions: false, sound: false };
    let assembled = tokio::select! {
        assembled = assemble(&plan, name, &machine, looked_on) => assembled,
        _ = stop.next() => return Ok(Exit::Fine),
    };
    let Assembled { pipeline, settings, .. } =
        assembled.map_err(|error| Trouble::Told(error.to_string()))?;
    let mut running = pipeline.start(settings).await;
    let service = Service::of_environment(&plan);
    let around = (&[][..], &[][..]);
    let outcome = until_ended(&mut running, &mut stop, around, terminal, &service, begun).await;
    Ok(report(name, &plan, &outcome))
}
