//! How much anybody may take: viewers, connections, handshakes, time; and TLS, which takes some before a word is said.
use std::sync::Arc as Shared;

use livecap::serve::{PerAddress, TlsFiles, Token, Tokens};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, ServerName},
};
use tokio_rustls::TlsConnector;

use super::*;

const HANDSHAKE: &str = "/socket.io/?EIO=4&transport=polling";

fn limited(connections: usize, handshakes: usize) -> Settings {
    let window = Duration::from_secs(3600);
    let per_address =
        PerAddress { connections, handshakes, window, loopback_too: true, ..PerAddress::default() };
    Settings { per_address, ..settings() }
}

#[tokio::test]
async fn a_full_server_says_when_to_come_again() {
    let pipeline = Pipeline::start(Settings { max_viewers: 1, ..settings() }).await;
    let mut first = pipeline.viewer(captions()).await;
    first.hello().await;
    let (head, _) = get(&pipeline.server, HANDSHAKE).await;
    assert!(head.starts_with("HTTP/1.1 503") && head.contains("retry-after: "), "{head}");
    // Pages and the API are there for everybody.
    assert!(get(&pipeline.server, "/").await.0.starts_with("HTTP/1.1 200"));
    first.0.close().await.unwrap();
    http::until_viewers(&pipeline.server, 0).await;
    pipeline.viewer(captions()).await.hello().await;
}

#[tokio::test]
async fn one_address_opens_so_many_sessions_and_no_more() {
    let server = Server::bind(limited(1000, 3)).await.unwrap();
    for _ in 0..3 {
        assert!(get(&server, HANDSHAKE).await.0.starts_with("HTTP/1.1 200"));
    }
    let (head, _) = get(&server, HANDSHAKE).await;
    assert!(head.starts_with("HTTP/1.1 503") && head.contains("retry-after: 3"), "{head}");
    // Who does not come through a trusted proxy is not believed to be somebody else.
    let forged =
        format!("GET {HANDSHAKE} HTTP/1.1\r\nhost: localhost\r\nx-forwarded-for: 192.0.2.1");
    assert!(request(&server, &forged, "").await.0.starts_with("HTTP/1.1 503"));

    let trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
    let behind = Server::bind(Settings { trusted_proxies, ..limited(1000, 1) }).await.unwrap();
    for (client, status) in [("192.0.2.1", "200"), ("192.0.2.2", "200"), ("192.0.2.1", "503")] {
        let head =
            format!("GET {HANDSHAKE} HTTP/1.1\r\nhost: localhost\r\nx-forwarded-for: {client}");
        let (head, _) = request(&behind, &head, "").await;
        assert!(head.starts_with(&format!("HTTP/1.1 {status}")), "{client}: {head}");
    }
}

#[tokio::test]
async fn one_address_has_so_many_connections_and_no_more() {
    let server = Server::bind(limited(2, 1000)).await.unwrap();
    let open = async || TcpStream::connect(server.local_addr()).await.unwrap();
    let (first, _second) = (open().await, open().await);
    let mut third = open().await;
    let mut told = String::new();
    timeout(SOON, third.read_to_string(&mut told)).await.unwrap().unwrap();
    assert!(told.starts_with("HTTP/1.1 503") && told.contains("retry-after: 5"), "{told}");
    drop(first);
    let again = async {
        loop {
            let mut stream = open().await;
            let asked = b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
            // It may have been turned away already.
            let _ = stream.write_all(asked).await;
            let mut answer = Vec::new();
            let _ = stream.read_to_end(&mut answer).await;
            if answer.starts_with(b"HTTP/1.1 200") {
                return;
            }
        }
    };
    timeout(SOON, again).await.expect("its place is free again");
}

#[tokio::test]
async fn who_says_nothing_or_speaks_too_slowly_is_hung_up_on() {
    let short = Duration::from_millis(50);
    let tokens = Tokens { operator: Some(Token::new("o")), ..Tokens::default() };
    let settings = Settings { header_timeout: short, body_timeout: short, tokens, ..settings() };
    let server = Server::bind(settings).await.unwrap();
    let mut silent = TcpStream::connect(server.local_addr()).await.unwrap();
    let mut nothing = Vec::new();
    timeout(SOON, silent.read_to_end(&mut nothing)).await.expect("it is hung up on").unwrap();
    assert!(!String::from_utf8_lossy(&nothing).contains("200"));

    let mut slow = TcpStream::connect(server.local_addr()).await.unwrap();
    let head = "POST /api/mark HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer o\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{";
    slow.write_all(head.as_bytes()).await.unwrap();
    let mut told = Vec::new();
    timeout(SOON, slow.read_to_end(&mut told)).await.expect("it is hung up on").unwrap();
    let told = String::from_utf8_lossy(&told);
    assert!(told.starts_with("HTTP/1.1 408"), "{told}");

    // After an answer the connection may rest, and not for ever.
    let mut resting = TcpStream::connect(server.local_addr()).await.unwrap();
    resting.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    timeout(SOON, resting.read_to_end(&mut answer)).await.expect("it is hung up on").unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 200"));
}

/// What a server and its clients need to speak TLS.
pub(crate) struct Secured {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) files: TlsFiles,
    connector: TlsConnector,
}

/// A certificate for `localhost` that vouches for itself.
pub(crate) fn secured() -> Secured {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let files =
        TlsFiles { cert: folder.path().join("cert.pem"), key: folder.path().join("key.pem") };
    std::fs::write(&files.cert, cert.pem()).unwrap();
    std::fs::write(&files.key, signing_key.serialize_pem()).unwrap();
    let connector = trusting(cert.der());
    Secured { folder, files, connector }
}

/// Speaks TLS with who has this certificate, and nobody else.
fn trusting(cert: &CertificateDer<'static>) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    roots.add(cert.clone()).unwrap();
    let config = ClientConfig::builder_with_provider(Shared::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    TlsConnector::from(Shared::new(config))
}

#[tokio::test]
async fn a_new_certificate_is_taken_without_a_restart_and_connections_go_on() {
    let secured = secured();
    let (tls, tls_look) = (Some(secured.files.clone()), Duration::from_millis(5));
    let server = Server::bind(Settings { tls, tls_look, ..settings() }).await.unwrap();
    let connect = async |connector: &TlsConnector| {
        let stream = TcpStream::connect(server.local_addr()).await.unwrap();
        connector.connect(ServerName::try_from("localhost").unwrap(), stream).await
    };
    let mut before = connect(&secured.connector).await.unwrap();

    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    std::fs::write(&secured.files.cert, cert.pem()).unwrap();
    std::fs::write(&secured.files.key, signing_key.serialize_pem()).unwrap();
    let new = trusting(cert.der());
    let taken = async { while connect(&new).await.is_err() {} };
    timeout(SOON, taken).await.expect("the new certificate in time");
    assert!(connect(&secured.connector).await.is_err(), "the old one is not used any more");
    before.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let mut answer = [0; 12];
    timeout(SOON, before.read_exact(&mut answer)).await.unwrap().unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200");
}

#[tokio::test]
async fn with_a_certificate_all_is_spoken_over_tls() {
    let secured = secured();
    let header_timeout = Duration::from_millis(500);
    let tls = Some(secured.files.clone());
    let mut pipeline = Pipeline::start(Settings { tls, header_timeout, ..settings() }).await;
    assert!(pipeline.server.url().starts_with("https://"));
    let connect = async || {
        let stream = TcpStream::connect(pipeline.server.local_addr()).await.unwrap();
        secured.connector.connect(ServerName::try_from("localhost").unwrap(), stream).await.unwrap()
    };
    let mut page = connect().await;
    page.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        .await
        .unwrap();
    let mut answer = Vec::new();
    // Whether the other end says goodbye in TLS's own way is not ours.
    let _ = timeout(SOON, page.read_to_end(&mut answer)).await.unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 200"));

    let url = format!(
        "wss://localhost:{}/socket.io/?EIO=4&transport=websocket",
        pipeline.server.local_addr().port()
    );
    let (mut socket, _) = tokio_tungstenite::client_async(url, connect().await).await.unwrap();
    let wait_for = async |socket: &mut tokio_tungstenite::WebSocketStream<_>, wanted: &str| {
        use futures::StreamExt;
        let reading =
            async { while !socket.next().await.unwrap().unwrap().to_string().contains(wanted) {} };
        timeout(SOON, reading).await.unwrap();
    };
    use futures::SinkExt;
    socket.send(tokio_tungstenite::tungstenite::Message::text("40{\"v\":1}")).await.unwrap();
    wait_for(&mut socket, "\"hello\"").await;
    pipeline.finish("over the wire").await;
    wait_for(&mut socket, "over the wire").await;

    // Who speaks no TLS, or nothing, is hung up on.
    let mut plain = TcpStream::connect(pipeline.server.local_addr()).await.unwrap();
    plain.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let mut silent = TcpStream::connect(pipeline.server.local_addr()).await.unwrap();
    for stream in [&mut plain, &mut silent] {
        let mut told = Vec::new();
        let _ = timeout(SOON, stream.read_to_end(&mut told)).await.expect("it is hung up on");
        assert!(!told.starts_with(b"HTTP"));
    }
}

#[tokio::test]
async fn a_certificate_that_cannot_be_used_is_named() {
    let secured = secured();
    let bad = |cert: &std::path::Path, key: &std::path::Path| TlsFiles {
        cert: cert.into(),
        key: key.into(),
    };
    let TlsFiles { cert, key } = &secured.files;
    for (files, says) in [
        (bad(&cert.with_file_name("none.pem"), key), "none.pem"),
        (bad(key, key), "no certificate in"),
        (bad(cert, cert), "cannot read a private key"),
    ] {
        let Err(error) = Server::bind(Settings { tls: Some(files), ..settings() }).await else {
            panic!("it can be used")
        };
        assert!(error.to_string().contains(says), "{error}");
    }
}
