//! Secrets: `RUN --mount=type=secret`.

use std::collections::BTreeMap;

use bollard_buildkit_proto::moby::buildkit::secrets::v1::secrets_server::Secrets;
use bollard_buildkit_proto::moby::buildkit::secrets::v1::{GetSecretRequest, GetSecretResponse};
use tonic::{Request, Response, Status};

/// The contents, by id.
pub struct Offered(pub BTreeMap<String, Vec<u8>>);

#[async_trait::async_trait]
impl Secrets for Offered {
    async fn get_secret(
        &self,
        request: Request<GetSecretRequest>,
    ) -> Result<Response<GetSecretResponse>, Status> {
        let id = request.into_inner().id;
        match self.0.get(&id) {
            Some(data) => Ok(Response::new(GetSecretResponse { data: data.clone() })),
            None => Err(Status::not_found(format!("the configuration has no secret {id}"))),
        }
    }
}
