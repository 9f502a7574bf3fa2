//! The handshake: what is asked for, and what the server makes of it.
use std::time::Duration;

use tokio::time::{Instant, timeout};

use crate::{
    cli::{
        client::{
            ClientError,
            speaker::{SpeakerAddress, SpeakerLine, Turn},
        },
        exit::Trouble,
    },
    wire::{FromSpeaker, INGEST_VERSION, IngestFormat, IngestHello, IngestWelcome, ToSpeaker},
};

/// How long an answer may take.
const ANSWER: Duration = Duration::from_secs(8);

/// What is asked for in each handshake.
pub(super) struct Asked {
    pub(super) address: SpeakerAddress,
    pub(super) stage: Option<String>,
    pub(super) token: Option<String>,
    pub(super) name: Option<String>,
}

/// Why there is no connection.
pub(super) enum Unwelcome {
    Client(ClientError),
    /// By the server, with its words. `retry`: the same may succeed later.
    Refused {
        message: String,
        retry: bool,
    },
}

pub(super) type Greeted = (SpeakerLine, IngestWelcome);

impl Asked {
    pub(super) fn hello(
        &self,
        format: IngestFormat,
        session: Option<String>,
        epoch: Instant,
    ) -> IngestHello {
        IngestHello {
            protocol: INGEST_VERSION,
            stage: self.stage.clone(),
            token: self.token.clone(),
            name: self.name.clone(),
            format,
            clock_ms: epoch.elapsed().as_secs_f64() * 1000.0,
            session,
        }
    }
}

pub(super) async fn greet(
    address: &SpeakerAddress,
    hello: IngestHello,
) -> Result<Greeted, Unwelcome> {
    let mut line = SpeakerLine::open(address).await.map_err(Unwelcome::Client)?;
    line.say(&FromSpeaker::Hello(hello));
    let answer = timeout(ANSWER, async {
        loop {
            match line.turn(false).await {
                Ok(Turn::Heard(ToSpeaker::Welcome(welcome))) => return Ok(welcome),
                Ok(Turn::Heard(ToSpeaker::Refused { message, retry, .. })) => {
                    return Err(Unwelcome::Refused { message, retry });
                }
                Ok(_) => (),
                Err(error) => return Err(Unwelcome::Client(error)),
            }
        }
    });
    let silent = || {
        let url = address.shown.clone();
        Err(Unwelcome::Client(ClientError::Silent { url, within: ANSWER }))
    };
    let welcome = answer.await.unwrap_or_else(|_| silent())?;
    Ok((line, welcome))
}

pub(super) fn told(unwelcome: &Unwelcome, asked: &Asked) -> Trouble {
    Trouble::Told(match unwelcome {
        Unwelcome::Client(error) => error.to_string(),
        Unwelcome::Refused { message, .. } => format!("{}: {message}", asked.address.shown),
    })
}

/// For the person at the terminal.
pub(super) fn welcomed(welcome: &IngestWelcome, asked: &Asked) -> String {
    let IngestWelcome { name, stage, slot, track, resumed, .. } = welcome;
    let again = if *resumed { "connected again" } else { "speaking" };
    let track = match track {
        Some(track) => format!("its captions are on the track `{track}`"),
        None => "no recogniser listens to it".to_owned(),
    };
    format!("{again} to {} as {name} (place {slot} of `{stage}`; {track})", asked.address.shown)
}
