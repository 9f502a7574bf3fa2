//! When the open segment is decoded, and what is left out when decodes are too slow.
use super::{Recognise, Recogniser};
use crate::{
    flow::StageState,
    logic::{
        decode_scheduler::DecodeReason,
        model_speed::{SmallerModel, smaller_model},
    },
    message::MediaTime,
};

/// Counted each time the stage stops giving partials because the model is too slow.
const FELL_BACK: &str = "fell-back-to-finals";

impl<R: Recogniser> Recognise<R> {
    /// The decode that is due. None before the newest frame: if this frame waited on the edge, those after it are there
    /// already, and a decode that includes them shows more.
    pub(super) fn due(&mut self, is_newest: bool) -> Option<DecodeReason> {
        let is_live = self.settings.max_lag.is_some();
        self.fall_back();
        let due = self.scheduler.due(self.endpoint.speech_end()?, self.audio.end())?;
        let wanted = match due {
            DecodeReason::Speech => self.settings.partials && !self.finals_only,
            DecodeReason::Pause if self.finals_only => false,
            DecodeReason::Pause => {
                self.settings.partials || self.settings.endpoint.uses_sentences()
            }
        };
        (wanted && (is_newest || !is_live)).then_some(due)
    }

    /// Stops giving partials while a decode takes longer than a partial may: finals alone keep the lag bounded. The cost of
    /// finals shows when there is time for partials again.
    fn fall_back(&mut self) {
        let too_slow =
            self.settings.max_lag.is_some_and(|most| self.scheduler.typical_cost() > most / 2);
        if too_slow == std::mem::replace(&mut self.finals_only, too_slow) {
            return;
        }
        if too_slow {
            let (stage, decode) = (self.gauge.name(), self.scheduler.typical_cost());
            let why = match self.turns.dominate(decode) {
                true => format!(
                    "too many speak at once for the recognisers of the pool ({}): finals only; a larger `pool` needs more processors",
                    self.engines.read().size
                ),
                false => finals_only(smaller_model(decode, &self.settings.smaller)),
            };
            // One warning per run is enough.
            if self.gauge.read().counts.contains_key(FELL_BACK) {
                tracing::debug!(stage, ?decode, "{why}");
            } else {
                tracing::warn!(stage, ?decode, "{why}");
            }
            self.gauge.count(FELL_BACK);
            self.gauge.set(StageState::Degraded, Some(why));
        } else {
            tracing::debug!("there is time for partials again");
            self.tell_turns();
        }
    }

    pub(super) fn count_overload(&self, end: MediaTime) {
        if self.scheduler.skips_a_decode(end) {
            self.gauge.count("partials-skipped");
        }
        if self.scheduler.is_stretched() {
            self.gauge.count("decode-interval-stretched");
        }
    }
}

/// Explains that there are no partials, and what to do about it.
fn finals_only(instead: Option<&SmallerModel>) -> String {
    let remedy = match instead {
        Some(SmallerModel { name, .. }) => {
            format!("`{name}` is here and smaller (`livecap models try` measures both)")
        }
        None => "`livecap models list` shows smaller ones".to_owned(),
    };
    format!("the model is too slow for partials on this machine: finals only; {remedy}")
}
