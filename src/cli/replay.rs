//! `livecap replay`: an event of a journal once more on the pages, in its own time, with its captions as they were corrected.
use std::{path::PathBuf, thread, time::Duration};

use tokio::{sync::mpsc, time::Instant};

use super::{
    addresses,
    exit::{Exit, Trouble},
    serve,
    stop::Stop,
    terminal::Terminal,
};
use crate::{
    flow::Registry,
    journal::{EventSummary, JournalError, Reader, Row},
    serve::{EventPage, RelayFilter, Server, Settings},
    spec::plan::Listen,
    wire::{Clock, PageInfo},
};

#[derive(clap::Args)]
pub(crate) struct ReplayArgs {
    /// The event's number, its stream, or `last`
    #[arg(default_value = "last")]
    event: String,
    /// The file of the journal
    #[arg(long, value_name = "FILE", default_value = "journal.db")]
    journal: PathBuf,
    /// Address and port; port 0 takes a free one. Default: as `livecap serve`
    #[arg(long, value_name = "HOST:PORT")]
    listen: Option<Listen>,
    /// How many times as fast
    #[arg(long, value_name = "NUMBER", default_value_t = 1.0, value_parser = speed)]
    speed: f64,
    /// Begin at this moment of the event, such as 90s or 1h; what was said before is on the pages at once
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = crate::spec::length)]
    from: Duration,
    /// Exit when the event is over, instead of serving its captions until Ctrl-C
    #[arg(long)]
    exit: bool,
}

/// Entries that are read ahead.
const AHEAD: usize = 256;
/// How long sending the rest to viewers may take at the end.
const GRACE: Duration = Duration::from_secs(5);

fn speed(written: &str) -> Result<f64, String> {
    let number = written.parse().ok().filter(|it| (0.1..=1000.0).contains(it));
    number.ok_or_else(|| "a number from 0.1 to 1000".to_owned())
}

pub(crate) async fn replay(args: &ReplayArgs, terminal: &Terminal) -> Result<Exit, Trouble> {
    let mut stop = Stop::new()?;
    let reader = Reader::open(&args.journal).map_err(told)?;
    let event = reader.event(&args.event).map_err(told)?.ok_or_else(|| {
        let name = &args.event;
        Trouble::Told(format!("there is no event `{name}`: `livecap journal list` lists them"))
    })?;
    let listen = serve::place(args.listen.as_ref())?;
    let server = Server::bind(settings(&listen, &event)).await;
    let server = server.map_err(|error| Trouble::Told(error.to_string()))?;
    let tracks = reader.tracks(event.id).map_err(told)?;
    server.attach(Registry::default(), tracks, Some(notice(&event)));
    addresses::announce(std::slice::from_ref(&server), terminal);
    let mut entries = read_ahead(reader, event.id);
    tokio::select! {
        played = play(&mut entries, &server, args) => {
            played.map_err(told)?;
            if !args.exit {
                terminal.say("the event is over; its captions stay up until Ctrl-C");
                stop.next().await;
            }
        }
        _ = stop.next() => (),
    }
    server.shutdown(GRACE).await;
    Ok(Exit::Fine)
}

fn settings(listen: &Listen, event: &EventSummary) -> Settings {
    let title = Some(event.title.clone()).filter(|it| !it.is_empty());
    Settings {
        host: listen.host.clone(),
        port: listen.port,
        relay: RelayFilter::Nothing,
        page: Some(EventPage::new(PageInfo { title, ..PageInfo::default() }, None)),
        ..Settings::default()
    }
}

/// What viewers are told: this is not live.
fn notice(event: &EventSummary) -> String {
    let began = crate::spec::moment(i64::try_from(event.started_at).unwrap_or(i64::MAX));
    format!("This is a replay of {began} (UTC).")
}

/// SQLite blocks, so it is read on a thread of its own. That ends with its receiver.
fn read_ahead(reader: Reader, event: i64) -> mpsc::Receiver<Result<Row, JournalError>> {
    let (give, take) = mpsc::channel(AHEAD);
    thread::spawn(move || {
        let mut from = 0;
        loop {
            let rows = match reader.entries(event, from, AHEAD) {
                Ok(rows) => rows,
                Err(error) => {
                    let _ = give.blocking_send(Err(error));
                    return;
                }
            };
            let Some(last) = rows.last() else { return };
            from = last.seq + 1;
            for row in rows {
                if give.blocking_send(Ok(row)).is_err() {
                    return;
                }
            }
        }
    });
    take
}

/// Publishes each entry as long after the first one as it was published then.
async fn play(
    entries: &mut mpsc::Receiver<Result<Row, JournalError>>,
    server: &Server,
    args: &ReplayArgs,
) -> Result<(), JournalError> {
    let (publisher, clock) = (server.publisher(), Clock::start());
    let mut began: Option<(Instant, u64)> = None;
    while let Some(row) = entries.recv().await {
        let row = row?;
        if began.is_none() && row.event.start() >= args.from.as_secs_f64() {
            began = Some((Instant::now(), row.at));
        }
        if let Some((begun, at)) = began {
            let after = row.at.saturating_sub(at) as f64 / 1000.0 / args.speed;
            tokio::time::sleep_until(begun + Duration::from_secs_f64(after)).await;
        }
        let now = Instant::now();
        let late_by = clock.unix_ms(now).saturating_sub(row.at);
        publisher.again(row.seq, row.event.later(late_by), now);
    }
    publisher.end();
    Ok(())
}

#[expect(clippy::needless_pass_by_value, reason = "as map_err gives it")]
fn told(error: JournalError) -> Trouble {
    Trouble::Told(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Event, MarkEvent};

    fn args(line: &[&str]) -> ReplayArgs {
        #[derive(clap::Parser)]
        struct Only {
            #[command(flatten)]
            args: ReplayArgs,
        }
        let words = ["replay"].iter().chain(line);
        <Only as clap::Parser>::parse_from(words).args
    }

    /// Marks at these ms.
    async fn playing(line: &[&str], moments: &[(u64, f64)]) -> (Duration, Server) {
        let settings = Settings { port: 0, ..Settings::default() };
        let server = Server::bind(settings).await.unwrap();
        let (give, mut take) = mpsc::channel(AHEAD);
        for (seq, (at, start)) in (1..).zip(moments) {
            let mark = MarkEvent { seq, text: seq.to_string(), start: *start };
            let row = Row { seq, at: *at, event: Event::Mark(mark), original: None };
            give.try_send(Ok(row)).unwrap();
        }
        drop(give);
        let begun = Instant::now();
        play(&mut take, &server, &args(line)).await.unwrap();
        (begun.elapsed(), server)
    }

    #[tokio::test(start_paused = true)]
    async fn entries_come_as_far_apart_as_they_were() {
        let moments = [(70_000, 0.0), (71_000, 1.0), (80_000, 9.5)];
        for (line, seconds) in [
            (&[][..], 10.0),
            (&["--speed", "4"], 2.5),
            // The first is there at once.
            (&["--from", "900ms"], 9.0),
            (&["--from", "1m"], 0.0),
        ] {
            let (took, _server) = playing(line, &moments).await;
            let off = took.as_secs_f64() - seconds;
            assert!((0.0..0.01).contains(&off), "{line:?} took {took:?}");
        }
    }

    #[test]
    fn a_speed_is_a_number_in_bounds() {
        assert_eq!(speed("2.5"), Ok(2.5));
        for wrong in ["0", "-1", "1001", "NaN", "fast"] {
            assert!(speed(wrong).is_err(), "{wrong}");
        }
    }
}
