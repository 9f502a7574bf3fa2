//! Files that wait to be transcribed: one at a time, a few wait, and others are told when to come again.
use std::path::PathBuf;

use futures::{future::BoxFuture, stream::FuturesUnordered};
use livecap::{
    message::Transcript,
    serve::{FileDoor, FileTranscriber, FileTrouble},
};
use tokio::sync::{Semaphore, mpsc};

use super::*;

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
