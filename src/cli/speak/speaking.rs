//! From the first handshake to the goodbye: sound goes into the session, and what the session has to say onto the line.
use std::time::Duration;

use futures::{FutureExt, future::BoxFuture};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::{
    greeting::{Asked, Greeted, Unwelcome, greet, told, welcomed},
    pack::{Packed, Packer},
    session::{Message, Session},
    sound::{Origin, Sound},
};
use crate::{
    cli::{
        client::{
            ClientError,
            speaker::{SpeakerLine, Turn},
        },
        exit::{Exit, Trouble},
        stop::Stop,
    },
    flow::Offer,
    logic::{backoff::Backoff, haste::Haste},
    message::Speech,
    wire::{FromSpeaker, ToSpeaker},
};

const TICK: Duration = Duration::from_millis(50);
/// After so much silence on standard input, what was said before is not waited with.
const RESTS: Duration = Duration::from_secs(1);
/// How long what is left may take when no more sound comes.
const DRAIN: Duration = Duration::from_secs(15);
/// How long a server may take to answer a goodbye.
const FAREWELL: Duration = Duration::from_secs(2);
const LEVEL: Duration = Duration::from_secs(1);
/// Waits between tries to connect again.
const RETRY: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(8));

pub(super) async fn speaking(
    asked: &Asked,
    origin: Origin,
    packer: Packer,
    stop: &mut Stop,
) -> Result<Exit, Trouble> {
    let (epoch, mut session) = (Instant::now(), Session::new(packer.format()));
    let hello = asked.hello(packer.format(), None, epoch);
    let (line, welcome) = tokio::select! {
        greeted = greet(&asked.address, hello) => greeted.map_err(|it| told(&it, asked))?,
        _ = stop.next() => return Ok(Exit::Fine),
    };
    info!("{}", welcomed(&welcome, asked));
    let ahead = Duration::from_millis(welcome.ring_ms.min(welcome.max_lag_ms)).mul_f64(0.9);
    session.welcomed(welcome, ms(epoch.elapsed()));
    let end = CancellationToken::new();
    let mut speaking = Speaking {
        asked,
        packer,
        session,
        epoch,
        line: Some(line),
        haste: Haste::new(ahead),
        waits: origin.waits(),
        may_rest: origin.may_rest(),
        next: None,
        came: Instant::now(),
        level: (0.0, 0, Instant::now()),
        told_lost: Duration::ZERO,
    };
    let sound = origin.start(end.clone());
    speaking.run(sound, stop, &end).await
}

struct Speaking<'a> {
    asked: &'a Asked,
    packer: Packer,
    session: Session,
    epoch: Instant,
    line: Option<SpeakerLine>,
    haste: Haste,
    /// Its sound waits while nobody takes it.
    waits: bool,
    /// Its silence is no loss.
    may_rest: bool,
    /// Sound in hand that is not due yet, and whether it came before it was due.
    next: Option<(Speech, bool)>,
    /// When the newest sound came.
    came: Instant,
    /// The greatest peak and the clipped pieces since it was told last, and when that was.
    level: (f32, u64, Instant),
    told_lost: Duration,
}

impl Speaking<'_> {
    async fn run(
        &mut self,
        sound: Sound,
        stop: &mut Stop,
        end: &CancellationToken,
    ) -> Result<Exit, Trouble> {
        let mut sound = Some(sound);
        let mut failed = None;
        let mut drained_by: Option<Instant> = None;
        let mut backoff = Backoff::new(RETRY.0, RETRY.1);
        let mut retry_at = Instant::now();
        let mut joining: Option<BoxFuture<'static, Result<Greeted, Unwelcome>>> = None;
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            if sound.is_none() && self.session.is_done() && self.line.is_some() {
                self.goodbye().await;
                break;
            }
            let takes = sound.is_some() && self.next.is_none();
            let goes = self.next.is_some() && (self.session.is_live() || !self.waits);
            let due = self.epoch + self.haste.due();
            let wants_room = self.session.has_more();
            let again = stop.asked;
            tokio::select! {
                _ = stop.next() => {
                    if again {
                        break;
                    }
                    info!("sending the rest; once more to end at once");
                    end.cancel();
                }
                offer = next(&mut sound), if takes => match offer {
                    Some(Offer::Handle(speech) | Offer::Failed(speech)) => {
                        self.came = Instant::now();
                        self.next = Some((speech, self.came < due));
                    }
                    None => {
                        let rest = self.packer.finish().map_err(Trouble::Told)?;
                        self.take(rest, None);
                        if let Some(sound) = sound.take() {
                            failed = sound.ended().await.err();
                        }
                        if self.line.is_none() {
                            info!("no more sound comes; the rest is sent once there is a connection");
                        }
                        drained_by = Some(Instant::now() + DRAIN);
                    }
                },
                () = sleep_until(due), if goes => {
                    if let Some((speech, waited)) = self.next.take() {
                        let now = Instant::now();
                        self.haste.took(speech.duration(), now - self.epoch);
                        let packed = self.packer.push(&speech).map_err(Trouble::Told)?;
                        // What had to wait for the clock counts from now on.
                        self.take(packed, waited.then_some(now));
                    }
                }
                turn = turn(&mut self.line, wants_room) => match turn {
                    Ok(Turn::Room) => self.send(),
                    Ok(Turn::Heard(ToSpeaker::Refused { message, retry, .. })) => {
                        if !retry {
                            error!("{message}");
                            return Ok(Exit::GaveUp);
                        }
                        self.cut(&message);
                        retry_at = Instant::now() + backoff.wait();
                    }
                    Ok(Turn::Heard(message)) => self.session.heard(&message, ms(self.epoch.elapsed())),
                    Err(broken) => {
                        self.cut(&broken.to_string());
                        retry_at = Instant::now() + backoff.wait();
                    }
                },
                () = sleep_until(retry_at), if self.line.is_none() && joining.is_none() => {
                    let format = self.packer.format();
                    let hello = self.asked.hello(format, self.session.secret(), self.epoch);
                    let address = self.asked.address.clone();
                    joining = Some(async move { greet(&address, hello).await }.boxed());
                }
                greeted = joined(&mut joining) => {
                    joining = None;
                    match greeted {
                        Ok((line, welcome)) => {
                            backoff.begin_anew();
                            info!("{}", welcomed(&welcome, self.asked));
                            self.line = Some(line);
                            self.session.welcomed(welcome, ms(self.epoch.elapsed()));
                            if self.waits {
                                self.session.pause();
                                self.haste.paused();
                            }
                        }
                        Err(Unwelcome::Refused { message, retry: false }) => {
                            error!("{message}");
                            return Ok(Exit::GaveUp);
                        }
                        Err(unwelcome) => {
                            warn!("{}", told(&unwelcome, self.asked));
                            retry_at = Instant::now() + backoff.wait();
                        }
                    }
                }
                _ = ticks.tick() => {
                    if !self.tick() {
                        self.cut("the server has fallen silent");
                        retry_at = Instant::now();
                    }
                    if drained_by.is_some_and(|it| Instant::now() >= it) {
                        break;
                    }
                }
            }
        }
        self.report(failed)
    }

    /// `when`: when it counts as captured, in place of when it was.
    fn take(&mut self, packed: Vec<Packed>, when: Option<Instant>) {
        for packed in packed {
            let mut at = None;
            if let Packed::Sound { peak, captured, .. } = &packed {
                self.level.0 = self.level.0.max(*peak);
                self.level.1 += u64::from(Packed::is_clipped(*peak));
                let captured = when.unwrap_or(*captured);
                at = Some(ms(captured.saturating_duration_since(self.epoch)));
            }
            self.session.take(packed, at.filter(|_| !self.waits));
        }
    }

    /// One message, for which there is room.
    fn send(&mut self) {
        let message = self.session.next(ms(self.epoch.elapsed()));
        match (&self.line, message) {
            (Some(line), Some(Message::Text(said))) => line.say(&said),
            (Some(line), Some(Message::Sound(bytes))) => line.sound(bytes),
            _ => (),
        }
    }

    /// False where the server has fallen silent.
    fn tick(&mut self) -> bool {
        if self.may_rest && self.next.is_none() && self.came.elapsed() > RESTS {
            self.session.pause();
            self.haste.paused();
        }
        let (peak, clipped, since) = self.level;
        if since.elapsed() >= LEVEL {
            self.session.level(peak, clipped);
            self.level = (0.0, 0, Instant::now());
        }
        let lost = self.session.lost();
        if self.session.is_live() && lost > self.told_lost {
            warn!("{:.1} s of sound are missing by now", lost.as_secs_f64());
            self.told_lost = lost;
        }
        self.session.tick(ms(self.epoch.elapsed()))
    }

    fn cut(&mut self, why: &str) {
        warn!("{why}; connecting again");
        self.line = None;
        self.session.cut();
    }

    /// Leaves the place.
    async fn goodbye(&mut self) {
        let Some(mut line) = self.line.take() else { return };
        let left = async {
            while !matches!(line.turn(true).await, Ok(Turn::Room) | Err(_)) {}
            line.say(&FromSpeaker::Bye);
            while line.turn(false).await.is_ok() {}
        };
        let _ = timeout(FAREWELL, left).await;
    }

    fn report(&self, failed: Option<String>) -> Result<Exit, Trouble> {
        let (unsent, lost) = (self.session.unsent(), self.session.lost());
        let clock = self.session.clock_error(ms(self.epoch.elapsed()));
        let clock = clock.map_or(String::new(), |it| format!(", clock known to {it:.1} ms"));
        let (sent, lost) = (self.haste.sent().as_secs_f64(), lost.as_secs_f64());
        info!("{sent:.1} s of sound, {lost:.1} s of them missing{clock}");
        if let Some(why) = failed {
            return Err(Trouble::Told(why));
        }
        if unsent > Duration::ZERO {
            error!("the last {:.1} s did not reach the server", unsent.as_secs_f64());
            return Ok(Exit::GaveUp);
        }
        Ok(Exit::Fine)
    }
}

async fn next(sound: &mut Option<Sound>) -> Option<Offer<Speech>> {
    match sound {
        Some(sound) => sound.speech.next().await,
        None => None,
    }
}

async fn turn(line: &mut Option<SpeakerLine>, wants_room: bool) -> Result<Turn, ClientError> {
    match line {
        Some(line) => line.turn(wants_room).await,
        None => std::future::pending().await,
    }
}

async fn joined(
    joining: &mut Option<BoxFuture<'static, Result<Greeted, Unwelcome>>>,
) -> Result<Greeted, Unwelcome> {
    match joining {
        Some(joining) => joining.await,
        None => std::future::pending().await,
    }
}

pub(super) fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
