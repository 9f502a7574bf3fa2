//! Whether a connection to Redis still is one.
use std::time::Duration;

use socketioxide_redis::drivers::Driver;
use tokio::time::sleep;

use super::session::Broken;

/// Asks now and then whether the connection still is one: where nothing is published nothing else tells.
pub(super) async fn beat(
    driver: &impl Driver<Error: Into<Broken>>,
    channel: &str,
    every: Duration,
) -> Result<(), Broken> {
    loop {
        sleep(every).await;
        driver.num_serv(channel).await.map_err(Into::into)?;
    }
}
