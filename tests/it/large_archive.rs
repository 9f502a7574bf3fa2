//! The archive with 10 000 hours: lists, searches and pages of transcripts over HTTP, each no longer than its page.
use std::{fs, path::Path, process::Stdio};

use rusqlite::Connection;
use serde_json::Value;
use tokio::time::Instant;

use crate::support::program::{Program, ask, livecap};

const HOURS: i64 = 10_000;

/// An hour each, with twelve sentences: all in one transaction of SQL.
fn fill(path: &Path) {
    let mut book = Connection::open(path).unwrap();
    let change = book.transaction().unwrap();
    change
        .execute_batch(&format!(
            "DELETE FROM event;
             WITH RECURSIVE hour (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM hour WHERE n < {HOURS})
             INSERT INTO event (id, stream, title, started_at, ended_at)
                 SELECT n, printf('%016x', n), 'Meeting ' || n, 1700000000000 + n * 3600000, 1700000000000 + (n + 1) * 3600000 FROM hour;
             INSERT INTO run (event, started_at, seen_at, version, file, pipeline, models)
                 SELECT id, started_at, ended_at, '0', 'old.toml', '', '{{}}' FROM event;
             WITH RECURSIVE part (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM part WHERE n < 11)
             INSERT INTO entry (event, seq, kind, track, segment, lang, speaker, start, end, at, text, json)
                 SELECT id, n + 1, 'caption', 'talk', n, 'en', 'Ada', n * 300.0, n * 300.0 + 5, started_at + n * 300000,
                     'The council met, part ' || n || ' of hour ' || id,
                     json_object('caption', json_object('text', 'The council met, part ' || n || ' of hour ' || id, 'seq', n + 1, 'track', 'talk',
                         'segment', n, 'revision', 0, 'kind', 'final', 'lang', 'en', 'speaker', 'Ada', 'start', n * 300.0, 'end', n * 300.0 + 5,
                         'at', json_object('captured', started_at)))
                 FROM event, part ORDER BY id, n;
             INSERT INTO words (rowid, text) SELECT id, text FROM entry;
             INSERT INTO facet SELECT id, 'lang', 'en' FROM event;
             INSERT INTO facet SELECT id, 'speaker', 'Ada' FROM event;"
        ))
        .unwrap();
    change.commit().unwrap();
}

#[tokio::test]
async fn ten_thousand_hours_are_listed_searched_and_read_a_page_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let text = "[lines.talk]\n[broadcast.web]\nfrom = \"talk\"\nlisten = \"127.0.0.1:0\"\n\
                [journal.book]\nfrom = \"web\"\npath = \"book.db\"\n";
    fs::write(folder.path().join("talk.toml"), text).unwrap();
    let start = async || {
        let mut command = livecap(folder.path(), &["run", "talk.toml"]);
        let mut program = Program::start(command.stdin(Stdio::piped()));
        let address = program.address().await;
        (program, address)
    };
    // It makes its tables.
    let (program, _) = start().await;
    program.signal("TERM").await;
    program.exit().await;
    let began = Instant::now();
    fill(&folder.path().join("book.db"));
    println!("{HOURS} hours were made in {:?}", began.elapsed());
    let (_program, address) = start().await;
    let get = async |path: &str| -> Value {
        let began = Instant::now();
        let answer = ask(&address, "GET", path, "").await;
        println!("{path}: {} bytes in {:?}", answer.len(), began.elapsed());
        assert!(answer.starts_with("HTTP/1.1 200"), "{path}: {answer}");
        assert!(answer.len() < 64 * 1024, "{path} has {} bytes", answer.len());
        serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
    };
    let count = |page: &Value, name: &str| page[name].as_array().unwrap().len();
    let newest = get("/api/archive").await;
    assert_eq!(count(&newest, "events"), 50);
    let before = newest["next"].as_i64().unwrap();
    let next = get(&format!("/api/archive?before={before}")).await;
    assert_eq!((count(&next, "events"), &next["events"][0]["id"]), (50, &(before - 1).into()));
    let oldest = get("/api/archive?before=3").await;
    assert_eq!((count(&oldest, "events"), &oldest["next"]), (2, &Value::Null));
    // In every sentence, in one hour, and nowhere.
    let hits = get("/api/archive/search?words=council").await;
    assert_eq!((count(&hits, "hits"), &hits["hits"][0]["event"]), (50, &HOURS.into()));
    let after = hits["next"].as_i64().unwrap();
    let rest = get(&format!("/api/archive/search?words=council&after={after}")).await;
    assert_eq!(count(&rest, "hits"), 50);
    let hits = get("/api/archive/search?words=hour+4711").await;
    assert_eq!((count(&hits, "hits"), &hits["next"]), (12, &Value::Null));
    let hits = get("/api/archive/search?words=council&event=5000&limit=5").await;
    assert_eq!((count(&hits, "hits"), &hits["hits"][4]["event"]), (5, &5000.into()));
    assert_eq!(count(&get("/api/archive/search?words=karaoke").await, "hits"), 0);
    let page = get("/api/archive/5000/passages?limit=5&after=600").await;
    assert_eq!((count(&page, "passages"), &page["passages"][0]["start"]), (5, &600.0.into()));
    assert_eq!(count(&get("/api/archive/9999/passages").await, "passages"), 12);
}
