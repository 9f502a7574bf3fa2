//! Corrections and masks in a journal, as its readers find them.
use rusqlite::Connection;

use super::{
    tests::{BEGIN, batch, open, said},
    *,
};
use crate::wire::{CorrectionEvent, Event, PassagesAsked, WordTime};

fn corrected(seq: u64, segment: u64, before: &str, text: &str) -> Event {
    Event::Correction(CorrectionEvent {
        text: text.to_owned(),
        seq,
        track: "english".to_owned(),
        segment,
        lang: "en".to_owned(),
        of: None,
        speaker: None,
        start: segment as f64,
        end: segment as f64 + 0.8,
        before: before.to_owned(),
        by: "Ada".to_owned(),
        at: BEGIN + 1500,
        words: None,
        masked: false,
    })
}

#[tokio::test]
async fn a_corrected_final_is_found_by_what_it_says_now_and_keeps_what_it_said() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("book.db");
    let (book, _) = open(&path, BEGIN).await;
    let mut first = said(1, "ask Morgan");
    if let Event::Caption(it) = &mut first {
        let word = |word: &str, start| WordTime { word: word.to_owned(), start, end: start + 0.4 };
        it.words = Some(vec![word(" ask", 1.0), word(" Morgan", 1.4)]);
    }
    book.write(batch(BEGIN + 1000, &[first, said(2, "uh")])).await.unwrap();
    let corrections = [
        corrected(3, 1, "ask Morgan", "ask Morgen"),
        corrected(4, 2, "uh", ""),
        corrected(5, 9, "", "who?"),
    ];
    let late = batch(BEGIN + 2000, &corrections);
    book.write(late.clone()).await.unwrap();
    // Also where a batch is written twice.
    book.write(late).await.unwrap();
    let reader = Reader::open(&path).unwrap();
    let found = |words: &str| -> Vec<(u64, String)> {
        let search = Search { words: words.to_owned(), limit: 10, ..Search::default() };
        reader.search(&search).unwrap().hits.into_iter().map(|it| (it.seq, it.text)).collect()
    };
    assert_eq!(found("morgen"), [(1, "ask Morgen".to_owned())]);
    for gone in ["morgan", "uh", "who"] {
        assert_eq!(found(gone), [], "{gone}");
    }
    let rows = reader.entries(1, 0, 10).unwrap();
    let Event::Caption(it) = &rows[0].event else { panic!("{rows:?}") };
    assert_eq!((it.text.as_str(), rows[0].original.as_deref()), ("ask Morgen", Some("ask Morgan")));
    let words = it.words.as_ref().unwrap();
    assert_eq!((words[1].word.as_str(), words[1].start), (" Morgen", 1.4));
    assert_eq!(
        (rows[1].original.as_deref(), rows[2].event.clone()),
        (Some("uh"), corrections[0].clone())
    );
    assert_eq!(reader.events(None, 10).unwrap()[0].seconds, 2.8, "a correction says nothing new");
    let asked = PassagesAsked { lang: None, speaker: None, after: None, before: None, limit: 10 };
    let shown = reader.passages(1, &asked).unwrap().passages;
    let texts: Vec<&str> = shown.iter().map(|it| it.text.as_str()).collect();
    assert_eq!(texts, ["ask Morgen"], "what was taken away is not shown");
    // A run that continues has the log as it was.
    book.close().await;
    let (_book, again) = open(&path, BEGIN + 5000).await;
    let Event::Caption(it) = &again.continued.entries[0].0 else { panic!() };
    assert_eq!((it.text.as_str(), again.continued.next), ("ask Morgan", 6));
    assert_eq!(again.continued.entries[2].0, corrections[0]);
}

#[tokio::test]
async fn what_is_masked_is_no_longer_in_what_is_read_nor_in_the_rows() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("book.db");
    let (book, _) = open(&path, BEGIN).await;
    let mut first = said(1, "ask damnable Morgan");
    if let Event::Caption(it) = &mut first {
        let word = |word: &str, start| WordTime { word: word.to_owned(), start, end: start + 0.2 };
        it.words = Some(vec![word(" ask", 1.0), word(" damnable", 1.2), word(" Morgan", 1.4)]);
    }
    book.write(batch(BEGIN + 1000, &[first, said(2, "damnable stays here")])).await.unwrap();
    let once = corrected(3, 1, "ask damnable Morgan", "ask damnable Morgen");
    book.write(batch(BEGIN + 2000, &[once])).await.unwrap();
    let Event::Correction(mask) = corrected(4, 1, "", "ask *** Morgen") else { unreachable!() };
    let mask = Event::Correction(CorrectionEvent { masked: true, ..mask });
    let masked = batch(BEGIN + 3000, &[mask]);
    book.write(masked.clone()).await.unwrap();
    // Also where a batch is written twice.
    book.write(masked).await.unwrap();
    let reader = Reader::open(&path).unwrap();
    let found = |words: &str| -> Vec<u64> {
        let search = Search { words: words.to_owned(), limit: 10, ..Search::default() };
        reader.search(&search).unwrap().hits.into_iter().map(|it| it.seq).collect()
    };
    assert_eq!((found("damnable"), found("morgen")), (vec![2], vec![1]));
    let rows = reader.entries(1, 0, 10).unwrap();
    let told: Vec<String> = rows.iter().map(|it| format!("{it:?}")).collect();
    let with: Vec<usize> = (0..4).filter(|it| told[*it].contains("damnable")).collect();
    assert_eq!(with, [1], "{told:?}");
    let Event::Caption(it) = &rows[0].event else { panic!("{rows:?}") };
    assert_eq!((it.text.as_str(), rows[0].original.as_deref()), ("ask *** Morgen", None));
    let words = it.words.as_ref().map(|it| it.len());
    assert_eq!(words, None, "a correction without times of words leaves none");
    // The rows themselves.
    let raw = Connection::open(&path).unwrap();
    let query = "SELECT count(*) FROM entry WHERE json LIKE '%damnable%' OR text LIKE '%damnable%'";
    assert_eq!(raw.query_row(query, [], |row| row.get::<_, i64>(0)).unwrap(), 1);
    // A restart knows it no more than readers do, and goes on.
    book.close().await;
    let (_book, again) = open(&path, BEGIN + 5000).await;
    let told = format!("{:?}", again.continued.entries);
    assert_eq!((told.matches("damnable").count(), again.continued.next), (1, 5));
}
