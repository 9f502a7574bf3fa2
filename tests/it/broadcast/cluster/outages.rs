//! Redis is away, has lost its data, holds garbage, or holds still.
use livecap::serve::Retention;
use redis::AsyncCommands;

use super::*;

async fn survives_a_restart(data: Data) {
    let Some(mut redis) = Redis::start(data).await else { return };
    let mut pipeline = writer(&redis).await;
    let server = node(&redis).await;
    let mut here = pipeline.viewer(json!({ "v": 1, "from": 0 })).await;
    let mut there = viewer(&server, json!({ "v": 1, "from": 0 })).await;
    pipeline.say(1..=20).await;
    assert_eq!(there.numbered(20).await, said(1..=20));
    redis.stop().await;
    until(&server, "/readyz", |it| it.contains("503") && it.contains("is away")).await;
    pipeline.say(21..=200).await;
    // Whoever watches the writer notices nothing.
    assert_eq!(here.numbered(200).await, said(1..=200));
    redis.go().await;
    pipeline.say(201..=210).await;
    assert_eq!(there.numbered(190).await, said(21..=210), "{data:?}");
    until_count(&pipeline.server, "cluster_behind", |it| it == 0).await;
    until_count(&pipeline.server, "cluster_reconnects_total", |it| it > 0).await;
    // Also who comes to a node that comes now.
    let late = node(&redis).await;
    let mut newcomer = viewer(&late, json!({ "v": 1, "from": 0 })).await;
    assert_eq!(newcomer.numbered(210).await, said(1..=210), "{data:?}");
    until_count(&server, "cluster_lost_total", |it| it == 0).await;
    let (_writer, _) = pipeline.end().await;
    there.skip_to::<Next>("end").await;
}

#[tokio::test]
async fn a_redis_that_comes_back_with_its_data_costs_nobody_a_caption() {
    survives_a_restart(Data::Kept).await;
}

#[tokio::test]
async fn a_redis_that_comes_back_without_its_data_is_filled_again() {
    survives_a_restart(Data::Lost).await;
}

#[tokio::test]
async fn data_that_is_lost_behind_an_open_connection_is_filled_again_in_silence() {
    let Some(redis) = Redis::start(Data::Lost).await else { return };
    let mut pipeline = writer(&redis).await;
    pipeline.say(1..=50).await;
    until_count(&pipeline.server, "cluster_behind", |it| it == 0).await;
    let mut connection = redis.connection().await;
    let _: () = redis::cmd("FLUSHALL").query_async(&mut connection).await.unwrap();
    let late = node(&redis).await;
    let mut newcomer = viewer(&late, json!({ "v": 1, "from": 0 })).await;
    assert_eq!(newcomer.numbered(50).await, said(1..=50));
}

/// How often nodes have asked for more.
async fn reads(connection: &mut redis::aio::MultiplexedConnection) -> u64 {
    let mut info = redis::cmd("INFO");
    let told: String = info.arg("commandstats").query_async(connection).await.unwrap();
    let line = told.lines().find_map(|it| it.strip_prefix("cmdstat_xread:calls="));
    line.and_then(|it| it.split(',').next()).map_or(0, |it| it.parse().unwrap())
}

#[tokio::test]
async fn a_node_that_is_back_before_the_writer_waits_for_what_redis_lost() {
    let Some(redis) = Redis::start(Data::Lost).await else { return };
    let mut pipeline = writer(&redis).await;
    pipeline.say(1..=100).await;
    let (writer, _) = pipeline.end().await;
    writer.shutdown(SOON).await;
    let mut connection = redis.connection().await;
    let keys: Vec<String> = connection.keys("livecap:*:log:*").await.unwrap();
    // The facts stay, as a node remembers them.
    let log: Vec<u8> = redis::cmd("DUMP").arg(&keys).query_async(&mut connection).await.unwrap();
    let _: u64 = connection.del(&keys).await.unwrap();
    let late = node(&redis).await;
    while reads(&mut connection).await < 3 {
        tokio::task::yield_now().await;
    }
    let mut restore = redis::cmd("RESTORE");
    let _: () = restore.arg(&keys).arg(0).arg(log).query_async(&mut connection).await.unwrap();
    let mut newcomer = viewer(&late, json!({ "v": 1, "from": 0 })).await;
    assert_eq!(newcomer.numbered(100).await, said(1..=100));
    until_count(&late, "cluster_lost_total", |it| it == 0).await;
}

#[tokio::test]
async fn a_history_of_which_nothing_is_left_keeps_nobody_waiting() {
    let Some(redis) = Redis::start(Data::Lost).await else { return };
    let keep = Retention { count: 10, age: Duration::from_millis(1) };
    let mut pipeline = Pipeline::start(Settings { keep, ..writing(&redis, "live") }).await;
    pipeline.say(1..=5).await;
    until(&pipeline.server, "/api/state", |it| it.contains(r#""first":6,"next":6"#)).await;
    let mut connection = redis.connection().await;
    let _: () = redis::cmd("FLUSHALL").query_async(&mut connection).await.unwrap();
    let late = node(&redis).await;
    let mut newcomer = viewer(&late, json!({ "v": 1, "from": 0 })).await;
    assert_eq!(newcomer.expect::<Hello>("hello").await.next, 6);
    until_count(&late, "cluster_lost_total", |it| it == 0).await;
}

#[tokio::test]
async fn one_number_that_is_gone_costs_a_node_none_of_the_others() {
    let Some(redis) = Redis::start(Data::Lost).await else { return };
    let mut pipeline = writer(&redis).await;
    pipeline.say(1..=100).await;
    until_count(&pipeline.server, "cluster_behind", |it| it == 0).await;
    let mut connection = redis.connection().await;
    let keys: Vec<String> = connection.keys("livecap:*:log:*").await.unwrap();
    let _: u64 = connection.xdel(&keys[0], &["90-0"]).await.unwrap();
    let late = node(&redis).await;
    let mut newcomer = viewer(&late, json!({ "v": 1, "from": 0 })).await;
    assert_eq!(newcomer.numbered(89).await, said(1..=89));
    assert_eq!(newcomer.skip_to::<GapEvent>("gap").await.why, "history");
    assert_eq!(newcomer.numbered(10).await, said(91..=100));
    until_count(&late, "cluster_lost_total", |it| it == 1).await;
    let (_, text) = get(&late, "/api/transcript.txt?from=89&to=92").await;
    assert_eq!(text, "sentence 89\nsentence 91\n");
}

#[tokio::test]
async fn a_clearing_takes_away_nothing_that_was_said_after_it() {
    let Some(mut redis) = Redis::start(Data::Kept).await else { return };
    let mut pipeline = writer(&redis).await;
    let server = node(&redis).await;
    let mut there = viewer(&server, json!({ "v": 1, "from": 0 })).await;
    pipeline.say([1]).await;
    assert_eq!(there.numbered(1).await, said([1]));
    let mut next = 2;
    // The facts come by another connection than what was said: which is first is chance.
    for _ in 0..5 {
        redis.stop().await;
        for server in [&server, &pipeline.server] {
            until_count(server, "cluster_connected", |it| it == 0).await;
        }
        assert!(post(&pipeline.server, "/api/clear", "").await.0.starts_with("HTTP/1.1 204"));
        pipeline.say([next, next + 1]).await;
        redis.go().await;
        loop {
            let event = there.event().await;
            assert!(event.name != "caption" || event.args[0]["kind"] == "partial", "{event:?}");
            if event.name == "clear" {
                break;
            }
        }
        assert_eq!(there.numbered(2).await, said([next, next + 1]));
        next += 2;
    }
}

#[tokio::test]
async fn a_node_whose_writer_is_gone_is_not_ready() {
    let Some(redis) = Redis::start(Data::Lost).await else { return };
    let mut pipeline = writer(&redis).await;
    let server = node(&redis).await;
    until(&server, "/readyz", |it| it.contains("200 OK")).await;
    pipeline.say([1]).await;
    let mut there = viewer(&server, json!({ "v": 1, "from": 0 })).await;
    assert_eq!(there.numbered(1).await, said([1]));
    let writer = pipeline.url();
    // As one that dies: it says nothing of an end.
    drop(pipeline);
    let told = format!("nothing was heard of {writer}");
    until(&server, "/readyz", |it| it.contains("503") && it.contains(&told)).await;
    // What it has said is there as before, and one that comes now does not take it for one that lives.
    let mut newcomer = viewer(&server, json!({ "v": 1, "from": 0 })).await;
    assert_eq!(newcomer.numbered(1).await, said([1]));
    let late = node(&redis).await;
    until(&late, "/readyz", |it| it.contains("503") && it.contains(&told)).await;
}

#[tokio::test]
async fn a_server_ends_although_redis_is_away() {
    let Some(mut redis) = Redis::start(Data::Lost).await else { return };
    let mut pipeline = writer(&redis).await;
    pipeline.say([1]).await;
    redis.stop().await;
    until_count(&pipeline.server, "cluster_connected", |it| it == 0).await;
    let mut here = pipeline.viewer(json!({ "v": 1, "from": 0 })).await;
    assert_eq!(here.numbered(1).await, said([1]));
    let (server, _) = pipeline.end().await;
    // With a grace of hours: it is done when all that can be done is.
    let done = timeout(SOON, server.shutdown(Duration::from_secs(3600))).await;
    assert!(done.is_ok(), "it waits for a Redis that is away");
}

#[tokio::test]
async fn an_outage_longer_than_the_history_is_told_as_a_gap() {
    let Some(mut redis) = Redis::start(Data::Kept).await else { return };
    let keep = Retention { count: 10, age: Duration::from_secs(3600) };
    let mut pipeline = Pipeline::start(Settings { keep, ..writing(&redis, "live") }).await;
    let server = node(&redis).await;
    let mut there = viewer(&server, json!({ "v": 1, "from": 0 })).await;
    pipeline.say(1..=5).await;
    assert_eq!(there.numbered(5).await, said(1..=5));
    redis.stop().await;
    let mut here = pipeline.viewer(json!({ "v": 1, "from": 6 })).await;
    pipeline.say(6..=30).await;
    assert_eq!(here.numbered(25).await, said(6..=30));
    redis.go().await;
    let gap: GapEvent = there.skip_to("gap").await;
    assert_eq!((gap.why.as_ref(), gap.seq), ("history", None));
    assert_eq!(there.numbered(10).await, said(21..=30));
    until_count(&pipeline.server, "cluster_lost_total", |it| it == 15).await;
    until_count(&server, "cluster_lost_total", |it| it == 15).await;
    // Redis keeps no more than the writer does.
    let mut connection = redis.connection().await;
    let keys: Vec<String> = connection.keys("livecap:*:log:*").await.unwrap();
    until_count(&pipeline.server, "cluster_behind", |it| it == 0).await;
    assert_eq!(connection.xlen::<_, u64>(&keys).await.unwrap(), 10);
}

#[tokio::test]
async fn garbage_is_refused_and_what_was_said_comes_all_the_same() {
    let Some(redis) = Redis::start(Data::Lost).await else { return };
    let mut pipeline = writer(&redis).await;
    let server = node(&redis).await;
    let mut there = viewer(&server, json!({ "v": 1, "from": 0 })).await;
    pipeline.say(1..=3).await;
    assert_eq!(there.numbered(3).await, said(1..=3));
    let mut connection = redis.connection().await;
    let keys: Vec<String> = connection.keys("livecap:*:log:*").await.unwrap();
    for news in ["", "{}", "{\"v\":2}", "\u{0}", r#"{"v":1,"stream":"x","partial":{"mark":{}}}"#] {
        let _: u64 = connection.publish("livecap:{live}:news", news).await.unwrap();
    }
    let rounds = [
        ("3-5", "e", "{}"),
        ("4-0", "e", r#"{"v":1,"at":0,"event":{"mark":{"seq":99,"text":"","start":0}}}"#),
        ("7-0", "x", "1"),
        ("18446744073709551615-18446744073709551615", "e", "no JSON"),
    ];
    for (round, (id, field, text)) in (0u64..).zip(rounds) {
        let (first, next) = (4 + 5 * round, 9 + 5 * round);
        let id = match id {
            "3-5" | "18446744073709551615-18446744073709551615" => id.to_owned(),
            id => format!("{}-0", id.trim_end_matches("-0").parse::<u64>().unwrap() + 5 * round),
        };
        let added: Result<String, _> = connection.xadd(&keys[0], &id, &[(field, text)]).await;
        added.unwrap();
        pipeline.say(first..next).await;
        assert_eq!(there.numbered(5).await, said(first..next), "{id}");
    }
    // Facts too.
    let _: u64 = connection.hset("livecap:{live}", "facts", "{\"v\":1}").await.unwrap();
    until_count(&server, "cluster_refused_total", |it| it >= 8).await;
    pipeline.say([24]).await;
    assert_eq!(there.numbered(1).await, said([24]));
    // Who comes now sees all, and none of it.
    let late = node(&redis).await;
    let mut newcomer = viewer(&late, json!({ "v": 1, "from": 0 })).await;
    assert_eq!(newcomer.numbered(24).await, said(1..=24));
}

#[tokio::test]
async fn a_redis_that_holds_still_holds_up_nobody_who_watches_the_writer() {
    let Some(redis) = Redis::start(Data::Lost).await else { return };
    let mut pipeline = writer(&redis).await;
    let server = node(&redis).await;
    let mut there = viewer(&server, json!({ "v": 1, "from": 0 })).await;
    let mut here = pipeline.viewer(json!({ "v": 1, "from": 0 })).await;
    pipeline.say([1]).await;
    assert_eq!(there.numbered(1).await, said([1]));
    redis.signal("STOP").await;
    pipeline.say(2..=400).await;
    // While it stands still: these come although it has not taken one of them.
    assert_eq!(here.numbered(400).await, said(1..=400));
    redis.signal("CONT").await;
    assert_eq!(there.numbered(399).await, said(2..=400));
}
