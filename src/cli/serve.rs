//! `livecap serve`: the relay alone, with the page and the client library.
use std::{env, net::IpAddr, path::PathBuf, time::Duration};

use clap::ArgAction;

use super::{
    addresses,
    environment::overrides,
    exit::{Exit, Trouble},
    log::{LogFormat, Usual},
    log_kept,
    service_manager::ServiceManager,
    stop::Stop,
    terminal::{Terminal, Voice},
};
use crate::{
    flow::Registry,
    serve::{
        ClusterAddress, ClusterSettings, RelayFilter, Role, Server, Settings, TlsFiles, Token,
        Tokens,
    },
    spec::{address_of_pages, plan::Listen},
};

#[derive(clap::Args)]
pub(crate) struct ServeArgs {
    /// Address and port; port 0 takes a free one. Default: LIVECAP_HOST and LIVECAP_PORT (or SIO_HOST, SIO_PORT), otherwise
    /// 127.0.0.1:31979
    #[arg(long, value_name = "HOST:PORT")]
    listen: Option<Listen>,
    /// Relay only events of this name; may be repeated
    #[arg(long, value_name = "EVENT", action = ArgAction::Append)]
    relay: Vec<String>,
    /// Relay no events, for example on a node that only delivers captions
    #[arg(long, conflicts_with = "relay")]
    no_relay: bool,
    /// Allow an open relay on an address that others can reach
    #[arg(long)]
    open: bool,
    /// The most viewers at once; further ones are refused and may try again later
    #[arg(long, value_name = "NUMBER", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    max_viewers: u32,
    /// A proxy whose X-Forwarded-For is trusted; may be repeated
    #[arg(long, value_name = "ADDRESS", action = ArgAction::Append)]
    trusted_proxy: Vec<IpAddr>,
    /// A web origin, besides the server's own, whose pages may read; may be repeated. Default: all origins
    #[arg(long, value_name = "ORIGIN", action = ArgAction::Append)]
    origin: Vec<String>,
    /// The address of the pages for everybody, where a proxy or a tunnel stands before this server: it is shown first, and in the
    /// QR code of /join
    #[arg(long, value_name = "URL", value_parser = public_url)]
    public_url: Option<String>,
    /// The file of a certificate chain in PEM; the server then speaks TLS
    #[arg(long, value_name = "FILE", requires = "key")]
    cert: Option<PathBuf>,
    /// The file of the certificate's private key in PEM
    #[arg(long, value_name = "FILE", requires = "cert")]
    key: Option<PathBuf>,
    /// The environment variable with the token that every client must present
    #[arg(long, value_name = "NAME")]
    viewer_token_env: Option<String>,
    /// The environment variable with the token that lets a client emit livecap's own events, such as `final`
    #[arg(long, value_name = "NAME")]
    publish_token_env: Option<String>,
    /// The environment variable with the token for the API's details and for `/metrics`
    #[arg(long, value_name = "NAME")]
    operator_token_env: Option<String>,
    /// Run as a node: deliver the captions of a pipeline on another machine, read from this Redis server, such as
    /// redis://127.0.0.1/, and relay events between all servers of the cluster
    #[arg(long, value_name = "ADDRESS", conflicts_with = "cluster_env")]
    cluster: Option<String>,
    /// The environment variable with that address; use it if the address has a password
    #[arg(long, value_name = "NAME")]
    cluster_env: Option<String>,
    /// Log every request, connection and event
    #[arg(long, short)]
    verbose: bool,
}

/// How long sending the rest to viewers may take at the end.
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
    let manager = ServiceManager::of_environment();
    let listen = place(args.listen.as_ref())?;
    let settings = settings(args, &listen)?;
    let server = Server::bind(settings).await;
    let server = server.map_err(|error| Trouble::Told(error.to_string()))?;
    server.keep_log(log_kept::diary());
    if !server.is_node() {
        // There will be no pipeline, so viewers get their `hello` at once.
        server.attach(Registry::default(), Vec::new(), None);
    }
    addresses::announce(std::slice::from_ref(&server), terminal);
    let stands = || format!("serving {}, viewers: {}", server.url(), server.viewers());
    manager.ready(&stands()).await;
    tokio::select! {
        _ = stop.next() => (),
        never = manager.beats(|| Ok(stands())) => match never {},
    }
    manager.stopping("sending the rest to viewers").await;
    server.shutdown(GRACE).await;
    Ok(Exit::Fine)
}

/// Where to listen if no pipeline file says so.
pub(super) fn place(asked: Option<&Listen>) -> Result<Listen, Trouble> {
    let usual = || Listen { host: "127.0.0.1".to_owned(), port: 31979 };
    asked.map_or_else(|| overrides().over(&usual()).map_err(Trouble::Told), |it| Ok(it.clone()))
}

fn settings(args: &ServeArgs, listen: &Listen) -> Result<Settings, Trouble> {
    let viewer = token(args.viewer_token_env.as_deref())?;
    let others = !listen.is_loopback() || !args.trusted_proxy.is_empty();
    if others && !args.no_relay && !args.open && viewer.is_none() {
        return Err(Trouble::Told(format!(
            "on {listen} anybody who can reach the server could use the relay: add --viewer-token-env NAME, --no-relay, or \
             --open if you want that"
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
            // Without a pipeline nothing is kept.
            archive: None,
        },
        max_viewers: args.max_viewers as usize,
        trusted_proxies: args.trusted_proxy.iter().map(IpAddr::to_canonical).collect(),
        origins: if args.origin.is_empty() { vec!["*".to_owned()] } else { args.origin.clone() },
        tls: tls.map(|(cert, key)| TlsFiles { cert, key }),
        public_url: args.public_url.clone(),
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
        let told = "--cluster: other users of this machine can see a password on a command line: export \
                    LIVECAP_CLUSTER=… and use --cluster-env LIVECAP_CLUSTER";
        return Err(Trouble::Told(told.to_owned()));
    }
    Ok(Some(ClusterSettings::new(address, Role::Node)))
}

fn public_url(written: &str) -> Result<String, &'static str> {
    let why = "it needs a scheme and a host, as https://captions.example";
    address_of_pages(written).ok_or(why)
}

/// The token in an environment variable.
fn token(variable: Option<&str>) -> Result<Option<Token>, Trouble> {
    Ok(secret(variable)?.map(|it| Token::new(&it)))
}

/// The value of the environment variable that a flag names.
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
