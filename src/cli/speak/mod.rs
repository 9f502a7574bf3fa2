//! `livecap speak`: sends the microphone of this machine, a sound file or a pipe to a server as a speaker (`docs/ingest.md`).
mod clock;
mod greeting;
mod pack;
mod ring;
mod session;
mod sound;
mod speaking;

use std::{num::NonZeroUsize, path::PathBuf};

use clap::ValueEnum;

use self::{
    greeting::Asked,
    pack::Packer,
    sound::{Origin, Speed},
    speaking::speaking,
};
use super::{
    client::speaker::SpeakerAddress,
    exit::{Exit, Trouble},
    serve::secret,
    stop::Stop,
};
use crate::wire;

#[derive(clap::Args)]
pub(crate) struct SpeakArgs {
    /// The server, such as http://127.0.0.1:31979, or the link that its operator has made for a speaker
    url: String,
    /// A sound file, or `-` for raw samples on standard input (16 bits, little-endian, mono); default: the microphone
    #[arg(value_name = "FILE")]
    input: Option<PathBuf>,
    /// What readers see; a name that the operator has given with the link goes before it
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// The `browser` stage to speak to; default: that of the link, or the only one
    #[arg(long, value_name = "NAME")]
    stage: Option<String>,
    /// The environment variable with the token to present; default: the token of the link
    #[arg(long, value_name = "NAME")]
    token_env: Option<String>,
    /// How sound is packed
    #[arg(long, value_enum, default_value_t = Codec::Pcm, value_name = "CODEC")]
    codec: Codec,
    /// The name of the microphone, or a part of it; `livecap devices` lists them
    #[arg(long, value_name = "NAME", conflicts_with = "input")]
    device: Option<String>,
    /// Samples per second of standard input
    #[arg(long, value_name = "HERTZ", default_value_t = 16_000, value_parser = clap::value_parser!(u32).range(4_000..=384_000))]
    rate: u32,
    /// Which channel of a microphone or a file to use, counted from 1; default: the average of all
    #[arg(long, value_name = "NUMBER")]
    channel: Option<NonZeroUsize>,
    /// How fast to send a sound file
    #[arg(long, value_enum, default_value_t = Speed::Own, value_name = "SPEED")]
    speed: Speed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Codec {
    /// Samples of 16 bits at 16 kHz: 256 kbit/s
    Pcm,
    /// About 32 kbit/s
    Opus,
}

pub(crate) async fn speak(args: &SpeakArgs) -> Result<Exit, Trouble> {
    let mut stop = Stop::new()?;
    let address = SpeakerAddress::of(&args.url).map_err(|it| Trouble::Told(it.to_string()))?;
    let token = secret(args.token_env.as_deref())?;
    let packer = Packer::new(match args.codec {
        Codec::Pcm => wire::Codec::PcmS16le,
        Codec::Opus => wire::Codec::Opus,
    });
    let packer = packer.map_err(Trouble::Told)?;
    let (input, device) = (args.input.as_deref(), args.device.as_deref());
    let origin = Origin::of(input, device, args.rate, args.channel, args.speed)?;
    let asked = Asked {
        stage: args.stage.clone().or_else(|| address.stage.clone()),
        token: token.or_else(|| address.token.clone()),
        name: args.name.clone().or_else(|| address.name.clone()),
        address,
    };
    tokio::select! {
        checked = origin.check() => checked?,
        _ = stop.next() => return Ok(Exit::Fine),
    }
    speaking(&asked, origin, packer, &mut stop).await
}
