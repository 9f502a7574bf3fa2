//! `--suite`: every recording of a folder that has a reference, one after the other, and the sum of them all.
use std::{
    fs,
    io::{self, Write},
    num::NonZeroUsize,
    path::{Path, PathBuf},
};

use super::{
    super::exit::{Exit, Trouble},
    args::Way,
    measure::Figures,
    replayed::recognisers,
    run::Failed,
    said::{self, spoken},
    session::Bench,
    suite_report::{Failure, Row, Suite, Tally},
    suite_table as table,
};
use crate::spec::RecogniserOverrides;

/// What a recording's name ends with.
const SOUND: &[&str] = &["aac", "flac", "m4a", "mp3", "mp4", "oga", "ogg", "opus", "wav"];

struct Piece {
    name: String,
    recording: PathBuf,
}

/// A piece that fails is reported, and the rest goes on.
pub(super) async fn suite(bench: &Bench<'_>, folder: &Path, ways: &[Way]) -> Result<Exit, Trouble> {
    let pieces = pieces(folder, bench.args.only.as_deref())?;
    // A fault of the pipeline affects every piece: check it once, with a piece that can be opened.
    if let Some(piece) = pieces.iter().find(|it| fs::File::open(&it.recording).is_ok()) {
        of(bench, piece).replayed(ways[0], NonZeroUsize::MIN)?;
    }
    let json = bench.args.json;
    let mut suite = Suite::new(bench, folder, ways);
    if !json {
        table::head(&suite, ways, &mut io::stdout().lock()).map_err(Trouble::Write)?;
    }
    let mut total = Tally::default();
    for piece in &pieces {
        let _ = writeln!(io::stderr(), "{}", piece.name);
        match measured(bench, piece, ways).await {
            Ok((tally, language)) => {
                let row = Row::new(&piece.name, Some(language), &tally);
                if !json {
                    table::row(&row, ways, &mut io::stdout().lock()).map_err(Trouble::Write)?;
                }
                suite.pieces.push(row);
                total.add(tally);
            }
            Err(why) => {
                let _ = writeln!(io::stderr(), "failed: {why}");
                suite.failed.push(Failure { name: piece.name.clone(), why });
            }
        }
    }
    suite.total = Row::new("total", None, &total);
    write(&suite, ways, json).map_err(Trouble::Write)?;
    Ok(if suite.failed.is_empty() { Exit::Fine } else { Exit::GaveUp })
}

fn write(suite: &Suite, ways: &[Way], json: bool) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if json {
        serde_json::to_writer_pretty(&mut out, suite)?;
        writeln!(out)?;
    } else {
        table::row(&suite.total, ways, &mut out)?;
        table::foot(suite, &mut out)?;
    }
    out.flush()
}

/// The bench with one piece in place of the pipeline's own source.
fn of<'a>(bench: &Bench<'a>, piece: &Piece) -> Bench<'a> {
    let (input, browser) = (Some(piece.recording.clone()), None);
    let Bench { args, machine, plan, .. } = *bench;
    Bench { args, machine, plan, browser, input, recognisers: bench.recognisers.clone() }
}

/// What all runs of a piece gave, and its language; or why it failed.
async fn measured(
    bench: &Bench<'_>,
    piece: &Piece,
    ways: &[Way],
) -> Result<(Tally, String), String> {
    let mut bench = of(bench, piece);
    let said = said::of(None, &piece.recording).map_err(|it| it.to_string())?;
    let said = said.ok_or("its reference is gone")?;
    let language = spoken(&said);
    bench.recognisers = RecogniserOverrides { language, ..bench.recognisers };
    let mut tally = Tally::default();
    for way in ways {
        let (plan, run) =
            bench.run(*way, NonZeroUsize::MIN).await.map_err(|failed| match failed {
                Failed::Told(trouble) => trouble.to_string(),
                Failed::GaveUp(_, causes) => causes,
            })?;
        let figures = Figures::of(*way, &plan, &run, Some(&said));
        tally.take(&figures, &said, recognisers(&plan).count());
    }
    Ok((tally, said.language().to_owned()))
}

/// By name. Each has sound and a reference of the same stem.
fn pieces(folder: &Path, only: Option<&str>) -> Result<Vec<Piece>, Trouble> {
    let shown = folder.display();
    let cannot = |error: io::Error| Trouble::Told(format!("cannot read `{shown}`: {error}"));
    let mut pieces = Vec::new();
    for entry in fs::read_dir(folder).map_err(cannot)? {
        let recording = entry.map_err(cannot)?.path();
        let ending = recording.extension().map(|it| it.to_string_lossy().to_ascii_lowercase());
        let is_sound = ending.is_some_and(|it| SOUND.contains(&it.as_str()));
        if !is_sound || said::beside(&recording).is_none() {
            continue;
        }
        let name = recording.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if only.is_none_or(|it| name.contains(it)) {
            pieces.push(Piece { name, recording });
        }
    }
    pieces.sort_by(|a, b| a.recording.cmp(&b.recording));
    match (pieces.is_empty(), only) {
        (false, _) => Ok(pieces),
        (true, None) => Err(Trouble::Told(format!(
            "`{shown}` has no recording with a reference: put `NAME.json` or `NAME.txt` beside `NAME.flac`"
        ))),
        (true, Some(only)) => Err(Trouble::Told(format!(
            "`{shown}` has no recording with a reference whose name contains `{only}`"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_recordings_with_a_reference_by_name() {
        let folder = tempfile::tempdir().unwrap();
        for name in
            ["b.flac", "b.json", "a.WAV", "a.txt", "lonely.flac", "text.json", "b.words.json"]
        {
            fs::write(folder.path().join(name), "").unwrap();
        }
        let names = |only: Option<&str>| -> Vec<String> {
            pieces(folder.path(), only).unwrap().into_iter().map(|it| it.name).collect()
        };
        assert_eq!(names(None), ["a", "b"]);
        assert_eq!(names(Some("b")), ["b"]);
        let none = |only| pieces(folder.path(), only).err().unwrap().to_string();
        assert!(none(Some("c")).contains("whose name contains `c`"));
        fs::remove_file(folder.path().join("a.txt")).unwrap();
        fs::remove_file(folder.path().join("b.json")).unwrap();
        assert!(none(None).contains("beside `NAME.flac`"));
    }
}
