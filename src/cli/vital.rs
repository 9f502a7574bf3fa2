//! Which stages captions cannot do without, and whether one of them is stuck.
use std::time::Duration;

use crate::{
    flow::{Registry, StageReading},
    spec::{Plan, Port, plan::Planned},
};

/// The stages on the way from the sound to the captions, each with the time that one item may take. A translator or a sink that is
/// stuck keeps nobody else from their captions.
pub(super) struct Vital(Vec<(String, Duration)>);

impl Vital {
    pub(super) fn of(plan: &Plan) -> Vital {
        let on_the_way = plan.stages().iter().filter(|stage| {
            stage.gives().is_some_and(|it| it != Port::Events)
                && !matches!(stage.work, Planned::Translate(_))
        });
        Vital(on_the_way.map(|it| (it.name.clone(), it.patience)).collect())
    }

    /// `Err` is which one is stuck: a call that does not return is only ended with its process.
    pub(super) fn look(&self, registry: &Registry) -> Result<(), String> {
        self.stuck(&registry.stages()).map_or(Ok(()), Err)
    }

    fn stuck(&self, stages: &[StageReading]) -> Option<String> {
        stages.iter().find_map(|stage| {
            let (_, patience) = self.0.iter().find(|(name, _)| *name == stage.name)?;
            let busy_for = stage.busy_for.filter(|it| it > patience)?;
            let seconds = busy_for.as_secs_f64();
            Some(format!("stuck: `{}` has been at one item for {seconds:.1} s", stage.name))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::{flow::StageGauge, spec};

    const PLAN: &str = "[lines.typed]\npatience = \"2s\"\n\
                        [replace.names]\nfrom = \"typed\"\nwords = { a = \"b\" }\n\
                        [translate.dutch]\nfrom = \"names\"\nto = \"nl\"\nprovider = \"openai\"\nurl = \"http://127.0.0.1:1\"\nmodel = \"m\"\n\
                        [broadcast.web]\nfrom = [\"names\", \"dutch\"]\nlisten = \"127.0.0.1:0\"\n";

    fn plan() -> Plan {
        spec::check(PLAN, Path::new("plan.toml"))
            .unwrap_or_else(|complaints| panic!("{complaints:?}"))
    }

    fn at_work(name: &str, seconds: u64) -> StageReading {
        let busy_for = (seconds > 0).then(|| Duration::from_secs(seconds));
        StageReading { busy_for, ..StageGauge::new(name).read() }
    }

    #[test]
    fn what_stands_between_sound_and_captions_may_not_be_stuck() {
        let vital = Vital::of(&plan());
        let told = vital.stuck(&[at_work("typed", 0), at_work("names", 11)]);
        assert_eq!(told.as_deref(), Some("stuck: `names` has been at one item for 11.0 s"));
        assert_eq!(vital.stuck(&[at_work("typed", 2), at_work("names", 10)]), None);
        assert!(vital.stuck(&[at_work("typed", 3)]).is_some(), "each has its own patience");
    }

    #[test]
    fn a_translator_or_a_sink_that_is_stuck_is_no_reason_to_start_anew() {
        let vital = Vital::of(&plan());
        assert_eq!(vital.stuck(&[at_work("dutch", 999), at_work("web", 999)]), None);
    }
}
