//! `livecap listen`: prints every event that a Socket.IO server sends, and comes back after a lost connection.
use std::{
    io::{self, Write},
    time::Duration,
};

use serde_json::{Value, json};
use tokio::time::sleep;
use tracing::{info, warn};

use super::{
    client::{Client, ClientError, Event},
    exit::{Exit, Trouble},
    serve::secret,
    stop::Stop,
};
use crate::logic::backoff::Backoff;

#[derive(clap::Args)]
pub(crate) struct ListenArgs {
    /// The server, such as http://127.0.0.1:31979
    url: String,
    /// Print one JSON object per line: `{"event": …, "args": […]}`; bytes are `{"hex": …}`
    #[arg(long)]
    json: bool,
    /// Request numbered captions and the state of the pipeline instead of plain text
    #[arg(long)]
    captions: bool,
    /// With --captions: begin with this number; 0 for everything that is kept
    #[arg(long, value_name = "NUMBER", requires = "captions")]
    from: Option<u64>,
    /// The environment variable with the token to present
    #[arg(long, value_name = "NAME")]
    token_env: Option<String>,
    /// After a lost connection: the longest wait before the first retry; each further wait is about twice as long, up to ten
    /// times this value
    #[arg(long, default_value = "500ms", value_parser = crate::spec::length, value_name = "TIME")]
    retry: Duration,
}

pub(crate) async fn listen(args: &ListenArgs) -> Result<Exit, Trouble> {
    let mut stop = Stop::new()?;
    let mut seat = Seat::new(args, secret(args.token_env.as_deref())?);
    tokio::select! {
        ended = seat.keep() => ended,
        _ = stop.next() => Ok(Exit::Fine),
    }
}

/// The read position of this listener, across reconnects.
struct Seat<'a> {
    args: &'a ListenArgs,
    token: Option<String>,
    stream: Option<String>,
    from: Option<u64>,
}

impl<'a> Seat<'a> {
    fn new(args: &'a ListenArgs, token: Option<String>) -> Seat<'a> {
        Seat { args, token, stream: None, from: args.from }
    }

    /// Listens until the server ends the connection on purpose.
    async fn keep(&mut self) -> Result<Exit, Trouble> {
        let told = |error: ClientError| Trouble::Told(error.to_string());
        // A first connection that fails is not retried: the address may be wrong.
        let mut client = Client::connect(&self.args.url, self.auth()).await.map_err(told)?;
        loop {
            let lost = match self.hear(&mut client).await? {
                Ok(()) => return Ok(Exit::Fine),
                Err(lost) => lost,
            };
            warn!("{lost}; trying again");
            let mut waits = Backoff::new(self.args.retry, self.args.retry * 10);
            client = loop {
                sleep(waits.spread_wait(rand::random())).await;
                match Client::connect(&self.args.url, self.auth()).await {
                    Ok(client) => break client,
                    Err(refused @ ClientError::Refused { .. }) => return Err(told(refused)),
                    Err(error) => info!("{error}"),
                }
            };
            info!("connected again");
        }
    }

    async fn hear(&mut self, client: &mut Client) -> Result<Result<(), ClientError>, Trouble> {
        loop {
            match client.next().await {
                Ok(Some(event)) => {
                    self.note(&event);
                    let mut out = io::stdout().lock();
                    match self.args.json {
                        true => writeln!(out, "{}", as_json(&event)),
                        false => writeln!(out, "{}", as_text(&event)),
                    }
                    .and_then(|()| out.flush())?;
                }
                Ok(None) if client.was_told_to_leave() => return Ok(Ok(())),
                Ok(None) => return Ok(Err(client.hung_up())),
                Err(lost) => return Ok(Err(lost)),
            }
        }
    }

    /// Remembers the read position, so that a new connection continues there.
    fn note(&mut self, event: &Event) {
        let Some(data) = event.args.first().filter(|_| self.args.captions) else { return };
        match event.name.as_str() {
            "hello" => {
                let stream = data["stream"].as_str().map(str::to_owned);
                if self.from.is_none() || self.stream.is_some() && self.stream != stream {
                    self.from = data["next"].as_u64();
                }
                self.stream = stream;
            }
            "caption" | "correction" | "gap" | "mark" if data["kind"] != "partial" => {
                self.from = data["seq"].as_u64().map(|it| it + 1).or(self.from);
            }
            _ => (),
        }
    }

    fn auth(&self) -> Value {
        let mut auth = json!({});
        if self.args.captions {
            auth["v"] = 1.into();
            if let Some(from) = self.from {
                auth["from"] = from.into();
            }
            if let Some(stream) = &self.stream {
                auth["stream"] = stream.as_str().into();
            }
        }
        if let Some(token) = &self.token {
            auth["token"] = token.as_str().into();
        }
        auth
    }
}

fn as_json(event: &Event) -> String {
    json!({ "event": event.name, "args": with_bytes(event) }).to_string()
}

/// The name, then the arguments as JSON. Control characters are escaped, so that no text can move the terminal's cursor.
fn as_text(event: &Event) -> String {
    let args: Vec<String> = with_bytes(event).iter().map(Value::to_string).collect();
    let line = format!("{} {}", event.name, args.join(" "));
    let mut shown = String::new();
    for letter in line.trim_end().chars() {
        match letter.is_control() {
            true => shown.extend(letter.escape_unicode()),
            false => shown.push(letter),
        }
    }
    shown
}

/// The arguments, with placeholders replaced by their attachments.
fn with_bytes(event: &Event) -> Vec<Value> {
    let mut args = event.args.clone();
    if !event.attachments.is_empty() {
        args.iter_mut().for_each(|it| fill(it, event));
    }
    args
}

fn fill(value: &mut Value, event: &Event) {
    if value["_placeholder"] == true {
        let number = value["num"].as_u64().and_then(|it| usize::try_from(it).ok());
        if let Some(bytes) = number.and_then(|it| event.attachments.get(it)) {
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            *value = json!({ "hex": hex });
        }
        return;
    }
    match value {
        Value::Array(items) => items.iter_mut().for_each(|it| fill(it, event)),
        Value::Object(fields) => fields.values_mut().for_each(|it| fill(it, event)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => (),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_shown_with_all_its_arguments() {
        let placeholder = json!([{ "_placeholder": true, "num": 0 }]);
        let event = |args, attachments| Event { name: "a\u{1b}[2J".into(), args, attachments };
        let plain = event(vec![json!("so\u{7}"), json!({ "b": 1 })], vec![]);
        assert_eq!(as_text(&plain), "a\\u{1b}[2J \"so\\u0007\" {\"b\":1}");
        let binary = event(vec![placeholder.clone()], vec![vec![1, 255].into()]);
        assert_eq!(as_json(&binary), r#"{"args":[[{"hex":"01ff"}]],"event":"a\u001b[2J"}"#);
        assert_eq!(as_text(&event(vec![], vec![])), "a\\u{1b}[2J");
        // Without an attachment it only looks like a placeholder.
        assert_eq!(with_bytes(&event(vec![placeholder.clone()], vec![])), [placeholder]);
    }
}
