//! SSH: `RUN --mount=type=ssh`, passed on to the agents of this machine.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use bollard_buildkit_proto::moby::sshforward::v1::ssh_server::Ssh;
use bollard_buildkit_proto::moby::sshforward::v1::{BytesMessage, CheckAgentRequest, CheckAgentResponse};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

/// What an id means that is not written.
const DEFAULT: &str = "default";
/// Which agent a connection is meant for.
const ID: &str = "buildkit.ssh.id";

/// The agents' sockets, by id.
pub struct Agents(pub Arc<BTreeMap<String, PathBuf>>);

impl Agents {
    fn socket(&self, id: &str) -> Result<&PathBuf, Status> {
        let id = if id.is_empty() { DEFAULT } else { id };
        self.0.get(id).ok_or_else(|| Status::not_found(format!("the configuration has no ssh agent {id}")))
    }
}

#[async_trait::async_trait]
impl Ssh for Agents {
    type ForwardAgentStream = ReceiverStream<Result<BytesMessage, Status>>;

    async fn check_agent(
        &self,
        request: Request<CheckAgentRequest>,
    ) -> Result<Response<CheckAgentResponse>, Status> {
        self.socket(&request.into_inner().id)?;
        Ok(Response::new(CheckAgentResponse {}))
    }

    async fn forward_agent(
        &self,
        request: Request<Streaming<BytesMessage>>,
    ) -> Result<Response<Self::ForwardAgentStream>, Status> {
        let id = request.metadata().get(ID).and_then(|id| id.to_str().ok()).unwrap_or_default().to_owned();
        let socket = self.socket(&id)?;
        let (sender, receiver) = mpsc::channel(4);
        forward(socket, request.into_inner(), sender).await?;
        Ok(Response::new(ReceiverStream::new(receiver)))
    }
}

/// Carries bytes between the build and the agent until either has said all.
#[cfg(unix)]
async fn forward(
    socket: &std::path::Path,
    mut questions: Streaming<BytesMessage>,
    answers: mpsc::Sender<Result<BytesMessage, Status>>,
) -> Result<(), Status> {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    let gone = |error| Status::unavailable(format!("the ssh agent {} is gone: {error}", socket.display()));
    let (mut read, mut write) = tokio::net::UnixStream::connect(socket).await.map_err(gone)?.into_split();
    tokio::spawn(async move {
        while let Ok(Some(question)) = questions.message().await {
            if write.write_all(&question.data).await.is_err() {
                return;
            }
        }
        let _ = write.shutdown().await;
    });
    tokio::spawn(async move {
        let mut chunk = vec![0; 32 * 1024];
        while let Ok(length @ 1..) = read.read(&mut chunk).await {
            let answer = BytesMessage { data: chunk[..length].to_vec() };
            if answers.send(Ok(answer)).await.is_err() {
                return;
            }
        }
    });
    Ok(())
}

#[cfg(not(unix))]
async fn forward(
    _: &std::path::Path,
    _: Streaming<BytesMessage>,
    _: mpsc::Sender<Result<BytesMessage, Status>>,
) -> Result<(), Status> {
    Err(Status::unimplemented("ssh agents are reached on unix only"))
}
