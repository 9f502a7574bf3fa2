//! `livecap models try`: which of the models that are here keep up with live speech on this machine.
use std::{
    io::{self, Write},
    num::NonZeroUsize,
    path::Path,
};

use super::{ModelsError, files, in_program};
use crate::{
    assemble::trial,
    logic::suits::{Cost, Verdict},
    models::{Catalogue, Found, Store},
    stages::recording::SoundFile,
};

/// Ten seconds of speech and more, at 16 kHz.
const SPEECH: &[u8] = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/pipelines/demo.flac"));

#[derive(Debug, Default, clap::Args)]
pub struct TryArgs {
    /// Names or paths of models [default: all that are here]
    pub names: Vec<String>,
    /// How many threads decode [default: one less than there are cores]
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
        format!("{name:<24}{three:>10}{ten:>10}{factor:>8}{lag:>8}  {verdict}\n")
    };
    out.write_all(row("model", ["3 s", "10 s", "RTF", "lag", ""]).as_bytes())?;
    let mut fitting: Vec<(u64, bool, String)> = Vec::new();
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
        out.write_all(row(&found.name, [three, ten, factor, lag, verdict.name()]).as_bytes())?;
        out.flush()?;
        // One that knows a few words is nobody's choice.
        if verdict == Verdict::KeepsUp && found.caution().is_none() {
            fitting.push((header.parameters(), header.multilingual(), found.name.clone()));
        }
    }
    let best = |multilingual: bool| {
        let of_kind = fitting.iter().filter(|it| it.1 == multilingual);
        of_kind.max_by_key(|it| it.0).map(|it| it.2.as_str())
    };
    for (kind, best) in [("English", best(false)), ("other languages", best(true))] {
        let best =
            best.unwrap_or("none of these keeps up; `livecap models list` shows smaller ones");
        writeln!(out, "best here for {kind}: {best}")?;
    }
    Ok(())
}

/// The models asked for, or all that are here.
fn asked(args: &TryArgs, catalogue: &Catalogue, store: &Store) -> Result<Vec<Found>, ModelsError> {
    let beside = Path::new("");
    if !args.names.is_empty() {
        let found = args.names.iter().map(|name| store.resolve(catalogue, name, beside));
        return Ok(found.collect::<Result<_, _>>()?);
    }
    let built_in = catalogue.entries().iter().filter(|it| in_program(it)).map(|it| it.name.clone());
    let mut names: Vec<String> = built_in.collect();
    names.extend(files(store)?.iter().map(|it| it.display().to_string()));
    let found = names.iter().map(|name| store.resolve(catalogue, name, beside));
    Ok(found.collect::<Result<_, _>>()?)
}

fn speech() -> Result<Vec<f32>, Box<dyn std::error::Error>> {
    let mut file = tempfile::Builder::new().suffix(".flac").tempfile()?;
    file.write_all(SPEECH)?;
    let (mut sound, mut samples) = (SoundFile::open(file.path())?, Vec::new());
    while let Some(chunk) = sound.next_chunk()? {
        samples.extend(chunk);
    }
    Ok(samples)
}
