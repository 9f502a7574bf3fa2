//! One writer at a time: a new run takes over, an old one does not come back, two names do not mix.
use redis::AsyncCommands;

use super::*;

#[tokio::test]
async fn a_new_run_takes_over_and_viewers_drop_what_they_showed() {
    let Some(mut redis) = Redis::start(Data::Lost).await else { return };
    let mut first = writer(&redis).await;
    let server = node(&redis).await;
    let mut there = viewer(&server, json!({ "v": 1, "from": 0 })).await;
    let mut plain = viewer(&server, Value::Null).await;
    let mut newest = viewer(&server, captions()).await;
    newest.skip_to::<Hello>("hello").await;
    let old: Hello = there.expect("hello").await;
    first.say(1..=3).await;
    assert_eq!(there.numbered(3).await, said(1..=3));
    assert_eq!(plain.skip_to::<String>("final").await, "sentence 1");

    let mut second = writer(&redis).await;
    second.say([1]).await;
    let new: Hello = there.skip_to("hello").await;
    assert_ne!(new.stream, old.stream);
    assert_eq!(there.numbered(1).await, said([1]));
    // Who came for what follows is told too where what follows begins.
    assert_eq!(newest.skip_to::<Hello>("hello").await.stream, new.stream);
    assert!(newest.skip_to::<Next>("live").await.next <= 2);
    until_count(&first.server, "cluster_stood_down", |it| it == 1).await;
    // The older one serves its own.
    let mut own = first.viewer(json!({ "v": 1, "from": 3 })).await;
    first.say([4]).await;
    assert_eq!(own.numbered(2).await, said(3..=4));
    second.say([2]).await;
    assert_eq!(there.numbered(1).await, said([2]));
    // Also when nobody remembers who was first.
    redis.stop().await;
    until_count(&server, "cluster_connected", |it| it == 0).await;
    redis.go().await;
    second.say([3]).await;
    assert_eq!(there.numbered(1).await, said([3]));
    let mut connection = redis.connection().await;
    let stream: String = connection.hget("livecap:{live}", "stream").await.unwrap();
    assert_eq!(stream, new.stream);
}

#[tokio::test]
async fn who_was_away_does_not_take_the_broadcast_from_a_newer_run() {
    let Some(mut redis) = Redis::start(Data::Kept).await else { return };
    let mut first = writer(&redis).await;
    first.say([1]).await;
    until_count(&first.server, "cluster_behind", |it| it == 0).await;
    redis.stop().await;
    until_count(&first.server, "cluster_connected", |it| it == 0).await;
    // Both come to a Redis that has just started, and knows of the first.
    let mut second = writer(&redis).await;
    second.say([1, 2]).await;
    redis.go().await;
    until_count(&first.server, "cluster_stood_down", |it| it == 1).await;
    until_count(&second.server, "cluster_behind", |it| it == 0).await;
    until_count(&second.server, "cluster_stood_down", |it| it == 0).await;
    let server = node(&redis).await;
    let mut there = viewer(&server, json!({ "v": 1, "from": 0 })).await;
    assert_eq!(there.numbered(2).await, said(1..=2));
}

#[tokio::test]
async fn of_two_that_started_while_redis_was_away_the_later_one_has_the_broadcast() {
    let Some(mut redis) = Redis::start(Data::Lost).await else { return };
    redis.stop().await;
    let first = writer(&redis).await;
    let mut first_hears = first.viewer(captions()).await;
    let begun = first_hears.hello().await.started_at;
    // Their clocks count in milliseconds.
    let mut second = writer(&redis).await;
    while second.viewer(captions()).await.hello().await.started_at == begun {
        second = writer(&redis).await;
    }
    for it in [&first, &second] {
        until_count(&it.server, "cluster_reconnects_total", |it| it > 0).await;
    }
    redis.go().await;
    until_count(&first.server, "cluster_stood_down", |it| it == 1).await;
    second.say([1]).await;
    until_count(&second.server, "cluster_behind", |it| it == 0).await;
    until_count(&second.server, "cluster_stood_down", |it| it == 0).await;
}

#[tokio::test]
async fn two_names_on_one_redis_do_not_mix() {
    let Some(redis) = Redis::start(Data::Lost).await else { return };
    let mut talk = Pipeline::start(writing(&redis, "talk")).await;
    let mut walk = Pipeline::start(writing(&redis, "walk")).await;
    let (of_talk, of_walk) = (node_of(&redis, "talk").await, node_of(&redis, "walk").await);
    talk.finish("talk").await;
    walk.finish("walk").await;
    for (server, text) in [(&of_talk, "talk"), (&of_walk, "walk")] {
        let mut there = viewer(server, json!({ "v": 1, "from": 0 })).await;
        assert_eq!(there.numbered(1).await, [(1, text.to_owned())]);
        assert_eq!(there.expect::<Next>("live").await.next, 2);
    }
    for it in [&talk, &walk] {
        until_count(&it.server, "cluster_stood_down", |it| it == 0).await;
    }
}

/// Nobody reaches `0.0.0.0` from another machine.
#[tokio::test]
async fn nodes_are_told_where_the_writer_can_be_reached() {
    let Some(redis) = Redis::start(Data::Lost).await else { return };
    let open = Settings { host: "0.0.0.0".into(), ..writing(&redis, "open") };
    let pipeline = Pipeline::start(open).await;
    let cluster = Some(redis.named("open", Role::Node));
    let tokens = Tokens { operator: Some(Token::new("o")), ..Tokens::default() };
    let node = Server::bind(Settings { cluster, tokens, ..settings() }).await.unwrap();
    until(&node, "/readyz", |it| it.starts_with("HTTP/1.1 200")).await;
    let (head, refused) = post(&node, "/api/pause", "").await;
    assert!(head.starts_with("HTTP/1.1 409"), "{head}");
    let port = pipeline.server.local_addr().port();
    let told = refused.split("http://").nth(1).unwrap().split(',').next().unwrap();
    assert!(!told.starts_with("0.0.0.0") && told.ends_with(&format!(":{port}")), "{refused}");
    TcpStream::connect(told).await.expect("it is reached there");

    let mut named = writing(&redis, "named");
    let public_url = Some("https://captions.example".to_owned());
    named.cluster = named.cluster.map(|it| ClusterSettings { public_url, ..it });
    let _pipeline = Pipeline::start(named).await;
    let node = node_of(&redis, "named").await;
    until(&node, "/api/state", |it| it.contains(r#""writer":"https://captions.example""#)).await;
}
