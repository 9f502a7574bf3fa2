//! Stops of a process that writes: no number that was said may be missing, none may be there twice, and there may be no hole.
//!
//! Half of the files lie on a disk of their own (tmpfs), which is filled now and then. Who may not mount one does without. Some
//! processes have a slow disk.
use std::{
    collections::{BTreeMap, HashSet},
    env,
    fs::{self, File},
    io::{BufRead, BufReader, Lines, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    thread::{self, sleep},
    time::{Duration, Instant},
};

use livecap::{journal::Reader, wire::Event};
use rand::RngExt;
use rusqlite::Connection;

use super::{child::FAILED, entries::CHILD, slow::SlowDisk};

/// Each start checks the whole file, so another one is begun after so many stops.
const A_FILE: usize = 250;
/// So many files at once: a process that is stopped has mostly waited.
const LANES: usize = 4;
/// Room for one such file.
const SIZE: &str = "size=32m";

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Stop {
    /// While it writes.
    Writing,
    /// While it opens the file, repairs it and closes sentences.
    Starting,
    /// While the process stands still in the middle of its work, or after it.
    Frozen,
    /// While another connection holds the file, or after it.
    Held,
    /// While the disk is full, or after it.
    Full,
    /// While each sync of the disk takes long.
    Slow,
}

/// What was done, and how many entries there were.
#[derive(Default)]
struct Tally {
    stops: BTreeMap<Stop, usize>,
    entries: usize,
}

pub(super) fn run(folder: &Path, stops: usize) {
    let begun = Instant::now();
    let slow = SlowDisk::build(folder);
    if slow.is_none() {
        println!("no slow disk can be made here: no stop by one");
    }
    let slow = slow.as_ref();
    let mut tally = Tally::default();
    thread::scope(|scope| {
        let lanes: Vec<_> = (0..LANES)
            .map(|lane| {
                let folder = folder.join(lane.to_string());
                scope.spawn(move || {
                    stop_files(&folder, stops / LANES + usize::from(lane < stops % LANES), slow)
                })
            })
            .collect();
        for lane in lanes {
            let done = lane.join().expect("nothing is missing");
            tally.entries += done.entries;
            for (stop, count) in done.stops {
                *tally.stops.entry(stop).or_insert(0) += count;
            }
        }
    });
    let Tally { stops: kinds, entries } = &tally;
    println!(
        "{} stops in {:.0} s ({kinds:?}): {entries} entries; no number that was said is missing, none is there twice, no hole",
        kinds.values().sum::<usize>(),
        begun.elapsed().as_secs_f64(),
    );
}

/// One file after another.
fn stop_files(folder: &Path, stops: usize, slow: Option<&SlowDisk>) -> Tally {
    let disk = folder.join("disk");
    fs::create_dir_all(&disk).expect("a folder");
    let small = Small::mount(folder.join("small"));
    if small.is_none() {
        println!("no tmpfs can be mounted here: no stop by a full disk");
    }
    let mut tally = Tally::default();
    for (number, first) in (0..stops).step_by(A_FILE).enumerate() {
        let small = small.as_ref().filter(|_| number % 2 == 0);
        let place = small.map_or(&disk, |it| &it.0);
        let path = place.join(format!("{number}.db"));
        let mut run = Run { path: &path, small, slow, ballast: None, said: 0 };
        for _ in first..stops.min(first + A_FILE) {
            let stop = chosen(small.is_some(), slow.is_some());
            run.stop(stop);
            *tally.stops.entry(stop).or_insert(0) += 1;
        }
        drop(run.ballast.take());
        tally.entries += run.check();
        for file in fs::read_dir(place).expect("a folder") {
            fs::remove_file(file.expect("a file").path()).expect("it can be removed");
        }
    }
    tally
}

fn chosen(can_be_full: bool, can_be_slow: bool) -> Stop {
    match rand::rng().random_range(0..100) {
        0..15 => Stop::Starting,
        15..20 => Stop::Frozen,
        20..25 => Stop::Held,
        25..40 if can_be_full => Stop::Full,
        40..50 if can_be_slow => Stop::Slow,
        _ => Stop::Writing,
    }
}

/// One file, and what was said of it.
struct Run<'a> {
    path: &'a Path,
    small: Option<&'a Small>,
    slow: Option<&'a SlowDisk>,
    ballast: Option<Ballast>,
    said: u64,
}

impl Run<'_> {
    /// Starts a process, and stops it.
    fn stop(&mut self, stop: Stop) {
        let mut child = Command::new(env::current_exe().expect("this program"));
        child.env(CHILD, self.path).stdout(Stdio::piped());
        if let Some(disk) = self.slow.filter(|_| stop == Stop::Slow) {
            disk.under(&mut child);
        }
        let mut child = child.spawn().expect("the child starts");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        if self.ballast.is_some() {
            // It begins on a full disk.
            pause(5_000);
            self.ballast = None;
        }
        // A slow disk makes a start long, so that a stop meets any part of it.
        let starts = stop == Stop::Starting || stop == Stop::Slow && rand::rng().random_bool(0.4);
        if !starts {
            self.wait_for_number(&mut lines);
        }
        pause(8_000);
        let goes_on = rand::rng().random_bool(0.5);
        let mut holder = None;
        match stop {
            Stop::Writing | Stop::Starting => (),
            Stop::Slow => pause(200_000),
            Stop::Frozen => {
                signal(&child, "-STOP");
                pause(4_000);
                if goes_on {
                    signal(&child, "-CONT");
                    self.wait_for_number(&mut lines);
                }
            }
            Stop::Held => {
                let other = Connection::open(self.path).expect("it opens");
                other.busy_timeout(Duration::from_secs(10)).expect("a timeout");
                other.execute_batch("BEGIN IMMEDIATE").expect("a lock");
                pause(8_000);
                if goes_on {
                    drop(other);
                    self.wait_for_number(&mut lines);
                } else {
                    holder = Some(other);
                }
            }
            Stop::Full => {
                self.ballast = self.small.map(Small::fill);
                while self.line(&mut lines).is_some() {}
                if goes_on {
                    self.ballast = None;
                    self.wait_for_number(&mut lines);
                }
            }
        }
        child.kill().expect("it lives");
        drop(holder);
        let status = child.wait().expect("it ends");
        assert_eq!(status.code(), None, "it ended by itself");
        while let Some(Ok(line)) = lines.next() {
            // The last line may have been cut off.
            self.said = line.parse().map_or(self.said, |it: u64| it.max(self.said));
        }
    }

    fn wait_for_number(&mut self, lines: &mut Lines<BufReader<ChildStdout>>) {
        while self.line(lines).is_none() {}
    }

    /// A number that is kept; `None`: a write that failed.
    fn line(&mut self, lines: &mut Lines<BufReader<ChildStdout>>) -> Option<u64> {
        let line = lines.next().expect("it lives").expect("text");
        if line == FAILED {
            return None;
        }
        let number = line.parse().expect("a number");
        assert!(number > self.said, "{number} follows {}", self.said);
        self.said = number;
        Some(number)
    }

    /// Returns how many entries there are.
    fn check(&self) -> usize {
        let whole = Connection::open(self.path).expect("it opens");
        let intact: String = whole
            .query_row("PRAGMA integrity_check", [], |row| row.get(0))
            .expect("it can be checked");
        assert_eq!(intact, "ok");
        let reader = Reader::open(self.path).expect("the journal opens");
        assert_eq!(reader.events(None, 10).expect("they are read").len(), 1);
        let event = reader.event("last").expect("it is read").expect("one event");
        let rows = reader.entries(event.id, 0, usize::MAX).expect("they are read");
        assert!(rows.last().is_some_and(|it| it.seq >= self.said), "{} is missing", self.said);
        let mut segments = HashSet::new();
        for (row, number) in rows.iter().zip(1..) {
            assert_eq!(row.seq, number, "a hole, or a number twice");
            let Event::Caption(caption) = &row.event else { continue };
            assert!(segments.insert(caption.segment), "sentence {} twice", caption.segment);
            // Sentences that were closed by a restart bear no number.
            let written = caption.text.split(' ').next().and_then(|it| it.parse::<u64>().ok());
            assert!(written.is_none_or(|it| it == number), "another sentence has number {number}");
        }
        rows.len()
    }
}

fn pause(most_us: u64) {
    sleep(Duration::from_micros(rand::rng().random_range(0..most_us)));
}

fn signal(child: &Child, which: &str) {
    let done = Command::new("kill").args([which, &child.id().to_string()]).status();
    assert!(done.is_ok_and(|it| it.success()), "kill {which}");
}

/// A small disk of its own.
struct Small(PathBuf);

impl Small {
    fn mount(path: PathBuf) -> Option<Small> {
        fs::create_dir(&path).expect("a folder");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", SIZE, "none"]).arg(&path).stderr(Stdio::null());
        mount.status().is_ok_and(|it| it.success()).then_some(Small(path))
    }

    fn fill(&self) -> Ballast {
        let path = self.0.join("ballast");
        let mut file = File::create(&path).expect("a file");
        let block = vec![0; 1 << 20];
        while file.write(&block).is_ok_and(|it| it > 0) {}
        Ballast(path)
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        // Where it fails, the folder cannot be removed, which is seen.
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

/// A file that fills the disk.
struct Ballast(PathBuf);

impl Drop for Ballast {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}
