//! `livecap speak` from a virtual microphone: what is said there becomes captions of a server, and readers are told where it was unplugged.
use std::{path::Path, process::Stdio};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    time::timeout,
};

use crate::{
    captions::{PATIENCE, terminate, text, until},
    virtual_microphone::{Shape, VirtualMicrophone},
};

const PIPELINE: &str = r#"
[browser.panel]

[whisper.english]
from = "panel"
model = "demo"

[broadcast.web]
from = "english"
listen = "127.0.0.1:0"

[lines.out]
from = "english"
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_virtual_microphone_speaks_to_a_server() {
    let Some(microphone) = VirtualMicrophone::plugged_in(Shape::default()).await else { return };
    let file = microphone.folder().join("panel.toml");
    std::fs::write(&file, PIPELINE).unwrap();
    let mut server = microphone.command(env!("CARGO_BIN_EXE_livecap"));
    let server = server.arg("run").arg(&file).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut server = server.spawn().unwrap();
    let mut lines = BufReader::new(server.stdout.take().unwrap()).lines();
    let mut told = BufReader::new(server.stderr.take().unwrap()).lines();
    let url = loop {
        let line = timeout(PATIENCE, told.next_line()).await.expect("a line").unwrap();
        if let Some((_, url)) = line.expect("it runs").split_once("listening on ") {
            break url.to_owned();
        }
    };
    // Nobody else reads what it says.
    tokio::spawn(async move { while let Ok(Some(_)) = told.next_line().await {} });

    let mut speaking = microphone.command(env!("CARGO_BIN_EXE_livecap"));
    speaking.args(["speak", &url, "--device", "feed", "--codec", "opus", "--name", "Ada"]);
    let speaking = speaking.stderr(Stdio::piped()).spawn().unwrap();
    microphone.until_captured().await;
    let recording = Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines/demo.flac");
    let talk = async {
        microphone.play(&recording).await;
        microphone.unplug().await;
        microphone.plug_in_again().await;
    };
    let hole = |line: &Value| line["type"] == "gap" && line["why"] == "device";
    let ((), captions) = tokio::join!(talk, until(&mut lines, hole));
    let finals: Vec<&Value> = captions.iter().filter(|it| it["type"] == "final").collect();
    assert_eq!(text(finals[0]), "Good morning everyone.");
    assert!(finals.iter().all(|it| it["speaker"] == "Ada"), "{finals:#?}");

    terminate(&speaking).await;
    let ended = timeout(PATIENCE, speaking.wait_with_output()).await.expect("it ends in time");
    let ended = ended.unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(0), "told to stop, it ends well: {said}");
    assert!(said.contains("as Ada (place 1 of `panel`"), "{said}");
    terminate(&server).await;
    let status = timeout(PATIENCE, server.wait()).await.expect("it ends in time").unwrap();
    assert_eq!(status.code(), Some(0));
}
