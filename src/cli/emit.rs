//! `livecap emit`: sends an event to a Socket.IO server, the lines of standard input as events, or the demo's counter.
use std::time::Duration;

use serde_json::{Value, json};
use tokio::{
    io::BufReader,
    time::{MissedTickBehavior, interval, timeout},
};
use tracing::{info, warn};

use super::{
    client::{Client, ClientError},
    emit_lines::emit_lines,
    exit::{Exit, Trouble},
    pipe::{Lines, Signals},
    serve::secret,
    stop::Stop,
};

#[derive(clap::Args)]
pub(crate) struct EmitArgs {
    /// The server, such as http://127.0.0.1:31979
    url: String,
    /// The name of the event, or `-` to send each line of standard input as an event
    #[arg(required_unless_present = "demo")]
    event: Option<String>,
    /// The arguments of the event: JSON if they are valid JSON, otherwise text
    #[arg(value_name = "DATA")]
    data: Vec<String>,
    /// Send `demo` with 1467, 1578, 1689 and so on, until Ctrl-C
    #[arg(long, conflicts_with = "event")]
    demo: bool,
    /// With --demo: the time between two events
    #[arg(long, default_value = "2s", value_parser = crate::spec::length, value_name = "TIME")]
    every: Duration,
    /// The environment variable with the token to present
    #[arg(long, value_name = "NAME")]
    token_env: Option<String>,
    /// How long the server may take to acknowledge the event
    #[arg(long, default_value = "5s", value_parser = crate::spec::length, value_name = "TIME")]
    patience: Duration,
}

/// Stands for the lines of standard input instead of a name.
const LINES: &str = "-";
/// The start and the step of the demo's counter.
const DEMO: (u64, u64) = (1356, 111);

pub(crate) async fn emit(args: &EmitArgs) -> Result<Exit, Trouble> {
    let auth = match secret(args.token_env.as_deref())? {
        Some(token) => json!({ "token": token }),
        None => Value::Null,
    };
    if args.event.as_deref() == Some(LINES) {
        return from_lines(args, auth).await;
    }
    let mut stop = Stop::new()?;
    let sending = async {
        let client = Client::connect(&args.url, auth).await.map_err(told)?;
        match &args.event {
            Some(event) => once(client, event, args).await,
            None => demo(client, args.every).await,
        }
    };
    tokio::select! {
        sent = sending => sent,
        _ = stop.next() => Ok(Exit::Fine),
    }
}

async fn from_lines(args: &EmitArgs, auth: Value) -> Result<Exit, Trouble> {
    if !args.data.is_empty() {
        let why = format!(
            "`emit URL {LINES}` reads its events from standard input: remove the data after `{LINES}`"
        );
        return Err(Trouble::Told(why));
    }
    let signals = Signals::listen()?;
    let work = async {
        let mut lines = Lines::new(BufReader::new(tokio::io::stdin()), &signals);
        let mut client = Client::connect(&args.url, auth).await.map_err(told)?;
        emit_lines(&mut client, &mut lines, args.patience).await?;
        client.close().await.map_err(told)
    };
    signals.unless_insisted(work).await?;
    Ok(Exit::Fine)
}

async fn once(mut client: Client, event: &str, args: &EmitArgs) -> Result<Exit, Trouble> {
    let data: Vec<Value> = args.data.iter().map(|it| read(it)).collect();
    let answer = timeout(args.patience, client.emit_with_ack(event, &data)).await;
    match answer {
        // The server has passed it on.
        Ok(answer) => {
            let answer = answer.map_err(told)?;
            if let Some(why) = answer.first().and_then(|it| it["error"].as_str()) {
                return Err(Trouble::Told(format!("`{event}` was refused: {why}")));
            }
        }
        // Servers acknowledge only what they have a handler for.
        Err(_) => warn!("`{event}` was sent, and the server did not acknowledge it"),
    }
    client.close().await.map_err(told)?;
    Ok(Exit::Fine)
}

async fn demo(mut client: Client, every: Duration) -> Result<Exit, Trouble> {
    let mut ticks = interval(every.max(Duration::from_millis(1)));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut counter, step) = DEMO;
    loop {
        tokio::select! {
            _ = ticks.tick() => {
                counter += step;
                client.emit("demo", &[counter.into()]).await.map_err(told)?;
                info!("demo {counter}");
            }
            // Reading answers pings, and takes our own events, which come back.
            event = client.next() => if event.map_err(told)?.is_none() {
                return Err(told(client.hung_up()));
            },
        }
    }
}

fn read(data: &str) -> Value {
    serde_json::from_str(data).unwrap_or_else(|_| data.into())
}

#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn told(error: ClientError) -> Trouble {
    Trouble::Told(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_is_json_where_it_can_be_read_as_that() {
        for (data, value) in [
            ("1467", json!(1467)),
            ("{\"a\":[1]}", json!({ "a": [1] })),
            ("\"1467\"", json!("1467")),
            ("good morning", json!("good morning")),
            ("{a", json!("{a")),
            ("", json!("")),
        ] {
            assert_eq!(read(data), value);
        }
    }
}
