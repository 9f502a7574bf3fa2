//! The real binary as a writer and as nodes, over every kind of address.
use std::{
    fs,
    sync::atomic::{AtomicU16, Ordering::SeqCst},
};

use tokio::{io::copy_bidirectional, net::TcpListener};

use super::*;
use crate::support::program::{Program, ended, livecap};

#[tokio::test]
async fn a_pipeline_and_a_node_of_it_as_somebody_types_them() {
    let Some(redis) = Redis::start(Data::Lost).await else { return };
    let folder = tempfile::tempdir().unwrap();
    let pipeline = format!(
        "[lines.talk]\n[broadcast.web]\nfrom = \"talk\"\nlisten = \"127.0.0.1:0\"\ncluster = \"{}\"\n",
        redis.address()
    );
    fs::write(folder.path().join("pipeline.toml"), pipeline).unwrap();
    let mut node = livecap(
        folder.path(),
        &["serve", "--listen", "127.0.0.1:0", "--cluster", &redis.address()],
    );
    let mut node = Program::start(node.env("NO_COLOR", "1"));
    let address = node.address().await;
    let mut viewer = Viewer(Client::connect(&address, json!({ "v": 1, "from": 0 })).await.unwrap());
    let mut run = livecap(folder.path(), &["run", "pipeline.toml", "--exit"]);
    let mut run = Program::start(run.stdin(std::process::Stdio::piped()));
    run.write("One.\nTwo.\n").await;
    assert_eq!(viewer.numbered(2).await, [(1, "One.".to_owned()), (2, "Two.".to_owned())]);
    run.write("Three.\n").await;
    // Its last words come too, although it ends at once.
    run.write_all_and_close("Four.\n");
    assert_eq!(viewer.numbered(2).await, [(3, "Three.".to_owned()), (4, "Four.".to_owned())]);
    viewer.skip_to::<Next>("end").await;
    assert!(run.exit().await.0.success());
    node.signal("INT").await;
    assert!(node.exit().await.0.success());
}

#[tokio::test]
async fn a_node_starts_without_redis_and_finds_it_later_over_tls_and_shows_no_password() {
    let folder = tempfile::tempdir().unwrap();
    let signed = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let (cert, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    fs::write(&cert, signed.cert.pem()).unwrap();
    fs::write(&key, signed.signing_key.serialize_pem()).unwrap();
    // Between the two, on a port of its own: until it knows where Redis is, whoever comes is turned away.
    let between = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = between.local_addr().unwrap().port();
    let redis_port = Arc::new(AtomicU16::new(0));
    let behind = redis_port.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = between.accept().await {
            let port = behind.load(SeqCst);
            if port > 0 {
                let mut redis = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
                tokio::spawn(async move { copy_bidirectional(&mut stream, &mut redis).await });
            }
        }
    });
    let address = format!("rediss://:very-secret@localhost:{port}/");
    let mut node =
        livecap(folder.path(), &["serve", "--listen", "127.0.0.1:0", "--cluster-env", "C"]);
    node.env("C", &address).env("SSL_CERT_FILE", &cert).env("NO_COLOR", "1");
    let mut node = Program::start(node);
    let url = node.address().await;
    node.said("trying again and again").await;
    // What its own clients say goes on.
    let mut client = Client::connect(&url, Value::Null).await.unwrap();
    client.emit("hi", &[json!(1)]).await.unwrap();
    let heard = timeout(SOON, client.next()).await.unwrap().unwrap().unwrap();
    assert_eq!((heard.name.as_str(), heard.args), ("hi", vec![json!(1)]));

    let more = [
        ["--tls-cert-file", cert.to_str().unwrap()],
        ["--tls-key-file", key.to_str().unwrap()],
        ["--tls-ca-cert-file", cert.to_str().unwrap()],
        ["--tls-auth-clients", "no"],
        ["--requirepass", "very-secret"],
    ];
    let Some((_redis, port)) = Redis::with_tls(&more.concat()).await else { return };
    redis_port.store(port, SeqCst);
    node.said("captions are read from Redis").await;
    node.signal("INT").await;
    let (status, log) = node.exit().await;
    assert!(status.success() && !log.contains("very-secret"), "{log}");
}

#[tokio::test]
async fn an_address_that_is_none_is_refused_and_not_repeated() {
    let folder = tempfile::tempdir().unwrap();
    for (address, says) in
        [("http://:very-secret@x/", "no"), ("redis://:very-secret@x/?name=", "name")]
    {
        let mut node = livecap(folder.path(), &["serve", "--cluster-env", "C"]);
        let told = ended(node.env("C", address)).await;
        assert_eq!(told.code, Some(2), "{}", told.err);
        assert!(told.err.contains("C: ") && told.err.contains(says), "{}", told.err);
        assert!(!told.err.contains("very-secret"), "{}", told.err);
    }
}
