//! The real binary at work in a folder of its own.
use std::{
    borrow::BorrowMut,
    fs,
    path::Path,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines},
    net::TcpStream,
    process::{Child, ChildStderr, ChildStdin, ChildStdout, Command},
    time::timeout,
};

/// Far longer than anything takes, so that a hang fails a test instead of holding up all.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// `livecap` with these arguments, run in `folder`, without the surroundings' own settings.
pub(crate) fn livecap(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_livecap"));
    command.args(args).current_dir(folder).kill_on_drop(true);
    for name in [
        "LIVECAP_HOST",
        "LIVECAP_PORT",
        "SIO_HOST",
        "SIO_PORT",
        "LIVECAP_LOG",
        "LIVECAP_CATALOGUE",
        "NOTIFY_SOCKET",
        "WATCHDOG_USEC",
        "WATCHDOG_PID",
    ] {
        command.env_remove(name);
    }
    // No model of the person who runs the tests is seen.
    command.env("LIVECAP_MODELS", folder);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// How a run ended, with all that it wrote.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Runs to the end.
pub(crate) async fn ended(mut command: impl BorrowMut<Command>) -> Ended {
    let command = command.borrow_mut();
    let output = timeout(PATIENCE, command.output()).await.expect("it ends").unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ended { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

/// Writes `text` as `pipeline.toml` into `folder` and runs it to the end.
pub(crate) async fn run(folder: &Path, text: &str) -> Ended {
    fs::write(folder.join("pipeline.toml"), text).unwrap();
    ended(livecap(folder, &["run", "pipeline.toml", "--exit"])).await
}

/// A run that is watched line by line.
pub(crate) struct Program {
    child: Child,
    out: Option<Lines<BufReader<ChildStdout>>>,
    err: BufReader<ChildStderr>,
    input: Option<ChildStdin>,
}

impl Program {
    pub(crate) fn start(mut command: impl BorrowMut<Command>) -> Program {
        let command = command.borrow_mut();
        let mut child = command.spawn().unwrap();
        let out = Some(BufReader::new(child.stdout.take().unwrap()).lines());
        let err = BufReader::new(child.stderr.take().unwrap());
        let input = child.stdin.take();
        Program { child, out, err, input }
    }

    /// The next line of standard output.
    pub(crate) async fn line(&mut self) -> Option<String> {
        let out = self.out.as_mut().expect("its output was not closed");
        timeout(PATIENCE, out.next_line()).await.expect("a line, or the end").unwrap()
    }

    /// Into its standard input, which was made a pipe.
    pub(crate) async fn write(&mut self, text: &str) {
        let input = self.input.as_mut().expect("its input is a pipe");
        timeout(PATIENCE, input.write_all(text.as_bytes())).await.expect("it reads").unwrap();
        input.flush().await.unwrap();
    }

    /// In the background, for it may have to be read meanwhile.
    pub(crate) fn write_all_and_close(&mut self, text: &str) {
        let mut input = self.input.take().expect("its input is a pipe");
        let text = text.to_owned();
        tokio::spawn(async move { input.write_all(text.as_bytes()).await.unwrap() });
    }

    /// Goes away as a reader of its standard output.
    pub(crate) fn close_output(&mut self) {
        self.out = None;
    }

    /// The address that it says it listens on.
    pub(crate) async fn address(&mut self) -> String {
        self.said("listening on ").await
    }

    /// Waits for `words` on standard error; what stands behind them on their line.
    pub(crate) async fn said(&mut self, words: &str) -> String {
        let mut line = String::new();
        loop {
            line.clear();
            let read =
                timeout(PATIENCE, self.err.read_line(&mut line)).await.expect("a line").unwrap();
            assert!(read > 0, "it ended before it said `{words}`");
            if let Some((_, rest)) = line.trim().split_once(words) {
                return rest.to_owned();
            }
        }
    }

    /// Sends a signal by name, as `kill` does.
    pub(crate) async fn signal(&self, name: &str) {
        let id = self.child.id().expect("it still runs").to_string();
        let sent = Command::new("kill").args(["-s", name, &id]).status().await.unwrap();
        assert!(sent.success());
    }

    pub(crate) async fn exit(mut self) -> (ExitStatus, String) {
        let mut rest = String::new();
        let (status, read) = timeout(PATIENCE, async {
            tokio::join!(self.child.wait(), self.err.read_to_string(&mut rest))
        })
        .await
        .expect("it ends");
        read.unwrap();
        (status.unwrap(), rest)
    }
}

/// The whole answer of a program that serves at this address, its head included.
pub(crate) async fn ask(address: &str, method: &str, path: &str, token: &str) -> String {
    ask_with(address, method, path, token, "").await
}

/// The same, with JSON in the request.
pub(crate) async fn ask_with(
    address: &str,
    method: &str,
    path: &str,
    token: &str,
    body: &str,
) -> String {
    let host = address.trim_start_matches("http://");
    let mut stream = TcpStream::connect(host).await.unwrap();
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    timeout(PATIENCE, stream.read_to_string(&mut answer)).await.unwrap().unwrap();
    answer
}
