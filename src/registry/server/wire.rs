//! Requests and answers as bytes.

use std::collections::HashMap;

use bytes::Bytes;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use url::Url;

use super::{Body, Reply, Seen};

pub(super) async fn read_request(stream: &mut BufReader<TcpStream>) -> Option<Seen> {
    let mut line = String::new();
    stream.read_line(&mut line).await.ok()?;
    let mut words = line.split_whitespace();
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = HashMap::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    let url = Url::parse(&format!("http://fake{target}")).unwrap();
    let query = url.query_pairs().into_owned().collect();
    Some(Seen { method, path: url.path().to_owned(), query, headers, body: Bytes::from(body) })
}

/// Nothing when the connection is to be closed.
pub(super) async fn write_reply(stream: &mut BufReader<TcpStream>, reply: Reply, head: bool) -> Option<()> {
    let mut text = format!("HTTP/1.1 {} X\r\n", reply.status);
    for (name, value) in &reply.headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    let stream = stream.get_mut();
    match reply.body {
        Body::Nothing => None,
        Body::Silence => {
            std::future::pending::<()>().await;
            None
        }
        Body::Whole(bytes) => {
            text.push_str(&format!("content-length: {}\r\n\r\n", bytes.len()));
            stream.write_all(text.as_bytes()).await.ok()?;
            let body: &[u8] = if head { &[] } else { &bytes };
            stream.write_all(body).await.ok()
        }
        Body::Half(bytes) => {
            text.push_str(&format!("content-length: {}\r\n\r\n", bytes.len().max(2)));
            stream.write_all(text.as_bytes()).await.ok()?;
            stream.write_all(&bytes[..bytes.len() / 2]).await.ok()?;
            stream.shutdown().await.ok()?;
            None
        }
        Body::Zeros(count) => {
            text.push_str("connection: close\r\n\r\n");
            stream.write_all(text.as_bytes()).await.ok()?;
            let zeros = vec![0; 64 * 1024];
            for _ in 0..count / 65536 {
                stream.write_all(&zeros).await.ok()?;
            }
            None
        }
    }
}
