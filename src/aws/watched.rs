//! Notes with which status a source of credentials answered: the SDK reports it only in sentences.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

use super::http::OverTransport;

/// Makes the SDK's requests, and remembers the status of the last answer.
#[derive(Clone, Debug)]
pub(super) struct Watched {
    client: OverTransport,
    status: Arc<AtomicU16>,
}

impl Watched {
    pub(super) fn new(client: OverTransport) -> Self {
        Self { client, status: Arc::default() }
    }

    /// The status of the last answer, if there was one.
    pub(super) fn status(&self) -> Option<u16> {
        Some(self.status.load(Ordering::Relaxed)).filter(|status| *status != 0)
    }
}

impl HttpClient for Watched {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let inner = self.client.http_connector(settings, components);
        SharedHttpConnector::new(Connector { inner, status: Arc::clone(&self.status) })
    }
}

/// Makes the requests of one client.
#[derive(Debug)]
struct Connector {
    inner: SharedHttpConnector,
    status: Arc<AtomicU16>,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (exchange, status) = (self.inner.call(request), Arc::clone(&self.status));
        HttpConnectorFuture::new(async move {
            let answer = exchange.await;
            status.store(answer.as_ref().map_or(0, |answer| answer.status().as_u16()), Ordering::Relaxed);
            answer
        })
    }
}
