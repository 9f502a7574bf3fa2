//! Who is let in: the handshake of one client, its rights, and the place that it gets.
use std::{
    net::IpAddr,
    sync::{Arc, atomic::Ordering::Relaxed},
};

use tokio::{sync::watch, time::Instant};

use super::{
    connected::Connected,
    intake::Intake,
    place::{PlaceState, SpeakerPlace},
    roster::{SpeakerStage, Speakers},
    session::{Orders, Session},
};
use crate::{
    serve::{
        access::{
            limits::GUESSED,
            rights::{Requester, Token},
        },
        hub::Hub,
        random::random_name,
    },
    wire::{Codec, INGEST_VERSION, IngestHello, IngestWelcome, RefusalCode},
};

/// Why a client is not let in, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) code: RefusalCode,
    pub(super) message: String,
}

pub(super) fn refusal(code: RefusalCode, message: impl Into<String>) -> Refusal {
    Refusal { code, message: message.into() }
}

/// What a token is worth.
struct Right {
    link: Option<u64>,
    name: Option<Arc<str>>,
}

/// The longest name of a speaker, in characters.
pub(crate) const LONGEST_NAME: usize = 60;

/// Lets a client in. `requester`: what its request showed.
pub(super) fn admit(
    hub: &Hub,
    hello: &IngestHello,
    requester: &Requester<'_>,
    client: IpAddr,
) -> Result<(Connected, IngestWelcome), Refusal> {
    let speakers = &hub.speakers;
    if hello.protocol != INGEST_VERSION {
        let told = format!("this server speaks version {INGEST_VERSION} of the protocol");
        return Err(refusal(RefusalCode::Protocol, told));
    }
    let stage = stage(speakers, hello.stage.as_deref(), hello.token.as_deref())?;
    let right = right(hub, stage, hello.token.as_deref(), requester, client)?;
    format(stage, hello)?;
    let (now, since) = (Instant::now(), speakers.now());
    let resumed = hello.session.as_deref().and_then(|secret| {
        let secret = Token::new(secret);
        stage.places.iter().find_map(|place| {
            let mut state = place.lock();
            let session = state.session.as_mut().filter(|it| {
                it.secret == secret
                    && it.link == right.link
                    && it.format() == hello.format
                    && it.is_alive(speakers.resume, now)
            })?;
            if session.is_connected() {
                session.order(RefusalCode::Replaced);
            }
            session.connection = speakers.next_number();
            session.lost = None;
            session.orders = orders(&session.name);
            session.intake.connected(hello.clock_ms, since);
            speakers.counts.resumed.fetch_add(1, Relaxed);
            let secret = hello.session.clone().unwrap_or_default();
            Some(welcome(speakers, place, session, secret, true))
        })
    });
    if let Some(resumed) = resumed {
        return Ok(resumed);
    }
    let name = right.name.clone().or_else(|| hello.name.as_deref().and_then(name));
    let secret = random_name() + &random_name();
    let mut all_closed = true;
    // First a place that nobody has had, or has left; then one whose session can be resumed no more.
    let is_free = |state: &PlaceState, late: bool| match &state.session {
        None => true,
        Some(session) => {
            let own = right.link.is_some() && session.link == right.link;
            !session.is_connected() && (own || late && !session.is_alive(speakers.resume, now))
        }
    };
    for late in [false, true] {
        for place in &stage.places {
            let mut state = place.lock();
            all_closed &= state.is_closed;
            if state.is_closed || !is_free(&state, late) {
                continue;
            }
            let mut intake = Intake::new(hello.format, speakers.ring, state.end, since);
            intake.connected(hello.clock_ms, since);
            let name = name.clone().unwrap_or_else(|| place.fallback().into());
            let orders = orders(&name);
            let dropped_before = state.queue.dropped();
            let session = state.session.insert(Session {
                connection: speakers.next_number(),
                number: speakers.next_number(),
                secret: Token::new(&secret),
                link: right.link,
                name,
                intake,
                muted: false,
                lost: None,
                dropped_before,
                repeated: 0,
                peak_db: None,
                clipped: 0,
                since: now,
                orders,
            });
            speakers.counts.sessions.fetch_add(1, Relaxed);
            return Ok(welcome(speakers, place, session, secret, false));
        }
    }
    Err(if all_closed {
        refusal(RefusalCode::Ended, "the pipeline has ended")
    } else {
        let told = "every place is taken: wait until a speaker has left, or give the stage more `speakers`";
        refusal(RefusalCode::Full, told)
    })
}

fn orders(name: &Arc<str>) -> watch::Sender<Orders> {
    watch::Sender::new(Orders { refused: None, name: name.clone() })
}

fn welcome(
    speakers: &Arc<Speakers>,
    place: &Arc<SpeakerPlace>,
    session: &Session,
    secret: String,
    resumed: bool,
) -> (Connected, IngestWelcome) {
    let welcome = IngestWelcome {
        protocol: INGEST_VERSION,
        session: secret,
        stage: place.stage().to_owned(),
        slot: place.slot(),
        track: place.track().map(str::to_owned),
        name: session.name.to_string(),
        resumed,
        next_sequence: session.intake.next_sequence,
        next_sample: session.intake.next_sample,
        ring_ms: speakers.ring.as_millis() as u64,
        max_lag_ms: place.most().as_millis() as u64,
        clock_ms: speakers.now().as_secs_f64() * 1000.0,
    };
    let connected = Connected {
        speakers: speakers.clone(),
        place: place.clone(),
        connection: session.connection,
        orders: session.orders.subscribe(),
    };
    (connected, welcome)
}

/// Whether somebody may have a file transcribed: who may speak at a stage that takes OpenAI's clients may.
pub(crate) fn may_transcribe(
    hub: &Hub,
    requester: &Requester<'_>,
    client: IpAddr,
) -> Result<(), (RefusalCode, String)> {
    let mut last = (
        RefusalCode::Stage,
        "add `compatible-with = [\"openai\"]` to a `browser` stage of the pipeline file".to_owned(),
    );
    for stage in hub.speakers.stages.iter().filter(|it| it.others.openai) {
        match right(hub, stage, None, requester, client) {
            Ok(_) => return Ok(()),
            Err(refused) => last = (refused.code, refused.message),
        }
    }
    Err(last)
}

/// The stage that is meant: by its name, by a link, or the only one.
fn stage<'a>(
    speakers: &'a Speakers,
    name: Option<&str>,
    token: Option<&str>,
) -> Result<&'a SpeakerStage, Refusal> {
    let of_link = || token.and_then(|it| speakers.links.by_token(it)).map(|it| it.stage);
    let name = name.map(str::to_owned).or_else(of_link);
    let found = match (&name, &speakers.stages[..]) {
        (Some(name), all) => all.iter().find(|it| it.name == *name),
        (None, [only]) => Some(only),
        (None, _) => None,
    };
    found.ok_or_else(|| {
        let names: Vec<String> =
            speakers.stages.iter().map(|it| format!("`{}`", it.name)).collect();
        refusal(
            RefusalCode::Stage,
            match names.len() {
                0 => {
                    "this server has no `browser` stage: add `[browser.panel]` to the pipeline file"
                        .to_owned()
                }
                _ => format!("`stage` names one of {}", names.join(", ")),
            },
        )
    })
}

/// What the token allows; without one, what the address of the server does.
fn right(
    hub: &Hub,
    stage: &SpeakerStage,
    token: Option<&str>,
    requester: &Requester<'_>,
    client: IpAddr,
) -> Result<Right, Refusal> {
    let speakers = &hub.speakers;
    let anybody = Right { link: None, name: None };
    let judged = |token: &str| {
        if stage.token.as_ref().is_some_and(|it| *it == Token::new(token))
            || hub.rules.may_operate(&Requester { token: Some(token), ..*requester })
        {
            return Some(anybody_else());
        }
        let link = speakers.links.by_token(token).filter(|it| it.stage == stage.name)?;
        Some(Right { link: Some(link.id), name: Some(link.name.as_str().into()) })
    };
    // A token in the header may be one for readers.
    let token = token.or_else(|| requester.token.filter(|it| judged(it).is_some()));
    let Some(token) = token else {
        if stage.token.is_none() && hub.rules.may_speak_without(requester) {
            return Ok(anybody);
        }
        let told =
            "a token is asked for: take the link that the operator has given, or send `token`";
        return Err(refusal(RefusalCode::Token, told));
    };
    let mut right = None;
    let looked = hub.addresses.token(client, Instant::now(), || {
        right = judged(token);
        right.is_some()
    });
    match (looked, right) {
        (Err(_), _) => Err(refusal(RefusalCode::TooMany, GUESSED)),
        (Ok(()), Some(right)) => Ok(right),
        // Addresses without limits are judged too.
        (Ok(()), None) => judged(token).ok_or_else(|| {
            let told = "this token is not known here: the link may have been taken back; ask the operator for a new one";
            refusal(RefusalCode::Token, told)
        }),
    }
}

fn anybody_else() -> Right {
    Right { link: None, name: None }
}

fn format(stage: &SpeakerStage, hello: &IngestHello) -> Result<(), Refusal> {
    let format = hello.format;
    let told = if format.codec == Codec::Opus && !cfg!(feature = "opus") {
        "this build of livecap is without Opus: send pcm_s16le or pcm_f32le".to_owned()
    } else if !stage.codecs.contains(&format.codec) {
        let names: Vec<&str> = stage.codecs.iter().map(|it| it.name()).collect();
        format!("`{}` takes {}", stage.name, names.join(", "))
    } else if format.codec == Codec::Opus && format.rate != 48_000 {
        "the rate of Opus is always 48000".to_owned()
    } else if !(8000..=48_000).contains(&format.rate) {
        "`rate` is 8000 to 48000".to_owned()
    } else {
        return Ok(());
    };
    Err(refusal(RefusalCode::Format, told))
}

/// A name as readers may see it; `None` where nothing is left of it.
pub(crate) fn name(written: &str) -> Option<Arc<str>> {
    let words: Vec<&str> =
        written.split(|it: char| it.is_whitespace() || it.is_control()).collect();
    let words: Vec<&str> = words.into_iter().filter(|it| !it.is_empty()).collect();
    let name: String = words.join(" ").chars().take(LONGEST_NAME).collect();
    let name = name.trim_end();
    (!name.is_empty()).then(|| name.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_line_of_bounded_length() {
        assert_eq!(name(" Ada\n\u{7} Lovelace\t").as_deref(), Some("Ada Lovelace"));
        assert_eq!(name(" \n").as_deref(), None);
        assert_eq!(name(&"ä ".repeat(100)).unwrap().chars().count(), 59);
    }
}
