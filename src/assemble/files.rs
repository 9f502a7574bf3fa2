//! The transcriber of files that clients send to a broadcast: with the model of the recogniser that listens to its speakers.
use std::{num::NonZeroUsize, path::PathBuf, sync::Arc};

use futures::future::{BoxFuture, FutureExt};

use super::{Offline, ThisMachine, speakers::track};
use crate::{
    languages::whisper,
    message::Language,
    serve::{FileDoor, FileTranscriber, FileTrouble},
    spec::{
        Plan,
        plan::{ModelChoice, OtherClient, Planned, SpokenLanguage},
    },
    stages::recording::Choice,
};

/// The door of broadcast number `server`; `None` where no stage of it asks for one.
pub(super) fn door(plan: &Plan, server: usize) -> Option<FileDoor> {
    let stages = plan.stages().iter().enumerate();
    let mut recognisers = stages.filter_map(|(number, stage)| {
        let Planned::Browser(browser) = &stage.work else { return None };
        let takes = browser.compatible_with.contains(&OtherClient::Openai);
        let is_mine = takes && plan.server_of(browser) == Some(server);
        let recogniser = is_mine.then(|| track(plan, number))??;
        if let Planned::Whisper(it) = &plan.stages()[recogniser].work { Some(it) } else { None }
    });
    let recogniser = recognisers.next()?;
    let language = match &recogniser.language {
        SpokenLanguage::Is(language) => Some(language.clone()),
        _ => None,
    };
    Some(FileDoor::new(Arc::new(Files { model: recogniser.model.clone(), language })))
}

/// Loads the model for each file: it costs memory only while somebody asks for text.
struct Files {
    model: ModelChoice,
    /// Of files whose sender names none.
    language: Option<Language>,
}

impl FileTranscriber for Files {
    fn transcribe(
        &self,
        file: PathBuf,
        called: PathBuf,
        language: Option<String>,
    ) -> BoxFuture<'_, Result<Vec<crate::message::Transcript>, FileTrouble>> {
        async move {
            let language = match language {
                Some(written) => {
                    whisper::checked(&written).map_err(|it| FileTrouble::Asked(it.to_string()))?;
                    Some(Language::new(&written))
                }
                None => self.language.clone(),
            };
            let offline = Offline {
                recording: file,
                called: Some(called),
                choice: Choice::default(),
                model: self.model.clone(),
                language,
                // The others are for those who speak now.
                threads: Some(NonZeroUsize::MIN),
            };
            let machine = ThisMachine::new().map_err(|it| FileTrouble::Here(it.to_string()))?;
            let done = offline.recognise(&machine).await.map_err(FileTrouble::Here)?;
            match done.broken {
                Some(fault) => Err(FileTrouble::Asked(fault.to_string())),
                None => Ok(done.finals),
            }
        }
        .boxed()
    }
}
