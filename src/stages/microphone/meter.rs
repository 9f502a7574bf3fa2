//! How loud a microphone is right now, for a list to choose from. Nothing of what it hears is kept.
use std::time::Duration;

use tokio::time::timeout;

use super::{
    cards::{SoundCards, StreamHandle},
    error::DeviceError,
    settings::MicrophoneSettings,
    watch::{Backend, Opened},
};

/// How long opening may take: whoever looks at a list waits for it.
const OPEN_WITHIN: Duration = Duration::from_secs(2);

/// An open microphone whose level is read now and then. Dropping it closes the stream.
pub struct Meter {
    opened: Opened<StreamHandle>,
    samples: Vec<f32>,
}

impl Meter {
    /// `device`: a name or an id.
    pub async fn open(device: &str) -> Result<Meter, DeviceError> {
        let settings = MicrophoneSettings { device: device.to_owned(), ..Default::default() };
        let mut cards = SoundCards::default();
        let opened = timeout(OPEN_WITHIN, cards.open(&settings)).await.unwrap_or_else(|_| {
            Err(DeviceError::NoAnswer { cause: format!("not within {OPEN_WITHIN:?}") })
        })?;
        Ok(Meter { opened, samples: Vec::new() })
    }

    /// The peak since the last call, as a share of full scale; `None` where nothing came.
    pub fn peak(&mut self) -> Option<f32> {
        self.samples.clear();
        while self.opened.consumer.pop(&mut self.samples).is_some() {}
        self.samples.iter().map(|it| it.abs()).reduce(f32::max)
    }
}
