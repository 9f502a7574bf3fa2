//! After a correction of an original its translations are asked for again; each answer is a correction, too.
use std::{sync::Arc, time::Duration};

use tokio::{
    sync::oneshot,
    time::{Instant, timeout},
};

use super::editors::{Retranslation, Retranslator};
use crate::{
    serve::{
        bell::Bell,
        captions::{corrections::Wanted, shared::Captions},
    },
    wire::{Clock, CorrectionEvent},
};

/// A translation that is still under way when its original is corrected is waited for so long.
const LATE: Duration = Duration::from_secs(60);

#[derive(Clone)]
pub(crate) struct Retranslating {
    pub(crate) captions: Arc<Captions>,
    pub(crate) bell: Bell,
    pub(crate) clock: Clock,
}

impl Retranslating {
    /// Asks `translator` for `corrected`, and returns at once. What waits there is bounded, and with it the tasks that wait here.
    pub(crate) fn ask(&self, translator: &Retranslator, corrected: &CorrectionEvent) {
        let (answer, answered) = oneshot::channel();
        let CorrectionEvent { text, lang, .. } = corrected;
        let asked = Retranslation { text: text.clone(), from: lang.clone(), answer };
        let stage = translator.stage.clone();
        if translator.sender.try_send(asked).is_err() {
            tracing::warn!(
                stage,
                "a translation stays as it was: too many corrections wait, or the translator has ended"
            );
            return;
        }
        let (to, this, corrected) = (translator.to.clone(), self.clone(), corrected.clone());
        tokio::spawn(async move {
            match answered.await {
                Ok(Ok(text)) => this.publish(text, to, stage, &corrected).await,
                Ok(Err(why)) => {
                    tracing::warn!(
                        stage,
                        why,
                        "the translation of a corrected caption stays as it was"
                    );
                }
                Err(_) => {
                    tracing::warn!(
                        stage,
                        "the translation of a corrected caption stays as it was: the translator has ended"
                    );
                }
            }
        });
    }

    /// Once the first translation is there.
    async fn publish(&self, text: String, to: String, by: String, corrected: &CorrectionEvent) {
        let mut bell = self.bell.listen();
        let published = async {
            loop {
                bell.borrow_and_update();
                if self.correct(&text, &to, &by, corrected) || bell.changed().await.is_err() {
                    return;
                }
            }
        };
        // Where none comes, none is corrected.
        let _ = timeout(LATE, published).await;
    }

    /// False while there is no translation to correct.
    fn correct(&self, text: &str, to: &str, by: &str, corrected: &CorrectionEvent) -> bool {
        let CorrectionEvent { track, segment, lang, seq, .. } = corrected;
        let (is_newest, before) = {
            let log = self.captions.log();
            let original = log.current(track, *segment, lang).is_some_and(|it| it.seq == *seq);
            let translation = log.current(track, *segment, to).filter(|it| it.of.is_some());
            (original, translation.map(|it| it.text))
        };
        // It was corrected again meanwhile: that asks for itself.
        let Some(before) = before.filter(|_| is_newest) else { return !is_newest };
        let wanted = Wanted {
            track: track.clone(),
            segment: *segment,
            lang: to.to_owned(),
            text: text.to_owned(),
            before,
            by: by.to_owned(),
            at: self.clock.now_ms(),
            masked: corrected.masked,
        };
        // Where somebody else was faster, theirs stays.
        let _ = self.captions.say(|log| log.correct(wanted, Instant::now()));
        true
    }
}
