//! `livecap serve`: the relay alone, with the page and the client library.
use std::{env, net::IpAddr, path::PathBuf, time::Duration};

use clap::ArgAction;

use super::{
    environment::overrides,
    exit::{Exit, Trouble},
    log::{LogFormat, Usual},
    log_kept,
    stop::Stop,
    terminal::{Terminal, Voice},
};
use crate::{
    flow::Board,
    serve::{
        ClusterAddress, ClusterSettings, RelayFilter, Role, Server, Settings, TlsFiles, Token,
        Tokens,
    },
    spec::plan::Listen,
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
    /// Pass on no events: a node that only delivers, say
    #[arg(long, conflicts_with = "relay")]
    no_relay: bool,
    /// Allow an open relay on an address that others can reach
    #[arg(long)]
    open: bool,
    /// How many may watch at once; the next one is told to come back later
    #[arg(long, value_name = "NUMBER", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    max_viewers: u32,
    /// A proxy whose X-Forwarded-For is believed; may be given several times
    #[arg(long, value_name = "ADDRESS", action = ArgAction::Append)]
    trusted_proxy: Vec<IpAddr>,
    /// A web origin, beside its own, whose pages may read; may be given several times. Without any, all may
    #[arg(long, value_name = "ORIGIN", action = ArgAction::Append)]
    origin: Vec<String>,
    /// A certificate chain in PEM: the server then speaks TLS
    #[arg(long, value_name = "FILE", requires = "key")]
    cert: Option<PathBuf>,
    /// The certificate's private key in PEM
    #[arg(long, value_name = "FILE", requires = "cert")]
    key: Option<PathBuf>,
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
    server.keep_log(log_kept::diary());
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
    let others = !listen.is_loopback() || !args.trusted_proxy.is_empty();
    if others && !args.no_relay && !args.open && viewer.is_none() {
        return Err(Trouble::Told(format!(
            "on {listen} the relay would be open to whoever reaches it: add --viewer-token-env NAME, --no-relay, or \
             --open if that is meant"
        )));
    }
    let tls = args.cert.clone().zip(args.key.clone());
    Ok(Settings {
        host: listen.host.clone(),
        port: listen.port,
        relay: match args.relay.as_slice() {
            [] if args.no_relay => RelayFilter::Nothing,
            [] => RelayFilter::Everything,
            names => RelayFilter::Only(names.to_vec()),
        },
        tokens: Tokens {
            viewer,
            publish: token(args.publish_token_env.as_deref())?,
            operator: token(args.operator_token_env.as_deref())?,
        },
        max_viewers: args.max_viewers as usize,
        trusted_proxies: args.trusted_proxy.iter().map(IpAddr::to_canonical).collect(),
        origins: if args.origin.is_empty() { vec!["*".to_owned()] } else { args.origin.clone() },
        tls: tls.map(|(cert, key)| TlsFiles { cert, key }),
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
    if args.cluster.is_some() && address.has_password() {
        let told = "--cluster: a password on a command line is seen by others on this machine: export \
                    LIVECAP_CLUSTER=…, and --cluster-env LIVECAP_CLUSTER";
        return Err(Trouble::Told(told.to_owned()));
    }
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
