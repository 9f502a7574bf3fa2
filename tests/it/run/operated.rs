//! An operator at a running pipeline: pauses it, resumes it, ends it.
use super::*;
use crate::support::program::ask;

async fn post(address: &str, path: &str) -> String {
    ask(address, "POST", path, "secret").await
}

/// The next event that is wanted; those before it are passed over.
async fn until(client: &mut Client, wanted: impl Fn(&str, &Value) -> bool) -> Value {
    loop {
        let event = timeout(PATIENCE, client.next()).await.unwrap().unwrap().expect("an event");
        if let Some(data) = event.args.into_iter().next()
            && wanted(&event.name, &data)
        {
            return data;
        }
    }
}

#[tokio::test]
async fn what_is_said_in_a_pause_is_a_gap_and_the_end_comes_when_it_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let web = "[broadcast.web]\nfrom = \"english\"\nlisten = \"127.0.0.1:0\"\noperator-token-env = \"T\"\n";
    // Without an end of its own.
    let text = demo("4.0", web).replace("speed = 4.0", "speed = 4.0\nloop = true");
    fs::write(folder.path().join("pipeline.toml"), text).unwrap();
    let mut program = Program::start(
        livecap(folder.path(), &["run", "pipeline.toml", "--exit"]).env("T", "secret"),
    );
    let refused = livecap(folder.path(), &["run", "pipeline.toml"]);
    let told = crate::support::program::ended(refused).await;
    assert!(told.code == Some(2) && told.err.contains("export T="), "{}", told.err);
    let address = program.address().await;
    let mut client = Client::connect(&address, json!({ "v": 1, "from": 0 })).await.unwrap();
    until(&mut client, |name, data| name == "caption" && data["kind"] == "partial").await;
    assert!(post(&address, "/api/pause").await.starts_with("HTTP/1.1 204"));
    until(&mut client, |name, data| name == "state" && data["paused"] == true).await;
    assert!(post(&address, "/api/resume").await.starts_with("HTTP/1.1 204"));
    let gap = until(&mut client, |name, data| name == "gap" && data["why"] == "paused").await;
    assert!(gap["start"].as_f64() < gap["end"].as_f64(), "{gap}");
    until(&mut client, |name, data| name == "caption" && data["kind"] == "final").await;
    assert!(post(&address, "/api/end").await.starts_with("HTTP/1.1 202"));
    until(&mut client, |name, _| name == "end").await;
    let (status, err) = program.exit().await;
    assert_eq!(status.code(), Some(0), "{err}");
}

#[tokio::test]
async fn an_operator_sees_the_plan_and_the_log_and_no_secret_is_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let web = "[broadcast.web]\nfrom = \"english\"\nlisten = \"127.0.0.1:0\"\noperator-token-env = \"T\"\n";
    fs::write(folder.path().join("pipeline.toml"), demo("4.0", web)).unwrap();
    let mut command = livecap(folder.path(), &["run", "pipeline.toml"]);
    // As much as can be asked for, as long as the lines that matter are not pushed out.
    let said = "debug,livecap=debug,tungstenite=trace,engineioxide::socket=trace,socketioxide::ns=trace,\
        socketioxide::client=trace,hyper::proto=trace";
    let mut program = Program::start(command.env("T", "secret").env("LIVECAP_LOG", said));
    let address = program.address().await;
    let auth = json!({ "v": 1, "from": 0, "token": "secret" });
    let mut client = Client::connect(&address, auth).await.unwrap();
    until(&mut client, |name, data| name == "caption" && data["kind"] == "partial").await;
    let wrong = ask(&address, "GET", "/api/log?after=0", "other-secret").await;
    assert!(wrong.starts_with("HTTP/1.1 401"), "{wrong}");
    let graph = ask(&address, "GET", "/api/graph", "secret").await;
    for part in ["\"kind\":\"recording\"", "\"from\":\"english\",\"to\":\"web\"", "\"room\":\"64\""]
    {
        assert!(graph.contains(part), "{part}: {graph}");
    }
    assert!(post(&address, "/api/end").await.starts_with("HTTP/1.1 202"));
    until(&mut client, |name, _| name == "end").await;
    let lines = ask(&address, "GET", "/api/log?after=0", "secret").await;
    for part in ["connected", "an operator has asked for the end", "\"level\":\"warn\""] {
        assert!(lines.contains(part), "{part}: {lines}");
    }
    assert!(!lines.contains("secret"), "{lines}");
    program.signal("INT").await;
    let (status, err) = program.exit().await;
    assert!(status.code() == Some(0) && !err.contains("secret"), "{err}");
}

/// Two rooms in one file: whoever pauses the one, or ends it, leaves the other alone, and each page shows its own.
#[tokio::test]
async fn each_of_two_broadcasts_is_operated_for_itself() {
    let folder = tempfile::tempdir().unwrap();
    let web = "[broadcast.web]\nfrom = \"english\"\nlisten = \"127.0.0.1:0\"\noperator-token-env = \"T\"\n";
    let one = demo("4.0", web).replace("speed = 4.0", "speed = 4.0\nloop = true");
    let other: String =
        ["talk", "speech", "english", "web"].iter().fold(one.clone(), |text, name| {
            let text = text.replace(&format!(".{name}]"), &format!(".{name}2]"));
            text.replace(&format!("from = \"{name}\""), &format!("from = \"{name}2\""))
        });
    let text = format!("{one}\n{}", other);
    fs::write(folder.path().join("pipeline.toml"), text).unwrap();
    let mut program = Program::start(
        livecap(folder.path(), &["run", "pipeline.toml", "--exit"]).env("T", "secret"),
    );
    let (first, second) = (program.address().await, program.address().await);
    let auth = json!({ "v": 1, "from": 0 });
    let mut left = Client::connect(&first, auth.clone()).await.unwrap();
    let mut right = Client::connect(&second, auth).await.unwrap();
    until(&mut left, |name, data| name == "caption" && data["kind"] == "partial").await;
    until(&mut right, |name, data| name == "caption" && data["kind"] == "partial").await;

    assert!(post(&second, "/api/pause").await.starts_with("HTTP/1.1 204"));
    until(&mut right, |name, data| name == "state" && data["paused"] == true).await;
    let here = ask(&first, "GET", "/api/state", "secret").await;
    assert!(here.contains("\"paused\":false") && !here.contains("english2"), "{here}");
    let there = ask(&second, "GET", "/api/state", "secret").await;
    assert!(there.contains("\"paused\":true") && !there.contains("\"english\""), "{there}");
    let graph = ask(&second, "GET", "/api/graph", "secret").await;
    assert!(graph.contains("\"web2\"") && !graph.contains("\"web\""), "{graph}");

    assert!(post(&second, "/api/end").await.starts_with("HTTP/1.1 202"));
    until(&mut right, |name, _| name == "end").await;
    let ready = ask(&second, "GET", "/readyz", "").await;
    assert!(ready.starts_with("HTTP/1.1 503") && ready.contains("has ended"), "{ready}");
    assert!(ask(&first, "GET", "/readyz", "").await.starts_with("HTTP/1.1 200"));
    until(&mut left, |name, data| name == "caption" && data["kind"] == "final").await;
    assert!(post(&first, "/api/end").await.starts_with("HTTP/1.1 202"));
    until(&mut left, |name, _| name == "end").await;
    let (status, err) = program.exit().await;
    assert_eq!(status.code(), Some(0), "{err}");
}
