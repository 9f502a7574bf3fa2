//! The real binary as a writer and as nodes, over every kind of address.
use std::fs;

use super::*;
use crate::support::{
    program::{Program, ended, livecap},
    redis::free_port,
};

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
    let port = free_port();
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
        ["--tls-port", &port.to_string()],
        ["--tls-cert-file", cert.to_str().unwrap()],
        ["--tls-key-file", key.to_str().unwrap()],
        ["--tls-ca-cert-file", cert.to_str().unwrap()],
        ["--tls-auth-clients", "no"],
        ["--requirepass", "very-secret"],
    ];
    let more = more.concat().into_iter().map(str::to_owned).collect();
    let Some(_redis) = Redis::with(Data::Lost, tempfile::tempdir().unwrap(), more).await else {
        return;
    };
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
