//! The public test suites of Engine.IO and Socket.IO, against servers with the listener of this folder.
//!
//! They are not part of the project: `LIVECAP_SUITES` names a folder with clones of socketio/engine.io-protocol and
//! socketio/socket.io-protocol, in each of which `npm ci` was run in `test-suite`.
use std::{env, fs, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use axum::Router;
use bytes::Bytes;
use engineioxide::{
    DisconnectReason, Socket, Str, config::EngineIoConfig, handler::EngineIoHandler,
    layer::EngineIoLayer,
};
use serde_json::Value;
use socketioxide::{
    SocketIo,
    extract::{AckSender, SocketRef, TryData},
    handler::ConnectHandler,
};
use tokio::{net::TcpListener, process::Command, sync::Semaphore, time::timeout};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::listener::Listener;
use crate::serve::{hub::Hub, relay::client_event::Incoming, settings::Settings, socket::sessions};

const INTERVAL: Duration = Duration::from_millis(300);
const PATIENCE: Duration = Duration::from_millis(200);
const PAYLOAD: u64 = 1_000_000;
/// No step takes longer, on any machine.
const SOON: Duration = Duration::from_secs(120);

/// Serves `router` with the listener of a broadcast.
async fn serve(router: Router) -> SocketAddr {
    let settings = Settings { max_payload: PAYLOAD as usize, ..Settings::default() };
    let hub = Hub::new(settings, true);
    let viewers = TaskTracker::new();
    let (_, sockets) = sessions::open(&hub, &viewers);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let front = Listener {
        router,
        sockets,
        room: Arc::new(Semaphore::new(1000)),
        hub,
        tls: None,
        guarded: true,
        connections: TaskTracker::new(),
        closed: CancellationToken::new(),
        cut: CancellationToken::new(),
    };
    tokio::spawn(Arc::new(front).accept(listener));
    address
}

/// Sends back each message.
#[derive(Clone, Debug)]
struct Echo;

impl EngineIoHandler for Echo {
    type Data = ();

    fn on_connect(self: Arc<Self>, _: Arc<Socket<()>>) {}

    fn on_disconnect(&self, _: Arc<Socket<()>>, _: DisconnectReason) {}

    fn on_message(self: &Arc<Self>, message: Str, socket: Arc<Socket<()>>) {
        let _ = socket.emit(message);
    }

    fn on_binary(self: &Arc<Self>, data: Bytes, socket: Arc<Socket<()>>) {
        let _ = socket.emit_binary(data);
    }
}

/// Sends a client its `auth`, and sends back its messages, as the suite requires.
#[expect(clippy::needless_pass_by_value, reason = "a handler takes what it is given")]
fn admit(socket: SocketRef) -> std::future::Ready<Result<(), std::convert::Infallible>> {
    socket.on("message", |socket: SocketRef, Incoming(emitted): Incoming| {
        if let Ok(emitted) = emitted {
            let _ = socket.emit("message-back", &emitted.args);
        }
        std::future::ready(())
    });
    socket.on("message-with-ack", |to: AckSender, Incoming(emitted): Incoming| {
        if let Ok(emitted) = emitted {
            let _ = to.send(&emitted.args);
        }
        std::future::ready(())
    });
    std::future::ready(Ok(()))
}

async fn enter(socket: SocketRef, TryData(auth): TryData<Value>) {
    let _ = socket.emit("auth", &auth.unwrap_or_default());
}

/// Runs a suite and returns how many of its tests passed. `None`, with a message, if the suite is absent.
async fn passed(suite: &str, address: SocketAddr) -> Option<u64> {
    let Some(suites) = env::var_os("LIVECAP_SUITES").map(PathBuf::from) else {
        use std::io::Write;
        let told =
            format!("skipped: {suite}: LIVECAP_SUITES names no folder with the public suites");
        let _ = writeln!(std::io::stdout(), "{told}");
        return None;
    };
    let folder = suites.join(suite).join("test-suite");
    let text = fs::read_to_string(folder.join("test-suite.js")).unwrap();
    let around = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suites/around.mjs");
    let around = fs::read_to_string(around).unwrap();
    let imports = "await import(\"./node-imports.js\");\n}\n";
    assert!(text.contains(imports) && text.contains("http://localhost:3000"), "another suite");
    let text = text
        .replacen(imports, &format!("{imports}{around}"), 1)
        .replacen(
            "\nfunction waitFor(socket, eventType) {\n  return",
            "\nfunction waitForOne(socket, eventType) {\n  return",
            1,
        )
        .replace("http://localhost:3000", &format!("http://{address}"));
    let patched = folder.join("livecap-test-suite.js");
    fs::write(&patched, text).unwrap();
    let mut mocha = Command::new("node");
    mocha.arg("node_modules/.bin/mocha").args(["--exit", "--reporter", "json"]);
    let output = mocha.arg(&patched).current_dir(&folder).kill_on_drop(true).output();
    let output = timeout(SOON, output).await.expect("it ends").unwrap();
    fs::remove_file(&patched).unwrap();
    let out = String::from_utf8_lossy(&output.stdout);
    let told: Value = serde_json::from_str(&out)
        .unwrap_or_else(|_| panic!("{out}{}", String::from_utf8_lossy(&output.stderr)));
    let failures: Vec<String> = told["failures"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| format!("{}: {}", it["fullTitle"], it["err"]["message"]))
        .collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    told["stats"]["passes"].as_u64()
}

#[tokio::test]
async fn the_suite_of_engine_io_passes() {
    let config = EngineIoConfig::builder()
        .ping_interval(INTERVAL)
        .ping_timeout(PATIENCE)
        .max_payload(PAYLOAD)
        .build();
    let layer = EngineIoLayer::from_config(Arc::new(Echo), config);
    let address = serve(Router::new().layer(layer)).await;
    if let Some(passed) = passed("engine.io-protocol", address).await {
        assert_eq!(passed, 24);
    }
}

#[tokio::test]
async fn the_suite_of_socket_io_passes() {
    let (layer, io) = SocketIo::builder()
        .ping_interval(INTERVAL)
        .ping_timeout(PATIENCE)
        .max_payload(PAYLOAD)
        .connect_timeout(Duration::from_secs(1))
        .build_layer();
    io.ns("/", enter.with(admit));
    io.ns("/custom", enter.with(admit));
    let address = serve(Router::new().layer(layer)).await;
    if let Some(passed) = passed("socket.io-protocol", address).await {
        assert_eq!(passed, 32);
    }
}
