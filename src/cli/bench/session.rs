//! What is measured, by what and where: the plan as it is run, and runs of it.
use std::{
    io::{self, Write},
    num::NonZeroUsize,
    path::PathBuf,
};

use super::{
    super::{
        exit::Trouble,
        run::{read, told},
    },
    args::{BenchArgs, Way},
    replayed::recognisers,
    run::{self, Failed, Run},
};
use crate::{
    assemble::ThisMachine,
    spec::{self, Machine, Plan, RecogniserOverrides, plan},
};

pub(super) struct Bench<'a> {
    pub(super) args: &'a BenchArgs,
    pub(super) machine: &'a ThisMachine,
    pub(super) plan: &'a Plan,
    pub(super) browser: Option<PathBuf>,
    /// What is heard instead of the plan's own source.
    pub(super) input: Option<PathBuf>,
    pub(super) recognisers: RecogniserOverrides,
}

impl Bench<'_> {
    /// The plan as it is run, seen to find all it names on this machine.
    pub(super) fn replayed(&self, way: Way, tracks: NonZeroUsize) -> Result<Plan, Trouble> {
        let file = &self.args.file;
        let replayed = |recognisers| {
            let replay = way.replay(self.input.clone(), tracks, recognisers);
            let refused = |error| Trouble::Told(format!("{}: {error}", file.display()));
            self.plan.replay(&replay).map_err(refused)
        };
        let as_planned = RecogniserOverrides { language: None, ..self.recognisers.clone() };
        let mut plan = replayed(as_planned)?;
        // A model of one language hears everything in it.
        let multilingual = |it: &plan::Whisper| {
            self.machine.model(&it.model).is_ok_and(|facts| facts.languages.is_empty())
        };
        if self.recognisers.language.is_some() && recognisers(&plan).all(|it| multilingual(it.1)) {
            plan = replayed(self.recognisers.clone())?;
        }
        if let Some(input) = &self.input
            && !input.is_file()
        {
            return Err(Trouble::Told(format!("there is no file `{}`", input.display())));
        }
        let complaints = spec::check_machine(&plan, self.machine);
        if complaints.is_empty() { Ok(plan) } else { Err(told(file, &read(file)?, &complaints)) }
    }

    pub(super) async fn run(&self, way: Way, tracks: NonZeroUsize) -> Result<(Plan, Run), Failed> {
        let plan = self.replayed(way, tracks)?;
        // Standard output may be piped to a program.
        let _ = writeln!(io::stderr(), "{} …", way.name());
        // Without a pace no sound has a moment to measure from.
        let paced = matches!(way, Way::Paced(_));
        let browser = self.browser.as_deref().filter(|_| paced);
        let run = run::run(&self.args.file, &plan, self.machine, browser).await?;
        Ok((plan, run))
    }
}
