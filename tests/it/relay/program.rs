//! `livecap serve`, `listen` and `emit` as somebody types them.
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;
use crate::support::program::{Program, ask, ended, livecap};

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// A relay on a free port, and its address.
async fn serve(folder: &TempDir, args: &[&str]) -> (Program, String) {
    let args = [&["serve", "--listen", "127.0.0.1:0"], args].concat();
    let mut server = Program::start(livecap(folder.path(), &args));
    let address = server.address().await;
    (server, address)
}

async fn listen(folder: &TempDir, args: &[&str]) -> Program {
    Program::start(livecap(folder.path(), &[&["listen"], args].concat()))
}

#[tokio::test]
async fn what_one_emits_another_prints() {
    let folder = folder();
    let (server, url) = serve(&folder, &[]).await;
    let mut listener = listen(&folder, &[&url]).await;
    // It is there once it hears.
    let heard = async {
        loop {
            let sent = ended(livecap(folder.path(), &["emit", &url, "hi"])).await;
            assert_eq!((sent.code, sent.out.as_str()), (Some(0), ""), "{}", sent.err);
            if let Some(Some(line)) = futures::FutureExt::now_or_never(listener.line()) {
                return line;
            }
        }
    };
    assert_eq!(timeout(SOON, heard).await.unwrap(), "hi");
    let sent =
        ended(livecap(folder.path(), &["emit", &url, "end", "{\"a\":1}", "good morning"])).await;
    assert_eq!(sent.code, Some(0), "{}", sent.err);
    while listener.line().await.unwrap() != "end {\"a\":1} \"good morning\"" {}
    server.signal("INT").await;
    let (status, _) = server.exit().await;
    assert!(status.success());
    listener.signal("TERM").await;
    assert!(listener.exit().await.0.success());
}

#[tokio::test]
async fn the_demos_counter_begins_with_1467() {
    let folder = folder();
    let (_server, url) = serve(&folder, &["--relay", "demo"]).await;
    let demo = ["emit", "--demo", "--every", "20ms", &url];
    let mut emitter = Program::start(livecap(folder.path(), &demo));
    emitter.said("demo 1467").await;
    emitter.said("demo 1578").await;
    let mut listener = listen(&folder, &["--json", &url]).await;
    let first: Value = serde_json::from_str(&listener.line().await.unwrap()).unwrap();
    assert_eq!(first["event"], "demo");
    let mut counter = first["args"][0].as_u64().unwrap();
    assert_eq!((counter - 1356) % 111, 0);
    for _ in 0..5 {
        let next: Value = serde_json::from_str(&listener.line().await.unwrap()).unwrap();
        counter += 111;
        assert_eq!(next, json!({ "event": "demo", "args": [counter] }));
    }
    emitter.signal("INT").await;
    assert!(emitter.exit().await.0.success());
    let refused = ended(livecap(folder.path(), &["emit", &url, "other", "1"])).await;
    assert_eq!(refused.code, Some(2));
    assert!(refused.err.contains("`other` is not passed on here"), "{}", refused.err);
}

#[tokio::test]
async fn lines_that_are_refused_are_told_and_the_others_go_on() {
    let folder = folder();
    let (_server, url) = serve(&folder, &["--relay", "demo"]).await;
    let lines = folder.path().join("lines");
    let emit = async |text: &str| {
        std::fs::write(&lines, text).unwrap();
        let mut command = livecap(folder.path(), &["emit", &url, "-"]);
        ended(command.stdin(std::fs::File::open(&lines).unwrap())).await
    };
    let demo = "{\"type\":\"demo\",\"n\":1}\n";
    let taken = emit(demo).await;
    assert_eq!(taken.code, Some(0), "{}", taken.err);
    let refused = emit(&format!("good morning\ngood evening\n{demo}")).await;
    assert_eq!(refused.code, Some(2));
    assert_eq!(refused.err.matches("`final` is not passed on here").count(), 1, "{}", refused.err);
    assert!(refused.err.contains("refused `final`"), "{}", refused.err);
}

#[tokio::test]
async fn the_environment_says_where_and_a_token_says_who() {
    let folder = folder();
    let mut command = livecap(folder.path(), &["serve", "--viewer-token-env", "T", "--verbose"]);
    command.env("SIO_HOST", "127.0.0.1").env("SIO_PORT", "0").env("LIVECAP_HOST", "localhost");
    let mut server = Program::start(command.env("T", "secret").env("NO_COLOR", "1"));
    let url = server.address().await;
    let refused = ended(livecap(folder.path(), &["listen", &url])).await;
    assert_eq!(refused.code, Some(2));
    assert!(refused.err.contains("unauthorized"), "{}", refused.err);
    let mut emit = livecap(folder.path(), &["emit", &url, "demo", "1", "--token-env", "T"]);
    let sent = ended(emit.env("T", "secret")).await;
    assert_eq!(sent.code, Some(0), "{}", sent.err);
    server.signal("INT").await;
    let (_, log) = server.exit().await;
    for part in ["connected", "demo", "/socket.io/"] {
        assert!(log.contains(part), "{part}: {log}");
    }
    assert!(!log.contains("secret"), "{log}");
}

#[tokio::test]
async fn a_relay_that_others_could_reach_is_not_opened_by_accident() {
    let folder = folder();
    let open = ended(livecap(folder.path(), &["serve", "--listen", "0.0.0.0:0"])).await;
    assert_eq!(open.code, Some(2));
    assert!(open.err.contains("--viewer-token-env") && open.err.contains("--open"), "{}", open.err);
    for (args, says) in [
        (&["serve", "--listen", "31979"][..], "write 127.0.0.1:31979"),
        (&["emit", "http://127.0.0.1:1", "x"], "cannot reach"),
        (&["listen", "nowhere"], "not the address of a server"),
        (&["serve", "--viewer-token-env", "UNSET"], "export UNSET="),
        (&["serve", "--trusted-proxy", "10.0.0.1"], "--no-relay"),
        (&["serve", "--public-url", "captions.example"], "as https://captions.example"),
        (&["serve", "--cluster", "redis://:secret@127.0.0.1/"], "--cluster-env LIVECAP_CLUSTER"),
    ] {
        let told = ended(livecap(folder.path(), args)).await;
        assert_eq!(told.code, Some(2), "{}", told.err);
        assert!(told.err.contains(says), "{}", told.err);
    }
}

#[tokio::test]
async fn a_server_that_passes_nothing_on_needs_no_leave_and_has_limits_of_its_own() {
    let folder = folder();
    let started = async |more: &[&str]| {
        let args = [&["serve", "--listen", "0.0.0.0:0", "--no-relay"], more].concat();
        let mut server = Program::start(livecap(folder.path(), &args));
        let url = server.address().await.replace("0.0.0.0", "127.0.0.1");
        (server, url)
    };
    let (_server, url) = started(&[]).await;
    let told = ended(livecap(folder.path(), &["emit", &url, "demo", "1"])).await;
    assert!(told.err.contains("`demo` is not passed on here"), "{}", told.err);
    // Another one, where nobody's place is still being given back.
    let (_server, url) = started(&["--max-viewers", "1"]).await;
    let _only = Client::connect(&url, json!({})).await.unwrap();
    let full = Client::connect(&url, json!({})).await.map(drop).unwrap_err().to_string();
    assert!(full.contains("full"), "{full}");
}

#[tokio::test]
async fn a_listener_comes_back_after_a_lost_connection() {
    let folder = folder();
    let (server, url) = serve(&folder, &[]).await;
    let mut listener = listen(&folder, &["--retry", "10ms", &url]).await;
    let port = url.rsplit_once(':').unwrap().1;
    listener_hears(&folder, &url, &mut listener).await;
    server.signal("INT").await;
    server.exit().await;
    let again = ["serve", "--listen", &format!("127.0.0.1:{port}")];
    let mut server = Program::start(livecap(folder.path(), &again));
    server.address().await;
    listener_hears(&folder, &url, &mut listener).await;
}

async fn listener_hears(folder: &TempDir, url: &str, listener: &mut Program) {
    let heard = async {
        loop {
            let sent = ended(livecap(folder.path(), &["emit", url, "again"])).await;
            assert_eq!(sent.code, Some(0), "{}", sent.err);
            if futures::FutureExt::now_or_never(listener.line()).is_some() {
                return;
            }
        }
    };
    timeout(SOON, heard).await.unwrap();
}

#[tokio::test]
async fn listen_and_emit_speak_tls() {
    let secured = crate::broadcast::limits::secured();
    let tls = Some(secured.files.clone());
    let server = relay(Settings { tls, ..settings() }).await;
    let other = folder();
    let url = format!("https://localhost:{}", server.local_addr().port());
    let mut emit = livecap(other.path(), &["emit", &url, "demo", "1"]);
    let sent = ended(emit.env("SSL_CERT_FILE", &secured.files.cert)).await;
    assert_eq!(sent.code, Some(0), "{}", sent.err);
    // Without a reason to trust it.
    let mut emit = livecap(other.path(), &["emit", &url, "demo", "1"]);
    let refused = ended(emit.env("SSL_CERT_FILE", secured.folder.path().join("none.pem"))).await;
    assert!(refused.code == Some(2) && refused.err.contains("cannot speak TLS"), "{}", refused.err);
}

/// Whoever forgot the `s` of `https://` is told so in the log, and not once for each try.
#[tokio::test]
async fn the_address_of_a_balancer_is_what_people_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let args = ["serve", "--listen", "127.0.0.1:0", "--public-url", "https://captions.example/"];
    let mut program = Program::start(livecap(folder.path(), &args));
    let address = program.address().await;
    let told = ask(&address, "GET", "/api/join", "").await;
    assert!(told.contains(r#""public_url":"https://captions.example""#), "{told}");
}

#[tokio::test]
async fn requests_without_tls_to_a_port_that_speaks_it_are_told_of_once() {
    let secured = crate::broadcast::limits::secured();
    let files = ["--cert", "cert.pem", "--key", "key.pem"];
    let (server, url) = serve(&secured.folder, &files).await;
    let address = url.trim_start_matches("https://");
    for _ in 0..3 {
        let mut plain = TcpStream::connect(address).await.unwrap();
        plain.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
        let mut told = Vec::new();
        // Whether it is hung up on or reset is the system's.
        let _ = timeout(SOON, plain.read_to_end(&mut told)).await.unwrap();
        assert!(told.is_empty());
    }
    server.signal("TERM").await;
    let (status, log) = server.exit().await;
    assert!(status.success());
    assert_eq!(log.matches("a request without TLS").count(), 1, "{log}");
    assert!(log.contains("https://") && log.contains("`cert` and `key`"), "{log}");
}
