//! What a broadcast's table says, as its server takes it: tokens are read from the environment.
use std::{env, path::PathBuf};

use super::logo;
use crate::{
    serve::{ClusterAddress, ClusterSettings, EventPage, Role, Settings, TlsFiles, Token, Tokens},
    spec::plan,
    wire::PageInfo,
};

/// The error says what is missing.
pub(super) fn settings(
    settings: &plan::Broadcast,
    page: Option<&plan::Page>,
) -> Result<Settings, String> {
    let plan::TokenVariables { viewer, publish, operator, archive } = &settings.tokens;
    Ok(Settings {
        host: settings.listen.host.clone(),
        port: settings.listen.port,
        hosts: settings.hosts.clone(),
        origins: settings.origins.clone(),
        keep: settings.keep,
        hold_back: settings.hold_back,
        relay: settings.relay.clone(),
        tokens: Tokens {
            viewer: token(viewer.as_deref())?,
            publish: token(publish.as_deref())?,
            operator: token(operator.as_deref())?,
            archive: token(archive.as_deref())?,
        },
        tls: settings
            .tls
            .as_ref()
            .map(|it| TlsFiles { cert: it.cert.clone(), key: it.key.clone() }),
        public_url: settings.public_url.clone(),
        page: page.map(event_page).transpose()?,
        cluster: settings.cluster.as_ref().map(|it| cluster(it, settings)).transpose()?,
        trusted_proxies: settings.trusted_proxies.clone(),
        max_viewers: settings.max_viewers,
        max_payload: settings.max_payload,
        stall: settings.stall,
        ..Settings::default()
    })
}

fn event_page(page: &plan::Page) -> Result<EventPage, String> {
    let read = |path: &PathBuf| {
        logo::read(path).map_err(|it| format!("the logo `{}`: {}", path.display(), it.why))
    };
    let logo = page.logo.as_ref().map(read).transpose()?;
    let info = PageInfo {
        title: page.title.clone(),
        subtitle: page.subtitle.clone(),
        welcome: page.welcome.clone(),
        starts: page.starts,
        logo: None,
        accent: page.accent.clone(),
    };
    Ok(EventPage::new(info, logo))
}

fn cluster(place: &plan::ClusterPlace, all: &plan::Broadcast) -> Result<ClusterSettings, String> {
    let told = |why| match place {
        plan::ClusterPlace::Address(_) => format!("`cluster`: {why}"),
        plan::ClusterPlace::Variable(name) => format!("`{name}`: {why}"),
    };
    let public_url = all.public_url.clone();
    let address = redis(place).map_err(told)?;
    Ok(ClusterSettings { public_url, ..ClusterSettings::new(address, Role::Writer) })
}

/// The error repeats nothing of the address.
pub(super) fn redis(place: &plan::ClusterPlace) -> Result<ClusterAddress, String> {
    match place {
        plan::ClusterPlace::Address(address) => ClusterAddress::parse(address),
        plan::ClusterPlace::Variable(name) => ClusterAddress::parse(&variable(name)?),
    }
}

/// An unset or empty variable would leave open what was to be guarded.
pub(super) fn token(variable: Option<&str>) -> Result<Option<Token>, String> {
    variable.map(|name| Ok(Token::new(&self::variable(name)?))).transpose()
}

fn variable(name: &str) -> Result<String, String> {
    match env::var(name) {
        Ok(secret) if !secret.is_empty() => Ok(secret),
        _ => Err(format!("the environment variable `{name}` is not set: export {name}=…")),
    }
}
