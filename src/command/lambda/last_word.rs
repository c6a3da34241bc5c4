//! The answer to an event whose work panicked. A panic ends the process, and Lambda starts another for the next event; ECS would take
//! that for a failure too, but it is said in so many words.

use std::io::{Read as _, Write as _};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How long each step may take: the Runtime API is on this machine.
const LIMIT: Duration = Duration::from_secs(1);

/// The event that is being worked on.
static PENDING: Mutex<Option<Request>> = Mutex::new(None);

/// A request that is sent if nothing else is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Request {
    /// Host and port of the Runtime API.
    pub(super) address: String,
    /// Where the answer goes.
    pub(super) path: String,
    pub(super) body: String,
}

/// Keeps an answer for the case of a panic, as long as it lives.
#[derive(Debug)]
pub(super) struct Kept;

impl Drop for Kept {
    fn drop(&mut self) {
        *PENDING.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// Keeps this answer until the other one is given.
pub(super) fn keep(request: Request) -> Kept {
    *PENDING.lock().unwrap_or_else(PoisonError::into_inner) = Some(request);
    Kept
}

/// Sends the answer that is kept, if there is one. For a panic: it waits, and needs nothing that may be broken.
pub(crate) fn answer_for_panic() {
    let kept = PENDING.try_lock().ok().and_then(|mut pending| pending.take());
    // Whoever panics can do no more about it.
    let _answered = kept.map(|request| request.send());
}

impl Request {
    /// Sends it, and waits until it was taken.
    fn send(&self) -> std::io::Result<()> {
        let unreachable = || std::io::Error::from(std::io::ErrorKind::AddrNotAvailable);
        let address = self.address.to_socket_addrs()?.next().ok_or_else(unreachable)?;
        let mut stream = TcpStream::connect_timeout(&address, LIMIT)?;
        stream.set_read_timeout(Some(LIMIT))?;
        stream.set_write_timeout(Some(LIMIT))?;
        let Self { address, path, body } = self;
        let length = body.len();
        write!(
            stream,
            "POST /{path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\
             Connection: close\r\n\r\n{body}"
        )?;
        stream.flush()?;
        // The beginning of the answer says that the request has arrived.
        let mut begin = [0; 12];
        stream.read_exact(&mut begin)
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn the_answer_that_is_kept_is_sent_whole_and_once() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let request = Request { address, path: "a/response".to_owned(), body: "{}".to_owned() };
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut seen = Vec::new();
            let mut byte = [0];
            while !seen.ends_with(b"{}") && stream.read(&mut byte).unwrap() == 1 {
                seen.extend_from_slice(&byte);
            }
            stream.write_all(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n").unwrap();
            String::from_utf8(seen).unwrap()
        });
        request.send().unwrap();
        let seen = server.join().unwrap();
        assert!(seen.starts_with("POST /a/response HTTP/1.1\r\n") && seen.ends_with("\r\n\r\n{}"), "{seen}");
        // Nobody listens there any more.
        assert!(request.send().is_err());
        let kept = keep(request.clone());
        assert_eq!(PENDING.lock().unwrap().as_ref(), Some(&request));
        drop(kept);
        assert_eq!(*PENDING.lock().unwrap(), None);
    }
}
