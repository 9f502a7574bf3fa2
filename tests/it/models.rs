//! `livecap models`: pulled from a real server on this machine, listed, verified.
mod program;
mod server;

use std::{fs, path::Path, time::Duration};

use clap::Parser;
use indicatif::ProgressBar;
use livecap::{
    cli::models::{ModelsArgs, ModelsError, PullError, PullSettings, Pulled, fetch, run},
    models::{Catalogue, Kind, ModelEntry, Store},
};
use server::{Seen, Shelf, Turn};
use sha1::Digest;
use tempfile::TempDir;

const SIZE: usize = 300_000;

fn bytes() -> Vec<u8> {
    (0..SIZE as u32).map(|it| (it.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}

/// A folder for models, and a catalogue beside it with one model, `tiny`, which is on `base`.
struct Place {
    folder: TempDir,
    entry: ModelEntry,
}

impl Place {
    fn new(base: &str, bytes: &[u8]) -> Place {
        let folder = tempfile::tempdir().unwrap();
        let sum: String = sha1::Sha1::digest(bytes).iter().map(|it| format!("{it:02x}")).collect();
        let own = format!(
            "base-url = \"{base}/files\"\n[[model]]\nname = \"own\"\nfile = \"own.bin\"\nsha1 = \"{sum}\"\nlanguages = \"english\"\n"
        );
        fs::write(folder.path().join("own.toml"), own).unwrap();
        let catalogue = Catalogue::with(&folder.path().join("own.toml")).unwrap();
        Place { entry: catalogue.get("own").unwrap().clone(), folder }
    }

    fn store(&self) -> Store {
        Store::new(self.folder.path().join("models"))
    }

    async fn fetch(&self, settings: &PullSettings) -> Result<Pulled, PullError> {
        fetch(&self.entry, &self.store(), settings, &ProgressBar::hidden()).await
    }

    /// The models folder's files, but for the lock.
    fn files(&self) -> Vec<String> {
        let Ok(files) = fs::read_dir(self.store().folder()) else { return Vec::new() };
        let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.filter(|name| !name.ends_with(".lock")).collect();
        names.sort();
        names
    }

    fn file(&self) -> Vec<u8> {
        fs::read(self.store().path_of(&self.entry)).unwrap()
    }

    /// What `livecap models WORDS` writes, and how it ends.
    async fn command(&self, words: &[&str]) -> (String, Result<(), ModelsError>) {
        #[derive(Parser)]
        struct Line {
            #[command(flatten)]
            models: ModelsArgs,
        }
        let (own, models) = (self.folder.path().join("own.toml"), self.store());
        let given = [
            "models",
            "--catalogue",
            own.to_str().unwrap(),
            "--folder",
            models.folder().to_str().unwrap(),
        ];
        let line = Line::parse_from(given.iter().chain(words));
        let mut out = Vec::new();
        let result = run(&line.models, &mut out).await;
        (String::from_utf8(out).unwrap(), result)
    }
}

fn settings() -> PullSettings {
    PullSettings {
        connect: Duration::from_secs(5),
        idle: Duration::from_secs(20),
        retries: 2,
        backoff: Duration::from_millis(1),
        ..PullSettings::default()
    }
}

fn kept(pulled: &Pulled) -> u64 {
    let &Pulled::Fetched { bytes, kept, .. } = pulled else { panic!("{pulled:?}") };
    assert_eq!(bytes, SIZE as u64);
    kept
}

fn begun_at(byte: usize) -> Seen {
    Seen { range: Some(format!("bytes={byte}-")), if_range: Some("\"one\"".into()) }
}

const FROM_THE_START: Seen = Seen { range: None, if_range: None };

#[tokio::test]
async fn a_model_is_fetched_whole_and_only_once() {
    let shelf = Shelf::new(bytes(), []);
    let place = Place::new(&shelf.serve().await, &bytes());
    assert_eq!(kept(&place.fetch(&settings()).await.unwrap()), 0);
    assert_eq!(place.file(), bytes());
    assert_eq!(place.files(), ["own.bin"]);
    let again = place.fetch(&settings()).await.unwrap();
    assert!(matches!(again, Pulled::AlreadyHere { proof, .. } if proof.by == Kind::Sha1));
    assert_eq!(shelf.seen(), [FROM_THE_START]);
    assert_eq!(place.files(), ["own.bin"]);
}

#[tokio::test]
async fn a_cut_connection_is_gone_on_from() {
    let shelf = Shelf::new(bytes(), [Turn::CutAfter(100_000), Turn::CutAfter(50_000)]);
    let place = Place::new(&shelf.serve().await, &bytes());
    place.fetch(&settings()).await.unwrap();
    assert_eq!(place.file(), bytes());
    assert_eq!(shelf.seen(), [FROM_THE_START, begun_at(100_000), begun_at(150_000)]);
}

#[tokio::test]
async fn the_next_pull_goes_on_where_the_last_one_gave_up() {
    let shelf = Shelf::new(bytes(), [Turn::CutAfter(120_000)]);
    let place = Place::new(&shelf.serve().await, &bytes());
    let once = PullSettings { retries: 0, ..settings() };
    let told = place.fetch(&once).await.unwrap_err();
    assert!(matches!(told, PullError::GaveUp { tries: 1, kept: 120_000, .. }), "{told}");
    assert_eq!(place.files(), ["own.bin.part", "own.bin.part.tag"]);
    let (table, _) = place.command(&["list"]).await;
    assert!(table.contains("0.1 MiB of it"), "{table}");
    assert_eq!(kept(&place.fetch(&once).await.unwrap()), 120_000);
    assert_eq!(place.file(), bytes());
    assert_eq!(shelf.seen(), [FROM_THE_START, begun_at(120_000)]);
    assert_eq!(place.files(), ["own.bin"]);
}

#[tokio::test]
async fn a_file_that_changed_meanwhile_is_fetched_anew() {
    let mut shelf = Shelf::new(vec![7; SIZE], [Turn::CutAfter(90_000)]);
    let once = PullSettings { retries: 0, ..settings() };
    let base = shelf.serve().await;
    let place = Place::new(&base, &bytes());
    place.fetch(&once).await.unwrap_err();
    shelf.bytes = bytes().into();
    shelf.tag = Some("\"two\"");
    let moved = shelf.serve().await;
    // The same address as before, as far as the part knows.
    let part = place.store().folder().join("own.bin.part.tag");
    let tag = fs::read_to_string(&part).unwrap().replace(&base, &moved);
    fs::write(&part, tag).unwrap();
    let mirror = PullSettings { from: Some(format!("{moved}/files/")), ..once };
    assert_eq!(kept(&place.fetch(&mirror).await.unwrap()), 0);
    assert_eq!(place.file(), bytes());
    assert_eq!(shelf.seen().last(), Some(&begun_at(90_000)));
}

#[tokio::test]
async fn a_server_that_knows_no_ranges_or_no_tags_still_serves() {
    for (ranges, tag) in [(false, Some("\"one\"")), (true, None), (true, Some("W/\"weak\""))] {
        let mut shelf = Shelf::new(bytes(), [Turn::CutAfter(100_000)]);
        (shelf.ranges, shelf.tag) = (ranges, tag);
        let place = Place::new(&shelf.serve().await, &bytes());
        assert_eq!(kept(&place.fetch(&settings()).await.unwrap()), 0);
        assert_eq!(place.file(), bytes());
        let second = if ranges { FROM_THE_START } else { begun_at(100_000) };
        assert_eq!(shelf.seen(), [FROM_THE_START, second]);
    }
}

#[tokio::test]
async fn a_part_that_is_whole_already_is_put_in_its_place() {
    let shelf = Shelf::new(bytes(), []);
    let base = shelf.serve().await;
    let place = Place::new(&base, &bytes());
    fs::create_dir_all(place.store().folder()).unwrap();
    fs::write(place.store().folder().join("own.bin.part"), bytes()).unwrap();
    fs::write(
        place.store().folder().join("own.bin.part.tag"),
        format!("{base}/files/own.bin\n\"one\""),
    )
    .unwrap();
    assert_eq!(kept(&place.fetch(&settings()).await.unwrap()), SIZE as u64);
    assert_eq!(place.files(), ["own.bin"]);
}

#[tokio::test]
async fn a_wrong_file_is_not_kept_and_leaves_the_old_one() {
    let mut wrong = bytes();
    wrong[SIZE / 2] ^= 1;
    let shelf = Shelf::new(wrong, []);
    let place = Place::new(&shelf.serve().await, &bytes());
    fs::create_dir_all(place.store().folder()).unwrap();
    fs::write(place.store().path_of(&place.entry), b"old").unwrap();
    let told = place.fetch(&settings()).await.unwrap_err();
    let PullError::WrongChecksum { mismatch, .. } = &told else { panic!("{told}") };
    assert_eq!(Some(&mismatch.expected), place.entry.sums.sha1.as_ref());
    assert!(told.to_string().contains(&mismatch.found) && mismatch.found != mismatch.expected);
    assert_eq!((place.files(), place.file()), (vec!["own.bin".to_string()], b"old".to_vec()));
}

#[tokio::test]
async fn a_refusal_is_told_at_once_and_a_fault_of_the_server_is_tried_again() {
    for (code, words) in
        [(404, "is not there (404)"), (403, "refuses"), (429, "it asks to wait 7 s"), (418, "418")]
    {
        let shelf = Shelf::new(bytes(), [Turn::Status(code)]);
        let place = Place::new(&shelf.serve().await, &bytes());
        let told = place.fetch(&settings()).await.unwrap_err().to_string();
        assert!(told.contains(words) && told.contains("/files/own.bin"), "{told}");
        assert_eq!(shelf.seen().len(), 1);
    }
    let shelf = Shelf::new(bytes(), [Turn::Status(503), Turn::Status(500)]);
    let place = Place::new(&shelf.serve().await, &bytes());
    place.fetch(&settings()).await.unwrap();
    assert_eq!(place.file(), bytes());
    let shelf = Shelf::new(bytes(), [502, 502, 502, 502].map(Turn::Status));
    let place = Place::new(&shelf.serve().await, &bytes());
    let told = place.fetch(&settings()).await.unwrap_err().to_string();
    assert!(told.contains("after 3 tries (the server answers 502)"), "{told}");
    assert_eq!(shelf.seen().len(), 3);
}

#[tokio::test]
async fn without_a_network_it_says_which_file_to_put_where() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let place = Place::new(&base, &bytes());
    let told = place.fetch(&settings()).await.unwrap_err();
    assert!(matches!(told, PullError::Offline { .. }), "{told}");
    let path = place.store().path_of(&place.entry);
    for needed in
        [format!("{base}/files/own.bin"), path.display().to_string(), "models verify own".into()]
    {
        assert!(told.to_string().contains(&needed), "{told}");
    }
}

#[tokio::test]
async fn a_server_that_falls_silent_is_left_after_the_idle_time() {
    let shelf = Shelf::new(bytes(), [Turn::StallAfter(80_000), Turn::Silent]);
    let place = Place::new(&shelf.serve().await, &bytes());
    let told = place
        .fetch(&PullSettings { idle: Duration::from_millis(200), retries: 1, ..settings() })
        .await;
    let told = told.unwrap_err().to_string();
    assert!(
        told.contains("no answer within 200ms") && told.contains("80000 bytes are kept"),
        "{told}"
    );
    assert_eq!(kept(&place.fetch(&settings()).await.unwrap()), 80_000);
    assert_eq!(place.file(), bytes());
}

#[tokio::test]
async fn a_redirect_is_followed_with_its_range() {
    let shelf = Shelf::new(bytes(), [Turn::CutAfter(60_000)]);
    let base = shelf.serve().await;
    let place = Place::new(&base, &bytes());
    place.fetch(&PullSettings { from: Some(format!("{base}/moved")), ..settings() }).await.unwrap();
    assert_eq!(place.file(), bytes());
    assert_eq!(shelf.seen(), [FROM_THE_START, begun_at(60_000)]);
}

#[tokio::test]
async fn a_page_in_place_of_the_file_is_told_as_such() {
    let shelf = Shelf::new(bytes(), [Turn::Page]);
    let place = Place::new(&shelf.serve().await, &bytes());
    let told = place.fetch(&settings()).await.unwrap_err().to_string();
    assert!(told.contains("is not a model but an HTML page"), "{told}");
    let wrong = PullSettings { from: Some("not an address".into()), ..settings() };
    assert!(matches!(place.fetch(&wrong).await.unwrap_err(), PullError::Address { .. }));
}

#[tokio::test]
async fn two_pulls_of_one_model_do_not_mix() {
    let shelf = Shelf::new(bytes(), [Turn::StallAfter(10_000)]);
    let place = Place::new(&shelf.serve().await, &bytes());
    let (entry, store) = (place.entry.clone(), place.store());
    let first =
        tokio::spawn(
            async move { fetch(&entry, &store, &settings(), &ProgressBar::hidden()).await },
        );
    shelf.asked.notified().await;
    let told = place.fetch(&settings()).await.unwrap_err();
    assert!(matches!(told, PullError::Busy { .. }), "{told}");
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    place.fetch(&settings()).await.unwrap();
    assert_eq!(place.file(), bytes());
}

#[tokio::test]
async fn the_commands_say_what_is_here_and_whether_it_is_whole() {
    let shelf = Shelf::new(bytes(), []);
    let place = Place::new(&shelf.serve().await, &bytes());
    let row = |table: &str, name: &str| {
        let words = table.lines().find(|line| line.split_whitespace().next() == Some(name));
        words.unwrap_or_else(|| panic!("{table}")).split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let (table, _) = place.command(&["list"]).await;
    assert_eq!(row(&table, "own"), "own – – English – no livecap models pull own");
    assert_eq!(row(&table, "small"), "small – 244 M multilingual MIT no livecap models pull small");
    assert!(
        row(&table, "demo")
            .starts_with("demo 10.0 MiB 9 M English, a small fixed vocabulary MIT OR Apache-2.0"),
        "{table}"
    );
    assert!(
        table.contains(&format!("models lie in {}", place.store().folder().display())),
        "{table}"
    );

    let (none, missing) = place.command(&["verify", "own"]).await;
    assert!(none.starts_with("missing  own") && none.contains("livecap models pull own"), "{none}");
    assert_eq!(missing.unwrap_err().exit_code(), 1);

    let (line, done) = place.command(&["pull", "own"]).await;
    done.unwrap();
    assert!(line.starts_with("own: fetched, 0.3 MiB, SHA-1 right, "), "{line}");
    let (line, _) = place.command(&["pull", "own"]).await;
    assert!(line.starts_with("own: already here and whole (SHA-1), "), "{line}");
    assert_eq!(row(&place.command(&["list"]).await.0, "own"), "own 0.3 MiB – English – yes");

    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/demo.bin");
    fs::copy(demo, place.store().folder().join("mine.bin")).unwrap();
    let (table, _) = place.command(&["list"]).await;
    assert_eq!(row(&table, "mine.bin"), "mine.bin 10.0 MiB 9 M English – yes");
    let (lines, whole) = place.command(&["verify"]).await;
    whole.unwrap();
    assert!(lines.contains("ok       own  SHA-1 "), "{lines}");
    assert!(lines.contains("unknown  mine.bin  a whole model"), "{lines}");

    fs::write(place.store().folder().join("mine.bin"), b"<html>").unwrap();
    fs::write(place.store().path_of(&place.entry), b"own").unwrap();
    let (table, _) = place.command(&["list"]).await;
    assert_eq!(row(&table, "mine.bin"), "mine.bin 0.0 MiB – – – damaged");
    let (lines, damaged) = place.command(&["verify"]).await;
    assert!(lines.contains("damaged  own ") && lines.contains("damaged  mine.bin"), "{lines}");
    assert!(
        damaged.unwrap_err().to_string().starts_with("mine.bin, own are not here or not whole")
    );
}

#[tokio::test]
async fn an_unknown_name_fetches_nothing() {
    let shelf = Shelf::new(bytes(), []);
    let place = Place::new(&shelf.serve().await, &bytes());
    let (line, told) = place.command(&["pull", "own", "owm"]).await;
    let told = told.unwrap_err();
    assert!(told.to_string().contains("no model is called `owm`; did you mean `own`?"), "{told}");
    assert_eq!((told.exit_code(), line.as_str(), shelf.seen().len()), (2, "", 0));
}
