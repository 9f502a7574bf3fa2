//! `livecap serve`: the relay alone, with the page and the client library.
use std::{env, time::Duration};

use clap::ArgAction;

use super::{
    Exit, Trouble,
    log::{LogFormat, Usual},
    log_kept, overrides,
    run::Stop,
    terminal::{Terminal, Voice},
};
use crate::{
    flow::Board,
    spec::plan::Listen,
    stages::broadcast::{
        ClusterAddress, ClusterSettings, Passes, Role, Server, Settings, Token, Tokens,
    },
};

#[derive(clap::Args)]
pub(crate) struct ServeArgs {
    /// Address and port; port 0 takes a free one. Without it LIVECAP_HOST and LIVECAP_PORT (or SIO_HOST, SIO_PORT) say, else
    /// 127.0.0.1:31979
    #[arg(long, value_name = "HOST:PORT")]
    listen: Option<Listen>,
    /// Pass on events of this name only; may be given several times
    #[arg(long, value_name = "EVENT", action = ArgAction::Append)]
    relay: Vec<String>,
    /// Allow an open relay on an address that others can reach
    #[arg(long)]
    open: bool,
    /// The environment variable with the token that everybody must present
    #[arg(long, value_name = "NAME")]
    viewer_token_env: Option<String>,
    /// The environment variable with the token that lets a client emit livecap's own events, such as `final`
    #[arg(long, value_name = "NAME")]
    publish_token_env: Option<String>,
    /// The environment variable with the token for the API's details and for `/metrics`
    #[arg(long, value_name = "NAME")]
    operator_token_env: Option<String>,
    /// Be a node: deliver the captions of a pipeline elsewhere by way of this Redis server, as redis://127.0.0.1/, and pass
    /// on events between all servers there
    #[arg(long, value_name = "ADDRESS", conflicts_with = "cluster_env")]
    cluster: Option<String>,
    /// The environment variable with that address, where it holds a password
    #[arg(long, value_name = "NAME")]
    cluster_env: Option<String>,
    /// Log every request, connection and event
    #[arg(long, short)]
    verbose: bool,
}

/// How long viewers may take to be sent what there is, at the end.
const GRACE: Duration = Duration::from_secs(5);

impl ServeArgs {
    pub(crate) fn usual_log(&self) -> Usual {
        if self.verbose { Usual::Requests } else { Usual::Informed }
    }
}

pub(crate) fn voice(log: LogFormat) -> Voice {
    match log {
        LogFormat::Json => Voice::Log,
        LogFormat::Text => Voice::Plain,
    }
}

pub(crate) async fn serve(args: &ServeArgs, terminal: &Terminal) -> Result<Exit, Trouble> {
    let mut stop = Stop::new()?;
    let listen = match &args.listen {
        Some(listen) => listen.clone(),
        None => {
            let usual = Listen { host: "127.0.0.1".to_owned(), port: 31979 };
            overrides().over(&usual).map_err(Trouble::Told)?
        }
    };
    let settings = settings(args, &listen)?;
    let server = Server::bind(settings).await;
    let server = server.map_err(|error| Trouble::Told(error.to_string()))?;
    server.keep_diary(log_kept::diary());
    if !server.is_node() {
        // No pipeline stands behind it, and none will: viewers are greeted at once.
        server.attach(Board::default(), Vec::new(), None);
    }
    terminal.say(&format!("listening on {}", server.url()));
    stop.next().await;
    server.shutdown(GRACE).await;
    Ok(Exit::Fine)
}

fn settings(args: &ServeArgs, listen: &Listen) -> Result<Settings, Trouble> {
    let viewer = token(args.viewer_token_env.as_deref())?;
    if !listen.is_loopback() && !args.open && viewer.is_none() {
        return Err(Trouble::Told(format!(
            "on {listen} the relay would be open to whoever reaches it: add --viewer-token-env NAME, or --open if \
             that is meant"
        )));
    }
    Ok(Settings {
        host: listen.host.clone(),
        port: listen.port,
        relay: match args.relay.as_slice() {
            [] => Passes::Everything,
            names => Passes::Only(names.to_vec()),
        },
        tokens: Tokens {
            viewer,
            publish: token(args.publish_token_env.as_deref())?,
            operator: token(args.operator_token_env.as_deref())?,
        },
        cluster: cluster(args)?,
        ..Settings::default()
    })
}

fn cluster(args: &ServeArgs) -> Result<Option<ClusterSettings>, Trouble> {
    let variable = secret(args.cluster_env.as_deref())?;
    let Some(written) = args.cluster.as_ref().or(variable.as_ref()) else { return Ok(None) };
    let address = ClusterAddress::parse(written).map_err(|why| {
        let given = args.cluster_env.as_deref().unwrap_or("--cluster");
        Trouble::Told(format!("{given}: {why}"))
    })?;
    Ok(Some(ClusterSettings::new(address, Role::Node)))
}

/// The token that an environment variable holds.
fn token(variable: Option<&str>) -> Result<Option<Token>, Trouble> {
    Ok(secret(variable)?.map(|it| Token::new(&it)))
}

/// What an environment variable holds that a flag names.
pub(super) fn secret(variable: Option<&str>) -> Result<Option<String>, Trouble> {
    let Some(name) = variable else { return Ok(None) };
    match env::var(name) {
        Ok(secret) if !secret.is_empty() => Ok(Some(secret)),
        _ => {
            let told = format!("the environment variable `{name}` is not set: export {name}=…");
            Err(Trouble::Told(told))
        }
    }
}
