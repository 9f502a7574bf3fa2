//! The watcher on a paused clock, with a scripted device.
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use proptest::prelude::*;
use tokio::{
    task::JoinHandle,
    time::{Instant, sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{
    DeviceError, MicrophoneSettings,
    scripted::{Act, Script, Turn, absent, moment_of},
    watch::Watcher,
};
use crate::{
    flow::{
        EdgeSettings, Fault, Inlet, Offer, Outlet, Room, StageGauge, StageState, WhenFull, edge,
    },
    message::{AudioFrame, MediaTime, Why},
};

fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}

struct Run {
    task: JoinHandle<Result<(), Fault>>,
    inlet: Inlet<AudioFrame>,
    gauge: Arc<StageGauge>,
    stop: CancellationToken,
    opened_at: Arc<Mutex<Vec<Duration>>>,
}

impl Run {
    fn begin(turns: impl IntoIterator<Item = Turn>) -> Run {
        let settings = MicrophoneSettings { room: ms(200), ..MicrophoneSettings::default() };
        let script = Script::new(turns);
        let opened_at = script.opened_at.clone();
        let gauge = StageGauge::new("mic");
        let ample =
            EdgeSettings { room: Room::Span(Duration::from_secs(600)), when_full: WhenFull::Wait };
        let (sender, receiver) = edge("mic", "test", ample);
        let (outlet, stop) = (Outlet::new(vec![sender], gauge.clone()), CancellationToken::new());
        let told = stop.clone();
        let mut watcher = Watcher::new(script, settings);
        let task = tokio::spawn(async move { watcher.run(&outlet, told).await });
        Run { task, inlet: Inlet::new(vec![receiver]), gauge, stop, opened_at }
    }

    async fn next(&mut self) -> AudioFrame {
        let next = timeout(Duration::from_secs(60), self.inlet.next()).await;
        let Ok(Some(Offer::Handle(frame))) = next else { panic!("no frame comes") };
        frame
    }

    /// Runs it for this long, stops it, and returns all its frames.
    async fn stop_after(mut self, length: Duration) -> Vec<AudioFrame> {
        sleep(length).await;
        self.stop.cancel();
        let told = Instant::now();
        self.task.await.unwrap().unwrap();
        assert!(told.elapsed() < ms(1), "it was told to stop {:?} ago", told.elapsed());
        let mut frames = Vec::new();
        while let Some(Offer::Handle(frame)) = self.inlet.next().await {
            frames.push(frame);
        }
        frames
    }
}

fn breaking(length: u64) -> Turn {
    Turn::Opens(vec![Act::Gives(length), Act::Breaks])
}

#[tokio::test(start_paused = true)]
async fn a_lost_device_is_reopened_and_the_time_without_it_is_a_gap() {
    let turns = [breaking(100), Turn::Fails(absent()), Turn::Opens(vec![Act::Gives(100)])];
    let frames = Run::begin(turns).stop_after(ms(1_500)).await;
    let holes: Vec<_> = frames.iter().filter_map(|it| Some((it.start, it.hole?))).collect();
    // Lost at 100 ms, which the tick at 100 or 110 ms notices. Opened again after 250 ms, and after another 500.
    let [(at, Why::Device)] = holes[..] else { panic!("{holes:?}") };
    assert!((ms(850)..=ms(870)).contains(&at.since_start()), "{at:?}");
    // There is one interruption, when the device is lost: the open segment need not wait for more audio.
    let [interruption] = frames.iter().filter(|it| it.is_interruption()).collect::<Vec<_>>()[..]
    else {
        panic!("{frames:?}")
    };
    assert_eq!(interruption.start, MediaTime::new(ms(100)));
    assert_eq!(frames.iter().map(|it| it.samples.len()).sum::<usize>(), 200);
}

#[tokio::test(start_paused = true)]
async fn the_stage_is_degraded_until_the_device_gives_audio() {
    let turns = [Turn::Fails(absent()), breaking(100), Turn::Opens(vec![Act::Gives(100)])];
    let mut run = Run::begin(turns);
    sleep(ms(100)).await;
    let reading = run.gauge.read();
    assert_eq!((reading.state, reading.why), (StageState::Degraded, Some(absent().to_string())));
    let first = run.next().await;
    assert_eq!((first.start, first.hole), (MediaTime::ZERO, None));
    assert_eq!(run.gauge.read().state, StageState::Running);
    sleep(ms(200)).await;
    let lost = run.gauge.read().why.unwrap();
    assert_eq!(lost, "microphone `script` is gone: unplugged");
    while run.next().await.hole.is_none() {}
    assert_eq!(run.gauge.read().state, StageState::Running);
}

#[tokio::test(start_paused = true)]
async fn a_silent_device_is_lost_and_the_waits_double_up_to_their_limit() {
    let mute = || Turn::Opens(Vec::new());
    let run = Run::begin([Turn::Opens(vec![Act::Gives(100)]), mute(), mute()]);
    let (opened_at, gauge) = (run.opened_at.clone(), run.gauge.clone());
    run.stop_after(Duration::from_secs(30)).await;
    let opened: Vec<u128> = opened_at.lock().unwrap().iter().map(Duration::as_millis).collect();
    // A silent device is given up after 2 s, then the waits are 250, 500 … ms. An absent device costs only the waits.
    let steps: Vec<u128> = opened.windows(2).map(|it| (it[1] - it[0]) / 50 * 50).collect();
    assert_eq!(steps, [2_350, 2_500, 3_000, 2_000, 4_000, 5_000, 5_000, 5_000][..steps.len()]);
    assert_eq!(steps.len(), 8);
    assert_eq!(gauge.read().why, Some(absent().to_string()));
}

#[tokio::test(start_paused = true)]
async fn the_stage_is_degraded_while_a_device_gives_more_audio_than_time_passes() {
    let mut run = Run::begin([Turn::Opens(vec![Act::Rushes(15_000), Act::Gives(15_000)])]);
    sleep(ms(14_000)).await;
    let reading = run.gauge.read();
    let why = reading.why.unwrap_or_default();
    assert!(why.starts_with("gives 2.0 s of sound a second: rate or channels are wrong"), "{why}");
    assert_eq!(reading.state, StageState::Degraded);
    sleep(ms(10_000)).await;
    assert_eq!(run.gauge.read().state, StageState::Running);
    let mut holes = Vec::new();
    while let Ok(Some(Offer::Handle(frame))) = timeout(Duration::ZERO, run.inlet.next()).await {
        holes.extend(frame.hole);
    }
    // The gap names the source as the reason, not this machine.
    assert!(!holes.is_empty() && holes.iter().all(|it| *it == Why::Source), "{holes:?}");
}

#[tokio::test(start_paused = true)]
async fn a_permanent_error_ends_the_source_only_before_the_device_was_first_opened() {
    let denied = || DeviceError::Denied { device: "script".to_owned(), cause: "no".to_owned() };
    let run = Run::begin([Turn::Fails(denied())]);
    let fault = run.task.await.unwrap().unwrap_err();
    assert!(matches!(&fault, Fault::Permanent(_)), "{fault}");
    assert!(fault.to_string().contains("allow this program to record"), "{fault}");

    let turns = [breaking(100), Turn::Fails(denied()), Turn::Opens(vec![Act::Gives(100)])];
    let frames = Run::begin(turns).stop_after(ms(2_000)).await;
    assert_eq!(frames.iter().map(|it| it.samples.len()).sum::<usize>(), 200);
}

#[tokio::test(start_paused = true)]
async fn the_source_stops_at_once_whatever_it_waits_for() {
    // It stops while opening hangs, while it waits for the next attempt, and while it captures. In the last case all frames up
    // to then are given.
    assert!(Run::begin([Turn::Hangs]).stop_after(ms(1_000)).await.is_empty());
    assert!(Run::begin([]).stop_after(ms(1_000)).await.is_empty());
    let frames = Run::begin([Turn::Opens(vec![Act::Gives(1_000)])]).stop_after(ms(505)).await;
    assert_eq!(frames.iter().map(|it| it.samples.len()).sum::<usize>(), 500);
}

#[tokio::test(start_paused = true)]
async fn a_device_that_does_not_open_in_time_is_retried() {
    let mut run = Run::begin([Turn::Hangs, Turn::Opens(vec![Act::Gives(100)])]);
    let first = timeout(Duration::from_secs(11), run.next()).await.unwrap();
    assert_eq!(first.start, MediaTime::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_source_without_a_reader_ends_with_downstream_gone() {
    let mut run = Run::begin([Turn::Opens(vec![Act::Gives(1_000)])]);
    run.next().await;
    drop(run.inlet);
    assert!(matches!(run.task.await.unwrap(), Err(Fault::DownstreamGone)));
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => (1u64..60).prop_map(|it| Act::Gives(it * 10)),
        2 => (1u64..800).prop_map(Act::Stalls),
        2 => (1u64..800).prop_map(Act::Skips),
        1 => Just(Act::Breaks),
    ]
}

fn turn() -> impl Strategy<Value = Turn> {
    prop_oneof![
        4 => prop::collection::vec(act(), 0..12).prop_map(Turn::Opens),
        1 => Just(Turn::Fails(absent())),
        1 => Just(Turn::Hangs),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Whatever the device does: each sample has its capture time, and every gap is marked.
    #[test]
    fn every_sample_has_its_capture_time_and_every_gap_is_marked(
        turns in prop::collection::vec(turn(), 1..8),
    ) {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        runtime.enable_time().start_paused(true);
        let frames = runtime.build().unwrap().block_on(async {
            Run::begin(turns).stop_after(Duration::from_secs(240)).await
        });
        let Some(first) = frames.first() else { return Ok(()) };
        let origin = moment_of(first.samples[0]);
        let (mut end, mut next, mut captured) = (MediaTime::ZERO, origin, first.trace.captured());
        for (at, frame) in frames.iter().enumerate() {
            if frame.is_interruption() {
                prop_assert_eq!(frame.start, end);
                continue;
            }
            let moment = moment_of(frame.samples[0]);
            let expected = ms((moment - origin) as u64);
            prop_assert_eq!(frame.start, MediaTime::new(expected));
            prop_assert!(frame.start >= end);
            prop_assert!(frame.trace.captured() >= captured);
            prop_assert!(moment == next || frame.hole.is_some(), "frame {at}: {moment} after {next}");
            prop_assert!(frame.samples.windows(2).all(|it| moment_of(it[1]) == moment_of(it[0]) + 1.0));
            prop_assert!(frame.duration() <= ms(20));
            end = frame.start + frame.duration();
            next = moment + frame.samples.len() as f32;
            captured = frame.trace.captured();
        }
    }
}
