//! Events of clients between two servers of a cluster, by way of a real Redis.
use livecap::serve::Role;

use super::*;
use crate::support::redis::{Data, Redis};

async fn servers(redis: &Redis) -> [Server; 2] {
    let start =
        async || relay(Settings { cluster: Some(redis.cluster(Role::Node)), ..settings() }).await;
    [start().await, start().await]
}

async fn metric(server: &Server, name: &str) -> u64 {
    let (_, text) =
        crate::broadcast::request(server, "GET /metrics HTTP/1.1\r\nhost: localhost", "").await;
    let wanted = format!("livecap_cluster_{name}_total ");
    text.lines().find_map(|it| it.strip_prefix(&wanted)).unwrap().parse().unwrap()
}

/// Until what is emitted at the one is heard at the other: there is no other sign that both have subscribed. How many were
/// emitted for that.
async fn connected(at: &mut Listener, other: &mut Listener) -> u64 {
    let mut asked = 0;
    let heard = async {
        loop {
            asked += 1;
            at.emit("are you there?", &[json!(asked)]).await;
            at.event().await;
            // Long enough to come if it comes: if it does not, it is asked again.
            if let Ok(event) = timeout(Duration::from_millis(50), other.0.next()).await {
                return event.unwrap().unwrap();
            }
        }
    };
    let mut event = timeout(SOON, heard).await.unwrap();
    // Late ones.
    while event.args != [json!(asked)] {
        event = other.event().await;
    }
    asked
}

#[tokio::test]
async fn what_is_emitted_at_one_server_is_heard_at_all_once_and_in_order() {
    let Some(redis) = Redis::start(Data::Lost).await else { return };
    let [one, two] = servers(&redis).await;
    let (mut here, mut there) = (Listener::connect(&one).await, Listener::connect(&two).await);
    connected(&mut here, &mut there).await;
    connected(&mut there, &mut here).await;
    let lost = metric(&two, "not_relayed").await + metric(&one, "not_relayed").await;
    let mut raw = Raw::connect(&one).await;
    let mut heard_raw = Raw::connect(&two).await;
    for number in 0..2000 {
        raw.send(&format!(r#"42["count",{number},[1.10,"é"],{{}}]"#)).await;
        if number % 500 == 0 {
            let placeholders =
                r#"{"_placeholder":true,"num":1},{"a":{"_placeholder":true,"num":0}}"#;
            raw.send(&format!(r#"452-["bytes",{placeholders},2]"#)).await;
            raw.attach(b"\x00\x01").await;
            raw.attach(b"\xff").await;
        }
    }
    // In the same order at both, text as it was written, bytes in their places.
    for (place, it) in [(0, &mut raw), (1, &mut heard_raw)] {
        for number in 0..2000 {
            assert_eq!(
                it.text().await,
                format!(r#"42["count",{number},[1.10,"é"],{{}}]"#),
                "{place}"
            );
            if number % 500 == 0 {
                let head = it.text().await;
                assert!(head.starts_with("452-[\"bytes\","), "{head}");
                let (first, second) = (it.packet().await.unwrap(), it.packet().await.unwrap());
                let sent = [first.into_data().to_vec(), second.into_data().to_vec()];
                assert_eq!(sent, [vec![0xff], vec![0, 1]], "{place}: {head}");
            }
        }
    }
    // Not twice where it was emitted, and not back.
    there.emit("last", &[]).await;
    assert_eq!(raw.text().await, r#"42["last"]"#);
    assert_eq!(metric(&two, "not_relayed").await + metric(&one, "not_relayed").await, lost);
}

#[tokio::test]
async fn nodes_client_is_heard_at_another_server() {
    let Some(redis) = Redis::start(Data::Lost).await else { return };
    let [one, two] = servers(&redis).await;
    let (mut here, mut there) = (Listener::connect(&one).await, Listener::connect(&two).await);
    connected(&mut here, &mut there).await;
    let script = ("socket.io-client", "node.mjs");
    if clients::printed(script.0, script.1, &one, "websocket").await.is_none() {
        return;
    }
    for name in ["demo", "several", "grüße", "asked", "last"] {
        assert_eq!(there.event().await.name, name);
    }
}

#[tokio::test]
async fn while_redis_is_away_each_server_goes_on_alone_and_what_did_not_cross_is_counted() {
    let Some(mut redis) = Redis::start(Data::Lost).await else { return };
    let [one, two] = servers(&redis).await;
    let (mut here, mut there) = (Listener::connect(&one).await, Listener::connect(&two).await);
    let before = connected(&mut here, &mut there).await;
    // The first of them on their way, the others not even that.
    redis.signal("STOP").await;
    for number in 0..10 {
        here.emit("alone", &[json!(number)]).await;
        assert_eq!(here.hears().await, json!(["alone", number]));
    }
    redis.stop().await;
    redis.go().await;
    let after = connected(&mut here, &mut there).await;
    // Each that was emitted here has gone out, or is counted as one that did not.
    let sum = async || metric(&one, "relayed_out").await + metric(&one, "not_relayed").await;
    let emitted = before + 10 + after;
    timeout(SOON, async { while sum().await != emitted {} }).await.expect("all are counted");
    assert!(metric(&one, "not_relayed").await >= 10);
    there.emit("again", &[]).await;
    assert_eq!(here.hears().await, json!(["again"]));
}

#[tokio::test]
async fn a_server_hears_what_it_passes_on_and_no_garbage() {
    let Some(redis) = Redis::start(Data::Lost).await else { return };
    let [one, _two] = servers(&redis).await;
    let only = RelayFilter::Only(vec!["demo".to_owned(), "are you there?".to_owned()]);
    let cluster = Some(redis.cluster(Role::Node));
    let choosy = relay(Settings { relay: only, cluster, ..settings() }).await;
    let (mut here, mut there) = (Listener::connect(&one).await, Listener::connect(&choosy).await);
    connected(&mut here, &mut there).await;
    let mut connection = redis.connection().await;
    for text in [
        "",
        "{}",
        "\u{1}",
        r#"{"v":1,"from":"x","first":1,"events":[{"event":["connect"]},{"event":1}]}"#,
    ] {
        let mut publish = redis::cmd("PUBLISH");
        let _: u64 = publish
            .arg("livecap:{live}:relay")
            .arg(text)
            .query_async(&mut connection)
            .await
            .unwrap();
    }
    here.emit("other", &[json!(1)]).await;
    here.emit("demo", &[json!(2)]).await;
    assert_eq!(there.hears().await, json!(["demo", 2]));
    assert!(metric(&choosy, "refused").await >= 3);
}
