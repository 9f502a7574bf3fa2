//! What a terminal shows of where the pages are: a link for the operator, with a token of this run, and a QR code.
use std::{fs::File, io::Read, process::Stdio};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    process::Child,
};

use super::*;

const PIPELINE: &str =
    "[lines.in]\npath = \"-\"\n[broadcast.web]\nfrom = \"in\"\nlisten = \"127.0.0.1:0\"\n";

/// livecap with a terminal as its standard error.
struct AtATerminal {
    child: Child,
    terminal: Option<File>,
    shown: String,
}

impl AtATerminal {
    fn start(folder: &Path, pipeline: &str) -> AtATerminal {
        fs::write(folder.join("pipeline.toml"), pipeline).unwrap();
        let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&terminal).unwrap();
        unlockpt(&terminal).unwrap();
        let name = ptsname(&terminal, Vec::new()).unwrap().into_string().unwrap();
        let other_end = File::options().read(true).write(true).open(name).unwrap();
        let mut command = livecap(folder, &["run", "pipeline.toml"]);
        command.env("LANG", "C.UTF-8").env("TERM", "xterm-256color").env_remove("LC_ALL");
        command.env_remove("LC_CTYPE").env_remove("NO_COLOR");
        let child = command.stdin(Stdio::piped()).stderr(other_end).spawn().unwrap();
        AtATerminal { child, terminal: Some(File::from(terminal)), shown: String::new() }
    }

    /// What stands behind these words, once their whole line is shown.
    async fn behind(&mut self, words: &str) -> String {
        loop {
            let rest = self.shown.split_once(words).map(|(_, rest)| rest);
            if let Some((line, _)) = rest.and_then(|it| it.split_once('\n')) {
                return line.trim().to_owned();
            }
            let mut terminal = self.terminal.take().unwrap();
            let read = tokio::task::spawn_blocking(move || {
                let mut bytes = [0; 4096];
                let count = terminal.read(&mut bytes);
                (terminal, count.map(|it| bytes[..it].to_vec()))
            });
            let (terminal, bytes) = timeout(PATIENCE, read).await.expect("it says more").unwrap();
            self.terminal = Some(terminal);
            self.shown += &String::from_utf8_lossy(&bytes.expect("it still runs"));
        }
    }
}

async fn ask(address: &str, head: &str) -> String {
    let mut stream = TcpStream::connect(address.trim_start_matches("http://")).await.unwrap();
    let head = format!("{head}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    timeout(PATIENCE, stream.read_to_string(&mut answer)).await.unwrap().unwrap();
    answer
}

#[tokio::test]
async fn at_a_terminal_there_is_a_link_that_operates_and_no_log_has_it() {
    let folder = tempfile::tempdir().unwrap();
    // As through a proxy: nobody counts as being on this machine.
    let more = "hosts = [\"hall.example\"]\ntrusted-proxies = [\"127.0.0.1\"]\n\
                public-url = \"http://hall.example\"\n";
    let mut program = AtATerminal::start(folder.path(), &format!("{PIPELINE}{more}"));
    let address = program.behind("listening on ").await;
    let link = program.behind("operator ").await;
    let token = link.strip_prefix("http://hall.example/operator#token=").expect(&link);
    assert!(token.len() == 32 && token.bytes().all(|it| it.is_ascii_hexdigit()), "{link}");
    // The code for readers, black on white.
    program.behind("\x1b[38;5;16;48;5;231m").await;
    program.behind("ready in ").await;
    let from = "host: hall.example\r\nx-forwarded-for: 192.0.2.7";
    let bearer = format!("{from}\r\nauthorization: Bearer {token}");
    let whole = ask(&address, &format!("GET /api/state HTTP/1.1\r\n{bearer}")).await;
    assert!(whole.starts_with("HTTP/1.1 200") && whole.contains("\"may_operate\":true"), "{whole}");
    let log = ask(&address, &format!("GET /api/log HTTP/1.1\r\n{bearer}")).await;
    assert!(log.starts_with("HTTP/1.1 200") && log.contains("ready in"), "{log}");
    assert!(!log.contains(token) && !whole.contains(token), "the token is told");
    let cleared = ask(&address, &format!("POST /api/clear HTTP/1.1\r\n{bearer}")).await;
    assert!(cleared.starts_with("HTTP/1.1 204"), "{cleared}");
    let stranger = ask(&address, &format!("POST /api/clear HTTP/1.1\r\n{from}")).await;
    assert!(stranger.starts_with("HTTP/1.1 401"), "{stranger}");
    let wrong = format!("POST /api/clear HTTP/1.1\r\n{from}\r\nauthorization: Bearer wrong");
    // After twenty wrong ones none from there is looked at, the right one neither.
    for _ in 0..20 {
        let refused = ask(&address, &wrong).await;
        assert!(refused.starts_with("HTTP/1.1 401"), "{refused}");
    }
    let late = ask(&address, &format!("POST /api/clear HTTP/1.1\r\n{bearer}")).await;
    assert!(late.starts_with("HTTP/1.1 429"), "{late}");
    program.child.kill().await.unwrap();
}

#[tokio::test]
async fn where_no_person_reads_there_is_no_token() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("pipeline.toml"), PIPELINE).unwrap();
    for args in [&["run", "pipeline.toml"][..], &["--log", "json", "run", "pipeline.toml"]] {
        let mut program = Program::start(livecap(folder.path(), args).stdin(Stdio::piped()));
        let address = program.address().await;
        let address = address.trim_end_matches(|it: char| !it.is_ascii_digit());
        let address = address.split(['"', ',']).next().unwrap().to_owned();
        program.said("ready in ").await;
        let refused =
            ask(&address, "POST /api/clear HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer x");
        assert!(refused.await.starts_with("HTTP/1.1 403"), "nobody may operate it");
        program.signal("INT").await;
        let (_, said) = program.exit().await;
        assert!(!said.contains("token"), "{said}");
    }
}

#[tokio::test]
async fn with_a_token_of_ones_own_there_is_none_of_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let own = format!("{PIPELINE}operator-token-env = \"PATH\"\n");
    let mut program = AtATerminal::start(folder.path(), &own);
    program.behind("ready in ").await;
    assert!(program.shown.contains("on this machine only"), "{}", program.shown);
    assert!(!program.shown.contains("#token="), "{}", program.shown);
    program.child.kill().await.unwrap();
}
