//! `livecap models try`: which of the models that are here keep up with live speech on this machine.
use std::{
    io::{self, Write},
    num::NonZeroUsize,
    path::Path,
};

use super::ModelsError;
use crate::{
    assemble::trial,
    logic::model_speed::{Cost, Verdict},
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

/// A model that could be measured and knows all words.
struct Tried {
    name: String,
    parameters: u64,
    multilingual: bool,
    verdict: Verdict,
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
    let mut all: Vec<Tried> = Vec::new();
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
        let told = match &caution {
            Some(caution) => format!("{}; {caution}", verdict.name()),
            None => verdict.name().to_owned(),
        };
        out.write_all(row(&found.name, [three, ten, factor, lag, &told]).as_bytes())?;
        out.flush()?;
        // A model of a small vocabulary is never recommended.
        if caution.is_none() {
            let (parameters, multilingual) = (header.parameters(), header.multilingual());
            all.push(Tried { name: found.name, parameters, multilingual, verdict });
        }
    }
    let multilingual: Vec<&Tried> = all.iter().filter(|it| it.multilingual).collect();
    writeln!(out, "best here for English: {}", best(&all.iter().collect::<Vec<_>>()))?;
    writeln!(out, "best here for other languages: {}", best(&multilingual))?;
    Ok(())
}

/// The largest that keeps up, or else the smallest that has slow partials. Of two of the same size, the one for English only
/// recognises English better.
fn best(tried: &[&Tried]) -> String {
    let size = |it: &&&Tried| (it.parameters / 1_000_000, !it.multilingual);
    let having = |verdict| tried.iter().filter(move |it| it.verdict == verdict);
    if let Some(best) = having(Verdict::KeepsUp).max_by_key(size) {
        return best.name.clone();
    }
    if let Some(best) = having(Verdict::SlowPartials).min_by_key(size) {
        return format!("{}, with slow partials", best.name);
    }
    let why = if tried.is_empty() { "none is here" } else { "each of these is too slow" };
    format!("{why}; `livecap models list` shows others")
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

fn speech() -> Result<Vec<f32>, Box<dyn std::error::Error>> {
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

    fn tried(name: &str, parameters: u64, verdict: Verdict) -> Tried {
        let multilingual = !name.ends_with(".en");
        Tried { name: name.to_owned(), parameters: parameters * 1_000_000, multilingual, verdict }
    }

    #[test]
    fn the_best_is_the_largest_that_keeps_up_or_else_the_least_slow() {
        use Verdict::{KeepsUp, SlowPartials, TooSlow};
        let large = tried("large", 1_550, TooSlow);
        let medium = tried("medium", 769, SlowPartials);
        let small = tried("small", 244, SlowPartials);
        let (base, base_en) = (tried("base", 74, KeepsUp), tried("base.en", 74, KeepsUp));
        let tiny = tried("tiny.en", 39, KeepsUp);
        assert_eq!(best(&[&tiny, &base_en, &base, &small, &medium]), "base.en");
        assert_eq!(best(&[&tiny, &base, &large]), "base", "the larger one, also for English");
        assert_eq!(best(&[&large, &medium, &small]), "small, with slow partials");
        assert!(best(&[&large]).starts_with("each of these is too slow"));
        assert!(best(&[]).starts_with("none is here"));
    }
}
