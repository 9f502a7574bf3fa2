//! What a run costs: processor seconds by thread, and memory, on systems that report them (Linux).
use std::{collections::HashMap, fs, path::Path};

use serde::Serialize;

/// Megabytes (10⁶ bytes) that are resident.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Memory {
    pub(super) start: f64,
    pub(super) end: f64,
    pub(super) max: f64,
}

/// Sampled during the run, because the seconds of a thread are lost when it ends.
#[derive(Debug, Default)]
pub(super) struct Meter {
    threads: HashMap<String, Thread>,
    process: Option<f64>,
    memory: Option<Memory>,
}

/// Seconds of processor time of one thread.
#[derive(Debug)]
struct Thread {
    name: String,
    first: f64,
    last: f64,
}

/// The system keeps so much of a thread's name.
const NAME: usize = 15;
/// Units of `/proc/self/stat` a second, on every Linux.
const TICKS: f64 = 100.0;

impl Meter {
    /// Counts from now on.
    pub(super) fn begin(&mut self) {
        *self = Meter::default();
        self.look();
        for thread in self.threads.values_mut() {
            thread.first = thread.last;
        }
        self.process = process_seconds();
    }

    pub(super) fn look(&mut self) {
        if let Some(now) = resident() {
            let memory = self.memory.get_or_insert(Memory { start: now, end: now, max: now });
            (memory.end, memory.max) = (now, memory.max.max(now));
        }
        let Ok(tasks) = fs::read_dir("/proc/self/task") else { return };
        for task in tasks.flatten() {
            let Some(seconds) = thread_seconds(&task.path()) else { continue };
            let id = task.file_name().to_string_lossy().into_owned();
            let thread = self.threads.entry(id).or_insert_with(|| {
                let name = fs::read_to_string(task.path().join("comm")).unwrap_or_default();
                Thread { name: name.trim_end().to_owned(), first: 0.0, last: 0.0 }
            });
            thread.last = seconds;
        }
    }

    pub(super) fn memory(&self) -> Option<Memory> {
        self.memory
    }

    /// Processor seconds of the recogniser `name`: its thread, and the threads that it started. `alone`: there is no other
    /// recogniser, and so what no other thread took was its.
    pub(super) fn recogniser(&self, name: &str, alone: bool) -> Option<f64> {
        let name: String = name.chars().take(NAME).collect();
        let (own, others): (Vec<&Thread>, Vec<&Thread>) =
            self.threads.values().partition(|it| it.name == name);
        let sum = |threads: Vec<&Thread>| threads.iter().map(|it| it.last - it.first).sum::<f64>();
        let (own, others) = (sum(own), sum(others));
        let all = process_seconds()? - self.process?;
        Some(if alone { own.max(all - others) } else { own })
    }
}

/// User and system time, of threads that have ended too.
fn process_seconds() -> Option<f64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The name, which may hold anything, stands in brackets.
    let mut fields = stat.rsplit_once(") ")?.1.split(' ').skip(11);
    let (user, system): (f64, f64) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    Some((user + system) / TICKS)
}

fn thread_seconds(task: &Path) -> Option<f64> {
    let times = fs::read_to_string(task.join("schedstat")).ok()?;
    let nanoseconds: f64 = times.split(' ').next()?.parse().ok()?;
    Some(nanoseconds / 1e9)
}

fn resident() -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|it| it.strip_prefix("VmRSS:"))?;
    let kibibytes: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024.0 / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn work_is_counted_where_it_was_done() {
        let mut meter = Meter::default();
        meter.begin();
        let thread = std::thread::Builder::new().name("a-recogniser-of-a-long-name".to_owned());
        let worked = thread.spawn(|| {
            // Two hundredths of a second are two units of the system's clock.
            while thread_seconds(Path::new("/proc/thread-self")).is_some_and(|it| it < 0.05) {}
        });
        worked.unwrap().join().unwrap();
        meter.look();
        let seconds = meter.recogniser("a-recogniser-of-a-long-name", true).unwrap();
        assert!(seconds > 0.02, "{seconds}");
        let memory = meter.memory().unwrap();
        assert!(0.0 < memory.start && memory.end <= memory.max);
    }
}
