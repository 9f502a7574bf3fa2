//! Records a piece for the corpus: its audio skeleton goes through the stage, and every decode is written down.
use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use livecap::stages::{
    recognise::{DecodeRequest, Hypothesis, RecogniseError, Recogniser},
    whisper::{Whisper, WhisperModel},
};

use crate::{
    corpus::{
        clock::Clock,
        format::{self, Decode, Head, Outcome},
        skeleton::{Skeleton, place_of},
        streamed::{FRAME, OfModel, on_paused_clock, product_settings, streamed},
    },
    pieces::Piece,
    run::{Figures, Spent, metered, of_model, started, tell},
};

/// A model's text of a recording may be shipped under these licences, and the reference with it. `NOTICE` names the sources.
const LICENCES: [&str; 3] = ["public domain", "CC BY 4.0", "made by rule"];

pub(crate) fn may_be_shipped(licence: &str) -> bool {
    LICENCES.iter().any(|it| licence.contains(it))
}

/// Decodes the recording where the stage has the skeleton, and passes on what it writes down.
struct Recorder {
    whisper: Whisper,
    sound: Arc<[f32]>,
    clock: Clock,
    spent: Arc<Mutex<Spent>>,
    decodes: Arc<Mutex<Vec<Decode>>>,
}

impl Recogniser for Recorder {
    fn decode(
        &mut self,
        speech: &[f32],
        request: &DecodeRequest,
    ) -> Result<Hypothesis, RecogniseError> {
        let at = place_of(speech).unwrap_or_default();
        let audio = &self.sound[at..(at + speech.len()).min(self.sound.len())];
        let (hypothesis, cost) = metered(&mut self.whisper, audio, request, &self.spent);
        let decode = Decode::new(at, speech.len(), request, cost, &hypothesis?);
        let answer = decode.answer(request, &self.clock, 1.0);
        self.decodes.lock().unwrap_or_else(PoisonError::into_inner).push(decode);
        answer
    }
}

/// `path`: the model's file. Its name is that of the model.
pub(crate) fn record(
    model: &WhisperModel,
    path: &Path,
    piece: &Piece,
    show: bool,
) -> (format::Piece, Figures) {
    let (spent, decodes) = (Arc::<Mutex<Spent>>::default(), Arc::<Mutex<Vec<Decode>>>::default());
    let of_model = of_model(model);
    let settings = product_settings(piece.language(), of_model);
    let skeleton = Skeleton::of(&piece.sound);
    let whisper = started(model, piece.language());
    let (meter, log, sound) = (spent.clone(), decodes.clone(), piece.sound.as_slice().into());
    let make =
        move |clock| Recorder { whisper: whisper(), sound, clock, spent: meter, decodes: log };
    let run = streamed(settings, skeleton.voice(), make, skeleton.frames(FRAME));
    let run = on_paused_clock(run);
    if show {
        tell(&run);
    }
    let spent = *spent.lock().unwrap_or_else(PoisonError::into_inner);
    let decodes = std::mem::take(&mut *decodes.lock().unwrap_or_else(PoisonError::into_inner));
    let figures = Figures::of(&run, piece, spent);
    let head = head(path, piece, of_model);
    let outcome = Outcome::of(&run, &piece.reference);
    (format::Piece { head, sound: skeleton, decodes, outcome }, figures)
}

fn head(path: &Path, piece: &Piece, of_model: OfModel) -> Head {
    let model = path.file_stem().unwrap_or_default().to_string_lossy().replace("ggml-", "");
    Head {
        name: piece.name.clone(),
        model,
        licence: piece.licence.clone(),
        language: piece.language().map(str::to_owned),
        of_model,
        reference: piece.reference.clone(),
    }
}
