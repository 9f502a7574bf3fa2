//! The sound of a session in a file, mono and 16 bits, that can be read whenever livecap is killed.
//!
//! Missing sound is written as silence, so a place in the file is its place on the timeline. An existing file is never
//! touched: the next free of `talk-2.flac`, `talk-3.flac`, … is taken. So it is where the rate changes, where a WAV file
//! reaches its 4 GiB, and in a life after the first. A kill costs the last second, of a FLAC file
//! with the block of 4096 samples around its end. Writing happens on a thread of its own.
mod flac;
mod settings;
mod tape;
mod wav;
mod writer;

use std::{convert::Infallible, marker::PhantomData};

pub use self::settings::{RecordError, RecordFormat, RecordSettings};
use self::tape::Tape;
use crate::{
    flow::{Engine, EngineError, Fault, Item, Never, Outlet, Stage},
    message::{AudioFrame, Speech},
};

/// What can be recorded.
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

/// See the module. Any failure to write is permanent: the recording ends, the rest of the pipeline goes on.
pub struct Record<T> {
    settings: RecordSettings,
    tape: Option<Engine<Tape>>,
    sound: PhantomData<fn(T)>,
}

impl<T: Sound> Record<T> {
    pub fn new(settings: RecordSettings) -> Record<T> {
        Record { settings, tape: None, sound: PhantomData }
    }
}

impl<T: Sound> Stage for Record<T> {
    type In = T;
    type Out = Never;
    type Kept = ();

    async fn handle(&mut self, (): &mut (), sound: T, _out: &Outlet<Never>) -> Result<(), Fault> {
        let tape = match &mut self.tape {
            Some(tape) => tape,
            none => {
                let settings = self.settings.clone();
                let made =
                    Engine::start("record", move || Ok::<_, Infallible>(Tape::new(settings)));
                none.insert(made.await.map_err(|error| match error {
                    EngineError::Fault(fault) => fault,
                    EngineError::Make(never) => match never {},
                })?)
            }
        };
        tape.call(move |tape| tape.push(sound.frame())).await?.map_err(Fault::permanent)
    }

    async fn flush(&mut self, (): &mut (), _out: &Outlet<Never>) -> Result<(), Fault> {
        match self.tape.take() {
            Some(tape) => tape.call(Tape::finish).await?.map_err(Fault::permanent),
            None => Ok(()),
        }
    }
}
