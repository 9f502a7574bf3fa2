//! `livecap models try`: which of the models that are here keep up with live speech on this machine.
use std::{
    io::{self, Write},
    num::NonZeroUsize,
    path::Path,
};

use super::{ModelsError, speeds::Speeds};
use crate::{
    assemble::trial,
    logic::model_speed::{Candidate, Cost, Verdict, best},
    models::{Catalogue, Found, Store},
    stages::recording::SoundFile,
};

/// Ten seconds of speech and more, at 16 kHz.
const SPEECH: &[u8] = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/pipelines/demo.flac"));

#[derive(Debug, Default, clap::Args)]
pub struct TryArgs {
    /// Names or paths of models [default: all that are on this machine]
    pub names: Vec<String>,
    /// How many threads decode [default: one less than the number of cores]
    #[arg(long, value_name = "COUNT")]
    pub threads: Option<NonZeroUsize>,
}

/// Writes one line a model, and which one is best: the largest that keeps up.
pub fn try_out(
    args: &TryArgs,
    catalogue: &Catalogue,
    store: &Store,
    out: &mut dyn Write,
) -> Result<(), ModelsError> {
    let speech = speech().map_err(|error| io::Error::other(error.to_string()))?;
    let row = |name: &str, cells: [&str; 5]| {
        let [three, ten, factor, lag, verdict] = cells;
        let row = format!("{name:<24}{three:>10}{ten:>10}{factor:>8}{lag:>8}  {verdict}");
        format!("{}\n", row.trim_end())
    };
    out.write_all(row("model", ["3 s", "10 s", "RTF", "lag", ""]).as_bytes())?;
    let mut all: Vec<Candidate> = Vec::new();
    let mut speeds = Speeds::read(store.folder());
    for found in asked(args, catalogue, store)? {
        let tried = found.inspect().map_err(|error| error.to_string());
        let tried = tried.and_then(|header| Ok((header, trial(&found, &speech, args.threads)?)));
        let (header, cost) = match tried {
            Ok(tried) => tried,
            Err(error) => {
                writeln!(out, "{:<24}{error}", found.name)?;
                continue;
            }
        };
        let Cost { partial, full } = cost;
        let ms = |time: std::time::Duration| format!("{} ms", time.as_millis());
        let cells = [
            ms(partial),
            ms(full),
            format!("{:.2}", cost.real_time_factor()),
            format!("{:.1} s", cost.lag().as_secs_f64()),
        ];
        let [three, ten, factor, lag] = &cells;
        let verdict = cost.verdict();
        let caution = found.caution();
        let judged = match &caution {
            Some(caution) => format!("{}; {caution}", verdict.name()),
            None => verdict.name().to_owned(),
        };
        out.write_all(row(&found.name, [three, ten, factor, lag, &judged]).as_bytes())?;
        out.flush()?;
        // A model of a small vocabulary is never recommended.
        if caution.is_none() {
            let (parameters, multilingual) = (header.parameters(), header.multilingual());
            if args.threads.is_none() {
                speeds.add(&found, cost.partial);
            }
            all.push(Candidate { name: found.name, parameters, multilingual, verdict });
        }
    }
    // `live` chooses by them. What cannot be written is measured again there.
    speeds.write();
    writeln!(out, "best here for English: {}", told(&all))?;
    all.retain(|it| it.multilingual);
    writeln!(out, "best here for other languages: {}", told(&all))?;
    Ok(())
}

fn told(tried: &[Candidate]) -> String {
    match best(tried, true) {
        Some(best) if best.verdict == Verdict::KeepsUp => best.name.clone(),
        Some(best) => format!("{}, with slow partials", best.name),
        None => {
            let why = if tried.is_empty() { "none is here" } else { "each of these is too slow" };
            format!("{why}; `livecap models list` shows others")
        }
    }
}

/// The models asked for, or all that are here.
fn asked(args: &TryArgs, catalogue: &Catalogue, store: &Store) -> Result<Vec<Found>, ModelsError> {
    if args.names.is_empty() {
        let folder = store.folder().into();
        return store.present(catalogue).map_err(|cause| ModelsError::Folder { folder, cause });
    }
    let found = args.names.iter().map(|name| store.resolve(catalogue, name, Path::new("")));
    Ok(found.collect::<Result<_, _>>()?)
}

pub fn speech() -> Result<Vec<f32>, Box<dyn std::error::Error>> {
    let mut file = tempfile::Builder::new().suffix(".flac").tempfile()?;
    file.write_all(SPEECH)?;
    let (mut sound, mut samples) = (SoundFile::open(file.path())?, Vec::new());
    while let Some(chunk) = sound.next_chunk()? {
        samples.extend(chunk);
    }
    Ok(samples)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_best_model_that_is_slow_is_called_so_and_without_any_there_is_a_remedy() {
        let candidate = |verdict| Candidate {
            name: "small".to_owned(),
            parameters: 244_000_000,
            multilingual: true,
            verdict,
        };
        assert_eq!(told(&[candidate(Verdict::KeepsUp)]), "small");
        assert_eq!(told(&[candidate(Verdict::SlowPartials)]), "small, with slow partials");
        assert!(told(&[candidate(Verdict::TooSlow)]).starts_with("each of these is too slow"));
        assert!(told(&[]).starts_with("none is here; `livecap models list`"));
    }
}
