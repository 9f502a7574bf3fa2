//! Which recognisers of a plan share their engines, and how many engines there are.
use std::num::NonZeroUsize;

use crate::spec::{
    Plan,
    plan::{Planned, Stage, Whisper},
};

/// The recognisers of a plan by who shares engines with whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pools(Vec<Pool>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Pool {
    /// Their numbers in the plan.
    stages: Vec<usize>,
    engines: NonZeroUsize,
}

impl Pools {
    /// `processors`: of this machine.
    pub(super) fn of(plan: &Plan, processors: NonZeroUsize) -> Pools {
        let mut all: Vec<Pool> = Vec::new();
        for (number, stage) in plan.stages().iter().enumerate() {
            let Planned::Whisper(whisper) = &stage.work else { continue };
            let is_theirs = |pool: &&mut Pool| {
                let other = &plan.stages()[pool.stages[0]];
                matches!(&other.work, Planned::Whisper(it) if share(stage, whisper, other, it))
            };
            match all.iter_mut().find(is_theirs) {
                Some(pool) => pool.stages.push(number),
                None => all.push(Pool {
                    stages: vec![number],
                    engines: whisper.pool.unwrap_or(NonZeroUsize::MIN),
                }),
            }
        }
        for pool in &mut all {
            let Planned::Whisper(whisper) = &plan.stages()[pool.stages[0]].work else { continue };
            if whisper.pool.is_none() {
                let fit = processors.get() / whisper.threads.unwrap_or(1).max(1);
                let most = fit.min(pool.stages.len());
                pool.engines = NonZeroUsize::new(most).unwrap_or(NonZeroUsize::MIN);
            }
        }
        Pools(all)
    }

    /// The place of the pool of stage number `stage` among all pools, and how many engines it has.
    pub(super) fn of_stage(&self, stage: usize) -> (usize, NonZeroUsize) {
        let place = self.0.iter().position(|it| it.stages.contains(&stage)).unwrap_or_default();
        (place, self.0.get(place).map_or(NonZeroUsize::MIN, |it| it.engines))
    }

    /// How many there are: of these each has its share of the time.
    pub(super) fn count(&self) -> NonZeroUsize {
        NonZeroUsize::new(self.0.len()).unwrap_or(NonZeroUsize::MIN)
    }

    /// How many decodes may run at once.
    pub(super) fn engines(&self) -> NonZeroUsize {
        let all = self.0.iter().map(|it| it.engines.get()).sum();
        NonZeroUsize::new(all).unwrap_or(NonZeroUsize::MIN)
    }
}

/// Copies of one stage do, and stages that say so and whose engines are the same.
fn share(one: &Stage, it: &Whisper, other: &Stage, that: &Whisper) -> bool {
    let copied = |stage: &Stage| stage.copy_of.as_ref().map(|it| it.name.clone());
    if copied(one).is_some() && copied(one) == copied(other) {
        return true;
    }
    let engine = |it: &Whisper| {
        let (model, language) = (it.model.clone(), it.language.clone());
        (model, language, it.task, it.prompt.clone(), it.threads, it.max_tokens, it.decoding)
    };
    it.pool.is_some() && it.pool == that.pool && engine(it) == engine(that)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::spec::check;

    /// The engines of each pool, and how many recognisers share them.
    fn pools(text: &str, processors: usize) -> Vec<(usize, usize)> {
        let text = format!("{text}\n[lines.out]\nfrom = [\"a\", \"b\"]\n");
        let plan = check(&text, Path::new("it.toml")).unwrap_or_else(|all| panic!("{all:?}"));
        let pools = Pools::of(&plan, NonZeroUsize::new(processors).unwrap());
        pools.0.iter().map(|it| (it.engines.get(), it.stages.len())).collect()
    }

    #[test]
    fn each_recogniser_has_its_own_engine_unless_it_says_otherwise() {
        let two = |a: &str, b: &str| {
            format!(
                "[microphone.one]\n[microphone.two]\ndevice = \"usb\"\n\
                 [whisper.a]\nfrom = \"one\"\nmodel = \"demo\"\n{a}\n[whisper.b]\nfrom = \"two\"\nmodel = \"demo\"\n{b}\n"
            )
        };
        assert_eq!(pools(&two("", ""), 8), [(1, 1), (1, 1)]);
        assert_eq!(pools(&two("pool = 3", "pool = 3"), 2), [(3, 2)]);
        assert_eq!(pools(&two("pool = 3", "pool = 2"), 2), [(3, 1), (2, 1)]);
        let other = "pool = 3\npartials = \"2s\"";
        assert_eq!(pools(&two("pool = 3", other), 2), [(3, 2)], "engines do not care");
        let other = "pool = 3\nprompt = \"Mr Ohm\"";
        assert_eq!(pools(&two("pool = 3", other), 2), [(3, 1), (3, 1)]);
    }

    #[test]
    fn copies_share_as_many_engines_as_the_machine_can_run() {
        let panel = |speakers: usize, keys: &str| {
            format!(
                "[browser.panel]\nspeakers = {speakers}\n[whisper.a]\nfrom = \"panel\"\nmodel = \"demo\"\n{keys}\n\
                 [lines.b]\npath = \"-\"\n[broadcast.web]\nfrom = \"a\"\nlisten = \"127.0.0.1:0\"\n"
            )
        };
        assert_eq!(pools(&panel(5, ""), 2), [(2, 5)]);
        assert_eq!(pools(&panel(5, ""), 16), [(5, 5)]);
        assert_eq!(pools(&panel(5, "threads = 4"), 16), [(4, 5)]);
        assert_eq!(pools(&panel(5, "threads = 4"), 2), [(1, 5)]);
        assert_eq!(pools(&panel(5, "pool = 3"), 2), [(3, 5)]);
        assert_eq!(pools(&panel(1, ""), 16), [(1, 1)]);
    }
}
