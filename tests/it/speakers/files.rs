//! Files that wait to be transcribed: one at a time, a few wait, and others are told when to come again.
use std::path::PathBuf;

use futures::{future::BoxFuture, stream::FuturesUnordered};
use livecap::{
    message::Transcript,
    serve::{FileDoor, FileTranscriber, FileTrouble},
};
use tokio::sync::{Semaphore, mpsc};

use super::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Says when it begins, and is done when it is let go on.
struct Slow {
    begun: mpsc::Sender<PathBuf>,
    go_on: Arc<Semaphore>,
}

impl FileTranscriber for Slow {
    fn transcribe(
        &self,
        _file: PathBuf,
        called: PathBuf,
        _language: Option<String>,
    ) -> BoxFuture<'_, Result<Vec<Transcript>, FileTrouble>> {
        Box::pin(async move {
            self.begun.send(called).await.unwrap();
            self.go_on.acquire().await.unwrap().forget();
            Ok(Vec::new())
        })
    }
}

async fn sent(server: &Server, name: String) -> (String, String) {
    let head = "POST /v1/audio/transcriptions HTTP/1.1\r\nhost: localhost\r\ncontent-type: multipart/form-data; boundary=b";
    let body = format!(
        "--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\nsound\r\n--b--\r\n"
    );
    request(server, head, &body).await
}

#[tokio::test]
async fn one_file_is_transcribed_at_a_time_and_few_wait() {
    let (begun, mut begins) = mpsc::channel(8);
    let go_on = Arc::new(Semaphore::new(0));
    let door = FileDoor::new(Arc::new(Slow { begun, go_on: go_on.clone() }));
    let stand = Stand::with(stage(), Settings { files: Some(door), ..operated() }).await;
    // One is at work and four wait, whichever of them come first.
    let mut six: FuturesUnordered<_> = (0..6).map(|n| sent(&stand.server, n.to_string())).collect();
    let (head, body) = timeout(SOON, six.next()).await.unwrap().unwrap();
    assert!(head.starts_with("HTTP/1.1 429"), "{head}");
    assert!(head.to_lowercase().contains("retry-after: 1"), "{head}");
    assert!(body.contains("too many files wait"), "{body}");
    for left in (0..5).rev() {
        timeout(SOON, begins.recv()).await.unwrap().unwrap();
        assert!(begins.try_recv().is_err(), "one at a time");
        go_on.add_permits(1);
        let (head, body) = timeout(SOON, six.next()).await.unwrap().unwrap();
        assert!(head.starts_with("HTTP/1.1 200") && body == r#"{"text":""}"#, "{head} {body}");
        assert_eq!(six.len(), left);
    }
}

#[tokio::test]
async fn a_file_that_is_too_large_or_missing_is_refused() {
    let (begun, _begins) = mpsc::channel(8);
    let door = FileDoor::new(Arc::new(Slow { begun, go_on: Arc::new(Semaphore::new(0)) }));
    let stand = Stand::with(stage(), Settings { files: Some(door), ..operated() }).await;
    let head = "POST /v1/audio/transcriptions HTTP/1.1\r\nhost: localhost\r\ncontent-type: multipart/form-data; boundary=b";
    let (found, body) = request(&stand.server, head, "--b--\r\n").await;
    assert!(
        found.starts_with("HTTP/1.1 400") && body.contains("`file` is missing"),
        "{found} {body}"
    );
    let large = format!(
        "--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n{}\r\n--b--\r\n",
        "x".repeat(26 * 1024 * 1024)
    );
    let (found, _) = request(&stand.server, head, &large).await;
    assert!(found.starts_with("HTTP/1.1 413"), "{found}");
}

/// A file of which half has come, as the server has begun to take it.
async fn half_sent(server: &Server) -> TcpStream {
    let mut stream = TcpStream::connect(server.local_addr()).await.unwrap();
    let (whole, half) = (BEGINNING.len() + END.len(), BEGINNING);
    let head = format!(
        "POST /v1/audio/transcriptions HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nexpect: 100-continue\r\n\
         content-type: multipart/form-data; boundary=b\r\ncontent-length: {whole}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut go_on = [0; 25];
    timeout(SOON, stream.read_exact(&mut go_on)).await.unwrap().unwrap();
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(half.as_bytes()).await.unwrap();
    stream
}

const BEGINNING: &str =
    "--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"slow\"\r\n\r\nso";
const END: &str = "und\r\n--b--\r\n";

#[tokio::test]
async fn who_sends_slowly_takes_no_turn_of_others() {
    let (begun, mut begins) = mpsc::channel(8);
    let door = FileDoor::new(Arc::new(Slow { begun, go_on: Arc::new(Semaphore::new(3)) }));
    let stand = Stand::with(stage(), Settings { files: Some(door), ..operated() }).await;
    let mut slow = Vec::new();
    // More than may wait.
    for _ in 0..15 {
        slow.push(half_sent(&stand.server).await);
    }
    let (head, _) = sent(&stand.server, "whole".to_owned()).await;
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    slow.push(half_sent(&stand.server).await);
    let (head, body) = sent(&stand.server, "one more".to_owned()).await;
    assert!(head.starts_with("HTTP/1.1 429"), "{head}");
    assert!(body.contains("too many files are on their way"), "{body}");
    let mut first = slow.remove(0);
    first.write_all(END.as_bytes()).await.unwrap();
    let mut answer = String::new();
    timeout(SOON, first.read_to_string(&mut answer)).await.unwrap().unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let (head, _) = sent(&stand.server, "again".to_owned()).await;
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    for called in ["whole", "slow", "again"] {
        assert_eq!(begins.try_recv().unwrap(), PathBuf::from(called));
    }
}
