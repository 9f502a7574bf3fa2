//! The clients that people have: python-socketio's three, and socket.io-client in node, unchanged.
use std::path::PathBuf;

use tokio::process::Command;

use super::*;

fn inside(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// What the client printed, a value a line. `None`, with a message, where it is not installed.
pub(super) async fn printed(
    program: &str,
    script: &str,
    server: &Server,
    transport: &str,
) -> Option<Vec<Value>> {
    printed_with(program, script, &server.url(), &[transport]).await
}

/// The same, of a script that has other arguments behind the address.
pub(crate) async fn printed_with(
    program: &str,
    script: &str,
    url: &str,
    args: &[&str],
) -> Option<Vec<Value>> {
    let python = inside("target/clients/bin/python");
    let (interpreter, installed) = match script.ends_with(".py") {
        true => (python.clone(), python.exists()),
        false => ("node".into(), inside("web/node_modules/socket.io-client").exists()),
    };
    if !installed {
        println!("skipped: {program} is not installed, `.ci/setup tests` does that");
        return None;
    }
    let mut command = Command::new(interpreter);
    command.arg(inside("tests/clients").join(script)).arg(url).args(args);
    command.env("LIVECAP_WEB", inside("web")).kill_on_drop(true);
    let output = timeout(SOON * 2, command.output()).await.expect("it ends").unwrap();
    let (out, err) =
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{script} {args:?}: {err}\n{out}");
    Some(out.lines().map(|it| serde_json::from_str(it).unwrap()).collect())
}

const TRANSPORTS: [&str; 3] = ["websocket", "polling", "polling,websocket"];

#[tokio::test]
async fn pythons_simple_client_works_unchanged() {
    for transport in TRANSPORTS {
        let server = relay(settings()).await;
        let mut other = Listener::connect(&server).await;
        let Some(heard) = printed("python-socketio", "simple.py", &server, transport).await else {
            return;
        };
        assert_eq!(
            heard,
            [
                json!(["answer", null]),
                json!(["demo", 1467]),
                json!(["several", "one", { "two": [2, null] }]),
                json!(["nothing"]),
                json!(["bytes", { "inside": [{ "bytes": [0, 255] }], "text": "é" }]),
                json!(["asked", "?"]),
            ],
            "{transport}"
        );
        for name in ["demo", "several", "nothing", "bytes", "asked"] {
            assert_eq!(other.event().await.name, name, "{transport}");
        }
    }
}

#[tokio::test]
async fn pythons_client_with_handlers_works_unchanged() {
    for transport in TRANSPORTS {
        let server = relay(settings()).await;
        let Some(mut heard) = printed("python-socketio", "client.py", &server, transport).await
        else {
            return;
        };
        // Each handler is a thread of its own in this client, so that they tell in any order.
        assert_eq!(heard.first(), Some(&json!(["connected"])), "{transport}");
        assert_eq!(heard.last(), Some(&json!(["disconnected"])), "{transport}");
        heard.sort_by_key(Value::to_string);
        assert_eq!(
            heard,
            [
                json!(["answer"]),
                json!(["connected"]),
                json!(["disconnected"]),
                json!(["on any", "asked", "?"]),
                json!(["on any", "last"]),
                json!(["on any", "several", "one", 2, { "bytes": [1, 2] }]),
                json!(["on demo", 1467]),
            ],
            "{transport}"
        );
    }
}

#[tokio::test]
async fn pythons_async_client_gets_a_burst_back_in_order() {
    for transport in TRANSPORTS {
        let server = relay(settings()).await;
        let Some(heard) = printed("python-socketio", "async_client.py", &server, transport).await
        else {
            return;
        };
        assert_eq!(heard, [json!(["in order", true, null])], "{transport}");
    }
}

#[tokio::test]
async fn nodes_client_works_unchanged() {
    for transport in TRANSPORTS {
        let server = relay(settings()).await;
        let mut other = Listener::connect(&server).await;
        let Some(heard) = printed("socket.io-client", "node.mjs", &server, transport).await else {
            return;
        };
        let over = if transport == "polling" { "polling" } else { "websocket" };
        let (answers, heard): (Vec<Value>, Vec<Value>) =
            heard.into_iter().partition(|it| *it == json!(["answer"]));
        assert_eq!(answers.len(), 1);
        assert_eq!(
            heard,
            [
                json!(["over", over]),
                json!(["on demo", 1467]),
                json!(["on any", "several", "one", 2, { "three": [{ "bytes": [1, 2] }, null] }]),
                json!(["on any", "grüße", "olá"]),
                json!(["on any", "asked", "?"]),
                json!(["on any", "last"]),
                json!(["disconnected"]),
            ],
            "{transport}"
        );
        for name in ["demo", "several", "grüße", "asked", "last"] {
            assert_eq!(other.event().await.name, name, "{transport}");
        }
    }
}
