//! `livecap emit`: events to a server.
use serde_json::json;
use tokio::io::BufReader;

use super::{
    Exit, Trouble,
    client::Client,
    emit_lines::emit_lines,
    pipe::{Lines, Signals},
};

#[derive(clap::Args)]
pub(crate) struct EmitArgs {
    /// The server, as http://127.0.0.1:31979
    url: String,
    /// `-`: emit what the lines of standard input say
    #[arg(value_name = "-", value_parser = ["-"])]
    lines: String,
}

pub(crate) async fn emit(args: &EmitArgs) -> Result<Exit, Trouble> {
    let told = |error: super::client::ClientError| Trouble::Told(error.to_string());
    let signals = Signals::listen()?;
    let work = async {
        let mut lines = Lines::new(BufReader::new(tokio::io::stdin()), &signals);
        let mut client = Client::connect(&args.url, json!({})).await.map_err(told)?;
        emit_lines(&mut client, &mut lines).await?;
        client.close().await.map_err(told)
    };
    signals.unless_insisted(work).await?;
    Ok(Exit::Fine)
}
