//! Whatever clients send, in whatever order: the server lives, and honest clients hear each other and nothing else.
//!
//! Each test makes up a few sequences; with `LIVECAP_FUZZ=600` it goes on for so many seconds.
use std::env;

use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, TestRunner},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::Instant,
};

use super::*;

/// What somebody does who means no good, or no sense.
#[derive(Clone, Debug)]
enum Act {
    /// A text frame as it is.
    Text(String),
    Bytes(Vec<u8>),
    /// An honest event in between, by somebody else.
    Honest,
    /// Hangs up without a word, and comes again.
    Again,
}

fn json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        any::<i64>().prop_map(|it| it.to_string()),
        any::<f64>().prop_map(|it| json!(it).to_string()),
        ".{0,12}".prop_map(|it| json!(it).to_string()),
        (0u8..4).prop_map(|it| format!("{{\"_placeholder\":true,\"num\":{it}}}")),
        Just("{\"_placeholder\":1,\"num\":-1}".to_owned()),
        Just("1e999".to_owned()),
        Just("\"\\ud800\"".to_owned()),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|it| format!("[{}]", it.join(","))),
            prop::collection::vec(("[a-z_]{0,8}", inner), 0..4).prop_map(|it| {
                let fields: Vec<_> =
                    it.iter().map(|(name, it)| format!("\"{name}\":{it}")).collect();
                format!("{{{}}}", fields.join(","))
            }),
        ]
    })
}

fn packet() -> impl Strategy<Value = String> {
    let name = prop_oneof![
        Just("x".to_owned()),
        Just("disconnect".to_owned()),
        Just("clock".to_owned()),
        Just("painted".to_owned()),
        ".{0,8}",
    ];
    let args = prop::collection::vec(json(), 0..3);
    let head = prop_oneof![
        Just("42"),
        Just("421"),
        Just("4299999999999999999999"),
        Just("451-"),
        Just("452-7"),
        Just("450-"),
        Just("43"),
        Just("430"),
        Just("461-0"),
        Just("42/,"),
        Just("42/nowhere,"),
        Just("451-/x,"),
        Just("45-"),
    ];
    prop_oneof![
        4 => (head, name, args).prop_map(|(head, name, args)| {
            let list = [vec![json!(name).to_string()], args].concat();
            format!("{head}[{}]", list.join(","))
        }),
        1 => (prop::sample::select(vec!["40", "40/x,", "41", "44", "4", "1", "6", "2probe", "5", "3"]), json())
            .prop_map(|(head, body)| format!("{head}{body}")),
        1 => "[0-6]{0,3}.{0,20}",
    ]
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        6 => packet().prop_map(Act::Text),
        2 => prop::collection::vec(any::<u8>(), 0..40).prop_map(Act::Bytes),
        2 => Just(Act::Honest),
        1 => Just(Act::Again),
    ]
}

/// Runs `look` on what `made` makes up, a few times or for as long as it was asked for.
fn explore<T: std::fmt::Debug>(made: &impl Strategy<Value = T>, look: impl AsyncFn(T)) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let seconds = env::var("LIVECAP_FUZZ").ok().and_then(|it| it.parse().ok());
    let until = seconds.map(|it| Instant::now() + Duration::from_secs(it));
    let mut runner = TestRunner::new(Config::default());
    let mut cases = 0u64;
    while until.map_or(cases < 24, |until| Instant::now() < until) {
        let case = made.new_tree(&mut runner).unwrap().current();
        let shown = format!("{case:?}");
        let looked = std::panic::AssertUnwindSafe(|| runtime.block_on(look(case)));
        assert!(std::panic::catch_unwind(looked).is_ok(), "after {cases} fine ones: {shown}");
        cases += 1;
    }
    if until.is_some() {
        println!("{cases} cases");
    }
}

#[test]
fn whatever_is_sent_honest_clients_hear_each_other() {
    explore(&prop::collection::vec(act(), 1..40), async |acts| {
        let server = relay(settings()).await;
        let (mut honest, mut listener) =
            (Listener::connect(&server).await, Listener::connect(&server).await);
        let mut odd = Raw::connect(&server).await;
        let mut said = 0;
        for act in acts {
            // The server may have hung up by then.
            match act {
                Act::Text(text) => drop(odd.0.send(Message::text(text)).await),
                Act::Bytes(bytes) => drop(odd.0.send(Message::binary(bytes)).await),
                Act::Again => odd = Raw::connect(&server).await,
                Act::Honest => {
                    assert_eq!(honest.call("honest", &[json!(said)]).await, [] as [Value; 0]);
                    said += 1;
                }
            }
        }
        honest.emit("last", &[]).await;
        let mut heard = 0;
        loop {
            let event = listener.event().await;
            match event.name.as_str() {
                "honest" if event.args[0] == heard => heard += 1,
                "last" if event.args.is_empty() && heard == said => break,
                name => {
                    let reserved = ["connect", "connect_error", "disconnect", "disconnecting"];
                    assert!(!reserved.contains(&name), "{event:?}");
                    // What it passed on hangs together.
                    let text = json!(event.args).to_string();
                    let places = text.matches("\"_placeholder\":true").count();
                    assert!(
                        event.attachments.is_empty() || places == event.attachments.len(),
                        "{event:?}"
                    );
                }
            }
        }
    });
}

#[test]
fn whatever_auth_is_sent_it_is_taken_or_refused_with_a_reason() {
    let auth = prop_oneof![
        json(),
        ("[0-9]{1,2}|\"1\"|null", json(), json(), json()).prop_map(|(v, from, stream, tracks)| {
            format!("{{\"v\":{v},\"from\":{from},\"stream\":{stream},\"tracks\":{tracks}}}")
        }),
        ".{0,30}",
    ];
    explore(&auth, async |auth: String| {
        let server = relay(settings()).await;
        let mut raw = Raw::open(&server).await;
        raw.send(&format!("40{auth}")).await;
        match raw.packet().await {
            Some(Message::Text(told)) => {
                let joined = told.starts_with("40{") || told.starts_with("42[");
                let elsewhere = auth.starts_with('/');
                assert!(
                    joined || told.starts_with("44{\"message\":\"") || elsewhere,
                    "{auth}: {told}"
                );
            }
            Some(other) => panic!("{auth}: {other:?}"),
            // It was no packet at all.
            None => (),
        }
        assert_eq!(Listener::connect(&server).await.call("fine", &[]).await, [] as [Value; 0]);
    });
}

#[test]
fn whatever_is_asked_for_it_is_answered_or_hung_up_on() {
    let query = "[a-zA-Z0-9=&%+./_-]{0,30}";
    let path = prop_oneof![
        query.prop_map(|it| format!("/socket.io/?EIO=4&transport=polling&{it}")),
        query.prop_map(|it| format!("/socket.io/?EIO={it}")),
        query.prop_map(|it| format!("/socket.io{it}")),
        query.prop_map(|it| format!("/api/transcript.json?from={it}")),
        query.prop_map(|it| format!("/api/transcript.{it}")),
        query.prop_map(|it| format!("/api/{it}")),
        query.prop_map(|it| format!("/{it}")),
        "[ -~]{0,20}",
    ];
    let method = prop::sample::select(vec!["GET", "POST", "PUT", "OPTIONS", "HEAD", "DELETE", "X"]);
    let body = prop_oneof![packet(), ".{0,20}"];
    explore(&(method, path, body), async |(method, path, body): (&str, String, String)| {
        let short = Duration::from_millis(100);
        let settings = Settings { header_timeout: short, body_timeout: short, ..settings() };
        // A poll that nothing comes for ends with its session.
        let settings = Settings { ping_interval: short, ping_timeout: short, ..settings };
        let server = relay(settings).await;
        let mut stream = TcpStream::connect(server.local_addr()).await.unwrap();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let _ = stream.write_all(head.as_bytes()).await;
        let mut answer = Vec::new();
        let _ = timeout(SOON, stream.read_to_end(&mut answer)).await.expect("an end");
        let status = String::from_utf8_lossy(&answer).split(' ').nth(1).map(str::to_owned);
        // The server's own fault is never the answer.
        assert_ne!(status.as_deref(), Some("500"), "{head}");
        let (head, _) =
            crate::broadcast::request(&server, "GET /healthz HTTP/1.1\r\nhost: localhost", "")
                .await;
        assert!(head.starts_with("HTTP/1.1 200"));
    });
}
