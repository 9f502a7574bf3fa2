//! Records the audio of a session in a file, mono with 16 bits, that can be read whenever livecap is killed.
//!
//! Missing audio is written as silence, so a place in the file is its place on the timeline. An existing file is never
//! overwritten: the next free name of `talk-2.flac`, `talk-3.flac`, … is used. A new file also starts where the rate changes,
//! where a WAV file reaches its 4 GiB, and after a restart of the stage. A kill costs the last second, and of a FLAC file the
//! block of 4096 samples around its end, too. A thread of its own does the writing.
mod belongs;
mod error;
mod flac;
mod flac_file;
mod recorder;
mod wav;
mod writer;

use std::{convert::Infallible, marker::PhantomData};

pub use self::belongs::Belongs;
use self::recorder::Recorder;
pub use self::{error::RecordError, flac_file::FlacFile};
pub use crate::message::{RecordFormat, RecordSettings};
use crate::{
    flow::{Engine, EngineError, Fault, Item, Never, Outlet, Stage},
    message::{AudioFrame, Speech},
};

/// A message whose audio can be recorded.
pub trait Sound: Item + Sync {
    fn frame(&self) -> &AudioFrame;
}

impl Sound for AudioFrame {
    fn frame(&self) -> &AudioFrame {
        self
    }
}

impl Sound for Speech {
    fn frame(&self) -> &AudioFrame {
        self
    }
}

/// The stage; see the module. Any failure to write is permanent: the recording ends, and the rest of the pipeline continues.
pub struct Record<T> {
    settings: RecordSettings,
    belongs: Belongs,
    recorder: Option<Engine<Recorder>>,
    sound: PhantomData<fn(T)>,
}

impl<T: Sound> Record<T> {
    pub fn new(settings: RecordSettings) -> Record<T> {
        Record { settings, belongs: Belongs::default(), recorder: None, sound: PhantomData }
    }

    /// Each file that is begun is told of, so that its sound is found by the words.
    #[must_use]
    pub fn belonging(self, belongs: Belongs) -> Record<T> {
        Record { belongs, ..self }
    }
}

impl<T: Sound> Stage for Record<T> {
    type In = T;
    type Out = Never;
    type Kept = ();

    async fn handle(&mut self, (): &mut (), sound: T, _out: &Outlet<Never>) -> Result<(), Fault> {
        let recorder = match &mut self.recorder {
            Some(recorder) => recorder,
            none => {
                let (settings, belongs) = (self.settings.clone(), self.belongs.clone());
                let made = Engine::start("record", move || {
                    Ok::<_, Infallible>(Recorder::new(settings, belongs))
                });
                none.insert(made.await.map_err(|error| match error {
                    EngineError::Fault(fault) => fault,
                    EngineError::Make(never) => match never {},
                })?)
            }
        };
        recorder.call(move |recorder| recorder.push(sound.frame())).await?.map_err(Fault::permanent)
    }

    async fn flush(&mut self, (): &mut (), _out: &Outlet<Never>) -> Result<(), Fault> {
        match self.recorder.take() {
            Some(recorder) => recorder.call(Recorder::finish).await?.map_err(Fault::permanent),
            None => Ok(()),
        }
    }
}
