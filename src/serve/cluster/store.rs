//! The commands for Redis, without any decisions.
use std::time::Duration;

use redis::{
    AsyncConnectionConfig, RedisError, RedisResult, Script,
    aio::MultiplexedConnection,
    streams::{StreamId, StreamReadReply},
};
use socketioxide_redis::drivers::redis::RedisDriver;

use super::membership::ClusterSettings;

/// The keys of one broadcast. The braces keep them in one slot of a Redis cluster.
#[derive(Clone, Debug)]
pub(super) struct Keys {
    /// The key of a hash with `stream`, `epoch` and `facts`.
    run: String,
    /// The channel of partials and facts.
    pub(super) news: String,
    /// The channel of relayed events.
    pub(super) relay: String,
}

impl Keys {
    pub(super) fn new(name: &str) -> Keys {
        let key = |what: &str| format!("livecap:{{{name}}}{what}");
        Keys { run: key(""), news: key(":news"), relay: key(":relay") }
    }

    /// The key of the stream with the numbered events of one run.
    fn log(&self, stream: &str) -> String {
        format!("{}:log:{stream}", self.run)
    }
}

/// A connection for commands.
pub(super) struct Store {
    connection: MultiplexedConnection,
    keys: Keys,
}

/// Which run has the broadcast.
pub(super) enum Claim {
    /// This run, with this epoch.
    Ours(u64),
    /// Another run, which is newer.
    Taken(String),
}

/// A batch to append.
pub(super) struct Batch<'a> {
    pub(super) stream: &'a str,
    /// The expected last number in Redis.
    pub(super) after: u64,
    /// Delete the stream first.
    pub(super) anew: bool,
    /// The entries with their numbers.
    pub(super) items: Vec<(u64, String)>,
    /// The first number to keep.
    pub(super) first: u64,
    /// Redis deletes everything if the writer sends nothing for so long.
    pub(super) expire: Duration,
    /// The facts to store, and the message about them to publish.
    pub(super) facts: Option<(String, String)>,
}

/// The result of a batch.
pub(super) enum Appended {
    Done,
    /// Not appended: the last number in Redis is this one.
    Elsewhere(u64),
    /// Not appended: Redis has no run.
    Unclaimed,
    /// Not appended: this other run has the broadcast.
    Taken(String),
}

/// Claims the broadcast. The highest epoch wins, and a first claim gets a higher one than all before. Returns `ours` with the epoch, or
/// `taken` with the other run.
const CLAIM: &str = "
local held = redis.call('HMGET', KEYS[1], 'stream', 'epoch')
local theirs, epoch = tonumber(held[2] or '') or 0, tonumber(ARGV[2])
if held[1] == ARGV[1] then epoch = math.max(epoch, theirs)
elseif held[1] then
  if ARGV[3] == 'first' then epoch = math.max(epoch, theirs + 1)
  elseif theirs >= epoch then return {'taken', held[1]} end
  redis.call('HDEL', KEYS[1], 'facts')
end
redis.call('HSET', KEYS[1], 'stream', ARGV[1], 'epoch', string.format('%.0f', epoch))
return {'ours', string.format('%.0f', epoch)}
";

/// If nothing of the history is left to append, an entry before it is appended and trimmed at once, so that the stream ends where the
/// history does. By that a node sees which events are lost for good.
const APPEND: &str = "
local stream = redis.call('HGET', KEYS[1], 'stream')
if not stream then return {'unclaimed', ''} end
if stream ~= ARGV[1] then return {'taken', stream} end
if ARGV[3] == 'anew' then
  redis.call('DEL', KEYS[2])
  redis.call('HDEL', KEYS[1], 'facts')
end
local last = '0'
if redis.call('EXISTS', KEYS[2]) == 1 then
  local info = redis.call('XINFO', 'STREAM', KEYS[2])
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then last = string.match(info[i + 1], '^%d+') end
  end
end
if last ~= ARGV[2] then return {'elsewhere', last} end
local before = tonumber(ARGV[4]) - 1
if #ARGV < 8 and tonumber(last) < before then
  redis.call('XADD', KEYS[2], string.format('%.0f-0', before), 'e', '')
end
for i = 8, #ARGV, 2 do redis.call('XADD', KEYS[2], ARGV[i] .. '-0', 'e', ARGV[i + 1]) end
redis.call('XTRIM', KEYS[2], 'MINID', ARGV[4])
redis.call('PEXPIRE', KEYS[2], ARGV[5])
if ARGV[6] ~= '' then
  redis.call('HSET', KEYS[1], 'facts', ARGV[6])
  redis.call('PUBLISH', KEYS[3], ARGV[7])
end
redis.call('PEXPIRE', KEYS[1], ARGV[5])
return {'done', ''}
";

/// The last number of a stream if it holds nothing after number `ARGV[1]`; otherwise 0, and 0 without a stream. In one script: with two
/// commands, entries that were appended in between would look lost.
const GONE: &str = "
if redis.call('EXISTS', KEYS[1]) == 0 then return '0' end
if #redis.call('XRANGE', KEYS[1], '(' .. ARGV[1] .. '-0', '+', 'COUNT', 1) > 0 then return '0' end
local info = redis.call('XINFO', 'STREAM', KEYS[1])
for i = 1, #info, 2 do
  if info[i] == 'last-generated-id' then return string.match(info[i + 1], '^%d+') end
end
return '0'
";

impl Store {
    /// `longest`: the timeout of a response.
    pub(super) async fn open(settings: &ClusterSettings, longest: Duration) -> RedisResult<Store> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(settings.connect))
            .set_response_timeout(Some(longest));
        let client = settings.address.client();
        let connection = client.get_multiplexed_async_connection_with_config(&config).await?;
        Ok(Store { connection, keys: Keys::new(settings.address.name()) })
    }

    pub(super) async fn claim(
        &mut self,
        stream: &str,
        epoch: u64,
        first: bool,
    ) -> RedisResult<Claim> {
        let (word, rest): (String, String) = Script::new(CLAIM)
            .key(&self.keys.run)
            .arg(stream)
            .arg(epoch)
            .arg(if first { "first" } else { "again" })
            .invoke_async(&mut self.connection)
            .await?;
        match word.as_str() {
            "ours" => Ok(Claim::Ours(rest.parse().unwrap_or(epoch))),
            _ => Ok(Claim::Taken(rest)),
        }
    }

    pub(super) async fn append(&mut self, batch: &Batch<'_>) -> RedisResult<Appended> {
        let script = Script::new(APPEND);
        let mut call = script.key(&self.keys.run);
        call.key(self.keys.log(batch.stream)).key(&self.keys.news);
        let (facts, news) = batch.facts.as_ref().map_or(("", ""), |(facts, news)| (facts, news));
        call.arg(batch.stream)
            .arg(batch.after.to_string())
            .arg(if batch.anew { "anew" } else { "" })
            .arg(batch.first)
            .arg(batch.expire.as_millis() as u64)
            .arg(facts)
            .arg(news);
        for (number, item) in &batch.items {
            call.arg(*number).arg(item);
        }
        let (word, rest): (String, String) = call.invoke_async(&mut self.connection).await?;
        Ok(match word.as_str() {
            "done" => Appended::Done,
            "elsewhere" => Appended::Elsewhere(rest.parse().unwrap_or(u64::MAX)),
            "unclaimed" => Appended::Unclaimed,
            _ => Appended::Taken(rest),
        })
    }

    /// Publishes a message, which is not stored.
    pub(super) async fn publish(&mut self, news: &[String]) -> RedisResult<()> {
        let mut pipeline = redis::pipe();
        for it in news {
            pipeline.cmd("PUBLISH").arg(&self.keys.news).arg(it).ignore();
        }
        pipeline.query_async(&mut self.connection).await
    }

    /// The facts of the run that has the broadcast.
    pub(super) async fn facts(&mut self) -> RedisResult<Option<String>> {
        let facts = redis::cmd("HGET").arg(&self.keys.run).arg("facts").to_owned();
        facts.query_async(&mut self.connection).await
    }

    /// The entries after number `after`. If there are none, it waits up to `wait` for one.
    pub(super) async fn read(
        &mut self,
        stream: &str,
        after: u64,
        most: usize,
        wait: Duration,
    ) -> RedisResult<Vec<(String, Option<String>)>> {
        // 0 would make Redis wait for ever.
        let wait = (wait.as_millis() as u64).max(1);
        let mut read = redis::cmd("XREAD");
        read.arg("COUNT").arg(most).arg("BLOCK").arg(wait).arg("STREAMS");
        read.arg(self.keys.log(stream)).arg(format!("{after}-0"));
        let reply: Option<StreamReadReply> = read.query_async(&mut self.connection).await?;
        let entries = reply.into_iter().flat_map(|it| it.keys).flat_map(|it| it.ids);
        Ok(entries.map(|it: StreamId| (it.id.clone(), it.get("e"))).collect())
    }

    /// The number up to which entries after `after` are lost for good; 0 if they may still come, as from a Redis that lost its data and is
    /// being filled again.
    pub(super) async fn gone(&mut self, stream: &str, after: u64) -> RedisResult<u64> {
        let script = Script::new(GONE);
        let mut call = script.key(self.keys.log(stream));
        let last: String = call.arg(after.to_string()).invoke_async(&mut self.connection).await?;
        Ok(last.parse().unwrap_or(0))
    }
}

/// A connection for published messages. The driver allows half a second for a response.
pub(super) async fn driver(settings: &ClusterSettings) -> Result<(RedisDriver, Keys), RedisError> {
    let driver = RedisDriver::new(settings.address.client()).await?;
    Ok((driver, Keys::new(settings.address.name())))
}
