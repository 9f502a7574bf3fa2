//! What every door does alike: it lets a client in, passes its sound on in pieces and at the pace that is allowed, and gives it the captions.
use std::{net::IpAddr, sync::Arc, time::Duration};

use futures::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::tungstenite::{
    Error, Message,
    protocol::{CloseFrame, frame::coding::CloseCode},
};

use super::captions::TrackCaptions;
use crate::{
    logic::haste::Haste,
    message::SampleRate,
    serve::{
        access::rights::Requester,
        hub::Hub,
        socket::sessions::field,
        speakers::{
            admission::{Refusal, admit, refusal},
            connected::{Connected, Fault},
            connection::{FAREWELL, QUIET, broken, ended, fault, ordered},
            roster::OtherClients,
            upgrade::{Seen, Socket},
        },
    },
    wire::{
        CaptionEvent, FromSpeaker, INGEST_VERSION, IngestFormat, IngestHello, RefusalCode,
        SoundHead,
    },
};

/// The length of the pieces that sound is cut into.
const PIECE: Duration = Duration::from_millis(100);
/// When no sound has come for so long, what was said before is not waited with, and nothing is missing.
const RESTS: Duration = Duration::from_secs(1);
/// What was said counts as recognised when nothing is open or waits for so long.
const SETTLES: Duration = Duration::from_secs(1);
/// How long that is waited for at most.
const SETTLES_WITHIN: Duration = Duration::from_secs(20);
const LOOK: Duration = Duration::from_millis(100);

/// What a message of a client means.
pub(super) enum Step {
    Sound(Vec<u8>),
    Say(Value),
    /// What was said so far is complete; [`Adapter::settled`] is called when all of it is recognised.
    Complete,
    /// No more comes.
    End,
}

/// What a door makes of messages and captions.
pub(super) trait Adapter: Send {
    fn take(&mut self, message: Message) -> Result<Vec<Step>, Refusal>;
    /// `begun`: where the client's sound began on the timeline of the captions, in seconds.
    fn caption(&mut self, event: &CaptionEvent, begun: f64) -> Vec<Value>;
    /// What was said up to `end` on that timeline is complete.
    fn completes(&mut self, end: f64);
    fn settled(&mut self) -> Vec<Value>;
    fn refused(&self, refusal: &Refusal) -> Value;
    /// With which a refused connection is closed.
    fn close_code(&self, code: RefusalCode) -> CloseCode {
        match code {
            RefusalCode::TooLarge => CloseCode::Size,
            RefusalCode::Ended => CloseCode::Normal,
            _ => CloseCode::Policy,
        }
    }
}

pub(super) struct Door {
    connected: Connected,
    captions: TrackCaptions,
    format: IngestFormat,
    sequence: u32,
    sample: u64,
    /// Sound of one message that was not passed on yet, and how much of it was.
    pending: (Vec<u8>, usize),
    /// When its last sample was captured, on the server's clock.
    captured: Duration,
    haste: Haste,
    /// Where the sound began on its timeline.
    begun: Option<Duration>,
    /// Since when nothing has come; `None` while it rests already.
    heard: Option<Instant>,
    completing: Option<Completing>,
}

/// All that was said is complete, and is being recognised.
#[derive(Clone, Copy)]
struct Completing {
    since: Instant,
    /// Since when nothing is open or waits.
    quiet: Option<Instant>,
    /// When it is looked at next.
    look: Instant,
}

impl Door {
    pub(super) fn open(
        hub: &Arc<Hub>,
        (seen, client): (&Seen, IpAddr),
        takes: fn(&OtherClients) -> bool,
        format: IngestFormat,
    ) -> Result<Door, Refusal> {
        let asked = |name| field(&seen.query, name).map(decoded).filter(|it| !it.is_empty());
        let stage = match asked("stage") {
            Some(stage) => Some(stage),
            None => {
                match &hub.speakers.stages.iter().filter(|it| takes(&it.others)).collect::<Vec<_>>()
                    [..]
                {
                    [only] => Some(only.name.clone()),
                    _ => None,
                }
            }
        };
        let hello = IngestHello {
            protocol: INGEST_VERSION,
            stage,
            token: asked("token"),
            name: asked("name"),
            format,
            clock_ms: hub.speakers.now().as_secs_f64() * 1000.0,
            session: None,
        };
        let requester = Requester::of(&seen.headers, None);
        let (connected, welcome) = admit(hub, &hello, &requester, client)?;
        let stage = hub.speakers.stages.iter().find(|it| it.name == welcome.stage);
        if !stage.is_some_and(|it| takes(&it.others)) {
            connected.end(true);
            let told = format!(
                "`{}` does not take clients of this program: see `compatible-with`",
                welcome.stage
            );
            return Err(refusal(RefusalCode::Stage, told));
        }
        let (stage, slot) = (welcome.stage, welcome.slot);
        tracing::info!(stage, slot, %client, "a speaker has connected by another protocol");
        let ahead = Duration::from_millis(welcome.ring_ms.min(welcome.max_lag_ms)).mul_f64(0.9);
        Ok(Door {
            connected,
            captions: TrackCaptions::new(hub, welcome.track),
            format,
            sequence: 0,
            sample: 0,
            pending: (Vec::new(), 0),
            captured: Duration::ZERO,
            haste: Haste::new(ahead),
            begun: None,
            heard: None,
            completing: None,
        })
    }

    /// Until the client leaves, is lost or refused.
    pub(super) async fn serve(
        mut self,
        hub: &Hub,
        socket: &mut Socket,
        adapter: &mut impl Adapter,
    ) {
        let why = self.converse(hub, socket, adapter).await;
        self.connected.end(true);
        let (stage, slot) = (self.connected.place.stage(), self.connected.place.slot());
        tracing::info!(stage, slot, "a speaker has gone");
        match why {
            Err(refused) => refuse(hub, socket, adapter, &refused).await,
            Ok(()) => drop(timeout(FAREWELL, socket.close(None)).await),
        }
    }

    async fn converse(
        &mut self,
        hub: &Hub,
        socket: &mut Socket,
        adapter: &mut impl Adapter,
    ) -> Result<(), Refusal> {
        let (mut heard, mut asked, mut is_ending) = (Instant::now(), false, false);
        loop {
            let life = heard + if asked { 2 * QUIET } else { QUIET };
            let (has_sound, due) = (self.has_sound(), self.due());
            let rest = self.heard.map(|it| it + RESTS).filter(|_| !has_sound);
            let (begun, look) = (self.begun(), self.completing.map(|it| it.look));
            tokio::select! {
                biased;
                () = hub.ending.cancelled() => return Err(ended()),
                changed = self.connected.orders.changed() => {
                    let refused = self.connected.orders.borrow_and_update().refused;
                    if let Some(code) = refused.or(changed.is_err().then_some(RefusalCode::Ended)) {
                        return Err(ordered(code));
                    }
                }
                event = self.captions.next(begun) => {
                    if let Some(it) = &mut self.completing { it.quiet = None; }
                    for said in adapter.caption(&event, begun) {
                        if say(socket, &said).await.is_err() { return Ok(()) }
                    }
                }
                message = socket.next(), if !has_sound => {
                    (heard, asked) = (Instant::now(), false);
                    let message = match message {
                        None | Some(Ok(Message::Close(_))) => return Ok(()),
                        Some(Err(error)) => return broken(&error).map_or(Ok(()), Err),
                        Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => continue,
                        Some(Ok(message)) => message,
                    };
                    for step in adapter.take(message)? {
                        match step {
                            Step::Sound(_) if is_ending => (),
                            Step::Sound(bytes) => self.put(bytes)?,
                            Step::Complete => self.complete(adapter),
                            Step::End => {
                                is_ending = true;
                                self.complete(adapter);
                            }
                            Step::Say(said) => if say(socket, &said).await.is_err() { return Ok(()) },
                        }
                    }
                    tokio::task::consume_budget().await;
                }
                () = sleep_until(due), if has_sound => self.feed().map_err(|it| fault(&it))?,
                () = sleep_until(rest.unwrap_or(life)), if rest.is_some() => self.rest(),
                () = sleep_until(look.unwrap_or(life)), if look.is_some() => {
                    if self.is_settled() {
                        for said in adapter.settled() {
                            if say(socket, &said).await.is_err() { return Ok(()) }
                        }
                        if is_ending { return Ok(()) }
                    }
                }
                () = sleep_until(life), if !has_sound => {
                    if asked { return Ok(()) }
                    asked = true;
                    if socket.send(Message::Ping(Vec::new().into())).await.is_err() { return Ok(()) }
                }
            }
        }
    }

    fn begun(&self) -> f64 {
        self.begun.map_or(f64::INFINITY, |it| it.as_secs_f64() + self.captions.offset())
    }

    fn has_sound(&self) -> bool {
        self.pending.1 < self.pending.0.len()
    }

    fn put(&mut self, bytes: Vec<u8>) -> Result<(), Refusal> {
        let step = self.format.codec.bytes_per_sample().unwrap_or(1);
        if !bytes.len().is_multiple_of(step) {
            return Err(refusal(RefusalCode::Format, "a message ends inside a sample"));
        }
        self.captured = self.connected.speakers.now();
        self.pending = (bytes, 0);
        Ok(())
    }

    fn due(&self) -> Instant {
        self.connected.speakers.epoch + self.haste.due()
    }

    /// Passes the next piece on.
    fn feed(&mut self) -> Result<(), Fault> {
        let rate = SampleRate::new(self.format.rate).unwrap_or(SampleRate::SPEECH);
        let step = self.format.codec.bytes_per_sample().unwrap_or(1);
        let (bytes, at) = (std::mem::take(&mut self.pending.0), self.pending.1);
        let end = (at + rate.samples_in(PIECE) * step).min(bytes.len());
        let (samples, rest) = ((end - at) / step, rate.duration_of((bytes.len() - end) / step));
        // A message of some sound was captured before it was sent; who sends much at once has it from a file.
        let whole = rate.duration_of(bytes.len() / step);
        let captured =
            if whole <= RESTS { self.captured.saturating_sub(rest) } else { self.captured };
        let head = SoundHead {
            clipped: false,
            sequence: self.sequence,
            first_sample: self.sample,
            captured_ms: captured.as_secs_f64() * 1000.0,
        };
        let taken = self.connected.take(&head.write(&bytes[at..end]));
        self.pending = if end < bytes.len() { (bytes, end) } else { (Vec::new(), 0) };
        taken?;
        let length = rate.duration_of(samples);
        self.haste.took(length, self.connected.speakers.now());
        (self.sequence, self.sample) = (self.sequence + 1, self.sample + samples as u64);
        if self.begun.is_none() {
            self.begun = Some(self.connected.place.lock().end.0.saturating_sub(length));
        }
        self.heard = Some(Instant::now());
        Ok(())
    }

    /// Nothing follows for now, and nothing is missing there.
    fn rest(&mut self) {
        if self.heard.take().is_some() {
            // It is no fault where the session has ended: its order tells of that.
            let _ = self.connected.hear(&FromSpeaker::Mute { muted: true });
            self.haste.paused();
        }
    }

    fn complete(&mut self, adapter: &mut impl Adapter) {
        self.rest();
        let now = Instant::now();
        self.completing = Some(Completing { since: now, quiet: None, look: now + LOOK });
        let end = self.connected.place.lock().end.0;
        adapter.completes(end.as_secs_f64() + self.captions.offset());
    }

    /// Whether all that was said is recognised. It is told once.
    fn is_settled(&mut self) -> bool {
        let is_idle = self.connected.place.is_idle() && !self.captions.is_open();
        let Some(it) = &mut self.completing else { return false };
        let now = Instant::now();
        it.look = now + LOOK;
        it.quiet = it.quiet.or(Some(now)).filter(|_| is_idle);
        let is_settled =
            it.quiet.is_some_and(|it| now - it >= SETTLES) || now - it.since >= SETTLES_WITHIN;
        if is_settled {
            self.completing = None;
        }
        is_settled
    }
}

pub(super) async fn say(socket: &mut Socket, said: &Value) -> Result<(), Error> {
    socket.send(Message::text(said.to_string())).await
}

/// Tells a client why, in its own words, and closes.
pub(super) async fn refuse(hub: &Hub, socket: &mut Socket, adapter: &impl Adapter, why: &Refusal) {
    hub.speakers.counts.refuse(why.code);
    tracing::debug!(code = why.code.name(), message = why.message, "a speaker was refused");
    let code = adapter.close_code(why.code);
    let close = CloseFrame { code, reason: why.code.name().into() };
    let farewell = async {
        say(socket, &adapter.refused(why)).await?;
        socket.close(Some(close)).await?;
        while socket.next().await.is_some_and(|it| it.is_ok()) {}
        Ok::<(), Error>(())
    };
    let _ = timeout(FAREWELL, farewell).await;
}

/// A value of a query.
fn decoded(written: &str) -> String {
    percent_encoding::percent_decode_str(written).decode_utf8_lossy().into_owned()
}
