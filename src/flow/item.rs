//! What an edge has to know of the items it carries.
use std::time::Duration;

/// Something that can wait on an edge.
pub trait Item: Clone + Send + 'static {
    /// Whether an item in the hand of a stage that fails is offered once more to its next run (text), or lost (sound,
    /// where the jump in the timeline tells of it).
    const OFFERED_AGAIN: bool = false;

    /// Whether a pause leaves it out at its source: sound is, text is not.
    const PAUSES: bool = false;

    /// How much of an edge it takes whose room is a length of time.
    fn length(&self) -> Duration {
        Duration::ZERO
    }

    /// The greatest distance of its samples from zero, as a share of full scale; `None` for what cannot be heard.
    fn peak(&self) -> Option<f32> {
        None
    }

    /// Takes out of it what no item may hold. Asked of each item that enters an edge.
    fn mend(&mut self) -> Vec<Mended> {
        Vec::new()
    }

    /// Whether it makes `older`, which waits on the same edge, worthless. Read by [`WhenFull::Coalesce`](super::WhenFull).
    fn supersedes(&self, _older: &Self) -> bool {
        false
    }

    /// What says, in the place of the first item that a pause leaves out, that none follows for now.
    fn interruption(&self) -> Option<Self> {
        None
    }

    /// It is the first one after a pause.
    fn follow_a_pause(&mut self) {}

    /// Whether something that supersedes it is sure to follow, so that it may be left out where there is no room.
    fn is_fleeting(&self) -> bool {
        false
    }
}

/// What was wrong with an item and is not any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mended {
    /// The name under which it is counted.
    pub what: &'static str,
    pub count: u64,
    /// What is said of it, once for each stage that gives such items.
    pub warning: &'static str,
}

/// The output of a sink: there is none.
#[derive(Clone, Debug)]
pub enum Never {}

impl Item for Never {}
