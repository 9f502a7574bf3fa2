//! How long a correction takes from an operator's request to the viewers.
use std::{env, io, process::Stdio};

use hdrhistogram::Histogram;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    process::Command,
    task::JoinSet,
    time::{Duration, Instant, interval, timeout_at},
};

use super::{
    captions::Load,
    speaker::TOKEN,
    times::{DRAIN, histogram, now_us},
    viewer::Viewer,
};

pub const HEAD: &str = "| viewers | finals/s | corrections | delivered | p50 ms | p99 ms | longest ms |\n\
                        |---|---|---|---|---|---|---|";

/// So often a caption is corrected.
const EVERY: Duration = Duration::from_millis(250);

/// A row of the table: while captions are said, the newest is corrected again and again.
pub async fn run(load: Load) -> Result<String, String> {
    let told = |error: io::Error| error.to_string();
    let mut command = Command::new(env::current_exe().map_err(told)?);
    command.args(load.arguments()).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut process = command.kill_on_drop(true).spawn().map_err(told)?;
    let (stdin, stdout) = (process.stdin.take(), process.stdout.take());
    let (mut stdin, stdout) = (stdin.expect("piped"), stdout.expect("piped"));
    let mut url = String::new();
    BufReader::new(stdout).read_line(&mut url).await.map_err(told)?;
    let url = url.trim();
    let mut viewers = Vec::new();
    for _ in 0..load.viewers {
        viewers.push(Viewer::connect(url, &json!({ "v": 1 })).await.map_err(told)?);
    }
    stdin.write_all(b"\n").await.map_err(told)?;
    let corrections = (load.length.as_millis() / EVERY.as_millis()) as u64 - 8;
    let until = Instant::now() + load.length + DRAIN;
    let mut watching = JoinSet::new();
    for viewer in viewers {
        watching.spawn(watch(viewer, corrections, until));
    }
    let mut ticks = interval(EVERY);
    let mut made = 0;
    while made < corrections {
        ticks.tick().await;
        if Instant::now() > until {
            return Err(format!("only {made} corrections were made"));
        }
        made += u64::from(correct(url).await.map_err(told)?);
    }
    let mut times = histogram();
    while let Some(seen) = watching.join_next().await {
        times.add(seen.map_err(|error| error.to_string())?).map_err(|error| error.to_string())?;
    }
    let ms = |us: u64| us as f64 / 1000.0;
    let wanted = (corrections * load.viewers as u64) as f64;
    Ok(format!(
        "| {} | {} | {corrections} | {:.2} % | {:.1} | {:.1} | {:.1} |",
        load.viewers,
        load.rate,
        times.len() as f64 / wanted * 100.0,
        ms(times.value_at_quantile(0.5)),
        ms(times.value_at_quantile(0.99)),
        ms(times.max()),
    ))
}

/// Corrects the newest caption to the time of the request. False: nothing was said yet.
async fn correct(url: &str) -> io::Result<bool> {
    let newest = ask(url, "GET", "/api/captions", &Value::Null).await?;
    let Some(newest) = newest["captions"].as_array().and_then(|it| it.last()) else {
        return Ok(false);
    };
    let wanted = json!({
        "track": newest["track"], "segment": newest["segment"], "lang": newest["lang"],
        "before": newest["text"], "text": format!("{} corrected", now_us()),
    });
    let done = ask(url, "POST", "/api/correct", &wanted).await?;
    match done["seq"].is_u64() {
        true => Ok(true),
        false => Err(io::Error::other(done.to_string())),
    }
}

async fn ask(url: &str, method: &str, path: &str, body: &Value) -> io::Result<Value> {
    let address = url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await?;
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {TOKEN}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all((head + &body).as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    serde_json::from_str(body).map_err(|_| io::Error::other(answer.clone()))
}

async fn watch(mut viewer: Viewer, corrections: u64, until: Instant) -> Histogram<u64> {
    let mut times = histogram();
    while times.len() < corrections {
        let Ok(Ok(sent)) = timeout_at(until, viewer.correction()).await else { break };
        let _ = times.record(now_us().saturating_sub(sent).max(1));
    }
    times
}
