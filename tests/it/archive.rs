//! The archive of the real program: its pages, its rights, and sound that is where its words are.
use std::{fs, path::Path, process::Stdio};

use livecap::cli::client::Client;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::support::{
    program::{PATIENCE, Program, ask, livecap},
    viewer::{finals, viewer},
};

async fn start(folder: &Path, text: &str, tokens: &[(&str, &str)]) -> (Program, String, Client) {
    fs::write(folder.join("talk.toml"), text).unwrap();
    let mut command = livecap(folder, &["run", "talk.toml", "--exit"]);
    command.stdin(Stdio::piped()).envs(tokens.iter().copied());
    let mut program = Program::start(command);
    let address = program.address().await;
    let client = viewer(&address, 0).await;
    (program, address, client)
}

/// Status and body.
async fn get(address: &str, path: &str, token: &str) -> (u16, Value) {
    let answer = ask(address, "GET", path, token).await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, serde_json::from_str(body).unwrap_or_else(|_| json!(body)))
}

const TYPED: &str = "[lines.talk]\n[broadcast.web]\nfrom = \"talk\"\nlisten = \"127.0.0.1:0\"\n\
                     archive-token-env = \"ARCHIVE\"\n[journal.book]\nfrom = \"web\"\npath = \"book.db\"\n";

fn line(seq: u64, lang: &str, speaker: &str, text: &str) -> String {
    let start = seq as f64 * 2.0;
    let line = json!({ "type": "final", "text": text, "seq": seq, "track": "talk", "segment": seq, "revision": 0,
        "kind": "final", "lang": lang, "speaker": speaker, "start": start, "end": start + 1.5, "at": { "captured": 1 } });
    format!("{line}\n")
}

#[tokio::test]
async fn events_are_listed_read_searched_and_downloaded_by_who_may() {
    let folder = tempfile::tempdir().unwrap();
    let tokens = [("ARCHIVE", "secret")];
    // Events of their own: the pipeline ends with its input.
    for _ in 0..2 {
        let (mut program, _, mut client) = start(folder.path(), TYPED, &tokens).await;
        program.write(&line(1, "en", "Ada", "An earlier <b>council</b>.")).await;
        finals(&mut client, 1).await;
        program.write_all_and_close("");
        drop(client);
        program.exit().await;
    }
    let (mut program, address, mut client) = start(folder.path(), TYPED, &tokens).await;
    let said =
        ["Good morning.", "The council meets.", "Thank you.", "De raad, the council.", "End."];
    for (seq, text) in (1..).zip(said) {
        let (lang, speaker) = if seq == 4 { ("nl", "Ben") } else { ("en", "Ada") };
        program.write(&line(seq, lang, speaker, text)).await;
    }
    finals(&mut client, said.len()).await;
    for path in [
        "/api/archive",
        "/api/archive/1",
        "/api/archive/1/passages",
        "/api/archive/1/transcript.txt",
    ] {
        assert_eq!(get(&address, path, "").await.0, 401, "{path}");
        assert_eq!(get(&address, path, "wrong").await.0, 401, "{path}");
        assert_eq!(get(&address, path, "secret").await.0, 200, "{path}");
    }
    let (_, page) = get(&address, "/api/archive?limit=1", "secret").await;
    let newest = &page["events"][0];
    assert_eq!(page["events"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&newest["languages"], &newest["speakers"]),
        (&json!(["en", "nl"]), &json!(["Ada", "Ben"]))
    );
    let (id, next) = (newest["id"].as_i64().unwrap(), &page["next"]);
    let (_, page) = get(&address, &format!("/api/archive?limit=500&before={next}"), "secret").await;
    let earlier: Vec<&Value> =
        page["events"].as_array().unwrap().iter().map(|it| &it["id"]).collect();
    assert_eq!((id, earlier, &page["next"]), (3, vec![&json!(2), &json!(1)], &Value::Null));
    // Forth and back again, without anything twice.
    let texts = |page: &Value| -> Vec<String> {
        let all = page["passages"].as_array().unwrap().iter();
        all.map(|it| it["text"].as_str().unwrap().to_owned()).collect()
    };
    let passages = async |query: &str| {
        let (status, page) =
            get(&address, &format!("/api/archive/{id}/passages?{query}"), "secret").await;
        assert_eq!(status, 200, "{page}");
        page
    };
    let all = texts(&passages("limit=500").await);
    assert_eq!(all, said);
    let (mut after, mut forth) = (String::new(), Vec::new());
    let last = loop {
        let page = passages(&format!("limit=2{after}")).await;
        forth.extend(texts(&page));
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break page,
        }
    };
    assert_eq!(forth, all);
    let mut back = texts(&last);
    let mut previous = last["previous"].clone();
    while let Some(before) = previous.as_str() {
        let page = passages(&format!("limit=2&before={before}")).await;
        back.splice(0..0, texts(&page));
        previous = page["previous"].clone();
    }
    assert_eq!(back, all);
    assert_eq!(texts(&passages("lang=nl").await), ["De raad, the council."]);
    assert_eq!(texts(&passages("speaker=Ben").await), ["De raad, the council."]);
    let (status, told) =
        get(&address, &format!("/api/archive/{id}/passages?after=noon"), "secret").await;
    assert_eq!(status, 400, "{told}");
    let (_, found) =
        get(&address, &format!("/api/archive/search?words=council&event={id}&limit=1"), "secret")
            .await;
    let hit = &found["hits"][0];
    assert_eq!(
        hit["parts"],
        json!([{ "text": "De raad, the ", "hit": false }, { "text": "council", "hit": true }, { "text": ".", "hit": false }])
    );
    assert_eq!((&hit["start"], found["next"].is_i64()), (&json!(8.0), true));
    let (_, earlier) = get(&address, "/api/archive/search?words=earlier&limit=1", "secret").await;
    let text: String = earlier["hits"][0]["parts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["text"].as_str().unwrap())
        .collect();
    assert_eq!(text, "An earlier <b>council</b>.", "text, never markup");
    let (_, text) =
        get(&address, &format!("/api/archive/{id}/transcript.txt?lang=nl"), "secret").await;
    assert_eq!(text, "De raad, the council.\n");
    assert_eq!(get(&address, "/api/archive/99/passages", "secret").await.0, 404);
    assert_eq!(get(&address, "/api/archive/1/transcript.pdf", "secret").await.0, 404);
    program.signal("TERM").await;
    program.exit().await;
}

/// The head of the answer to a request for a range, and the bytes behind it.
async fn range(address: &str, path: &str, range: &str) -> (String, Vec<u8>) {
    let host = address.trim_start_matches("http://");
    let mut stream = TcpStream::connect(host).await.unwrap();
    let head = format!(
        "GET /{path} HTTP/1.1\r\nhost: {host}\r\nrange: {range}\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("it ends").unwrap();
    let end = answer.windows(4).position(|it| it == b"\r\n\r\n").unwrap() + 4;
    (String::from_utf8(answer[..end].to_vec()).unwrap().to_lowercase(), answer[end..].to_vec())
}

#[cfg(feature = "whisper")]
#[tokio::test]
async fn sound_is_given_in_ranges_with_a_ticket_and_is_where_its_words_are() {
    let folder = tempfile::tempdir().unwrap();
    let text = crate::support::recorded_talk();
    let (program, address, mut client) = start(folder.path(), &text, &[]).await;
    finals(&mut client, 1).await;
    let (_, event) = get(&address, "/api/archive/1", "").await;
    let sound = &event["sounds"][0];
    assert_eq!(sound["tracks"], json!(["english"]), "{event}");
    let path = sound["path"].as_str().unwrap();
    let (_, page) = get(&address, "/api/archive/1/passages", "").await;
    let passage = &page["passages"][0];
    let word = passage["words"][0]["start"].as_f64().unwrap();
    // The bytes of the first word: 16 bits a sample, behind the header.
    let (head, header) = range(&address, path, "bytes=0-43").await;
    assert!(head.starts_with("http/1.1 206") && head.contains("content-type: audio/wav"), "{head}");
    assert!(header.starts_with(b"RIFF") || header.starts_with(b"RF64"));
    let file = folder.path().join("sound.wav");
    let spec = hound::WavReader::open(&file).unwrap().spec();
    let into = ((word - sound["start"].as_f64().unwrap()) * f64::from(spec.sample_rate)) as usize;
    let whole = fs::read(&file).unwrap();
    let from = whole.len().min(44 + into * 2);
    let (head, bytes) = range(&address, path, &format!("bytes={from}-{}", from + 199)).await;
    assert!(head.contains(&format!("content-range: bytes {from}-{}/", from + 199)), "{head}");
    assert_eq!(bytes, fs::read(&file).unwrap()[from..from + 200]);
    for wrong in [
        path.replace("sound/0", "sound/1"),
        path.replace("ticket=", "ticket=1"),
        "api/archive/1/sound/0".to_owned(),
    ] {
        let (head, _) = range(&address, &wrong, "bytes=0-1").await;
        assert!(head.starts_with("http/1.1 40"), "{wrong}: {head}");
    }
    fs::remove_file(&file).unwrap();
    let (head, _) = range(&address, path, "bytes=0-1").await;
    assert!(head.starts_with("http/1.1 404"), "{head}");
    let (_, event) = get(&address, "/api/archive/1", "").await;
    assert_eq!(event["sounds"][0]["path"], Value::Null, "the file is gone");
    program.signal("TERM").await;
    program.exit().await;
}
