//! How a container ends: by itself, because we want it, and for good.

use std::time::Duration;

use bollard::errors::Error;
use bollard::query_parameters::RemoveContainerOptionsBuilder;
use futures_util::StreamExt;
use tokio::time::sleep;

use super::{ASK, CHANGE, Container, Exit, Trouble, within};
use crate::fault::{Fault, Result};
use crate::interrupt::Interrupt;

/// How often an engine may fail in a row before it counts as gone.
const FAILURES: u32 = 5;

impl Container {
    /// Waits until it has ended.
    ///
    /// # Errors
    /// The engine is gone, or somebody else has removed the container.
    pub async fn exited(&self) -> Result<Exit> {
        // Podman's wait may never come back, and a connection may break: we look as well.
        let told = tokio::select! {
            code = self.told() => Some(code),
            looked = self.seen_ended() => looked?,
        };
        let state = self.state().await.ok();
        let code = told.or(state.as_ref().and_then(|state| state.exit_code)).unwrap_or(-1);
        Ok(Exit { code, out_of_memory: state.is_some_and(|state| state.oom_killed == Some(true)) })
    }

    /// The exit code as the engine tells it; never, where it does not.
    async fn told(&self) -> i64 {
        let mut waited = Box::pin(self.connection.api.wait_container(&self.name, None));
        match waited.next().await {
            Some(Ok(answer)) => answer.status_code,
            Some(Err(Error::DockerContainerWaitError { code, .. })) => code,
            Some(Err(_)) | None => std::future::pending().await,
        }
    }

    /// Looks until it has ended; the exit code where the list tells it.
    async fn seen_ended(&self) -> Result<Option<i64>> {
        let mut pause = Duration::from_secs(1);
        let mut failures = 0;
        loop {
            sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(10));
            match self.listed().await {
                Ok(Some(seen)) if seen.has_ended => return Ok(seen.code),
                Ok(Some(_)) => failures = 0,
                Ok(None) => {
                    return Err(Fault::new("wait for a container", "somebody has removed it")
                        .help("let nothing else remove containers of this engine while modelgate runs"));
                }
                Err(_) if failures < FAILURES => failures += 1,
                Err(fault) => return Err(fault),
            }
        }
    }

    /// Ends it: SIGTERM, a grace, SIGKILL. A second interrupt lets no grace pass.
    ///
    /// # Errors
    /// The engine is gone, or the container does not even end when it is killed.
    pub async fn stop(&self, grace: Duration, interrupt: &mut Interrupt) -> Result<Exit> {
        self.signal("SIGTERM").await?;
        tokio::select! {
            biased;
            exit = self.exited() => return exit,
            () = sleep(grace) => {}
            _ = interrupt.wait(2) => {}
        }
        self.signal("SIGKILL").await?;
        tokio::select! {
            biased;
            exit = self.exited() => exit,
            () = sleep(ASK) => Err(Fault::new("end a container", "it was killed and does not end")
                .help("its engine holds it, as a dead network drive does; look at it with docker ps")),
        }
    }

    /// Removes it with its volumes, whatever it does.
    ///
    /// # Errors
    /// The engine does not do it.
    pub async fn close(mut self) -> Result<()> {
        let removed = remove(&self).await;
        self.is_closed = removed.is_ok();
        removed.map_err(|fault| {
            fault.help(format!("remove it yourself: docker rm --force --volumes {}", self.name))
        })
    }
}

async fn remove(container: &Container) -> Result<()> {
    let doing = format!("remove the container {}", container.name);
    let mut pause = Duration::from_millis(50);
    for _ in 0..8 {
        let options = RemoveContainerOptionsBuilder::new().force(true).v(true).build();
        match within(
            &doing,
            CHANGE,
            container.connection.api.remove_container(&container.name, Some(options)),
        )
        .await
        {
            Ok(()) => return Ok(()),
            // Somebody removes it already; or it was never there.
            Err(Trouble::Refused(_)) => match container.listed().await? {
                None => return Ok(()),
                Some(_) => sleep(pause).await,
            },
            Err(Trouble::Fault(fault)) => return Err(fault),
        }
        pause *= 2;
    }
    Err(Fault::new(doing, "the engine still has it"))
}

impl Drop for Container {
    fn drop(&mut self) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        if !self.is_closed {
            let rest = Self { name: self.name.clone(), connection: self.connection.clone(), is_closed: true };
            runtime.spawn(async move {
                let _ = remove(&rest).await;
            });
        }
    }
}
