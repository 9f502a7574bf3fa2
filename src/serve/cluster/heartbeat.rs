//! Checks that a connection to Redis still works.
use std::time::Duration;

use socketioxide_redis::drivers::Driver;
use tokio::time::sleep;

use super::session::Disconnected;

/// Pings Redis regularly: without published messages nothing else shows that the connection is lost.
pub(super) async fn beat(
    driver: &impl Driver<Error: Into<Disconnected>>,
    channel: &str,
    every: Duration,
) -> Result<(), Disconnected> {
    loop {
        sleep(every).await;
        driver.num_serv(channel).await.map_err(Into::into)?;
    }
}
