//! Stages and the bounded edges between them. Knows no captions and no actors, and would run any stages at all.
mod drive;
mod edge;
mod engine;
mod engine_pool;
mod gate;
mod gauge;
mod inlet;
mod item;
mod level;
mod outlet;
mod reading;
mod setting;
mod stage;

pub use drive::drive;
pub use edge::{EdgeSettings, Receiver, Room, Sender, WhenFull, edge};
pub use engine::{Engine, EngineError};
pub use engine_pool::{EnginePool, Loan};
pub use gate::Gate;
pub use gauge::{Registry, StageGauge};
pub use inlet::{Inlet, Offer};
pub use item::{Item, Mended, Never};
pub use outlet::{Closed, Outlet};
pub use reading::{EdgeReading, PoolReading, StageReading, StageState};
pub use setting::Setting;
pub use stage::{BoxError, Fault, Source, Stage};
