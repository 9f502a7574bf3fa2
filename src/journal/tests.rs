//! A journal as its writer and its readers see it.
use std::{fs, path::Path, time::Duration};

use rusqlite::Connection;

use super::*;
use crate::wire::{At, Batch, CaptionEvent, CaptionKind, Event, GapEvent, MarkEvent};

/// Unix time in ms when the first run begins.
pub(super) const BEGIN: u64 = 1_800_000_000_000;

fn settings(path: &Path, started_at: u64) -> BookSettings {
    BookSettings {
        path: path.to_owned(),
        keep: Keep::default(),
        continue_within_ms: 60_000,
        history: 100,
        check_for: Duration::from_secs(600),
        run: RunFacts { started_at, file: "talk.toml".to_owned(), ..RunFacts::default() },
    }
}

fn caption(seq: u64, segment: u64, kind: CaptionKind, text: &str, committed: &str) -> Event {
    let start = segment as f64;
    Event::Caption(CaptionEvent {
        text: text.to_owned(),
        seq,
        track: "english".to_owned(),
        segment,
        revision: 0,
        kind,
        lang: "en".to_owned(),
        committed: (kind == CaptionKind::Partial).then(|| committed.to_owned()),
        start,
        end: start + 0.8,
        edited_by: None,
        words: None,
        speaker: None,
        at: At { captured: BEGIN, recognised: None, translated: None, published: None },
    })
}

pub(super) fn said(seq: u64, text: &str) -> Event {
    caption(seq, seq, CaptionKind::Final, text, "")
}

pub(super) fn batch(now: u64, events: &[Event]) -> Batch {
    let entry = |it: &Event| (it.seq().unwrap(), now, json(it));
    Batch { now, entries: events.iter().map(entry).collect(), ..Batch::default() }
}

fn json(event: &Event) -> String {
    serde_json::to_string(event).unwrap()
}

pub(super) async fn open(path: &Path, started_at: u64) -> (Book, Opened) {
    Book::open(settings(path, started_at)).await.unwrap()
}

#[tokio::test]
async fn a_restart_continues_where_the_run_before_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("talks/book.db");
    let (book, opened) = open(&path, BEGIN).await;
    let stream = opened.continued.stream.clone();
    assert_eq!((opened.continued.next, opened.continued.offset), (1, 0.0));
    let mark = Event::Mark(MarkEvent { seq: 2, text: "questions".to_owned(), start: 2.0 });
    book.write(batch(BEGIN + 1000, &[said(1, "good morning"), mark.clone()])).await.unwrap();
    book.write(Batch { clears: (1, 3), ..batch(BEGIN + 2000, &[said(3, "welcome")]) })
        .await
        .unwrap();
    book.close().await;
    let (_book, opened) = open(&path, BEGIN + 10_000).await;
    let again = opened.continued;
    assert_eq!((again.stream, again.started_at, again.next), (stream, BEGIN, 4));
    assert_eq!((again.offset, again.clears, again.closed), (10.0, (1, 3), 0));
    assert_eq!(again.segments["english"], 4);
    let entries: Vec<Event> = again.entries.iter().map(|(event, _)| event.clone()).collect();
    assert_eq!(entries, [said(1, "good morning"), mark, said(3, "welcome")]);
    assert_eq!(again.entries[2].1, BEGIN + 2000);
}

#[tokio::test]
async fn a_new_event_begins_after_the_time_for_a_restart_and_after_an_end_and_for_another_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("book.db");
    let (book, first) = open(&path, BEGIN).await;
    book.write(batch(BEGIN + 1000, &[said(1, "good morning")])).await.unwrap();
    book.close().await;
    let (book, late) = open(&path, BEGIN + 62_000).await;
    assert_ne!(late.continued.stream, first.continued.stream);
    assert_eq!((late.continued.next, late.continued.entries.len()), (1, 0));
    book.write(Batch { now: BEGIN + 63_000, ended: true, ..Batch::default() }).await.unwrap();
    book.close().await;
    let (book, ended) = open(&path, BEGIN + 64_000).await;
    assert_ne!(ended.continued.stream, late.continued.stream);
    book.close().await;
    let mut other = settings(&path, BEGIN + 65_000);
    other.run.file = "other.toml".to_owned();
    let (_, other) = Book::open(other).await.unwrap();
    assert_ne!(other.continued.stream, ended.continued.stream);
}

#[tokio::test]
async fn a_crash_closes_what_was_open_as_it_stood() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("book.db");
    let (book, _) = open(&path, BEGIN).await;
    let open_now = caption(1, 2, CaptionKind::Partial, "and so my fellow", "and so");
    let unsure = Event::Caption(CaptionEvent {
        track: "dutch".to_owned(),
        ..match caption(1, 7, CaptionKind::Partial, "goede", "") {
            Event::Caption(it) => it,
            _ => unreachable!(),
        }
    });
    let open_events = Some(vec![json(&open_now), json(&unsure)]);
    let first = batch(BEGIN + 1000, &[said(1, "good morning")]);
    book.write(Batch { open: open_events, ..first }).await.unwrap();
    book.close().await;
    let (book, opened) = open(&path, BEGIN + 5000).await;
    let again = opened.continued;
    assert_eq!((again.next, again.closed), (4, 2));
    let closed: Vec<&Event> = again.entries[1..].iter().map(|(event, _)| event).collect();
    let Event::Gap(gap) = closed[0] else { panic!("{closed:?}") };
    assert_eq!((gap.seq, gap.track.as_deref(), &*gap.why), (Some(2), Some("dutch"), "restart"));
    let Event::Caption(end) = closed[1] else { panic!("{closed:?}") };
    assert_eq!((end.text.as_str(), end.kind, end.seq), ("and so", CaptionKind::Final, 3));
    assert_eq!((end.segment, end.revision), (2, 1));
    // Once.
    book.close().await;
    assert_eq!(open(&path, BEGIN + 6000).await.1.continued.next, 4);
}

#[tokio::test]
async fn there_is_one_writer_and_a_foreign_file_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("book.db");
    let (_book, _) = open(&path, BEGIN).await;
    let second = Book::open(settings(&path, BEGIN)).await.err().unwrap();
    assert!(matches!(second, JournalError::Taken { .. }), "{second}");
    let foreign = folder.path().join("bookmarks.db");
    Connection::open(&foreign).unwrap().execute_batch("CREATE TABLE place (url TEXT)").unwrap();
    let error = Book::open(settings(&foreign, BEGIN)).await.err().unwrap();
    assert!(matches!(error, JournalError::Foreign { .. }), "{error}");
    let newer = folder.path().join("newer.db");
    open(&newer, BEGIN).await.0.close().await;
    Connection::open(&newer).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let error = Book::open(settings(&newer, BEGIN)).await.err().unwrap();
    assert!(matches!(error, JournalError::Newer { found: 99, .. }), "{error}");
}

#[tokio::test]
async fn a_broken_file_is_set_aside_and_a_new_one_begun() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("book.db");
    let text = "No SQLite file is as short as this, and none begins with words.";
    fs::write(&path, text.repeat(100)).unwrap();
    let (book, opened) = open(&path, BEGIN).await;
    let aside = opened.set_aside.unwrap();
    assert_eq!(aside.file_name().unwrap(), "book.db.broken-1800000000000");
    assert!(fs::read_to_string(aside).unwrap().starts_with(text));
    book.write(batch(BEGIN, &[said(1, "good morning")])).await.unwrap();
    assert_eq!(Reader::open(&path).unwrap().events(None, 10).unwrap()[0].entries, 1);
}

#[tokio::test]
async fn a_file_whose_check_ends_after_the_start_is_set_aside_by_the_next_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("book.db");
    open(&path, BEGIN).await.0.close().await;
    let page = |name: &str| {
        let file = Connection::open(&path).unwrap();
        let size: i64 = file.pragma_query_value(None, "page_size", |row| row.get(0)).unwrap();
        let query = "SELECT rootpage FROM sqlite_schema WHERE name = ?1";
        size * (file.query_row(query, (name,), |row| row.get::<_, i64>(0)).unwrap() - 1)
    };
    // No write without a speaker comes across this page.
    let at = usize::try_from(page("entry_of_speaker")).unwrap();
    let mut bytes = fs::read(&path).unwrap();
    bytes[at..at + 100].fill(0);
    fs::write(&path, bytes).unwrap();
    let at_once = BookSettings { check_for: Duration::ZERO, ..settings(&path, BEGIN + 1) };
    let (book, opened) = Book::open(at_once.clone()).await.unwrap();
    assert_eq!(opened.set_aside, None);
    let noted = || fs::metadata(folder.path().join("book.db.lock")).unwrap().len() > 0;
    while !noted() {
        tokio::task::yield_now().await;
    }
    let stream = opened.continued.stream;
    let partial = caption(2, 2, CaptionKind::Partial, "and so my", "and so");
    let written = batch(BEGIN + 1, &[said(1, "good morning")]);
    book.write(Batch { open: Some(vec![json(&partial)]), ..written }).await.unwrap();
    book.close().await;
    let (book, opened) = Book::open(at_once.clone()).await.unwrap();
    // What was written meanwhile is not lost: the event goes on in the new file.
    let again = opened.continued;
    assert_eq!((again.stream, again.next, again.closed), (stream, 3, 1));
    assert_eq!(again.entries[0].0, said(1, "good morning"));
    let reader = Reader::open(&path).unwrap();
    let found = Search { words: "morning".to_owned(), limit: 10, ..Search::default() };
    assert_eq!(reader.search(&found).unwrap().hits.len(), 1);
    drop(reader);
    assert_eq!(opened.set_aside.unwrap().file_name().unwrap(), "book.db.broken-1800000000001");
    assert!(!noted());
    book.close().await;
    let (_book, opened) = Book::open(at_once).await.unwrap();
    assert_eq!((opened.set_aside, noted()), (None, false));
}

#[tokio::test]
async fn what_stands_before_the_damage_is_kept_and_a_new_event_begins() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("book.db");
    let (book, first) = open(&path, BEGIN).await;
    let long = "a long sentence about nothing ".repeat(20);
    for seq in 1..=200 {
        book.write(batch(BEGIN + seq, &[said(seq, &format!("{long} {seq}"))])).await.unwrap();
    }
    book.close().await;
    // A page in the middle of the entries.
    let file = Connection::open(&path).unwrap();
    let size: i64 = file.pragma_query_value(None, "page_size", |row| row.get(0)).unwrap();
    let size = usize::try_from(size).unwrap();
    file.close().unwrap();
    let mut bytes = fs::read(&path).unwrap();
    let has = |page: &[u8]| page.windows(14).any(|it| it == b"a long sentenc") && page[0] == 0x0d;
    let pages: Vec<usize> =
        (0..bytes.len() / size).filter(|it| has(&bytes[it * size..(it + 1) * size])).collect();
    let at = pages[pages.len() / 2] * size;
    bytes[at..at + size].fill(0xff);
    fs::write(&path, bytes).unwrap();
    let (_book, opened) = open(&path, BEGIN + 1000).await;
    assert!(opened.set_aside.is_some());
    assert_ne!(opened.continued.stream, first.continued.stream, "numbers are not given twice");
    assert_eq!(opened.continued.next, 1);
    let events = Reader::open(&path).unwrap().events(None, 10).unwrap();
    assert_eq!(events.len(), 2);
    assert!((1..200).contains(&events[1].entries) && events[1].is_over, "{events:?}");
}

#[tokio::test]
async fn the_same_batch_twice_is_there_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("book.db");
    let (book, _) = open(&path, BEGIN).await;
    let once = batch(BEGIN, &[said(1, "good morning")]);
    book.write(once.clone()).await.unwrap();
    book.write(once).await.unwrap();
    let reader = Reader::open(&path).unwrap();
    assert_eq!(reader.entries(1, 0, 10).unwrap().len(), 1);
    let found =
        reader.search(&Search { words: "morning".to_owned(), limit: 10, ..Search::default() });
    assert_eq!(found.unwrap().hits.len(), 1);
}

#[tokio::test]
async fn words_are_found_by_event_language_speaker_and_time_a_page_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("book.db");
    let (book, _) = open(&path, BEGIN).await;
    let in_chinese = |seq| match said(seq, "这是实时字幕") {
        Event::Caption(it) => Event::Caption(CaptionEvent { lang: "zh".to_owned(), ..it }),
        other => other,
    };
    let gap = Event::Gap(GapEvent {
        seq: Some(4),
        track: None,
        start: 4.0,
        end: 5.0,
        why: "overload".into(),
    });
    let events = [said(1, "Live captions"), said(2, "of a café"), in_chinese(3), gap];
    book.write(batch(BEGIN + 1000, &events)).await.unwrap();
    book.write(batch(BEGIN + 2000, &[said(5, "captions again")])).await.unwrap();
    let reader = Reader::open(&path).unwrap();
    let search = |words: &str| Search { words: words.to_owned(), limit: 10, ..Search::default() };
    let numbers = |search: Search| -> Vec<u64> {
        reader.search(&search).unwrap().hits.iter().map(|it| it.seq).collect()
    };
    assert_eq!(numbers(search("captions")), [5, 1], "the newest first");
    assert_eq!(numbers(search("capt")), [5, 1]);
    assert_eq!(numbers(search("CAFE")), [2]);
    assert_eq!(numbers(search("时字")), [3]);
    assert_eq!(numbers(search("字时")), Vec::<u64>::new());
    assert_eq!(numbers(search("\"live captions\"")), [1]);
    assert_eq!(numbers(search("overload")), Vec::<u64>::new(), "a reason is no word");
    assert_eq!(numbers(Search { lang: Some("zh".to_owned()), ..search("字幕") }), [3]);
    assert_eq!(
        numbers(Search { lang: Some("en".to_owned()), ..search("字幕") }),
        Vec::<u64>::new()
    );
    assert_eq!(numbers(Search { from: Some(BEGIN + 1500), ..search("captions") }), [5]);
    assert_eq!(numbers(Search { to: Some(BEGIN + 1500), ..search("captions") }), [1]);
    assert_eq!(numbers(Search { event: Some(2), ..search("captions") }), Vec::<u64>::new());
    let page = reader.search(&Search { limit: 1, ..search("captions") }).unwrap();
    assert_eq!((page.hits[0].seq, page.hits[0].marks.clone()), (5, vec![(0, 8)]));
    let rest = Search { limit: 1, after: page.next, ..search("captions") };
    let rest = reader.search(&rest).unwrap();
    assert_eq!((rest.hits[0].seq, rest.next), (1, None));
    let summary = &reader.events(None, 10).unwrap()[0];
    assert_eq!(
        (summary.entries, summary.languages.clone()),
        (5, vec!["en".to_owned(), "zh".to_owned()])
    );
    assert!(!summary.is_over);
}

#[tokio::test]
async fn events_that_are_too_old_or_too_much_go_with_their_words() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("book.db");
    for day in 0..3 {
        let now = BEGIN + day * 86_400_000;
        let (book, _) = open(&path, now).await;
        book.write(batch(now + 1, &[said(1, "good morning")])).await.unwrap();
        book.stop(now + 2).await.unwrap();
        book.close().await;
    }
    let now = BEGIN + 3 * 86_400_000;
    let keep = Keep { age_ms: Some(2 * 86_400_000), bytes: None };
    let (book, _) = Book::open(BookSettings { keep, ..settings(&path, now) }).await.unwrap();
    assert_eq!(book.prune(now).await.unwrap(), 1);
    let reader = Reader::open(&path).unwrap();
    let found = Search { words: "morning".to_owned(), limit: 10, ..Search::default() };
    assert_eq!(reader.search(&found).unwrap().hits.len(), 2);
    assert_eq!(reader.event("last").unwrap().unwrap().started_at, now);
    book.close().await;
    let keep = Keep { age_ms: None, bytes: Some(1) };
    let (book, _) = Book::open(BookSettings { keep, ..settings(&path, now + 5000) }).await.unwrap();
    assert_eq!(book.prune(now + 5000).await.unwrap(), 2, "never the one that is written");
    assert_eq!(reader.events(None, 10).unwrap().len(), 1);
}
