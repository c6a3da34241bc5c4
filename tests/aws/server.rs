//! HTTP/1.1 on one port of loopback.

use std::convert::Infallible;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, Limited, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper::{Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};

use super::answer::{Answer, Manner};
use super::clock::http_date;
use super::dispatch;
use super::request::Request;
use super::world::World;

type Body = BoxBody<Bytes, io::Error>;

/// Far above any request here.
const BODY_LIMIT: usize = 1 << 20;

/// Accepts connections until it is dropped.
pub(crate) async fn serve(listener: TcpListener, world: Arc<Mutex<World>>) {
    while let Ok((stream, _)) = listener.accept().await {
        // Without a delay for small packets, as any server that is measured.
        let _ = stream.set_nodelay(true);
        tokio::spawn(serve_connection(stream, Arc::clone(&world)));
    }
}

/// One connection. A reset is a service that fails: then the socket is closed with RST instead of FIN.
async fn serve_connection(stream: TcpStream, world: Arc<Mutex<World>>) {
    let service = service_fn(|request| Box::pin(answer(request, Arc::clone(&world))));
    let mut connection = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    let ended = std::future::poll_fn(|context| connection.poll_without_shutdown(context)).await;
    let stream = connection.into_parts().io.into_inner();
    if ended.is_err() {
        let _ = stream.set_zero_linger();
    }
}

async fn answer(request: hyper::Request<Incoming>, world: Arc<Mutex<World>>) -> Result<Response<Body>, io::Error> {
    let Ok(request) = read(request).await else {
        let mut refused = Response::new(Full::default().map_err(|never: Infallible| match never {}).boxed());
        *refused.status_mut() = StatusCode::BAD_REQUEST;
        return Ok(refused);
    };
    let (answer, now) = {
        let mut world = world.lock().unwrap_or_else(PoisonError::into_inner);
        (dispatch::answer(&mut world, &request), world.clock.now())
    };
    tokio::time::sleep(answer.delay).await;
    if answer.manner == Manner::Reset {
        return Err(io::Error::other("a fault"));
    }
    let response = Response::builder()
        .status(answer.status)
        .header("date", http_date(now))
        .header("content-type", answer.content_type)
        .header("content-length", answer.body.len())
        .header("x-amzn-requestid", &answer.request_id);
    let response = match &answer.error_header {
        Some(name) => response.header("x-amzn-errortype", name),
        None => response,
    };
    response.body(body(answer)).map_err(io::Error::other)
}

/// The request with all of its body.
async fn read(request: hyper::Request<Incoming>) -> Result<Request, Box<dyn std::error::Error + Send + Sync>> {
    let (head, body) = request.into_parts();
    let headers = head.headers.iter();
    let headers =
        headers.map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
    Ok(Request {
        method: head.method.as_str().to_owned(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        headers: headers.collect(),
        body: Limited::new(body, BODY_LIMIT).collect().await?.to_bytes().to_vec(),
    })
}

/// The body, whole or in parts, complete or not.
fn body(answer: Answer) -> Body {
    let (parts, pause, complete) = match answer.manner {
        Manner::Whole | Manner::Reset => return Full::from(answer.body).map_err(|never| match never {}).boxed(),
        Manner::Slow(time) => (8, time / 8, true),
        Manner::CutOff => (2, Duration::ZERO, false),
    };
    let size = answer.body.len().div_ceil(parts).max(1);
    let mut frames: Vec<_> =
        answer.body.chunks(size).map(|part| Ok(Frame::data(Bytes::copy_from_slice(part)))).collect();
    if !complete {
        frames.truncate(1);
        frames.push(Err(io::Error::other("a fault")));
    }
    let frames = stream::unfold(frames.into_iter(), move |mut frames| async move {
        tokio::time::sleep(pause).await;
        frames.next().map(|frame| (frame, frames))
    });
    BodyExt::boxed(StreamBody::new(frames))
}
